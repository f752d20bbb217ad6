"""What came out again, compared with what was sealed: file by file, and inside a document figure by figure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from close_library.binder.archive import Archive
from close_library.binder.verdict import Difference
from close_library.run.files.atomic import file_digest

MISSING = "not there"


def compare_file(archive: Archive, name: str, again: Path, label: str) -> list[Difference]:
    """The differences of one sealed file and the one that was made again; documents are compared inside."""
    if not again.is_file():
        return [Difference(label, "it did not come out again")]
    if archive.digest(name) == file_digest(again):
        return []
    if name.endswith(".json"):
        try:
            sealed, made = json.loads(archive.read(name)), json.loads(again.read_bytes())
        except ValueError:
            return [Difference(label, "other bytes")]
        found = [Difference(f"{label}, {place}", what) for place, what in compare_data(sealed, made)]
        return found or [Difference(label, "the same data in another spelling")]
    return [Difference(label, _first_byte(archive.read(name), again.read_bytes()))]


def compare_data(sealed: Any, made: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, what) of every value that differs: `figures.closing_balance.amount`, `tie_outs.20.1.difference`."""
    if isinstance(sealed, Mapping) and isinstance(made, Mapping):
        for key in dict.fromkeys([*sealed, *made]):
            yield from compare_data(
                sealed.get(key, MISSING), made.get(key, MISSING), f"{place}.{key}" if place else key
            )
    elif isinstance(sealed, list) and isinstance(made, list):
        if _are_named(sealed) and _are_named(made):
            yield from compare_data({e["id"]: e for e in sealed}, {e["id"]: e for e in made}, place)
            return
        for number, (one, other) in enumerate(zip_longest(sealed, made, fillvalue=MISSING), 1):
            yield from compare_data(one, other, f"{place} {number}")
    elif sealed != made:
        yield place, f"sealed {_short(sealed)}, again {_short(made)}"


def _are_named(values: list[Any]) -> bool:
    ids = [each.get("id") for each in values if isinstance(each, Mapping)]
    return bool(ids) and len(ids) == len(values) and None not in ids and len(set(ids)) == len(ids)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"


def _first_byte(sealed: bytes, made: bytes) -> str:
    for place, (one, other) in enumerate(zip(sealed, made, strict=False)):
        if one != other:
            return f"other bytes from byte {place:,} on"
    return f"{len(made):,} bytes instead of {len(sealed):,}"
