"""A schedule that may be longer than a table of a document, in parts that are not, so that nothing is cut off."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from close_library.evidence import Part, Table

ROWS_AT_MOST = 1000
"""Rows of one table of a document (`workpaper/1`)."""


def in_parts(id: str, table: Table) -> dict[str, Table]:
    """A schedule that may be longer than a document's table, in parts that are not: `20.2`, `20.2.2`, `20.2.3` …"""
    cuts = [*range(0, max(1, len(table.frame)), ROWS_AT_MOST), max(1, len(table.frame))]
    return {
        id + (f".{n}" if n > 1 else ""): Table(
            table.title + (", continued" if n > 1 else ""),
            table.frame[first:last],
            types=table.types,
            subjects=tuple((row - first, *rest) for row, *rest in table.subjects if first <= row < last),
            relations=table.relations,
            parts=tuple(_from(part, first, last) for part in table.parts),
        )
        for n, (first, last) in enumerate(pairwise(cuts), 1)
    }


def _from(part: Part, first: int, last: int) -> Part:
    """How cells are sums, in a part of the schedule."""
    if part.lines is None:
        return part
    return replace(part, lines=tuple(line - first for line in part.lines if first <= line < last))
