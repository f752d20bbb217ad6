"""The sheet Data: source rows, each with its figure's key, its address, its amount, and what a reader sees of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from close_library.report.reading_order import figures_of
from close_library.report.rows_file import RowsFile, SourceRow
from close_library.report.wording import NEVER_SUMMED, least_places, show_name
from close_library.report.workbook.frame import Book, Sheet

EXCEL_ROWS = 1_048_576
"""Rows of a sheet, heading included: Excel's limit."""

KEY, FIGURE, TABLE, FILE, LINE, AMOUNT, ROWS = range(7)
_FIXED = ("key", "figure", "table", "file", "line", "amount", "rows")
_SHOWN_AT_MOST = 200


@dataclass(frozen=True)
class Block:
    """A figure's rows in the sheet: first and last row (from 1; 0 where there are none), how many, their sum."""

    first: int
    last: int
    rows: int
    total: Decimal


@dataclass(frozen=True)
class Data:
    """What the other sheets need of Data: the figures' keys and blocks, the last row, whether rows are put together."""

    keys: Mapping[str, str]
    blocks: Mapping[str, Block]
    last_row: int
    put_together: bool

    def column(self, column: int) -> str:
        """A column's range, without its heading."""
        letter = "ABCDEFG"[column]
        return f"Data!${letter}$2:${letter}${max(2, self.last_row)}"

    def total_of(self, figure: str, places: int) -> str:
        """The formula that adds up a figure's rows."""
        return f'=ROUND(SUMIFS({self.column(AMOUNT)},{self.column(KEY)},"{self.keys[figure]}"),{places})'

    def count_of(self, figure: str) -> str:
        """The formula that counts a figure's source rows."""
        return f'=SUMIFS({self.column(ROWS)},{self.column(KEY)},"{self.keys[figure]}")' if self.put_together else (
            f'=COUNTIFS({self.column(KEY)},"{self.keys[figure]}")'
        )  # fmt: skip


def write_data(book: Book, sheet: Sheet, rows: RowsFile, excel_rows: int = EXCEL_ROWS) -> Data:
    """Write all source rows; where they are more than a sheet holds, put together by document."""
    figures = figures_of(book.document)
    keys = {id: f"F{number:03d}" for number, id in enumerate(figures, 1)}
    put_together = rows.total > excel_rows - 1
    source = rows.by_document(excel_rows - 1) if put_together else rows.stream()
    shown = ["known by", "document"] if put_together else rows.shown_names()[:_SHOWN_AT_MOST]
    units = {id: figure["unit"] for id, figure in figures.items()}
    blocks, last_row = _write_rows(sheet, source, keys, units, shown)
    _set_up(sheet, last_row, put_together)
    return Data(keys, blocks, last_row, put_together)


def _write_rows(
    sheet: Sheet, source: Iterable[SourceRow], keys: Mapping[str, str], units: Mapping[str, str], shown: list[str]
) -> tuple[dict[str, Block], int]:
    """One row after the other; the sums are exact."""
    sheet.columns(
        0,
        [*_FIXED, *(show_name(name) for name in shown)],
        [n in (LINE, AMOUNT, ROWS) for n in range(len(_FIXED))],
    )
    blocks: dict[str, Block] = {}
    columns = {name: column for column, name in enumerate(shown, len(_FIXED))}
    text, number, write_amount = sheet.text, sheet.sheet.write_number, sheet.amount
    place, whole = 0, sheet.book.format("plain", 0)
    for place, row in enumerate(source, 1):
        before = blocks.get(row.figure) or Block(place + 1, 0, 0, Decimal(0))
        blocks[row.figure] = Block(before.first, place + 1, before.rows + row.rows, before.total + (row.amount or 0))
        text(place, KEY, keys[row.figure])
        text(place, FIGURE, row.figure)
        text(place, TABLE, row.source_table)
        text(place, FILE, row.source_file)
        if row.source_row is not None:
            number(place, LINE, row.source_row, whole)
        if row.amount is not None:
            write_amount(place, AMOUNT, row.amount, _places(row.amount, units[row.figure]))
        number(place, ROWS, row.rows, whole)
        for name, value in row.shown.items():
            if name in columns:
                text(place, columns[name], value)
    return blocks, place + 1


def _places(amount: Decimal, unit: str) -> int:
    """Decimals to show: the currency's, or more where the row has more; a file's scale adds none."""
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(-exponent, least_places("USD" if unit in NEVER_SUMMED else unit))


def _set_up(sheet: Sheet, last_row: int, put_together: bool) -> None:
    sheet.widths(7, 24, 18, 30, 9, 17, 7)
    sheet.sheet.set_column(len(_FIXED), len(_FIXED) + _SHOWN_AT_MOST, 16)
    sheet.sheet.freeze_panes(1, 2)
    sheet.sheet.repeat_rows(0)
    sheet.sheet.autofilter(0, 0, max(1, last_row - 1), len(_FIXED) - 1)
    if not put_together:
        sheet.sheet.set_column(ROWS, ROWS, 7, None, {"hidden": True})
