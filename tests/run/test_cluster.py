"""A close on a Dask cluster: the bytes of a close on one machine, whatever happens to a worker."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from close_library.errors import ParameterError
from close_library.run.close import CloseResult, run_close
from close_library.run.execution.cluster import scheduler
from close_library.run.execution.cluster.member import Identity
from close_library.run.planning.prepare import Request
from close_library.run.planning.task import Event
from close_library.run.progress import Silent
from tests.conftest import PROJECT, Tiny
from tests.run.clusters import KERNEL, Cluster, cluster
from tests.run.killing import assert_no_parts
from tests.waiting import PATIENCE, below, wait_for, wait_until_gone, words_of

pytestmark = pytest.mark.slow

dask_config = pytest.importorskip("dask.config", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask distributed is not installed")


class Watching(Silent):
    """Keeps the events of a run, and does something when an event comes."""

    def __init__(self, at_event: Callable[[Event], None] = lambda event: None) -> None:
        self.events: list[Event] = []
        self.at_event = at_event

    def event(self, event: Event) -> None:
        self.events.append(event)
        self.at_event(event)

    def started(self) -> int:
        """How many workpapers began."""
        return sum(each.kind == "started" for each in self.events)


def close_tiny(tiny: Tiny, address: str, reporter: Watching | None = None) -> CloseResult:
    return run_close(Request(tiny.parameters, tiny.outputs, tiny.notebooks, cluster=address), reporter or Watching())


def files_of(outputs: Path) -> dict[str, bytes]:
    """Every file of the period, but for the record of the run."""
    period = outputs / "tiny" / "2026-05"
    return {
        path.relative_to(period).as_posix(): path.read_bytes()
        for path in sorted(period.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


@pytest.fixture(scope="module")
def dask() -> Iterator[Cluster]:
    """A scheduler and one worker."""
    with cluster() as started:
        started.worker()
        started.wait_for_workers(1)
        yield started


@pytest.fixture
def tiny(closed_tiny: Tiny) -> Tiny:
    """The company of two workpapers, with what a close on this machine wrote aside: three places, six tasks."""
    closed_tiny.outputs.rename(closed_tiny.folder / "local")
    return closed_tiny


def test_a_worker_killed_in_mid_run_loses_nothing(tiny: Tiny, dask: Cluster) -> None:
    second = dask.worker()
    dask.wait_for_workers(2)
    orphans: list[psutil.Process] = []

    def kill_one(event: Event) -> None:
        """When it has work: both have, once a third task is under way."""
        if not orphans and watching.started() == 3:
            orphans.extend(wait_for(lambda: len(found := below(second.pid)) >= 2 and found))
            second.send_signal(signal.SIGKILL)

    watching = Watching(kill_one)
    result = close_tiny(tiny, dask.address, watching)
    assert second.wait(timeout=PATIENCE) == -signal.SIGKILL
    assert not result.failed
    assert orphans
    wait_until_gone(orphans)
    labels = sorted(outcome.task.label for outcome in result.outcomes)
    for kind in ("started", "finished"):
        assert sorted(event.task.label for event in watching.events if event.kind == kind) == labels
    assert files_of(tiny.outputs) == files_of(tiny.folder / "local")
    assert_no_parts(tiny)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_or_killed_leaves_nothing_running_on_a_worker(
    number: signal.Signals, tiny: Tiny, dask: Cluster
) -> None:
    """What it asked for is ended, for it would write into the files of the next run."""
    tiny.add_situation("sleeps", "45")
    command = [sys.executable, "-m", "close_library", "run", "--cluster", dask.address, "--workpaper", "45"]
    run = subprocess.Popen(
        [*command, *tiny.options("run")], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    started = wait_for(lambda: len(found := below(dask.processes[1].pid)) >= 3 and found)
    run.send_signal(number)
    _, err = run.communicate(timeout=PATIENCE)
    assert b"Traceback" not in err
    assert run.returncode == {signal.SIGINT: 130, signal.SIGKILL: -9}[number]
    wait_until_gone(started)
    (tiny.notebooks / "45_sleeps.ipynb").unlink()
    assert not close_tiny(tiny, dask.address).failed
    assert files_of(tiny.outputs) == files_of(tiny.folder / "local")
    assert_no_parts(tiny)


def test_a_scheduler_that_is_lost_in_mid_run(tiny: Tiny) -> None:
    """No workpaper is taken for failed, and what was finished is kept."""
    with cluster() as dask:
        dask.worker()
        watching = Watching(lambda event: dask.processes[0].kill() if watching.started() == 2 else None)
        with pytest.raises(ParameterError, match="the scheduler of the cluster was lost"):
            close_tiny(tiny, dask.address, watching)
    assert "failed" not in {event.outcome.status for event in watching.events if event.outcome}
    assert tiny.say("run").code == 0
    assert files_of(tiny.outputs) == files_of(tiny.folder / "local")


def test_a_task_that_kills_its_worker_again_and_again_is_written_down_as_failed(tiny: Tiny) -> None:
    tiny.add_situation("owner_of_worker_dies", "45")
    with cluster() as dask:
        dask.worker("--nanny", *KERNEL)
        said = tiny.say("run", "--cluster", dask.address, "-p", "atlas", "-w", "45", "-w", "30")
    assert said.code == 2
    assert "WorkerDied: It was given to 3 workers of the cluster, one after the other" in said.err
    assert (tiny.period / "atlas" / "45_owner_of_worker_dies.json").exists()
    assert "failed" not in (tiny.period / "atlas" / "30_receivables_roll_forward.json").read_text()


def test_a_cluster_on_this_machine(tiny: Tiny) -> None:
    said = tiny.say("run", "--cluster", "local", "--workers", "1")
    assert said.code == 0, said.err
    assert files_of(tiny.outputs) == files_of(tiny.folder / "local")


def test_ctrl_c_in_a_terminal_ends_a_cluster_on_this_machine(tiny: Tiny) -> None:
    """A terminal says it to every process of the run."""
    tiny.add_situation("sleeps", "45")
    command = [sys.executable, "-m", "close_library", "run", "--cluster", "local", "--workers", "1", "-w", "45"]
    run = subprocess.Popen(
        [*command, *tiny.options("run")], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    started = wait_for(lambda: any(_is_worker(each) for each in below(run.pid)) and below(run.pid))
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130
    assert err.decode().splitlines()[-1].startswith("Stopped.")
    assert b"Traceback" not in err
    wait_until_gone(started)


def _is_worker(process: psutil.Process) -> bool:
    return "close_library.run.execution.worker" in words_of(process)


def test_a_worker_that_does_not_see_the_folder(tiny: Tiny) -> None:
    """It is in a mount namespace of its own, where something else hides it, as on another machine."""
    hidden = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{tiny.folder}" && exec "$0" "$@"']
    if not shutil.which("unshare") or subprocess.run([*hidden, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a folder can only be hidden by root")
    with cluster() as dask:
        dask.worker(before=hidden)
        said = tiny.say("run", "--cluster", dask.address)
    assert said.code == 2
    assert f"the folder {tiny.outputs / 'tiny'} of the run is not there" in said.err
    assert "--outputs s3://" in said.err


def test_tls(tiny: Tiny, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "1", "-subj", "/CN=close", "-addext", "subjectAltName=IP:127.0.0.1"],
        capture_output=True, check=False,
    ) if shutil.which("openssl") else None  # fmt: skip
    if made is None or made.returncode:
        pytest.skip("no openssl to make a certificate")
    environment = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate)}
    for role in ("CLIENT", "SCHEDULER", "WORKER"):
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(certificate)
        environment[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(key)
    with cluster("tls", environment) as dask:
        dask.worker()
        plain = tiny.say("run", "--cluster", dask.address)
        assert plain.code == 2
        assert "distributed.comm.tls" in plain.err
        tls = "distributed.comm.tls"
        files = {"ca-file": certificate, "client.cert": certificate, "client.key": key}
        with dask_config.set({f"{tls}.{name}": str(file) for name, file in files.items()}):
            said = tiny.say("run", "--cluster", dask.address, "-p", "atlas", "-w", "30")
    assert said.code == 0, said.err


_IMPATIENT = """
from close_library import cli
from close_library.run.execution.cluster import scheduler
scheduler._CONNECT_SECONDS = 1
cli.main()
"""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody will answer, so nobody is waited for."""
    monkeypatch.setattr(scheduler, "_CONNECT_SECONDS", 1)


