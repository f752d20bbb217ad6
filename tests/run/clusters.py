"""A Dask scheduler and workers as an administrator starts them: commands, on the loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import PROJECT

KERNEL = ("--resources", "KERNEL=1")


@dataclass
class Cluster:
    """A scheduler, and the workers started so far."""

    port: int
    scheme: str = "tcp"
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

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
            client.wait_for_workers(count, timeout=60)

    def worker(self, *options: str, project: Path = PROJECT, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """A worker of one thread; `options` as on the command line."""
        common = ("--nthreads", "1", "--no-dashboard", "--death-timeout", "60")
        chosen = options or ("--no-nanny", *KERNEL)
        return self.start("dask_worker", self.address, *common, *chosen, project=project, before=before)


@contextlib.contextmanager
def cluster(scheme: str = "tcp", environment: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A scheduler on a free port, ended with all its workers and everything below them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        started = Cluster(free.getsockname()[1], scheme, environment or {})
    started.start(
        "dask_scheduler", "--host", "127.0.0.1", "--port", str(started.port), "--no-dashboard", "--protocol", scheme
    )
    try:
        wait_for_port(started.port)
        yield started
    finally:
        for process in started.processes:
            for each in [*below(process.pid), process]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()


def below(process: int) -> list[psutil.Process]:
    """Everything that a process started."""
    try:
        return psutil.Process(process).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_for_port(port: int, seconds: float = 60) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < until, "nobody listens"
        time.sleep(0.05)


def alive(processes: Sequence[psutil.Process], seconds: float = 10) -> list[psutil.Process]:
    """Those of some processes that do not end within some seconds."""
    still: list[psutil.Process] = psutil.wait_procs(processes, timeout=seconds)[1]
    return still


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """What a condition comes to, once it is true."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)
    return found
