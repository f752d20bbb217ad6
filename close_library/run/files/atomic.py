"""Files appear whole or not at all: written beside under a temporary name, synced, renamed.

A temporary name begins with a dot and holds `.part`, so that what a killed run left behind can be told from what it
finished. Where two processes may write the same file, it holds the process too: they would write into each other's.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

_OF_A_PROCESS = re.compile(r"\.part-(\d+)-([0-9a-f]{8})(\.|$)")
_DAY = 86_400.0


def part_of(path: Path, attempt: str = "") -> Path:
    """The temporary name beside a file, with the same ending: `.20_x.part.ipynb` for `20_x.ipynb`.

    `attempt` sets apart those of two processes that write the same file.
    """
    return path.with_name(f".{path.stem}.part{attempt}{path.suffix}")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; it takes the file's name when the block ends without an error."""
    part = part_of(path, f"-{os.getpid()}-{_machine()}")
    try:
        yield part
        put_in_place(part, path)
    finally:
        part.unlink(missing_ok=True)


def put_in_place(part: Path, path: Path) -> None:
    """Give a finished file its name, after its content is safe on the disk."""
    _sync(part)
    part.replace(path)
    _sync(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a piece."""
    with whole(path) as part:
        part.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write a document as JSON: two spaces, the order of its keys kept, UTF-8, a newline at the end."""
    write_whole(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """A document as the bytes of its JSON file."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def remove_parts(folder: Path) -> None:
    """Remove what a killed run left behind in a folder."""
    for part in folder.glob(".*.part*"):
        part.unlink(missing_ok=True)


def sweep(period: Path) -> None:
    """Remove what a killed run left behind in the folders of a period, its books, its stamps and its binder.

    Of what several periods share, only what a dead process left: another period may be closed at the same time.
    """
    company, stamps = period.parent, period.parent / ".run"
    for folder in (period, *period.glob("*/"), *(stamps / period.name).glob("*/")):
        remove_parts(folder)
    for folder in (company, stamps, company / "binders"):
        for part in folder.glob(".*.part*"):
            if period.name in part.name or _is_abandoned(part):
                part.unlink(missing_ok=True)


def _is_abandoned(part: Path) -> bool:
    """Whether nobody writes a file any more: its process is dead, or it is of a machine that has not touched it for a day."""
    found = _OF_A_PROCESS.search(part.name)
    if found and found[2] == _machine():
        return not psutil.pid_exists(int(found[1]))
    try:
        return time.time() - part.stat().st_mtime > _DAY
    except OSError:
        return False


@cache
def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def file_digest(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
