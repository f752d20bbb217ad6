"""Cells of a schedule that are sums of source rows: an aging's buckets by customer, drivers by line, value by status.

A schedule says so of its columns (`parts`). A cell is a live SUMIFS over Data only where it is the exact sum, or the count, of
the rows that it would add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from close_library.report.reading_order import tables_of
from close_library.report.rows_file import RowsFile, Sums

NOTHING = (Decimal(0), 0)

Cell = tuple[str, int, int]
"""A cell of a schedule: the schedule's number, the line and the column, from 0."""


class Rows(NamedTuple):
    """Rows of Data that a cell adds up: of which figures with which signs, showing what; whether they are counted."""

    figures: tuple[tuple[int, str], ...]
    shows: tuple[tuple[str, str], ...]
    counts: bool = False


@dataclass(frozen=True)
class Breakdown:
    """Which cells are sums of which rows; and the keys of the values by which they are found.

    A value from outside never stands in a formula: `<x` or `a*` would be an operator there. Its key does.
    """

    cells: Mapping[Cell, Rows] = field(default_factory=dict)
    names: Sequence[str] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def key(self, value: str) -> str:
        """Our key of a value."""
        return self.keys[value]


def breakdown_of(document: Mapping[str, Any], rows: RowsFile) -> Breakdown:
    """Which cells of the schedules are sums of rows."""
    cells = _borne_out(document, list(_declared(document, rows)), rows)
    shows = [pair for each in cells.values() for pair in each.shows]
    names, values = dict.fromkeys(name for name, _ in shows), dict.fromkeys(value for _, value in shows)
    return Breakdown(cells, list(names), {value: f"K{number:04d}" for number, value in enumerate(values, 1)})


def shown_part(name: str) -> tuple[str, int | None]:
    """A shown name and how many of its first characters count: `date[:7]` is the month of a date."""
    base, opening, cut = name.partition("[:")
    digits = cut.removesuffix("]")
    return (base, int(digits)) if opening and digits.isdecimal() else (name, None)


def signed_name(name: str) -> tuple[int, str]:
    """A figure or a column, and the sign in which it is taken: `-billed` is taken away."""
    return (-1, name[1:]) if name.startswith("-") else (1, name)


def _declared(document: Mapping[str, Any], rows: RowsFile) -> Iterator[tuple[Cell, Rows]]:
    """The cells that schedules declare to be sums, each with its rows."""
    figures = document.get("figures") or {}
    for id, table in tables_of(document).items():
        places = {name: table["columns"].index(name) for name in table["columns"]}
        for part in table.get("parts") or []:
            signed = (signed_name(name) for name in part.get("figures") or ())
            of = tuple((sign, figure) for sign, figure in signed if figure in figures)
            by, where = part.get("by") or {}, part.get("where") or {}
            is_known = {part["column"], *by.values()} <= set(places)
            if not of or not is_known or {figure for _, figure in of} & set(rows.left_out):
                continue
            column = places[part["column"]]
            for line in part.get("lines", range(len(table["rows"]))):
                cells = table["rows"][line] if line < len(table["rows"]) else []
                values = [(name, cells[places[own]]) for name, own in by.items()] if cells else []
                if cells and cells[column] is not None and all(value for _, value in values):
                    yield (id, line, column), Rows(of, (*values, *where.items()), bool(part.get("counts")))


def _borne_out(document: Mapping[str, Any], declared: Sequence[tuple[Cell, Rows]], rows: RowsFile) -> dict[Cell, Rows]:
    """Those of the declared cells that are the exact sums; of several declarations of a cell the first that is."""
    wanted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, each in declared:
        wanted[tuple(name for name, _ in each.shows)].update(figure for _, figure in each.figures)
    sums = {names: rows.sums_by(figures, [shown_part(name) for name in names]) for names, figures in wanted.items()}
    found: dict[Cell, Rows] = {}
    tables = tables_of(document)
    for cell, each in declared:
        if cell not in found:
            id, line, column = cell
            total = _total(sums[tuple(name for name, _ in each.shows)], each)
            if total == Decimal(tables[id]["rows"][line][column]):
                found[cell] = each
    return found


def _total(sums: Sums, rows: Rows) -> Decimal:
    values = tuple(value for _, value in rows.shows)
    parts = [(sign, *sums.get((figure, *values), NOTHING)) for sign, figure in rows.figures]
    return sum((sign * (Decimal(count) if rows.counts else part) for sign, part, count in parts), Decimal(0))
