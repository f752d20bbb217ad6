"""Cells of a schedule that are sums of source rows: an aging's buckets by customer, drivers by line, value by status.

A schedule says so of its columns (`parts`). Where it does not, it is found out for whole schedules whose total is a figure: its
lines share the figure out by something that each row shows (its customer, its line). Either way a cell is a live SUMIFS over Data
only where it is the exact sum, or the count, of the rows that it would add up.
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


class Rows(NamedTuple):
    """Rows of Data that a cell adds up: of which figures with which signs, showing what; whether they are counted."""

    figures: tuple[tuple[int, str], ...]
    shows: tuple[tuple[str, str], ...]
    counts: bool = False


@dataclass(frozen=True)
class Breakdown:
    """Which cells are sums of rows: (table, line, column) → which rows; and the keys of the values by which they are found.

    A value from outside never stands in a formula: `<x` or `a*` would be an operator there. Its key does.
    """

    cells: Mapping[tuple[str, int, int], Rows] = field(default_factory=dict)
    names: Sequence[str] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def key(self, value: str) -> str:
        """Our key of a value."""
        return self.keys[value]


def breakdown_of(document: Mapping[str, Any], rows: RowsFile) -> Breakdown:
    """Which cells of the schedules are sums of rows."""
    declared = list(_declared(document, rows))
    cells = _borne_out(document, declared, rows)
    said = {(id, part["column"]) for id, part in _parts(document)}
    cells |= _found(document, rows, said)
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


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for id, table in tables_of(document).items():
        for part in table.get("parts") or []:
            yield id, part


def _declared(document: Mapping[str, Any], rows: RowsFile) -> Iterator[tuple[tuple[str, int, int], Rows]]:
    """The cells that schedules declare to be sums, each with its rows."""
    figures, tables = document.get("figures") or {}, tables_of(document)
    for id, part in _parts(document):
        table, column = tables[id], part["column"]
        signed = (signed_name(name) for name in part.get("figures") or ())
        of = tuple((sign, figure) for sign, figure in signed if figure in figures)
        by = [
            (name, table["columns"].index(own))
            for name, own in (part.get("by") or {}).items()
            if own in table["columns"]
        ]
        if (
            not of
            or column not in table["columns"]
            or len(by) < len(part.get("by") or {})
            or {figure for _, figure in of} & set(rows.left_out)
        ):
            continue
        where = tuple((part.get("where") or {}).items())
        for line in part.get("lines", range(len(table["rows"]))):
            if line < len(table["rows"]) and table["rows"][line][table["columns"].index(column)] is not None:
                values = [(name, table["rows"][line][own]) for name, own in by]
                if all(value for _, value in values):
                    shows = (*values, *where)
                    yield (id, line, table["columns"].index(column)), Rows(of, shows, bool(part.get("counts")))


def _borne_out(
    document: Mapping[str, Any], declared: Sequence[tuple[tuple[str, int, int], Rows]], rows: RowsFile
) -> dict[tuple[str, int, int], Rows]:
    """Those of the declared cells that are the exact sums; of several declarations of a cell the first that is."""
    wanted: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for _, each in declared:
        wanted[tuple(name for name, _ in each.shows)].update(figure for _, figure in each.figures)
    sums = {names: rows.sums_by(figures, [shown_part(name) for name in names]) for names, figures in wanted.items()}
    found: dict[tuple[str, int, int], Rows] = {}
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


def _found(document: Mapping[str, Any], rows: RowsFile, said: set[tuple[str, str]]) -> dict[tuple[str, int, int], Rows]:
    """The cells of whole schedules whose lines share a figure out, as it is found out."""
    columns = [each for each in _columns(document) if (each[0], each[1]["columns"][each[2]]) not in said]
    if not columns:
        return {}
    keys = {values[0] for _, table, _, _ in columns for values in table["rows"][:-1] if values[0]}
    sums, cells = rows.sums_by_shown({figure for *_, figure in columns}, keys), {}
    for id, table, column, figure in columns:
        parts = sums.get(figure, {})
        name = _sharing(table, column, parts)
        for line, values in enumerate(table["rows"][:-1] if name else ()):
            if values[0]:
                cells[id, line, column] = Rows(((1, figure),), ((name, values[0]),))
    return cells


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
