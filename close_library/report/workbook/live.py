"""Formulas of a workbook that its document bears out: computed exactly from the document's own amounts before they are written.

A formula that gives another amount than the document has, names what is not there, or leads back to its own cell is not written:
the cell keeps the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from xlsxwriter.utility import xl_rowcol_to_cell

from close_library.report.reading_order import tables_of
from close_library.report.wording import NUMERIC_KINDS, show_code
from close_library.report.workbook.breakdown import signed_name
from close_library.report.workbook.formula import Formula, Reference, Undefined, Unknown
from close_library.report.workbook.summary import FigureCell

HEADING_ROW, FIRST_ROW = 1, 2
"""A schedule's sheet: its title, its headings, its lines."""


_LONGEST_LITERAL, _LONGEST_FORMULA = 200, 8_000


class Place(NamedTuple):
    """A cell of a schedule: the schedule's number, the line and the column, from 0."""

    table: str
    line: int
    column: int


class Live:
    """What formulas may refer to: the figures on Summary, the cells of the schedules; and which cells follow from which."""

    def __init__(
        self, document: Mapping[str, Any], figures: Mapping[str, FigureCell], sheets: Mapping[str, str]
    ) -> None:
        self.tables = tables_of(document)
        self.figures = figures
        self.sheets = sheets
        self._follows: dict[Place, tuple[Place, ...]] = {}

    def formula(self, formula: Formula, amount: Decimal, places: int, place: Place | None = None) -> str:
        """The live formula of an amount, rounded as it is shown; empty where it does not give that amount."""
        try:
            value = formula.value(self._values, lambda reference: self._numbers(reference, place))
            if _rounded(value, places) != amount or not self._may_follow(formula, place):
                return ""
            live = self._guarded(formula, place, f"ROUND({self._spelled(formula, place)},{places})")
            return live if len(live) <= _LONGEST_FORMULA else ""
        except (Unknown, Undefined):
            return ""

    def undefined(self, formula: Formula, places: int, place: Place) -> str:
        """The live formula of a cell without a value, where that is because it would divide by zero; else empty."""
        try:
            formula.value(self._values, lambda reference: self._numbers(reference, place))
        except Undefined:
            return self._guarded(formula, place, f"ROUND({self._spelled(formula, place)},{places})")
        except Unknown:
            pass
        return ""

    def part(self, part: Mapping[str, Any], amount: Decimal, places: int, place: Place) -> str:
        """The live sum, or count, of the lines of another schedule that hold what a line holds; empty where it is another amount.

        Lines are compared by EXACT: a criterion of SUMIFS would be read as an operator, a number or a date.
        """
        own, other = self.tables[place.table], self.tables.get(part["table"])
        if other is None or part["table"] not in self.sheets or not _is_whole(other):
            return ""
        rows = other["rows"][: -1 if other.get("total_row") else None]
        try:
            asked = [
                (_text_column(other, name), *self._asked(own, column, place))
                for name, column in part.get("by", {}).items()
            ]
            asked += [_literal(other, name, value) for name, value in part.get("where", {}).items()]
            left_out = [_literal(other, name, value) for name, value in part.get("unless", [])]
            of = [(sign, _number_column(other, name)) for sign, name in map(signed_name, part.get("of", []))]
        except Unknown:
            return ""
        found = [
            line for line in range(len(rows))
            if all(_shown(other, line, column) == text for column, text, _ in asked)
            and not any(_shown(other, line, column) == text for column, text, _ in left_out)
        ]  # fmt: skip
        total = sum((sign * Decimal(rows[line][column] or 0) for sign, column in of for line in found), Decimal(0))
        total = total if of else Decimal(len(found))
        made_of = [Place(part["table"], line, column) for _, column in of for line in range(len(rows))]
        if not (rows and asked and (of or part.get("counts"))) or total != amount or not self.follows(place, made_of):
            return ""
        spans = {column: self.span(part["table"], column, 0, len(rows) - 1) for column, *_ in (*asked, *left_out)}
        tests = [f"EXACT({spans[column]},{spelled})" for column, _, spelled in asked]
        tests += [f"(1-EXACT({spans[column]},{spelled}))" for column, _, spelled in left_out]
        chosen = "*".join([*tests, "1"])
        if not of:
            return f"=SUMPRODUCT({chosen})"
        sums = []
        for sign, column in of:
            added = self.span(part["table"], column, 0, len(rows) - 1)
            sums.append(f"{'-' if sign < 0 else '+'}SUMPRODUCT({chosen},{added})")
        return f"=ROUND({''.join(sums).removeprefix('+')},{places})"

    def _asked(self, table: Mapping[str, Any], name: str, place: Place) -> tuple[str, str]:
        """What a line holds in a column, and its cell."""
        column = _text_column(table, name)
        return _shown(table, place.line, column), xl_rowcol_to_cell(FIRST_ROW + place.line, column)

    def follows(self, place: Place, cells: Iterable[Place]) -> bool:
        """Note that a cell is made of others; false, and nothing noted, where they lead back to it."""
        seen, found = set(), list(dict.fromkeys(cells))
        waiting = list(found)
        while waiting:
            each = waiting.pop()
            if each == place:
                return False
            if each not in seen:
                seen.add(each)
                waiting += self._follows.get(each, ())
        self._follows[place] = tuple(found)
        return True

    def span(self, table: str, column: int, first: int, last: int, own: str = "") -> str:
        """A span of a schedule's column, as another sheet or its own (`own`) names it."""
        cells = [xl_rowcol_to_cell(FIRST_ROW + line, column, table != own, table != own) for line in (first, last)]
        span = cells[0] if first == last else ":".join(cells)
        return span if table == own else f"'{self.sheets[table]}'!{span}"

    @cached_property
    def _values(self) -> dict[str, Fraction]:
        return {id: Fraction(cell.amount) for id, cell in self.figures.items() if cell.amount is not None}

    @cached_property
    def _references(self) -> dict[str, str]:
        return {id: cell.reference for id, cell in self.figures.items()}

    def _guarded(self, formula: Formula, place: Place | None, spelled: str) -> str:
        """Nothing is shown where a divisor is zero, as in the document."""
        divisors = formula.divisors(self._references, lambda reference: self._cells(reference, place))
        zero = [f"{divisor}=0" for divisor in divisors]
        is_zero = zero[0] if len(zero) == 1 else f"OR({','.join(zero)})"
        return f'=IF({is_zero},"",{spelled})' if zero else f"={spelled}"

    def _spelled(self, formula: Formula, place: Place | None) -> str:
        return formula.spelled(self._references, lambda reference: self._cells(reference, place))

    def _may_follow(self, formula: Formula, place: Place | None) -> bool:
        cells = (cell for reference in formula.references for cell in self._places(reference, place))
        return place is None or not formula.references or self.follows(place, cells)

    def _places(self, reference: Reference, place: Place | None) -> list[Place]:
        """The cells that a reference names."""
        id = reference.table or (place.table if place else "")
        table = self.tables.get(id)
        if table is None or reference.column not in table["columns"] or id not in self.sheets:
            raise Unknown(reference)
        first = reference.first if reference.first is not None else place.line if place else len(table["rows"])
        last = reference.last if reference.last is not None else first
        if not first <= last < len(table["rows"]):
            raise Unknown(reference)
        column = table["columns"].index(reference.column)
        return [Place(id, line, column) for line in range(first, last + 1)]

    def _numbers(self, reference: Reference, place: Place | None) -> list[Fraction]:
        found = self._places(reference, place)
        table = self.tables[found[0].table]
        if kinds_of(table)[found[0].column] not in NUMERIC_KINDS:
            raise Unknown(reference)
        texts = [table["rows"][cell.line][cell.column] for cell in found]
        if len(found) == 1 and texts[0] is None:
            raise Unknown(reference)
        return [Fraction(text) for text in texts if text is not None]

    def _cells(self, reference: Reference, place: Place | None) -> str:
        found = self._places(reference, place)
        first, last = found[0], found[-1]
        return self.span(first.table, first.column, first.line, last.line, place.table if place else "")


