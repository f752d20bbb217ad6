"""The record of a company as the run and the commands open it, and the heads that are kept beside it.

Nobody's word makes no record: what only reads takes a missing one as empty. The head after each append is kept in
`outputs/<company>/.run/`, so that a record whose end was cut off is found out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from close_library.errors import Fault

if TYPE_CHECKING:
    from close_library.record import Record

_HEADS = "record_heads.txt"


@contextmanager
def record_if_any(url: str, company_folder: Path) -> Iterator[Record | None]:
    """The record to read; None where nobody has said anything yet. Raises RecordError when it can't be read."""
    file = _file_of(url, company_folder)
    if file is not None and not file.exists():
        yield None
        return
    from close_library.record import open_record

    with open_record(url, company_folder) as record:
        yield record


@contextmanager
def record_to_say(url: str, company_folder: Path) -> Iterator[Record]:
    """The record to add to, made where there is none; its head is kept when all is said."""
    from close_library.record import open_record

    with open_record(url, company_folder) as record:
        before = record.head
        try:
            yield record
        finally:
            if record.head != before:
                _keep(company_folder, record.head)


def doubts(record: Record | None, company_folder: Path) -> list[Fault]:
    """What of the record is not as it was written, held against the heads kept on this machine; nothing when it is whole."""
    kept = kept_heads(company_folder)
    if record is not None:
        return record.verify(kept)
    return [_gone(kept)] if kept else []


def doubts_in_words(faults: list[Fault]) -> str:
    """What a run and a status say of a record in doubt; empty when it is whole."""
    if not faults:
        return ""
    more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
    return f"The record is not as it was written: {faults[0].where}{more}. See close history --verify."


def _gone(kept: list[tuple[int, str]]) -> Fault:
    return Fault(
        "the record",
        "no record",
        f"{max(events for events, _ in kept)} events, as was noted in .run/",
        "restore the database from a backup",
    )


def kept_heads(company_folder: Path) -> list[tuple[int, str]]:
    """The heads that were kept after earlier appends on this machine; what is not one is left out."""
    try:
        lines = (company_folder / ".run" / _HEADS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    pairs = [line.split() for line in lines]
    return [(int(pair[0]), pair[1]) for pair in pairs if len(pair) == 2 and pair[0].isdigit()]


def _keep(company_folder: Path, head: tuple[int, str]) -> None:
    folder = company_folder / ".run"
    folder.mkdir(parents=True, exist_ok=True)
    # One short write to a file opened for appending is whole, whoever else appends.
    descriptor = os.open(folder / _HEADS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, f"{head[0]} {head[1]}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file_of(url: str, company_folder: Path) -> Path | None:
    """The file of an embedded record; None for a server."""
    scheme, separator, rest = url.partition(":///")
    if not separator or not scheme.startswith("sqlite"):
        return None
    return company_folder / rest.partition("?")[0].removeprefix("file:")
