"""A Dask scheduler and workers as an administrator starts them: commands, on the loopback."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.conftest import PROJECT
from tests.waiting import PATIENCE, below, wait_for

KERNEL = ("--resources", "KERNEL=1")


@dataclass
class Cluster:
    """A scheduler, and the workers started so far."""

    scheme: str = "tcp"
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    address: str = ""

    def start(self, *command: str, project: Path = PROJECT, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """One of Dask's commands, with our package from a folder; `before` is a command that executes it."""
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
            env={**os.environ, "PYTHONPATH": str(project), **self.environment},
            cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def wait_for_workers(self, count: int) -> None:
        """Until so many are there."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=PATIENCE)

    def worker(self, *options: str, project: Path = PROJECT, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """A worker of one thread; `options` as on the command line."""
        common = ("--nthreads", "1", "--no-dashboard", "--death-timeout", str(PATIENCE))
        chosen = options or ("--no-nanny", *KERNEL)
        return self.start("dask_worker", self.address, *common, *chosen, project=project, before=before)


@contextlib.contextmanager
def cluster(scheme: str = "tcp", environment: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A scheduler on a free port, ended with all its workers and everything below them."""
    started = Cluster(scheme, environment or {})
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "scheduler.json"
        listening = ("--host", "127.0.0.1", "--port", "0", "--protocol", scheme)
        scheduler = started.start("dask_scheduler", *listening, "--no-dashboard", "--scheduler-file", str(said))
        try:
            started.address = wait_for(lambda: scheduler.poll() is not None or _address_in(said))
            assert scheduler.poll() is None, "the scheduler did not start"
            yield started
        finally:
            _end(started)


def _address_in(said: Path) -> str:
    """Where a scheduler listens, once it has written it down: it takes a port that is free."""
    with contextlib.suppress(OSError, ValueError):
        return str(json.loads(said.read_text())["address"])
    return ""


def _end(started: Cluster) -> None:
    for process in started.processes:
        for each in [*below(process.pid), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        process.wait()
