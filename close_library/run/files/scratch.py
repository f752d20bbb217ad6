"""Folders of the system's temporary place that belong to a run, and the processes that were started in them.

The name of a folder tells the run's process. Workers, kernels and what notebooks start have it as their own temporary place,
so whatever outlives a run that was killed is known by it and ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from close_library.books.connection import SCRATCH

_GONE_SECONDS = 10.0


def remove_abandoned() -> None:
    """End what killed runs left running and remove their folders."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SCRATCH}*-*"):
        process = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            end_processes_of(folder)
            shutil.rmtree(folder, ignore_errors=True)


def end_processes_of(folder: Path) -> None:
    """Kill every process that was started in a run's folder, wherever it has hidden since, and see it gone.

    One that is being killed can still finish what it asked of the disk.
    """
    killed = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get("TMPDIR") == str(folder):
                process.kill()
                killed.append(process)
    ends = time.monotonic() + _GONE_SECONDS
    while any(map(_runs, killed)) and time.monotonic() < ends:
        time.sleep(0.005)


def _runs(process: psutil.Process) -> bool:
    """Whether a process has not ended; one that nobody has asked about has."""
    with contextlib.suppress(psutil.Error, OSError):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
