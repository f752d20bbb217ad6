"""Execute tasks in processes of this machine: as many at once as there are workers, the longest first.

A worker that dies takes only its own task with it and is replaced. Nothing outlives the pool: workers and the zygote of
their kernels end when their pipe to this process closes, however it ends, and kernels when their worker or the zygote does.
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

from close_library.books.connection import SCRATCH
from close_library.run.execution.forking import FORKED, kind_of_kernel
from close_library.run.execution.forking.owned import OwnedZygote
from close_library.run.execution.forking.preload import extras_of
from close_library.run.execution.process import ZYGOTE, environment
from close_library.run.files.scratch import end_processes_of, remove_abandoned
from close_library.run.planning.task import Event, OnEvent, Outcome, Task

_LOOK_EVERY = 0.5
_GRACE = 60.0
"""Seconds beyond a task's own timeout, for its reports, after which its worker is taken to hang."""


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    lifeline: int
    """The end of a pipe that only we hold: when it closes, the worker ends at once."""
    task: Task | None = None
    since: float = 0.0


class LocalPool:
    """An executor of worker processes on this machine; use it as a context, so that nothing stays behind."""

    def __init__(self, workers: int, log: Path, sharing: int = 0) -> None:
        """`log` takes what workers and kernels print, and the tracebacks of our own bugs.

        `sharing` is how many workers share this machine, where other pools have some too.
        """
        self.size = max(1, workers)
        self.sharing = max(self.size, sharing)
        self.log = log
        self._zygote: OwnedZygote | None = None
        self._environment: dict[str, str] = {}
        self._workers: list[_Worker] = []
        self._scratch = Path()
        self._output: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._output = self.log.open("ab")
        remove_abandoned()
        self._scratch = Path(tempfile.mkdtemp(prefix=f"{SCRATCH}{os.getpid()}-"))
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
            os.close(worker.lifeline)
        self._workers.clear()
        if self._zygote is not None:
            self._zygote.end(patiently=kind is None)
            self._zygote = None
        if self._output:
            self._output.close()
        end_processes_of(self._scratch)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def run(self, tasks: Sequence[Task], on_event: OnEvent) -> list[Outcome]:
        """Execute all tasks; the outcomes come in the order of the tasks."""
        self._prepare(tasks)
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

    def _prepare(self, tasks: Sequence[Task]) -> None:
        """What all workers are given, and the zygote that forks their kernels, loading while they start."""
        if self._environment:
            return
        self._environment = environment(self.sharing, self._scratch)
        if kind_of_kernel() == FORKED and any(task.work == "execute" for task in tasks):
            path = self._scratch / "zygote"
            extras = extras_of({task.notebook for task in tasks})
            self._zygote = OwnedZygote(path, extras, self._environment, self._output)
            self._environment[ZYGOTE] = str(path)

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
        watched, lifeline = os.pipe()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "close_library.run.execution.worker", str(theirs.fileno()), str(watched)],
                env=self._environment,
                pass_fds=[theirs.fileno(), watched],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
            )
        os.close(watched)
        worker = _Worker(process, Connection(ours.detach()), lifeline)
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
        os.close(worker.lifeline)
        self._workers.remove(worker)
        if task.died:
            return Outcome(task, "failed", seconds, f"WorkerDied: {task.died}")
        return replace(task, died=message)


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
