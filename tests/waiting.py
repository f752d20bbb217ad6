"""Waiting for what other processes do: for a condition, and so long that only what hangs is taken to hang.

No test judges how long something takes: a machine may be five times slower, with other tests beside this one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

import psutil

PATIENCE = 300.0
"""Seconds after which something is taken to hang."""


def wait_for(condition: Callable[[], Any], what: str = "it did not come to be") -> Any:
    """What a condition comes to, once it is true."""
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until, what
        time.sleep(0.02)
    return found


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs: one that ended and that nobody has asked about does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until_gone(processes: Iterable[psutil.Process]) -> None:
    """Until none of some processes runs any more."""
    watched = list(processes)
    wait_for(lambda: not any(map(alive, watched)), "some processes did not end")


def words_of(process: psutil.Process) -> list[str]:
    """The command of a process; nothing of one that has ended."""
    with contextlib.suppress(psutil.Error):
        command: list[str] = process.cmdline()
        return command
    return []


def below(process: int) -> list[psutil.Process]:
    """Everything that a process started, and what that started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        found: list[psutil.Process] = psutil.Process(process).children(recursive=True)
        return found
    return []
