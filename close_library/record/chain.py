"""The chain of the events: each carries the hash of the one before, so that a changed or missing one is found.

The hash of an event is the SHA-256, in hexadecimal, of the UTF-8 text of this JSON array, written without spaces and
with every character as itself: `[seq, at, by, kind, period, program, ref, subject, payload, previous]`, where `payload`
is the text as stored. The `previous` of event 1 is the hash of `["close record/1", company]`. So anybody can compute
it again from an export, without this code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from close_library.errors import Fault
from close_library.record.values import Head

FORMAT = "close record/1"


class Row(NamedTuple):
    """An event as stored."""

    seq: int
    at: str
    by: str
    kind: str
    period: str
    program: str
    ref: str
    subject: str
    payload: str
    previous: str
    hash: str


_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: Any) -> str:
    """JSON with sorted keys, without spaces: one text for one value."""
    return _JSON.encode(value)


def genesis(company: str) -> str:
    """What stands before the first event of a company's record."""
    return _sha256([FORMAT, company])


def chained(previous: Head, said: Mapping[str, str]) -> Row:
    """The next event after `previous`: numbered and hashed."""
    row = Row(seq=previous.events + 1, previous=previous.hash, hash="", **said)
    return row._replace(hash=event_hash(row))


def event_hash(row: Row) -> str:
    """The hash that an event must carry."""
    return _sha256(list(row[:-1]))


def check_chain(rows: Iterable[Row], start: str, known_heads: Iterable[tuple[int, str]]) -> Iterator[Fault]:
    """What does not hold in the events, in their order; nothing when all are as they were written.

    `start` is the genesis; `known_heads` are (number of events, hash) as somebody kept them elsewhere.
    """
    kept: dict[int, set[str]] = {}
    for number, hash in known_heads:
        kept.setdefault(number, set()).add(hash)
    last, previous = 0, start
    yield from _against_kept(0, start, kept)
    for row in rows:
        if wrong := _wrong_types(row):
            found = f"not as it was written: {', '.join(wrong)}"
            yield Fault(f"event {last + 1}", found, "what was said, as text")
            last, previous = last + 1, row.hash
            continue
        yield from _number_faults(row.seq, last)
        if row.seq == last + 1 and row.previous != previous:
            yield Fault(f"event {row.seq}", f"it follows {row.previous}", f"the hash of the event before, {previous}")
        if (found := event_hash(row)) != row.hash:
            yield Fault(f"event {row.seq}", f"its content gives the hash {found}", f"{row.hash}, as it was written")
        last, previous = row.seq, row.hash
        yield from _against_kept(last, previous, kept)
    for number in sorted(kept):
        yield Fault(
            f"event {number}", f"missing: the record ends with event {last}", f"{number} events, as kept elsewhere"
        )


def _number_faults(seq: int, last: int) -> list[Fault]:
    if seq == last + 1:
        return []
    if seq <= last:
        return [Fault(f"event {seq}", f"out of order, after event {last}", f"event {last + 1}")]
    gone = f"event {last + 1}" if seq == last + 2 else f"events {last + 1} to {seq - 1}"
    return [Fault(gone, "missing", f"every number before event {seq}")]


def _against_kept(seq: int, hash: str, kept: dict[int, set[str]]) -> list[Fault]:
    return [
        Fault(f"event {seq}" if seq else "the beginning of the record", hash, f"{other}, as kept elsewhere")
        for other in sorted(kept.pop(seq, set()) - {hash})
    ]


def _wrong_types(row: Row) -> list[str]:
    """Columns that don't hold what was written: SQLite takes any type when its file is edited, and bytes that are no
    UTF-8 are read as lone surrogates."""
    if type(row.seq) is int and set(map(type, row[1:])) == {str} and _is_text("".join(row[1:])):
        return []  # nearly every event: the columns together, instead of one by one
    wrong = [] if type(row.seq) is int else ["seq"]
    return wrong + [name for name, value in zip(Row._fields[1:], row[1:], strict=True) if not _is_text(value)]


def _is_text(value: object) -> bool:
    try:
        return isinstance(value, str) and value.encode("utf-8") is not None
    except UnicodeEncodeError:
        return False


def _sha256(value: list[Any]) -> str:
    return sha256(canonical(value).encode("utf-8")).hexdigest()
