"""Cells that add up, or count, the lines of another schedule: checks by outcome, open points by workpaper, lines by contract.

Lines are compared by EXACT: a criterion of SUMIFS would be read as an operator, a pattern, a number or a date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from close_library.report.wording import NUMERIC_KINDS, kinds_of, show_code
from close_library.report.workbook.breakdown import signed_name

HEADING_ROW, FIRST_ROW = 1, 2
"""A schedule's sheet: its title, its headings, its lines."""

_LONGEST_LITERAL = 200


@dataclass(frozen=True)
class Listing:
    """The lines of another schedule, added up by what they hold.

    `own`: the columns of this schedule whose cells say which lines; `tests`: the terms that all cells share; `by`: the ranges
    that the own cells are compared with; `of`: the ranges that are added up, none where lines are counted.
    """

    table: Mapping[str, Any]
    own: Sequence[int]
    by: Sequence[str]
    tests: Sequence[str]
    of: Sequence[tuple[int, str]]
    sums: Mapping[tuple[str, ...], Decimal]

    @classmethod
    def of_part(
        cls, part: Mapping[str, Any], own: Mapping[str, Any], other: Mapping[str, Any] | None, sheet: str
    ) -> Listing | None:
        """What a schedule declares to be a sum of another's lines; None where that schedule is cut, or lacks what is named."""
        if other is None or not sheet or (other.get("total_rows") or len(other["rows"])) != len(other["rows"]):
            return None
        by, where = part.get("by") or {}, part.get("where") or {}
        unless = [tuple(pair) for pair in part.get("unless") or []]
        of = [signed_name(name) for name in part.get("of") or []]
        is_known = (
            all(_is_text(other, name) for name in (*by, *where, *(name for name, _ in unless)))
            and all(_is_text(own, name) for name in by.values())
            and all(_kind(other, name) in NUMERIC_KINDS for _, name in of)
            and all(
                0 < len(value) < _LONGEST_LITERAL and value.isprintable()
                for value in (*where.values(), *(value for _, value in unless))
            )
        )
        lines = len(other["rows"]) - bool(other.get("total_row"))
        if not (is_known and lines and (by or where) and (of or part.get("counts"))):
            return None

        def span(name: str) -> str:
            column = other["columns"].index(name)
            return f"'{sheet}'!{xl_range_abs(FIRST_ROW, column, FIRST_ROW + lines - 1, column)}"

        tests = [f"EXACT({span(name)},{_literal(name, value)})" for name, value in where.items()]
        tests += [f"(1-EXACT({span(name)},{_literal(name, value)}))" for name, value in unless]
        columns = [own["columns"].index(column) for column in by.values()]
        ranges = [(sign, span(name)) for sign, name in of]
        return cls(own, columns, [span(name) for name in by], tests, ranges, _sums(other, lines, by, where, unless, of))

    def amount(self, line: int) -> Decimal:
        """What a line's cell is by this."""
        return self.sums.get(tuple(_shown(self.table, line, column) for column in self.own), Decimal(0))

    def formula(self, line: int, places: int) -> str:
        """The live formula of a line's cell."""
        cells = (xl_rowcol_to_cell(FIRST_ROW + line, column) for column in self.own)
        chosen = "*".join(
            [*(f"EXACT({span},{cell})" for span, cell in zip(self.by, cells, strict=True)), *self.tests, "1"]
        )
        if not self.of:
            return f"=SUMPRODUCT({chosen})"
        sums = "".join(f"{'-' if sign < 0 else '+'}SUMPRODUCT({chosen},{span})" for sign, span in self.of)
        return f"=ROUND({sums.removeprefix('+')},{places})"


def _sums(
    table: Mapping[str, Any],
    lines: int,
    by: Mapping[str, str],
    where: Mapping[str, str],
    unless: Sequence[tuple[str, ...]],
    of: Sequence[tuple[int, str]],
) -> dict[tuple[str, ...], Decimal]:
    """The sum, or the count, of the lines that are not left out, by what they hold."""
    places = {name: place for place, name in enumerate(table["columns"])}
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for line in range(lines):
        holds = all(_shown(table, line, places[name]) == show_code(value, name) for name, value in where.items())
        if holds and not any(_shown(table, line, places[name]) == show_code(value, name) for name, value in unless):
            amounts = [sign * Decimal(table["rows"][line][places[name]] or 0) for sign, name in of]
            sums[tuple(_shown(table, line, places[name]) for name in by)] += sum(amounts, Decimal(0)) if of else 1
    return sums


def _kind(table: Mapping[str, Any], name: str) -> str:
    return kinds_of(table)[table["columns"].index(name)] if name in table["columns"] else ""


def _is_text(table: Mapping[str, Any], name: str) -> bool:
    return _kind(table, name) == "text"


def _shown(table: Mapping[str, Any], line: int, column: int) -> str:
    """A text as its cell shows it."""
    return show_code(table["rows"][line][column] or "", table["columns"][column])


def _literal(name: str, value: str) -> str:
    """A value as the cells of a column show it, as a formula holds it."""
    doubled = show_code(value, name).replace('"', '""')
    return f'"{doubled}"'
