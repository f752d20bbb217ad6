"""Files appear whole or not at all: written beside under a temporary name, synced, renamed.

A temporary name begins with a dot and holds `.part`, so that what a killed run left behind can be told from
what it finished.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def part_of(path: Path) -> Path:
    """The temporary name beside a file, with the same ending: `.20_x.part.ipynb` for `20_x.ipynb`."""
    return path.with_name(f".{path.stem}.part{path.suffix}")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; it takes the file's name when the block ends without an error."""
    part = part_of(path)
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
    """Remove what a killed run left behind in the folders of a period, its books and its stamps."""
    stamps = period.parent / ".run"
    for folder in (period, *period.glob("*/"), stamps, *(stamps / period.name).glob("*/")):
        remove_parts(folder)


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
