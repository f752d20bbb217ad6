"""What a worker of a cluster does: say who it is, carry out a task in a process of its own, clean up.

A Dask worker only looks after one of our own worker processes, as a run on one machine does: a notebook that takes its
process down leaves the Dask worker alone, and when the Dask worker dies everything below it dies with it.
"""

from __future__ import annotations

import asyncio
import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from close_library.run.execution.cluster.scheduler import asked_for
from close_library.run.execution.pool import LocalPool
from close_library.run.execution.storage.objects import Remote
from close_library.run.freshness.stamps import drawing_packages, executing_packages
from close_library.run.planning.task import Outcome, Task
from close_library.workpaper.inputs import COMPUTING_PACKAGES, library_digest, packages

_IMPORTED = library_digest()


@dataclass(frozen=True)
class Identity:
    """What two processes must have in common to compute the same bytes."""

    python: str
    library: str
    packages: dict[str, str]
    imported: str
    """The library when this process imported it: another one than on its disk is an upgrade under its feet."""

    def differences(self, other: Identity) -> list[str]:
        """What another process has that this one has not, in words."""
        found = []
        if other.python != self.python:
            found.append(f"Python {other.python}, here {self.python}")
        if other.library != self.library:
            found.append(f"another close_library ({other.library[:12]}, here {self.library[:12]})")
        elif other.imported != other.library:
            found.append("an older close_library in memory than on its disk")
        for name in sorted({*self.packages, *other.packages}):
            ours, theirs = self.packages.get(name, "none"), other.packages.get(name, "none")
            if ours != theirs:
                found.append(f"{name} {theirs}, here {ours}")
        return found


def identity() -> Identity:
    """Who this process is, by what lies on its disk now."""
    return Identity(
        python=".".join(platform.python_version_tuple()[:2]),
        library=library_digest.__wrapped__(),
        packages={**packages(COMPUTING_PACKAGES), **executing_packages(), **drawing_packages()},
        imported=_IMPORTED,
    )


@dataclass(frozen=True)
class Place:
    """Where the outputs of a run are, for its workers: a folder that they share, or a storage and a folder of their own."""

    run: str
    """The run that asks, for two may use one cluster."""
    company_folder: Path
    log: Path
    sharing: int = 1
    """How many of the cluster's workers share a worker's machine."""
    remote: Remote | None = None


def read_probe(probe: Path) -> str:
    """What a file of the run holds for a worker; empty where it is not there, so the folder is not shared."""
    try:
        return probe.read_text(encoding="utf-8")
    except OSError:
        return ""


def carry_out(task: Task, place: Place) -> Outcome:
    """Carry out one task; what goes wrong with its notebook is the outcome."""
    if place.remote is None:
        return _execute(task, place)
    own = place.remote.fetch()
    folder = own / task.folder.relative_to(place.company_folder)
    folder.mkdir(parents=True, exist_ok=True)
    there = replace(task, folder=folder, notebook=own / task.notebook.relative_to(place.company_folder))
    wanted = asked_for()
    outcome = _execute(there, replace(place, log=own / place.log.relative_to(place.company_folder)))
    if not wanted():
        raise NotWanted
    place.remote.send(there, own)
    return replace(outcome, task=task)


class NotWanted(Exception):
    """The run that asked for a task is gone."""


class _Pool(LocalPool):
    """The process that carries out the tasks of one run; it ends with the run, also when that is killed."""

    wanted: Callable[[], bool]

    def _look_after(self, worker: Any) -> Outcome | Task | None:
        if not self.wanted():
            raise NotWanted
        return super()._look_after(worker)


_Key: TypeAlias = tuple[str, int]
"""A run and a thread of this worker: each thread has a process of its own, for Dask lets a worker have several."""

_pools: dict[_Key, _Pool] = {}
_busy: set[_Key] = set()
_one_at_a_time = threading.Lock()
_PATIENCE = 5.0


def _execute(task: Task, place: Place) -> Outcome:
    """By the process that this run has here; those of other runs, which may be long over, are ended when idle."""
    key = (place.run, threading.get_ident())
    with _one_at_a_time:
        _busy.add(key)
        _end_idle(lambda other: other[0] != place.run)
        if key not in _pools:
            _pools[key] = _Pool(1, place.log, place.sharing).__enter__()
        pool = _pools[key]
    try:
        pool.wanted = asked_for()
        return pool.run([task], lambda event: None)[0]
    except BaseException as error:
        _pools.pop(key, pool).__exit__(type(error), error, None)
        raise
    finally:
        _busy.discard(key)


def _end_idle(which: Callable[[_Key], bool]) -> None:
    for key in [key for key in _pools if which(key) and key not in _busy]:
        _pools.pop(key).__exit__(None, None, None)


async def dismiss(run: str) -> int:
    """End what carried out the tasks of a run, once it has seen that nobody wants them; says which worker we are."""
    until = time.monotonic() + _PATIENCE
    while any(key[0] == run for key in _busy) and time.monotonic() < until:
        await asyncio.sleep(0.05)
    await asyncio.to_thread(_end, run)
    return os.getpid()


def _end(run: str) -> None:
    with _one_at_a_time:
        _end_idle(lambda key: key[0] == run)