@pytest.mark.usefixtures("impatient")
def test_a_scheduler_that_does_not_answer(tiny: Tiny) -> None:
    said = tiny.say("run", "--cluster", "tcp://127.0.0.1:9")
    assert said.code == 2
    assert "ParameterError: the scheduler of the cluster can't be reached." in said.err
    assert "--cluster tcp://127.0.0.1:9" in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "address", ["127.0.0.1:9", "tcp://", "nonsense", "tcp://no.such.host.invalid:8786", "tls://127.0.0.1:9"]
)
def test_an_address_that_is_none(tiny: Tiny, address: str) -> None:
    said = tiny.say("run", "--cluster", address)
    assert said.code == 2
    assert address in said.err
    assert "Traceback" not in said.err


def test_something_else_that_listens(tiny: Tiny) -> None:
    """It accepts and says nothing, for which Dask would wait."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-c", _IMPATIENT, "run", "--cluster", address, *tiny.options("run")]
        said = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert said.returncode == 2
    assert "no answer of a Dask scheduler within 6 seconds" in said.stderr
    assert "Traceback" not in said.stderr


def test_workers_that_differ_are_given_nothing(tiny: Tiny, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(PROJECT / "close_library", other / "close_library", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "close_library" / "money.py").open("a") as module:
        module.write("\n# another version\n")
    with cluster() as differing:
        differing.worker(project=other)
        differing.worker("--no-nanny", "--resources", "GPU=1")
        differing.wait_for_workers(2)
        said = tiny.say("run", "--cluster", differing.address)
        assert said.code == 2
        assert "ParameterError: no worker of the cluster can be given work." in said.err
        assert "another close_library" in said.err
        assert "no KERNEL among its resources" in said.err
        assert "--resources KERNEL=1" in said.err
        differing.worker()
        differing.wait_for_workers(3)
        said = tiny.say("run", "--cluster", differing.address, "-p", "atlas", "-w", "30")
    assert said.code == 0
    assert said.err.count("is given nothing") == 2


def test_what_two_machines_must_have_in_common() -> None:
    here = Identity("3.12", "a" * 64, {"duckdb": "2.0.0", "pandas": "3.1.1"}, "a" * 64)
    assert here.differences(here) == []
    there = Identity("3.11", "b" * 64, {"duckdb": "2.0.1"}, "b" * 64)
    assert here.differences(there) == [
        "Python 3.11, here 3.12",
        "another close_library (bbbbbbbbbbbb, here aaaaaaaaaaaa)",
        "duckdb 2.0.1, here 2.0.0",
        "pandas none, here 3.1.1",
    ]
    upgraded = Identity("3.12", "a" * 64, here.packages, "b" * 64)
    assert here.differences(upgraded) == ["an older close_library in memory than on its disk"]
