"""The sheet Schedules: every table of the document, with live totals and cells that are the figures themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from close_library.report.reading_order import tables_of
from close_library.report.wording import NUMERIC_KINDS, places_of, show_name
from close_library.report.workbook.frame import Book, Sheet
from close_library.report.workbook.summary import FigureCell

_WIDEST, _WIDE, _NARROWEST = 44, 26, 12


def write_schedules(book: Book, sheet: Sheet, figures: Mapping[str, FigureCell]) -> None:
    """One table below the other."""
    row = 0
    tables = tables_of(book.document)
    widths = _widths(list(tables.values()))
    sheet.widths(*widths)
    if not tables:
        sheet.text(0, 0, "This workpaper has no schedule.", "note")
    for id, table in tables.items():
        row = _Schedule(book, sheet, row + 2, id, table, figures, widths).write() + 2


@dataclass(frozen=True)
class _Schedule:
    """One table on the sheet; `first` is the row of its first line, below title and headings."""

    book: Book
    sheet: Sheet
    first: int
    id: str
    table: Mapping[str, Any]
    figures: Mapping[str, FigureCell]
    widths: Sequence[int]

    def write(self) -> int:
        """Write it; returns the row below it."""
        cells, columns = self.table["rows"], self.table["columns"]
        self.sheet.text(self.first - 2, 0, f"{self.id} · {self.table.get('title') or self.id}", "heading")
        numbers = [kind in NUMERIC_KINDS for kind in self._kinds]
        self.sheet.columns(self.first - 1, [show_name(name) for name in columns], numbers)
        last = len(cells) - 1
        for line, values in enumerate(cells):
            self._fit(line, values)
            for column, text in enumerate(values):
                if line == last and self.table.get("total_row"):
                    self._total(line, column, text)
                else:
                    self._cell(line, column, text, "plain")
        row = self.first + len(cells)
        if self._shows_all and cells:
            return row
        in_all = self.table.get("total_rows") or 0
        self.sheet.text(row, 0, f"{len(cells):,} of {in_all:,} rows are shown." if cells else "none", "note")
        return row + 1

    @cached_property
    def _kinds(self) -> list[str]:
        return self.table.get("types") or ["text"] * len(self.table["columns"])

    @property
    def _shows_all(self) -> bool:
        rows = len(self.table["rows"])
        return (self.table.get("total_rows") or rows) == rows

    @cached_property
    def _links(self) -> dict[tuple[int, int], FigureCell]:
        """The figure that a cell shows, where there is one."""
        links = self.table.get("links") or []
        return {(line, column): self.figures[id] for line, column, id in links if id in self.figures}

    def _total(self, line: int, column: int, text: str | None) -> None:
        """A cell of the total row: the live sum of the rows above where all of them are here and make it up."""
        above = [values[column] for values in self.table["rows"][:line]]
        if self._kinds[column] == "money" and text is not None and self._shows_all and _foots(above, text):
            span = f"{xl_rowcol_to_cell(self.first, column)}:{xl_rowcol_to_cell(self.first + line - 1, column)}"
            places = places_of(Decimal(text), self.book.currency)
            self.sheet.formula(
                self.first + line, column, f"=ROUND(SUM({span}),{places})", Decimal(text), "total", places
            )
        else:
            self._cell(line, column, text, "total")

    def _cell(self, line: int, column: int, text: str | None, style: str) -> None:
        """A text, a number, or the figure that it is."""
        place, kinds = (self.first + line, column), self._kinds
        if kinds[column] in NUMERIC_KINDS and text is not None:
            places = places_of(Decimal(text), self.book.currency if kinds[column] == "money" else "")
            _number(self.sheet, place, text, places, style, self._links.get((line, column)))
        else:
            is_beside = column > 0 and kinds[column - 1] in NUMERIC_KINDS
            plain = "wrapped_beside" if is_beside else "wrapped"
            self.sheet.text(*place, text, plain if style == "plain" else style)

    def _fit(self, line: int, values: Sequence[str | None]) -> None:
        """Make room for texts that are longer than their column is wide."""
        long = [(text, width) for text, width in zip(values, self.widths, strict=False) if text and len(text) > width]
        if long:
            self.sheet.height_for(self.first + line, *long)


def _number(
    sheet: Sheet, place: tuple[int, int], text: str, places: int, style: str, linked: FigureCell | None
) -> None:
    """A number, or the figure that it is, in the sign in which the table shows it."""
    amount = Decimal(text)
    if linked is not None and linked.amount is not None and abs(linked.amount) == abs(amount):
        sign = "" if linked.amount == amount else "-"
        sheet.formula(*place, f"={sign}{linked.reference}", amount, style, places)
    else:
        sheet.amount(*place, amount, places, style)


def _foots(above: Sequence[str | None], total: str) -> bool:
    """Whether the rows above add up to the total, exactly; a total that doesn't is shown as it is, not as a sum."""
    return bool(above) and sum((Decimal(text) for text in above if text is not None), Decimal(0)) == Decimal(total)


def _widths(tables: Sequence[Mapping[str, Any]]) -> list[int]:
    """Columns as wide as their texts, within reason; longer ones wrap."""
    widest: dict[int, int] = {}
    for table in tables:
        for cells in table["rows"]:
            for column, text in enumerate(cells):
                widest[column] = max(widest.get(column, _NARROWEST), len(text or "") + 5)
    columns = max((len(table["columns"]) for table in tables), default=0)
    return [min(widest.get(column, _NARROWEST), _WIDE if column else _WIDEST) for column in range(columns)]
