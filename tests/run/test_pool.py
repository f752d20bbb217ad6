"""Workers and kernels: what dies takes only its own task with it, and nothing outlives the run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from close_library.run.execution.pool import LocalPool
from close_library.run.execution.process import environment
from close_library.run.planning.task import Event, Outcome, Task
from tests.conftest import PROJECT, SITUATIONS, Tiny

linux = pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")


def task_of(situation: str, folder: Path, program: str = "atlas", timeout: int = 60) -> Task:
    """A task that runs one of the small notebooks."""
    notebook = SITUATIONS / f"{situation}.ipynb"
    heading = {"ref": "45", "name": situation, "title": "Small", "company": "tiny", "company_name": "Tiny, Inc."}
    return Task(notebook, folder / program, program, "2026-05", f"45_{situation}", heading, timeout)


def run_all(tasks: list[Task], folder: Path, workers: int) -> tuple[list[Outcome], list[Event]]:
    events: list[Event] = []
    for task in tasks:
        task.folder.mkdir(parents=True, exist_ok=True)
    with LocalPool(workers, folder / "run.log") as pool:
        outcomes = pool.run(tasks, events.append)
    return outcomes, events


def test_outcomes_come_in_the_order_of_the_tasks_and_every_task_begins_and_ends_once(tmp_path: Path) -> None:
    tasks = [
        task_of("raises_key_error", tmp_path, "atlas"),
        task_of("worker_dies", tmp_path, "borealis"),
        task_of("no_conclusion", tmp_path, "cygnus"),
    ]
    outcomes, events = run_all(tasks, tmp_path, workers=1)
    assert [outcome.task.program for outcome in outcomes] == ["atlas", "borealis", "cygnus"]
    assert [outcome.message.split(":")[0] for outcome in outcomes] == ["KeyError", "WorkerDied", "NoConclusion"]
    assert not any(outcome.ours for outcome in outcomes)
    for kind in ("started", "finished"):
        assert sorted(event.task.program for event in events if event.kind == kind) == ["atlas", "borealis", "cygnus"]
    assert [len(list(task.folder.glob("*.json"))) for task in tasks] == [1, 1, 1]


def below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def wait_for(what: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def sleeps(processes: list[psutil.Process]) -> bool:
    """Whether a notebook is in the cell that sleeps.

    A kernel that is there but not ready is not enough: when its zygote dies then, its worker takes another one, and rightly so.
    """
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.cmdline() == ["sleep", "60"]:
                return True
    return False


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs: one that ended and that nobody has asked about, of another test, does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def start_sleeping_run(tiny: Tiny) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A run in a process of its own whose notebook sleeps, with the processes below it."""
    tiny.add_situation("sleeps", "45")
    options = [*tiny.options("run"), "--workpaper", "45", "--program", "atlas"]
    run = subprocess.Popen(
        [sys.executable, "-m", "close_library", "run", *options],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process = psutil.Process(run.pid)
    wait_for(lambda: sleeps(below(process)), 60)
    return run, below(process)


@linux
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_run_leaves_no_process_no_lock_and_no_half_file(tiny: Tiny, number: int, code: int) -> None:
    run, others = start_sleeping_run(tiny)
    assert len(others) >= 2
    os.kill(run.pid, number)
    _, said = run.communicate(timeout=120)
    assert run.returncode == code
    assert "Traceback" not in said
    wait_for(lambda: not any(alive(process) for process in others), 10)
    assert not list(tiny.period.rglob("45_*"))
    assert tiny.say("run", "--workpaper", "30", "--program", "atlas").code == 0
    assert not list(Path(tempfile.gettempdir()).glob(f"close-run-{run.pid}-*"))
    assert not list((tiny.period / "atlas").glob(".*"))


@linux
def test_a_zygote_that_dies_takes_only_its_kernels_with_it(tmp_path: Path) -> None:
    tasks = [task_of("sleeps", tmp_path, "atlas"), task_of("raises_key_error", tmp_path, "borealis")]
    for task in tasks:
        task.folder.mkdir(parents=True)
    outcomes: list[Outcome] = []
    of_other_tests = set(below(psutil.Process()))
    with LocalPool(1, tmp_path / "run.log") as pool:
        running = threading.Thread(target=lambda: outcomes.extend(pool.run(tasks, lambda event: None)))
        running.start()
        wait_for(lambda: sleeps(below(psutil.Process())), 60)
        others = [each for each in below(psutil.Process()) if each not in of_other_tests]
        [zygote] = [
            each
            for each in psutil.Process().children()
            if each not in of_other_tests
            and alive(each)
            and "close_library.run.execution.forking.zygote" in each.cmdline()
        ]
        zygote.kill()
        running.join(timeout=60)
    assert [outcome.message.split(":")[0] for outcome in outcomes] == ["DeadKernel", "KeyError"]
    assert [outcome.kernel for outcome in outcomes] == ["forked", "forked"]
    wait_for(lambda: not any(alive(process) for process in others), 10)


@linux
def test_workers_are_told_their_share_of_the_machine(tmp_path: Path) -> None:
    alone, shared = environment(1, tmp_path), environment(4, tmp_path)
    assert int(shared["CLOSE_KERNEL_MEMORY"]) <= int(alone["CLOSE_KERNEL_MEMORY"])
    assert int(shared["CLOSE_THREADS"]) <= int(alone["CLOSE_THREADS"])
