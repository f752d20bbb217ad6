"""The schedules, each on a sheet of its own: live totals, cells that are figures or parts of them, cells to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import count
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from close_library.report.reading_order import links_of, tables_of
from close_library.report.said import follow_up_of, is_items, remark_on
from close_library.report.wording import NUMERIC_KINDS, kinds_of, places_of, show_code, show_name
from close_library.report.workbook.data import Data
from close_library.report.workbook.formula import Formula, read
from close_library.report.workbook.frame import Sheet
from close_library.report.workbook.inputs import EXPLAIN, FOLLOW_UP, Inputs
from close_library.report.workbook.listed import FIRST_ROW, HEADING_ROW
from close_library.report.workbook.live import Live, Place
from close_library.report.workbook.paper import PaperBook
from close_library.report.workbook.summary import FigureCell

_WIDEST, _WIDE, _NARROWEST = 44, 30, 11
_NAME_LIMIT = 31
_BRIDGES = ("line", "term")
"""First column of the schedules that lead from one balance to another."""

_ADDED_UP = frozenset({"money", "int", "quantity", "decimal"})
"""Kinds of columns that a total row adds up."""

_RATIO_PLACES = 4

_NOT_IN_NAMES = frozenset("[]:*?/\\'")


def sheet_names(book: PaperBook, taken: Iterable[str]) -> dict[str, str]:
    """A name for the sheet of each schedule: its number and title, as far as a sheet's name can hold them, each once."""
    names: dict[str, str] = {}
    used = {name.lower() for name in taken} | {"history"}
    for id, table in tables_of(book.document).items():
        spelled = "".join(" " if c in _NOT_IN_NAMES or not c.isprintable() else c for c in f"{id} {table['title']}")
        name = " ".join(spelled.split())[:_NAME_LIMIT].strip() or "schedule"
        for number in count(2):
            if name.lower() not in used:
                break
            ending = f" ({number})"
            name = name[: _NAME_LIMIT - len(ending)].strip() + ending
        used.add(name.lower())
        names[id] = name
    return names


def write_schedule(book: PaperBook, sheet: Sheet, id: str, live: Live, data: Data) -> None:
    """One schedule on its sheet."""
    table = tables_of(book.document)[id]
    _Schedule(book, sheet, id, table, live, data, _widths(table)).write()


