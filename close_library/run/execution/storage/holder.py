"""Who holds a period in a storage: a small file there that its run renews, for a storage has no locks.

Weaker than the lock of a folder: a run that dies leaves its file, and only its age tells. Two runs that take an old one over
in the same instant both believe that they hold it.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from close_library.errors import BooksError, CloseError, Fault
from close_library.run.execution.storage.objects import Storage

RENEWED_EVERY = 20.0
ABANDONED_AFTER = 120.0
_LOOK_EVERY = 1.0


@contextmanager
def held(storage: Storage, period: str, wait: float = 0) -> Iterator[None]:
    """Hold a period, waiting at most `wait` seconds. Raises BooksError saying who holds it."""
    path, word, until = f".run/{period}.holder.json", uuid4().hex, time.monotonic() + wait
    while not _taken(storage, path, word):
        if time.monotonic() >= until:
            raise BooksError(
                f"another run is closing {period}.",
                [
                    Fault(
                        f"{storage.url}/{period}",
                        _said_by(storage, path),
                        "one run at a time for a company and period",
                        "wait until it is done, or give --wait SECONDS; a dead run's hold ends after "
                        f"{ABANDONED_AFTER:.0f} seconds",
                    )
                ],
            )
        time.sleep(_LOOK_EVERY)
    ended = threading.Event()
    renewing = threading.Thread(target=_renew, args=[storage, path, word, ended], daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        storage.remove([path])


def _taken(storage: Storage, path: str, word: str) -> bool:
    if storage.write(path, _content(word), only_if_absent=True):
        return True
    holder = _read(storage, path)
    if holder is not None and time.time() - holder.get("renewed", 0) < ABANDONED_AFTER:
        return False
    storage.write(path, _content(word))
    time.sleep(_LOOK_EVERY)
    now = _read(storage, path)
    return now is not None and now.get("word") == word


def _renew(storage: Storage, path: str, word: str, ended: threading.Event) -> None:
    while not ended.wait(RENEWED_EVERY):
        try:
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


def _said_by(storage: Storage, path: str) -> str:
    holder = _read(storage, path) or {}
    if "pid" not in holder:
        return "a run that has just begun"
    return f"process {holder['pid']} on {holder['machine']}, last heard of at {holder['renewed_at']}"