def kinds_of(table: Mapping[str, Any]) -> Sequence[str]:
    """The kinds of a schedule's columns."""
    kinds: Sequence[str] = table.get("types") or ["text"] * len(table["columns"])
    return kinds


def _is_whole(table: Mapping[str, Any]) -> bool:
    return (table.get("total_rows") or len(table["rows"])) == len(table["rows"])


def _text_column(table: Mapping[str, Any], name: str) -> int:
    if name not in table["columns"] or kinds_of(table)[table["columns"].index(name)] != "text":
        raise Unknown(name)
    place: int = table["columns"].index(name)
    return place


def _number_column(table: Mapping[str, Any], name: str) -> int:
    if name not in table["columns"] or kinds_of(table)[table["columns"].index(name)] not in NUMERIC_KINDS:
        raise Unknown(name)
    place: int = table["columns"].index(name)
    return place


def _shown(table: Mapping[str, Any], line: int, column: int) -> str:
    """A text as its cell shows it."""
    text = table["rows"][line][column] or ""
    return show_code(text, table["columns"][column])


def _literal(table: Mapping[str, Any], name: str, value: str) -> tuple[int, str, str]:
    """A column, a value as its cells show it, and as a formula holds it."""
    text = show_code(value, name)
    if not 0 < len(text) < _LONGEST_LITERAL or not text.isprintable():
        raise Unknown(value)
    doubled = text.replace('"', '""')
    return _text_column(table, name), text, f'"{doubled}"'


def _rounded(value: Fraction, places: int) -> Decimal:
    """Half away from zero, as a spreadsheet's ROUND."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)