@dataclass(frozen=True)
class _Schedule:
    """One table on its sheet, its lines from FIRST_ROW on."""

    book: PaperBook
    sheet: Sheet
    id: str
    table: Mapping[str, Any]
    live: Live
    data: Data
    widths: Sequence[int]

    def write(self) -> None:
        """Title, headings, lines, what is filled in, and how it is set up."""
        cells, columns = self.table["rows"], self.table["columns"]
        self.sheet.widths(*self.widths)
        self.sheet.text(0, 0, f"{self.id} · {self.table.get('title') or self.id}", "heading")
        numbers = [kind in NUMERIC_KINDS for kind in self._kinds]
        self.sheet.columns(HEADING_ROW, [show_name(name) for name in columns], numbers)
        inputs = Inputs(self.sheet, len(columns), FOLLOW_UP if is_items(self.table) else EXPLAIN)
        if self._subjects:
            inputs.head(HEADING_ROW)
        last = len(cells) - 1
        for line, values in enumerate(cells):
            is_total = line == last and bool(self.table.get("total_row"))
            for column, text in enumerate(values):
                if is_total:
                    self._total(line, column, text)
                else:
                    self._cell(line, column, text, "plain")
            self._fit(line, values, self._said(inputs, line))
        self._notes_below(FIRST_ROW + len(cells))
        self._set_up(len(columns) + (len(inputs.names) if self._subjects else 0), inputs)

    def _said(self, inputs: Inputs, line: int) -> list[tuple[str, float]]:
        """What people said of a line, in the cells for it."""
        subject = self._subjects.get(line)
        if subject is None:
            return []
        if is_items(self.table):
            return inputs.follow_up(FIRST_ROW + line, subject, follow_up_of(self.book.said, subject))
        return inputs.explain(FIRST_ROW + line, subject, remark_on(self.book.said, subject, self.book.currency))

    def _set_up(self, columns: int, inputs: Inputs) -> None:
        """Panes, filter, repeated headings; the colours of differences and of states."""
        lines = len(self.table["rows"]) - bool(self.table.get("total_row"))
        first_is_text = self._kinds[:1] not in ([], ["money"])
        self.sheet.sheet.freeze_panes(FIRST_ROW, 1 if first_is_text else 0)
        self.sheet.sheet.repeat_rows(HEADING_ROW)
        self.sheet.sheet.autofilter(HEADING_ROW, 0, max(FIRST_ROW, FIRST_ROW + lines - 1), max(0, columns - 1))
        if lines:
            for column, name in enumerate(self.table["columns"]):
                if name == "difference" and self._kinds[column] in NUMERIC_KINDS:
                    self.sheet.not_zero(FIRST_ROW, column, FIRST_ROW + lines - 1)
        if self._subjects:
            inputs.finish(FIRST_ROW, FIRST_ROW + lines - 1, below=FIRST_ROW + len(self.table["rows"]) + 2)

    def _notes_below(self, row: int) -> None:
        """What is left out; where the lines above the last one add up to it, that they still do."""
        cells = self.table["rows"]
        if not cells or not self._shows_all:
            in_all = self.table.get("total_rows") or 0
            self.sheet.text(row, 0, f"{len(cells):,} of {in_all:,} rows are shown." if cells else "none", "note")
            return
        last = len(cells) - 1
        is_bridge = self.table["columns"][0] in _BRIDGES and not self.table.get("total_row")
        for column, kind in enumerate(self._kinds if is_bridge else ()):
            if self.table["columns"][column] in self.table.get("relations", {}):
                continue  # it follows from its own line, not from the lines above
            above, text = [values[column] for values in cells[:last]], cells[last][column]
            if kind == "money" and text is not None and column and None not in above and _foots(above, text):
                span = self._span(column, last - 1)
                places = places_of(Decimal(text), self.book.currency)
                end = xl_rowcol_to_cell(FIRST_ROW + last, column)
                self.sheet.text(row + 1, 0, "The lines above add up to the last one; difference", "note")
                self.sheet.formula(row + 1, column, f"=ROUND(SUM({span})-{end},{places})", Decimal(0), "plain", places)
                self.sheet.not_zero(row + 1, column, row + 1)

    def _span(self, column: int, last: int) -> str:
        return f"{xl_rowcol_to_cell(FIRST_ROW, column)}:{xl_rowcol_to_cell(FIRST_ROW + last, column)}"

    @cached_property
    def _subjects(self) -> dict[int, str]:
        """The subject of each line that has one."""
        return {line: subject for line, subject, _ in self.table.get("subjects") or []}

    @cached_property
    def _kinds(self) -> list[str]:
        return list(kinds_of(self.table))

    @property
    def _shows_all(self) -> bool:
        rows = len(self.table["rows"])
        return (self.table.get("total_rows") or rows) == rows

    @cached_property
    def _links(self) -> dict[tuple[int, int], FigureCell]:
        """The figure that a cell shows, where there is one."""
        links, said = links_of(self.table, self.book.document.get("figures") or {}), self.table.get("relations") or {}
        declared = {(line, column) for line, column, _ in self.table.get("links") or []}
        # A change may have the amount of its line's figure by chance: what its column declares goes before.
        by_chance = {place for place in links if self.table["columns"][place[1]] in said} - declared
        figures = self.live.figures
        return {place: figures[id] for place, id in links.items() if id in figures and place not in by_chance}

    @cached_property
    def _formulas(self) -> dict[tuple[int, int], Formula]:
        """How single cells follow, as the schedule declares it."""
        declared = self.table.get("formulas") or []
        return {(line, column): formula for line, column, text in declared if (formula := read(text))}

    @cached_property
    def _relations(self) -> dict[int, Formula]:
        """How the cells of a column follow from their line, as the schedule declares it."""
        columns, declared = self.table["columns"], self.table.get("relations") or {}
        read_once = {column: read(text) for column, text in declared.items() if column in columns}
        return {columns.index(column): formula for column, formula in read_once.items() if formula}

    def _total(self, line: int, column: int, text: str | None) -> None:
        """A cell of the total row: the live sum of the rows above where all of them are here and make it up."""
        above = [values[column] for values in self.table["rows"][:line]]
        kind, name = self._kinds[column], self.table["columns"][column]
        is_sum = kind == "money" or (kind in _ADDED_UP and "days" not in name)
        spanned = (Place(self.id, each, column) for each in range(line))
        if (
            is_sum and text is not None and self._shows_all and _foots(above, text)
            and self.live.follows(Place(self.id, line, column), spanned)
        ):  # fmt: skip
            places = self._places(column, text)
            formula = f"=ROUND(SUM({self._span(column, line - 1)}),{places})"
            self.sheet.formula(FIRST_ROW + line, column, formula, Decimal(text), "total", places)
        else:
            self._cell(line, column, text, "total")

    def _places(self, column: int, text: str) -> int:
        return places_of(Decimal(text), self.book.currency if self._kinds[column] == "money" else "")

    def _cell(self, line: int, column: int, text: str | None, style: str) -> None:
        """A text, a day, a number, the figure that it is, its part of a figure, or what follows from its line."""
        place, kind = (FIRST_ROW + line, column), self._kinds[column]
        if kind in NUMERIC_KINDS and text is not None:
            places = self._places(column, text)
            formula = self._formula(line, column, text, places)
            if formula:
                self.sheet.formula(*place, formula, Decimal(text), style, places)
            else:
                self.sheet.amount(*place, Decimal(text), places, style)
        elif kind in NUMERIC_KINDS and (formula := self._undefined(line, column)):
            self.sheet.formula(*place, formula, "", style, _RATIO_PLACES)
        elif kind == "date" and text is not None and style == "plain":
            self.sheet.date(*place, text)
        else:
            is_beside = column > 0 and self._kinds[column - 1] in NUMERIC_KINDS
            plain = "wrapped_beside" if is_beside else "wrapped"
            self.sheet.text(*place, self._words(column, text), plain if style == "plain" else style)

    def _words(self, column: int, text: str | None) -> str | None:
        return show_code(text, self.table["columns"][column]) if text and self._kinds[column] == "text" else text

    def _formula(self, line: int, column: int, text: str, places: int) -> str:
        """How a number follows from others; empty where it is on its own."""
        amount, figure, place = Decimal(text), self._links.get((line, column)), Place(self.id, line, column)
        if figure is not None and figure.amount is not None and abs(figure.amount) == abs(amount):
            return f"={'' if figure.amount == amount else '-'}{figure.reference}"
        own = self._formulas.get((line, column))
        formula = self.live.formula(own, amount, places, place) if own else ""
        if formula:
            return formula
        part = self.data.breakdown.cells.get((self.id, line, column))
        if part:
            return self.data.part_of(part, places)
        of_lines = (self.live.listed(part, amount, places, place) for part in self._parts_of_lines.get(column, ()))
        listed = next((formula for formula in of_lines if formula), "")
        relation = self._relations.get(column)
        return listed or (self.live.formula(relation, amount, places, place) if relation else "")

    @cached_property
    def _parts_of_lines(self) -> dict[int, list[Mapping[str, Any]]]:
        """The columns that are sums over the lines of another schedule."""
        columns = self.table["columns"]
        found: dict[int, list[Mapping[str, Any]]] = {}
        for part in self.table.get("parts") or []:
            if part.get("table") and part["column"] in columns:
                found.setdefault(columns.index(part["column"]), []).append(part)
        return found

    def _undefined(self, line: int, column: int) -> str:
        """The formula of a ratio that has no value, for it would divide by zero; empty where a cell is empty otherwise."""
        relation = self._relations.get(column)
        if relation is None or not relation.divides:
            return ""
        return self.live.undefined(relation, _RATIO_PLACES, Place(self.id, line, column))

    def _fit(self, line: int, values: Sequence[str | None], said: Sequence[tuple[str, float]]) -> None:
        """Make room for texts that are longer than their column is wide."""
        shown = [self._words(column, text) for column, text in enumerate(values)]
        own = [(text, float(width)) for text, width in zip(shown, self.widths, strict=False) if text]
        long = [(text, width) for text, width in (*own, *said) if len(text) > width or "\n" in text]
        if long:
            self.sheet.height_for(FIRST_ROW + line, *long)


def _foots(above: Sequence[str | None], total: str) -> bool:
    """Whether the rows above add up to the total, exactly; a total that doesn't is shown as it is, not as a sum."""
    return bool(above) and sum((Decimal(text) for text in above if text is not None), Decimal(0)) == Decimal(total)


def _widths(table: Mapping[str, Any]) -> list[int]:
    """Columns as wide as their texts, within reason; longer ones wrap."""
    longest = [
        max([len(show_name(name)), *(len(show_code(cells[column] or "", name)) + 4 for cells in table["rows"])])
        for column, name in enumerate(table["columns"])
    ]
    return [min(max(width, _NARROWEST), _WIDE if column else _WIDEST) for column, width in enumerate(longest)]
