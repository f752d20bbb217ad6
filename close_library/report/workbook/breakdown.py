"""Cells of a schedule that are parts of a figure: an aging's buckets by customer, work by vendor, value by order.

Where the lines of a schedule share a figure's rows out by something that each row shows (its customer, its line), each
cell is a live SUMIFS over Data. That is found out, not declared: a schedule is taken only where each of its cells is
the exact sum of the rows that show its line's key, and the cells together are the figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from close_library.report.reading_order import tables_of
from close_library.report.rows_file import RowsFile

Sums = Mapping[str, Mapping[str, Mapping[str, Decimal]]]
"""Figure → shown name → shown value → the exact sum of the rows."""


@dataclass(frozen=True)
class Breakdown:
    """Which cells are parts of figures: (table, line, column) → figure, shown name, value; and the values' keys.

    A value from outside never stands in a formula: `<x` or `a*` would be an operator there. Its key does.
    """

    cells: Mapping[tuple[str, int, int], tuple[str, str, str]] = field(default_factory=dict)
    names: Sequence[str] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def key(self, value: str) -> str:
        """Our key of a value."""
        return self.keys[value]


def breakdown_of(document: Mapping[str, Any], rows: RowsFile) -> Breakdown:
    """Find the schedules whose lines share figures out."""
    columns = list(_columns(document))
    if not columns:
        return Breakdown()
    keys = {values[0] for _, table, _, _ in columns for values in table["rows"][:-1] if values[0]}
    sums, cells = rows.sums_by_shown({figure for *_, figure in columns}, keys), {}
    for id, table, column, figure in columns:
        parts = sums.get(figure, {})
        name = _sharing(table, column, parts)
        for line, values in enumerate(table["rows"][:-1] if name else ()):
            if values[0]:
                cells[id, line, column] = figure, name, values[0]
    names = list(dict.fromkeys(name for _, name, _ in cells.values()))
    values = dict.fromkeys(value for _, _, value in cells.values())
    return Breakdown(cells, names, {value: f"K{number:04d}" for number, value in enumerate(values, 1)})


def _columns(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], int, str]]:
    """Money columns of whole schedules whose total is a figure with rows."""
    figures = document.get("figures") or {}
    for id, table in tables_of(document).items():
        last = len(table["rows"]) - 1
        is_whole = table.get("total_row") and last > 0 and (table.get("total_rows") or last + 1) == last + 1
        linked = {(line, column) for line, column, _ in table.get("links") or []}
        for line, column, figure in (table.get("links") or []) if is_whole else ():
            is_money = (table.get("types") or [])[column : column + 1] == ["money"]
            is_shared = is_money and line == last and not any((above, column) in linked for above in range(last))
            if is_shared and (figures.get(figure) or {}).get("rows"):
                yield id, table, column, figure


def _sharing(table: Mapping[str, Any], column: int, parts: Mapping[str, Mapping[str, Decimal]]) -> str:
    """The shown name by which a column shares its figure out exactly; empty where there is none."""
    lines = [(values[0] or "", Decimal(values[column] or 0)) for values in table["rows"][:-1]]
    if len(dict(lines)) < len(lines):
        return ""
    for name, part in parts.items():
        shares = all(part.get(key, Decimal(0)) == amount for key, amount in lines)
        if shares and any(amount for _, amount in lines):
            return name
    return ""
