"""The instants at which a disk changes: files that a process opens for writing, renames or removes.

A worker that finds `mortal/sitecustomize.py` on its path counts its own from its first moment, and at one of them kills
itself, the run that it works for, or both. Nothing but the standard library is needed for that.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

MORTAL = Path(__file__).parent / "mortal"
BELOW, COUNTED, AT, WHO = (f"CLOSE_MORTAL_{name}" for name in ("BELOW", "COUNTED", "AT", "WHO"))
"""The environment variables of a mortal worker: the folder whose writes count; the file with a byte for each; the number of
the deadly one; `worker`, `run` or `both`."""

_WORKER = "close_library.run.execution.worker"


def is_write(event: str, details: tuple[Any, ...]) -> bool:
    """Whether an audited event changes what is on the disk, or begins to."""
    if event == "open":
        flags = details[2] if isinstance(details[2], int) else 0
        return bool(flags & (os.O_WRONLY | os.O_RDWR))
    return event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


def be_mortal() -> None:
    """Watch the writes of this process, if it is a worker that shall die at one of them."""
    if AT not in os.environ or _WORKER not in sys.orig_argv:
        return
    below, at, who = os.environ[BELOW], int(os.environ[AT]), os.environ[WHO]
    counted = os.open(os.environ[COUNTED], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    run, own = os.getppid(), os.getpid()

    def count(event: str, details: tuple[Any, ...]) -> None:
        if is_write(event, details) and os.getpid() == own and str(details[0]).startswith(below):
            os.write(counted, b".")
            if os.fstat(counted).st_size == at:
                for process in {"worker": [own], "run": [run], "both": [run, own]}[who]:
                    os.kill(process, signal.SIGKILL)

    sys.addaudithook(count)
