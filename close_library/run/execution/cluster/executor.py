"""Execute tasks on the workers of a Dask cluster: the same interface as the pool of this machine.

A task is given to one worker that has a free kernel, and to no other: so it is known where each one is, the longest begin
first, and when a worker is lost its task goes to another. Outputs and books lie on a path that all machines share, or in a
storage; the notebooks go to the same place.
"""

from __future__ import annotations

import queue
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from close_library.errors import CloseError
from close_library.run.execution.cluster.member import Identity, Place, carry_out, dismiss, identity, read_probe
from close_library.run.execution.cluster.scheduler import Scheduler, hosts, unfit
from close_library.run.execution.storage.mirror import Mirror
from close_library.run.files.atomic import write_whole
from close_library.run.planning.task import Event, OnEvent, Outcome, Task

RESOURCE = "KERNEL"
"""What a worker offers: how many kernels at once."""

LOST_AT_MOST = 3
"""How often a task may lose its worker before it is written down as failed: it may be what kills them."""

_LOOK_EVERY = 0.5
_WAIT_FOR_WORKERS = 60.0


@dataclass(frozen=True)
class _Flight:
    """A task that was given to a worker."""

    task: Task
    worker: str
    future: Any


class ClusterExecutor:
    """An executor of the workers of a cluster; use it as a context, so that nothing stays behind."""

    def __init__(
        self,
        address: str,
        period: Path,
        log: Path,
        storage: str = "",
        workers: int = 0,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`address` is `tcp://host:8786`, `tls://host:8786`, or `local` for `workers` of them on this machine.

        `period` is the folder of the period, `storage` the address of what it mirrors, if it does; `notice` is told of
        workers that are given nothing, and of those that are lost.
        """
        self.address = address
        self.period = period
        self.workers = workers
        self.notice = notice
        self.mirror = Mirror.of(storage, period) if storage else None
        self.place = Place(uuid4().hex, period.parent, log)
        self._fit: dict[str, int] = {}
        """Worker → how many kernels at once."""
        self._refused: dict[str, str] = {}
        self._losses: Counter[str] = Counter()
        self._flights: dict[str, _Flight] = {}
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self._scheduler = Scheduler(self.address, self.workers)
        try:
            self._look_for_workers()
            if not self._fit:
                raise unfit(self.address, self._refused)
        except BaseException:
            self._scheduler.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(CloseError):
            self._scheduler.cancel([flight.future for flight in self._flights.values()])
            self._scheduler.ask(dismiss, self.place.run, workers=list(self._fit))
        self._scheduler.close()

    def run(self, tasks: Sequence[Task], on_event: OnEvent) -> list[Outcome]:
        """Execute all tasks; the outcomes come in the order of the tasks."""
        notebooks = self.period.parent / ".run" / f"{self.period.name}.notebooks"
        asked = {task.label: task for task in tasks}
        try:
            sent = [replace(task, notebook=_copied(task.notebook, notebooks)) for task in tasks]
            if self.mirror is not None:
                self.place = replace(
                    self.place, remote=self.mirror.publish(task for task in sent if task.work == "draw")
                )
            outcomes = self._run(sent, on_event)
        finally:
            shutil.rmtree(notebooks, ignore_errors=True)
        return [replace(outcome, task=asked[outcome.task.label]) for outcome in outcomes]

    def _run(self, tasks: Sequence[Task], on_event: OnEvent) -> list[Outcome]:
        waiting = list(reversed(tasks))
        flights = self._flights
        outcomes: dict[str, Outcome] = {}
        looked = alive = time.monotonic()
        while len(outcomes) < len(tasks):
            self._hand_out(waiting, on_event)
            ended = [flights.pop(key) for key in self._keys_of_ended() if key in flights]
            if time.monotonic() - looked > _LOOK_EVERY:
                self._look_for_workers()
                looked = time.monotonic()
                ended += [flights.pop(key) for key, each in list(flights.items()) if each.worker not in self._fit]
                alive = looked if self._fit else alive
                if looked - alive > _WAIT_FOR_WORKERS:
                    raise unfit(self.address, self._refused)
            self._scheduler.refuse_lost()
            for flight in ended:
                came_to = self._came_to(flight)
                if isinstance(came_to, Outcome):
                    if self.mirror is not None:
                        self.mirror.receive(flight.task)
                    outcomes[flight.task.label] = came_to
                    on_event(Event("finished", flight.task, came_to))
                else:
                    waiting.append(came_to)
        return [outcomes[task.label] for task in tasks]

    def _look_for_workers(self) -> None:
        """Ask the scheduler which workers there are; a new one is looked at before it is given anything."""
        there = self._scheduler.workers(RESOURCE)
        self._fit = {worker: kernels for worker, kernels in self._fit.items() if worker in there}
        self._refused = {worker: why for worker, why in self._refused.items() if worker in there}
        new = [worker for worker in there if worker not in self._fit and worker not in self._refused]
        self._refused |= {worker: f"no {RESOURCE} among its resources" for worker in new if there[worker] < 1}
        able = [worker for worker in new if there[worker] >= 1]
        if able:
            self._refused |= self._differing(able)
            self._fit |= {worker: int(there[worker]) for worker in able if worker not in self._refused}
        if self._fit:
            for worker in new:
                if worker in self._refused:
                    self.notice(f"The worker {worker} is given nothing: {self._refused[worker]}.")

    def _differing(self, workers: Sequence[str]) -> dict[str, str]:
        """Worker → why it would not come to the same bytes, or could not put them where they belong."""
        found = {}
        here = identity()
        for worker, there in self._scheduler.ask(identity, workers=workers).items():
            if not isinstance(there, Identity):
                found[worker] = f"close_library can't be used there: {' '.join(str(there).split())[:200]}"
            elif differences := here.differences(there):
                found[worker] = "; ".join(differences)
        alike = [worker for worker in workers if worker not in found]
        if self.mirror is None and alike:
            probe, word = self.place.company_folder / ".run" / f"{self.place.run}.probe", uuid4().hex
            write_whole(probe, word.encode())
            try:
                for worker, read in self._scheduler.ask(read_probe, probe, workers=alike).items():
                    if read != word:
                        found[worker] = f"the folder {self.place.company_folder} of the run is not there"
            finally:
                probe.unlink()
        return found

    def _hand_out(self, waiting: list[Task], on_event: OnEvent) -> None:
        """Give waiting tasks to workers with a free kernel."""
        busy = Counter(flight.worker for flight in self._flights.values())
        machines = hosts(self._fit)
        for worker, kernels in self._fit.items():
            sharing = sum(self._fit[each] for each, host in machines.items() if host == machines[worker])
            for _ in range(kernels - busy[worker]):
                if not waiting:
                    return
                task = waiting.pop()
                attempt = f"{self.place.run[:8]}{self._losses[task.label]}"
                place = replace(self.place, sharing=sharing)
                future = self._scheduler.submit(
                    carry_out, replace(task, attempt=attempt), place, worker=worker, resources={RESOURCE: 1}
                )
                self._flights[future.key] = _Flight(task, worker, future)
                future.add_done_callback(lambda ended: self._ended.put(ended.key))
                if not self._losses[task.label]:
                    on_event(Event("started", task))

    def _keys_of_ended(self) -> list[str]:
        """The futures that have ended; waits a moment for the first."""
        try:
            keys = [self._ended.get(timeout=_LOOK_EVERY)]
        except queue.Empty:
            return []
        while not self._ended.empty():
            keys.append(self._ended.get())
        return keys

    def _came_to(self, flight: _Flight) -> Outcome | Task:
        """The outcome of a task; or, where it was the cluster that failed, the task, to be tried again."""
        outcome, trouble = self._scheduler.outcome(flight.future)
        if isinstance(outcome, Outcome):
            return outcome
        flight.future.cancel()
        task = flight.task
        self._losses[task.label] += 1
        times = self._losses[task.label]
        died = f"It was given to {times} workers of the cluster, one after the other, and {trouble}."
        if task.died:
            return Outcome(task, "failed", message=f"WorkerDied: {died}")
        return replace(task, died=died) if times >= LOST_AT_MOST else task


def _copied(notebook: Path, folder: Path) -> Path:
    """A notebook where the workers of a cluster find it."""
    copy = folder / notebook.name
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(copy, notebook.read_bytes())
    return copy
