"""What a page of the pack holds: figures in large letters, a chart, a schedule cut to what fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from close_library.report.wording import NUMERIC_KINDS, kinds_of, show_in_column, show_name

ROWS_AT_MOST, LINES_AT_MOST = 14, 20
"""Rows of a schedule, and lines of text in them, that fit a page; the workpaper has all."""


WIDEST = 70
"""Letters after which a text wraps in its column."""


@dataclass(frozen=True)
class Tile:
    """One figure in large letters, with a line below it."""

    label: str
    value: str
    below: str


@dataclass(frozen=True)
class Grid:
    """A schedule as it is shown: columns, rows, which of them are numbers, whether the last is a total, what was left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[bool, ...]
    total: bool = False
    note: str = ""

    @property
    def widths(self) -> list[int]:
        """How wide each column is beside the others: its longest text, within reason; numbers are never cut."""
        widths = []
        for column, name in enumerate(self.columns):
            longest = max([0, *(len(row[column]) for row in self.rows)])
            word = max((len(word) for word in name.split()), default=0)
            widths.append(max(longest, word) + 4 if self.numbers[column] else min(max(longest, word), WIDEST) + 5)
        return widths


@dataclass(frozen=True)
class Page:
    """One page: its takeaway, and what it rests on."""

    takeaway: str
    words: str = ""
    tiles: tuple[Tile, ...] = ()
    chart: Mapping[str, Any] | None = None
    grid: Grid | None = None


def grid_of(table: Mapping[str, Any], currency: str, ref: str) -> Grid:
    """A schedule of a document as a page shows it; what does not fit is counted."""
    kinds = kinds_of(table)
    rows = [
        tuple(
            show_in_column(cell, kind, column, currency)
            for cell, kind, column in zip(row, kinds, table["columns"], strict=True)
        )
        for row in table["rows"]
    ]
    total = bool(table.get("total_row"))
    body, last = (rows[:-1], rows[-1:]) if total else (rows, [])
    kept = _that_fit(body)
    note = f"{kept} of {len(body)} lines are shown; workpaper {ref} has all." if kept < len(body) else ""
    columns = tuple(show_name(name) for name in table["columns"])
    return Grid(columns, (*body[:kept], *last), tuple(kind in NUMERIC_KINDS for kind in kinds), total, note)


def _that_fit(rows: list[tuple[str, ...]]) -> int:
    """How many rows fit a page; one whose text wraps takes several lines."""
    lines = 0
    for number, row in enumerate(rows[:ROWS_AT_MOST]):
        lines += max(1 + len(text) // WIDEST for text in row)
        if lines > LINES_AT_MOST:
            return number
    return min(len(rows), ROWS_AT_MOST)
