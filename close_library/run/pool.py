"""Execute tasks in processes of this machine: as many at once as there are workers, the longest first.

A worker that dies takes only its own task with it and is replaced. Nothing outlives the pool: workers end
when the pool's socket closes or its process dies, kernels when their worker dies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil  # type: ignore[import-untyped]

from close_library.run.process import environment
from close_library.run.task import Event, OnEvent, Outcome, Task

_LOOK_EVERY = 0.5
_SCRATCH = "close-run-"
_GRACE = 60.0
"""Seconds beyond a task's own timeout, for its reports, after which its worker is taken to hang."""


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    task: Task | None = None
    since: float = 0.0


class LocalPool:
    """An executor of worker processes on this machine; use it as a context, so that nothing stays behind."""

    def __init__(self, workers: int, log: Path) -> None:
        """`log` takes what workers and kernels print, and the tracebacks of our own bugs."""
        self.size = max(1, workers)
        self.log = log
        self._workers: list[_Worker] = []
        self._scratch = Path()
        self._output: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("ab")
        _remove_abandoned()
        self._scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.connection.close()
            if worker.task is not None:
                _kill(worker.process)
        for worker in self._workers:
            try:
                worker.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                _kill(worker.process)
        self._workers.clear()
        if self._output:
            self._output.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def run(self, tasks: Sequence[Task], on_event: OnEvent) -> list[Outcome]:
        """Execute all tasks; the outcomes come in the order of the tasks."""
        waiting = list(reversed(tasks))
        outcomes: dict[str, Outcome] = {}
        while len(outcomes) < len(tasks):
            self._hand_out(waiting, on_event)
            busy = [worker for worker in self._workers if worker.task is not None]
            ready = wait([worker.connection for worker in busy], timeout=_LOOK_EVERY)
            for worker in busy:
                ended = self._receive(worker) if worker.connection in ready else self._look_after(worker)
                if isinstance(ended, Outcome):
                    outcomes[ended.task.label] = ended
                    on_event(Event("finished", ended.task, ended))
                elif ended is not None:
                    waiting.append(ended)
        return [outcomes[task.label] for task in tasks]

    def _hand_out(self, waiting: list[Task], on_event: OnEvent) -> None:
        while waiting:
            worker = next((worker for worker in self._workers if worker.task is None), None)
            if worker is None:
                if len(self._workers) >= self.size:
                    return
                worker = self._start()
            task = waiting.pop()
            worker.task, worker.since = task, time.monotonic()
            with contextlib.suppress(OSError):  # it died idle: the next look at it says so
                worker.connection.send(task)
            if not task.died:
                on_event(Event("started", task))

    def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "close_library.run.worker", str(theirs.fileno())],
                env=environment(self.size, self._scratch),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
            )
        worker = _Worker(process, Connection(ours.detach()))
        self._workers.append(worker)
        return worker

    def _receive(self, worker: _Worker) -> Outcome | Task:
        assert worker.task is not None
        try:
            outcome: Outcome = worker.connection.recv()
        except (EOFError, OSError):
            return self._bury(worker, _how_it_died(worker.process))
        worker.task = None
        return outcome

    def _look_after(self, worker: _Worker) -> Outcome | Task | None:
        assert worker.task is not None
        if worker.process.poll() is not None:
            return self._bury(worker, _how_it_died(worker.process))
        if time.monotonic() - worker.since > worker.task.timeout + _GRACE:
            _kill(worker.process)
            return self._bury(worker, f"It did not end within the {worker.task.timeout} seconds that --timeout allows.")
        return None

    def _bury(self, worker: _Worker, message: str) -> Outcome | Task:
        """Forget a dead worker; its task goes to another one once, to be written down as failed."""
        assert worker.task is not None
        task, seconds = worker.task, time.monotonic() - worker.since
        worker.connection.close()
        self._workers.remove(worker)
        if task.died:
            return Outcome(task, "failed", seconds, f"WorkerDied: {task.died}")
        return replace(task, died=message)


def _remove_abandoned() -> None:
    """Remove the scratch folders of runs that were killed; their names tell the process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*-*"):
        process = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _how_it_died(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        _kill(process)
        code = process.wait()
    if code == -signal.SIGKILL:
        return (
            "Its worker process was killed. Most often the machine had no memory left for it: "
            "close other programs, or run with fewer --workers."
        )
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"Its worker process ended with {how}."


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker and everything below it."""
    if process.poll() is not None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
