"""The sheet Data: source rows, each with its figure's key, its address, its amount, and what a reader sees of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from xlsxwriter.utility import xl_col_to_name

from close_library.report.reading_order import figures_of
from close_library.report.rows_file import Block, RowsFile, SourceRow
from close_library.report.wording import NEVER_SUMMED, least_places, show_name
from close_library.report.workbook.breakdown import Breakdown, Rows, breakdown_of, shown_part
from close_library.report.workbook.frame import StreamedSheet
from close_library.report.workbook.paper import PaperBook
from close_library.report.workbook.streamed import Cells, plain_number, style_of

EXCEL_ROWS = 1_048_576
"""Rows of a sheet, heading included: Excel's limit."""

KEY, FIGURE, TABLE, FILE, LINE, AMOUNT, ROWS = range(7)
_FIXED = ("key", "figure", "table", "file", "line", "amount", "rows")
_SHOWN_AT_MOST = 200


@dataclass(frozen=True)
class Data:
    """What the other sheets need of Data: the figures' keys and blocks, the last row, whether rows are put together."""

    keys: Mapping[str, str]
    blocks: Mapping[str, Block]
    last_row: int
    put_together: bool
    breakdown: Breakdown = field(default_factory=Breakdown)
    parts_column: int = len(_FIXED)
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Figures whose source rows are too many to be here."""

    def column(self, column: int, figure: str = "") -> str:
        """A column's range, without its heading; of one figure's rows where it is named."""
        letter, block = xl_col_to_name(column), self.blocks.get(figure)
        first, last = (block.first, block.last) if block else (2, max(2, self.last_row))
        return f"Data!${letter}${first}:${letter}${last}"

    def total_of(self, figure: str, places: int) -> str:
        """The formula that adds up a figure's rows."""
        return f'=ROUND(SUMIFS({self.column(AMOUNT)},{self.column(KEY)},"{self.keys[figure]}"),{places})'

    def part_of(self, rows: Rows, places: int) -> str:
        """The formula that adds up, or counts, those of some figures' rows that show some values."""
        some = [(sign, figure) for sign, figure in rows.figures if figure in self.blocks] or rows.figures[:1]
        found = "".join(f"{'-' if sign < 0 else '+'}{self._part(figure, rows)}" for sign, figure in some).removeprefix(
            "+"
        )
        return f"={found}" if rows.counts else f"=ROUND({found},{places})"

    def _part(self, figure: str, rows: Rows) -> str:
        """One figure's part: only its own block of lines is gone through."""
        criteria = [self.column(KEY, figure), f'"{self.keys[figure]}"']
        for name, value in rows.shows:
            place = self.parts_column + self.breakdown.names.index(name)
            criteria += [self.column(place, figure), f'"{self.breakdown.key(value)}"']
        listed = ",".join(criteria)
        return f"COUNTIFS({listed})" if rows.counts else f"SUMIFS({self.column(AMOUNT, figure)},{listed})"

    def count_of(self, figure: str) -> str:
        """The formula that counts a figure's source rows."""
        if self.put_together:
            return f'=SUMIFS({self.column(ROWS)},{self.column(KEY)},"{self.keys[figure]}")'
        return f'=COUNTIFS({self.column(KEY)},"{self.keys[figure]}")'


def write_data(book: PaperBook, sheet: StreamedSheet, rows: RowsFile, excel_rows: int = EXCEL_ROWS) -> Data:
    """Set all source rows up to be written; where they are more than a sheet holds, put together by document."""
    figures = figures_of(book.document)
    keys = {id: f"F{number:03d}" for number, id in enumerate(figures, 1)}
    put_together = rows.total > excel_rows - 1
    blocks = rows.blocks_by_document(excel_rows - 1) if put_together else rows.blocks
    breakdown = Breakdown() if put_together else breakdown_of(book.document, rows)
    shown = ["known by", "document"] if put_together else rows.shown_names()[:_SHOWN_AT_MOST]
    units = {id: figure["unit"] for id, figure in figures.items()}
    columns = [*_FIXED, *(f"key of {show_name(name)}" for name in breakdown.names), *map(show_name, shown)]
    data = Data(
        keys,
        blocks,
        max((block.last for block in blocks.values()), default=1),
        put_together,
        breakdown,
        left_out=rows.left_out,
    )
    sheet.columns(0, columns, [n in (LINE, AMOUNT, ROWS) for n in range(len(_FIXED))])

    def lines() -> Iterator[str]:
        source = rows.by_document(excel_rows - 1) if put_together else rows.stream()
        return _lines(book, source, data, units, shown)

    sheet.streamed.below(lines, data.last_row - 1, len(columns) - 1)
    _set_up(sheet, data, len(columns))
    return data


def _lines(
    book: PaperBook, source: Iterator[SourceRow], data: Data, units: Mapping[str, str], shown: Sequence[str]
) -> Iterator[str]:
    """One row after the other, as the file holds them."""
    cells, breakdown = Cells(), data.breakdown
    text, number = cells.text, cells.number
    parts = [(data.parts_column + place, *shown_part(name)) for place, name in enumerate(breakdown.names)]
    columns = {name: data.parts_column + len(parts) + place for place, name in enumerate(shown)}
    least = {id: least_places("USD" if unit in NEVER_SUMMED else unit) for id, unit in units.items()}
    style = cache(lambda places: style_of(book.format("number", places)))
    whole = style(0)
    for line, row in enumerate(source, 2):
        figure, table, file, source_row, amount, seen, count = row
        parts_of_row = [
            f'<row r="{line}">',
            text(line, KEY, data.keys[figure]),
            text(line, FIGURE, figure),
            text(line, TABLE, table),
            text(line, FILE, file),
        ]
        if source_row is not None:
            parts_of_row.append(number(line, LINE, str(source_row), whole))
        if amount is not None:
            digits, places = plain_number(amount)
            parts_of_row.append(number(line, AMOUNT, digits, style(max(places, least[figure]))))
        parts_of_row.append(number(line, ROWS, str(count), whole))
        for column, name, cut in parts:
            key = breakdown.keys.get(seen.get(name, "")[:cut])
            if key:
                parts_of_row.append(text(line, column, key))
        for column, value in sorted((columns[name], value) for name, value in seen.items() if name in columns):
            parts_of_row.append(text(line, column, value))
        parts_of_row.append("</row>")
        yield "".join(parts_of_row)


def _set_up(sheet: StreamedSheet, data: Data, columns: int) -> None:
    sheet.widths(7, 24, 18, 30, 9, 17, 7)
    sheet.sheet.set_column(len(_FIXED), max(len(_FIXED), columns - 1), 16)
    sheet.sheet.freeze_panes(1, 2)
    sheet.sheet.repeat_rows(0)
    sheet.sheet.autofilter(0, 0, max(1, data.last_row - 1), columns - 1)
    hidden = [] if data.put_together else [ROWS]
    hidden += range(data.parts_column, data.parts_column + len(data.breakdown.names))
    for column in hidden:
        sheet.sheet.set_column(column, column, 7, None, {"hidden": True})
