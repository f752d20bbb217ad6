"""Who holds a period in a storage: a small file there that its run renews, for a storage has no locks.

Weaker than the lock of a folder: a run that dies leaves its file, and to another machine only its age tells. So a run whose
machine slept may have been taken for dead: it looks whose word the file holds before it sends anything.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psutil  # type: ignore[import-untyped]

from close_library.errors import BooksError, CloseError, Fault
from close_library.run.execution.storage.objects import Storage

RENEWED_EVERY = 20.0
ABANDONED_AFTER = 120.0
_LOOK_EVERY = 1.0


@contextmanager
def held(storage: Storage, period: str, wait: float = 0) -> Iterator[Callable[[], None]]:
    """Hold a period, waiting at most `wait` seconds. Raises BooksError saying who holds it.

    What comes is to be called before anything is sent: it raises BooksError when another run has taken the period over.
    """
    path, word, until = f".run/{period}.holder.json", uuid4().hex, time.monotonic() + wait
    while not _taken(storage, path, word):
        if time.monotonic() >= until:
            do = f"wait until it is done, or give --wait SECONDS; a dead run's hold ends after {ABANDONED_AFTER:.0f} seconds"
            raise _taken_by_another(f"another run is closing {period}.", storage, path, do)
        time.sleep(_LOOK_EVERY)
    ended = threading.Event()
    renewing = threading.Thread(target=_renew, args=[storage, path, word, ended], daemon=True)
    renewing.start()

    def refuse_lost() -> None:
        if not _is_ours(storage, path, word):
            do = "run again when it is done; what this one did is not sent"
            raise _taken_by_another(f"another run has taken {period} over.", storage, path, do)

    try:
        yield refuse_lost
    finally:
        ended.set()
        renewing.join()
        if _is_ours(storage, path, word):
            storage.remove([path])


def _taken(storage: Storage, path: str, word: str) -> bool:
    if storage.write(path, _content(word), only_if_absent=True):
        return True
    holder = _read(storage, path)
    if holder is not None and time.time() - holder.get("renewed", 0) < ABANDONED_AFTER and not _is_dead(holder):
        return False
    storage.write(path, _content(word))
    time.sleep(_LOOK_EVERY)
    return _is_ours(storage, path, word)


def _is_ours(storage: Storage, path: str, word: str) -> bool:
    return (_read(storage, path) or {}).get("word") == word


def _is_dead(holder: dict[str, Any]) -> bool:
    """Whether the holder was a process of this machine that is no more."""
    process = holder.get("pid")
    return holder.get("machine") == platform.node() and isinstance(process, int) and not psutil.pid_exists(process)


def _renew(storage: Storage, path: str, word: str, ended: threading.Event) -> None:
    while not ended.wait(RENEWED_EVERY):
        try:
            if not _is_ours(storage, path, word):
                return
            storage.write(path, _content(word))
        except CloseError:  # the run itself will meet it, and say so
            continue


def _content(word: str) -> bytes:
    return json.dumps(
        {
            "word": word,
            "pid": os.getpid(),
            "machine": platform.node(),
            "renewed": time.time(),
            "renewed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    ).encode()


def _read(storage: Storage, path: str) -> dict[str, Any] | None:
    try:
        found = json.loads(storage.read(path) or b"null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else None


def _taken_by_another(summary: str, storage: Storage, path: str, do: str) -> BooksError:
    expected = "one run at a time for a company and period"
    where = f"{storage.url}/{path.removeprefix('.run/').removesuffix('.holder.json')}"
    return BooksError(summary, [Fault(where, _said_by(storage, path), expected, do)])


def _said_by(storage: Storage, path: str) -> str:
    holder = _read(storage, path) or {}
    if "pid" not in holder:
        return "a run that has just begun"
    return f"process {holder['pid']} on {holder['machine']}, last heard of at {holder['renewed_at']}"
