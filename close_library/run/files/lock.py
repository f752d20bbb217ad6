"""One run at a time for each company and period.

The lock is the operating system's, so a dead process holds nothing.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from close_library.errors import BooksError, Fault
from close_library.run.files.atomic import write_json


@contextmanager
def locked(folder: Path, company: str, period: str, wait: float = 0) -> Iterator[None]:
    """Hold a period of a company, waiting at most `wait` seconds. Raises BooksError saying who holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / f"{period}.holder.json"
    lock = FileLock(folder / f"{period}.lock", timeout=wait)
    try:
        lock.acquire()
    except Timeout:
        raise BooksError(
            f"another run is closing {company} {period}.",
            [
                Fault(
                    str(folder.parent / period),
                    _said_by(holder),
                    "one run at a time for a company and period",
                    "wait until it is done, or give --wait SECONDS",
                )
            ],
        ) from None
    try:
        write_json(
            holder,
            {
                "pid": os.getpid(),
                "machine": platform.node(),
                "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            },
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _said_by(holder: Path) -> str:
    try:
        who = json.loads(holder.read_text())
        return f"process {who['pid']} on {who['machine']}, started {who['started_at']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has just begun"
