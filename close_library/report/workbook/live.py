"""Formulas of a workbook that its document bears out: computed exactly from the document's own amounts before they are written.

A formula that gives another amount than the document has, names what is not there, or leads back to its own cell is not written:
the cell keeps the number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from xlsxwriter.utility import xl_rowcol_to_cell

from close_library.report.reading_order import tables_of
from close_library.report.wording import NUMERIC_KINDS, kinds_of
from close_library.report.workbook.formula import Formula, Reference, Undefined, Unknown
from close_library.report.workbook.listed import FIRST_ROW, Listing
from close_library.report.workbook.summary import FigureCell

T = TypeVar("T")

_LONGEST_FORMULA = 8_000
"""Characters; Excel takes 8,192."""


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
        self._tables_of: dict[str, set[str]] = {}
        self._listings: dict[int, Listing | None] = {}

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

    def listed(self, part: Mapping[str, Any], amount: Decimal, places: int, place: Place) -> str:
        """The live sum, or count, of lines of another schedule that hold what a line holds; empty where it is another amount."""
        if id(part) not in self._listings:
            other, sheet = self.tables.get(part["table"]), self.sheets.get(part["table"], "")
            self._listings[id(part)] = Listing.of_part(part, self.tables[place.table], other, sheet)
        known = self._listings[id(part)]
        if known is None or known.amount(place.line) != amount or not self.follows(place, (), (part["table"],)):
            return ""
        return known.formula(place.line, places)

    def follows(self, place: Place, cells: Iterable[Place], tables: Iterable[str] = ()) -> bool:
        """Note that a cell is made of others of its schedule, and of other schedules; false where they lead back to it.

        Between schedules it is the schedule that may not lead back: what is refused there may be harmless, and is rare.
        """
        found = tuple(dict.fromkeys(cells))
        if place in _reached(found, self._follows) or place.table in _reached(tables, self._tables_of):
            return False
        self._follows[place] = found
        self._tables_of.setdefault(place.table, set()).update(tables)
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
        if place is None or not formula.references:
            return True
        cells = [cell for reference in formula.references for cell in self._places(reference, place)]
        others = {cell.table for cell in cells} - {place.table}
        return self.follows(place, (cell for cell in cells if cell.table == place.table), others)

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


def _reached(start: Iterable[T], edges: Mapping[T, Iterable[T]]) -> set[T]:
    """All that leads on from some places."""
    seen: set[T] = set()
    waiting = list(start)
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting += edges.get(each, ())
    return seen


def _rounded(value: Fraction, places: int) -> Decimal:
    """Half away from zero, as a spreadsheet's ROUND."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)
