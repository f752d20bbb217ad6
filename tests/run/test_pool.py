"""Workers and kernels: what dies takes only its own task with it, and nothing outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import psutil
import pytest

from close_library.run.execution.pool import LocalPool
from close_library.run.execution.process import environment
from close_library.run.planning.task import Event, Outcome, Task
from tests.conftest import PROJECT, SITUATIONS, Tiny
from tests.waiting import PATIENCE, alive, below, wait_for, wait_until_gone, words_of

linux = pytest.mark.skipif(sys.platform != "linux", reason="parent-death signals are Linux's")


def task_of(situation: str, folder: Path, program: str = "atlas", timeout: int = 600) -> Task:
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


def sleeps(processes: list[psutil.Process]) -> bool:
    """Whether a notebook is in the cell that sleeps.

    A kernel that is there but not ready is not enough: when its zygote dies then, its worker takes another one, and rightly so.
    """
    return any(words_of(process) == ["sleep", "3600"] for process in processes)


def start_sleeping_run(tiny: Tiny) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A run in a process of its own whose notebook sleeps, with the processes below it."""
    tiny.add_situation("sleeps", "45")
    options = [*tiny.options("run"), "--workpaper", "45", "--program", "atlas"]
    run = subprocess.Popen(
        [sys.executable, "-m", "close_library", "run", *options],
        cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: sleeps(below(run.pid)) or run.poll() is not None)
    return run, below(run.pid)


@linux
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_stopped_run_leaves_no_process_no_lock_and_no_half_file(tiny: Tiny, number: int, code: int) -> None:
    run, others = start_sleeping_run(tiny)
    assert len(others) >= 2
    os.kill(run.pid, number)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == code
    assert "Traceback" not in said
    wait_until_gone(others)
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
    of_other_tests = set(below(os.getpid()))
    with LocalPool(1, tmp_path / "run.log") as pool:
        running = threading.Thread(target=lambda: outcomes.extend(pool.run(tasks, lambda event: None)))
        running.start()
        wait_for(lambda: sleeps([each for each in below(os.getpid()) if each not in of_other_tests]))
        others = [each for each in below(os.getpid()) if each not in of_other_tests]
        [zygote] = [
            each
            for each in psutil.Process().children()
            if each in others and alive(each) and "close_library.run.execution.forking.zygote" in words_of(each)
        ]
        zygote.kill()
        running.join(timeout=PATIENCE)
        assert not running.is_alive()
    assert [outcome.message.split(":")[0] for outcome in outcomes] == ["DeadKernel", "KeyError"]
    assert [outcome.kernel for outcome in outcomes] == ["forked", "forked"]
    wait_until_gone(others)


@linux
def test_workers_are_told_their_share_of_the_machine(tmp_path: Path) -> None:
    alone, shared = environment(1, tmp_path), environment(4, tmp_path)
    assert int(shared["CLOSE_KERNEL_MEMORY"]) <= int(alone["CLOSE_KERNEL_MEMORY"])
    assert int(shared["CLOSE_THREADS"]) <= int(alone["CLOSE_THREADS"])
