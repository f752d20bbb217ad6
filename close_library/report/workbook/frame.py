"""The workbook and its sheets: formats, safe text, amounts, formulas with their right cached value, print set-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from close_library.report.identification import identification
from close_library.report.said import sign_off_in_words, signed_in_brief
from close_library.report.wording import currency_of
from close_library.report.workbook.formats import FAINT, shape_of, tone_of
from close_library.report.workbook.streamed import StreamedWorksheet, cell_text
from close_library.workpaper.document import document_digest

_HEADER_LIMIT = 250
_A4 = 9
MAY = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}
"""What a reader may do on a protected sheet, beside writing into the cells that are for that."""


class Book:
    """One workbook: its document, what people said, and the formats that its sheets share."""

    def __init__(
        self, path: Path, document: Mapping[str, Any], said: Mapping[str, Any], in_memory: bool = True
    ) -> None:
        self.document = document
        self.said = said
        self.currency = currency_of(document)
        self.workbook = xlsxwriter.Workbook(
            str(path),
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "in_memory": in_memory,
            },
        )
        self.workbook.formats[0].set_font_name("Arial")
        self.workbook.formats[0].set_font_size(9)
        self.workbook.set_properties(
            {
                "title": f"{document['ref']} {document['title']}",
                "subject": f"{document['company']}, {document['program']}, {document['period']}",
                "company": document.get("company_name") or document["company"],
                "comments": f"inputs {document.get('inputs') or 'not recorded'}",
                "created": _created(document),
            }
        )
        for name, text in self._identity().items():
            self.workbook.set_custom_property(name, text, "text")
        self.workbook.set_calc_mode("auto")
        self.format = cache(lambda name, places=None: self.workbook.add_format(shape_of(name, places)))
        self.tone = cache(lambda tone: self.workbook.add_format(tone_of(tone)))

    def _identity(self) -> dict[str, str]:
        """What the workbook was drawn from: a filled-in copy is read back only where this is still so."""
        document = self.document
        return {
            "close_company": document["company"],
            "close_period": document["period"],
            "close_program": document["program"],
            "close_ref": document["ref"],
            "close_digest": document_digest(document),
            "close_event": str((self.said.get("record") or {}).get("events") or 0),
        }

    def add_sheet(self, name: str) -> Sheet:
        """A sheet with its running heads and print set-up."""
        return Sheet(self, self.workbook.add_worksheet(name))

    def add_streamed_sheet(self, name: str) -> StreamedSheet:
        """A sheet whose rows are written as they are read."""
        return StreamedSheet(self, self.workbook.add_worksheet(name, worksheet_class=StreamedWorksheet))

    def close(self) -> None:
        """Write the file."""
        self.workbook.close()


class Sheet:
    """One sheet, written row by row from the top: what is written can't become a formula or a link by itself."""

    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet
        self.name: str = sheet.get_name()
        company, program, period = (entry[1] for entry in identification(book.document, book.said)[:3])
        status = identification(book.document, book.said)[6][1]
        left = f"{company} · {program} · {period}"
        right = f"{book.document['ref']} {book.document['title']}"
        # The space ends the font size: "&8" before "30 …" would be size 830.
        sheet.set_header(f"&L&8 {_running(left)}&R&8 {_running(right)}")
        state = (
            f"{status}, {sign_off_in_words(book.said)} · inputs {(book.document.get('inputs') or 'not recorded')[:12]}"
        )
        signed = signed_in_brief(book.said)
        sheet.set_footer(f"&L&8 {_running(state)}&C&8 {_running(signed, 90)}&R&8 &A · page &P of &N")
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.protect("", MAY)

    def text(self, row: int, column: int, text: str | None, format: str = "plain") -> None:
        """A text as text, whatever it begins with."""
        if text:
            self.sheet.write_string(row, column, cell_text(text), self.book.format(format))
        else:
            self.sheet.write_blank(row, column, None, self.book.format(format))

    def amount(self, row: int, column: int, amount: Decimal, places: int, format: str = "plain") -> None:
        """A number; exact decimals become binary floats here, at the edge, and nowhere before."""
        self.sheet.write_number(row, column, float(amount), self.book.format(format, places))

    def date(self, row: int, column: int, text: str, format: str = "date") -> None:
        """A day as a day; a text that is none stays text."""
        try:
            self.sheet.write_datetime(row, column, date.fromisoformat(text), self.book.format(format))
        except ValueError:
            self.text(row, column, text)

    def note(self, row: int, column: int, text: str) -> None:
        """A note on a cell: what a tick mark there says."""
        lines = sum(1 + len(line) // 48 for line in text.split("\n"))
        shape = {"author": "close", "width": 270, "height": 16 + 14 * lines, "font_size": 8, "color": FAINT}
        self.sheet.write_comment(row, column, cell_text(text), shape)

    def formula(
        self,
        row: int,
        column: int,
        formula: str,
        value: Decimal | str,
        format: str = "plain",
        places: int | None = None,
    ) -> None:
        """A live formula with the value that it has, so that a reader that doesn't recalculate shows the right one."""
        cached = float(value) if isinstance(value, Decimal) else value
        self.sheet.write_formula(row, column, formula, self.book.format(format, places), cached)

    def columns(self, row: int, names: Sequence[str], numbers: Sequence[bool] = ()) -> None:
        """A row of column headings; those of numbers stand at the right, a text beside one keeps its distance."""
        for column, name in enumerate(names):
            is_number = column < len(numbers) and numbers[column]
            is_beside = 0 < column <= len(numbers) and numbers[column - 1] and not is_number
            self.text(row, column, name, "number_column" if is_number else "column_beside" if is_beside else "column")

    def widths(self, *widths: float) -> None:
        """Widths of the first columns, in characters."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def height_for(self, row: int, *texts_and_widths: tuple[str, float]) -> None:
        """Make a row as high as its wrapped texts need: not every reader does so by itself."""
        lines = max(
            (sum(1 + len(line) // max(1, int(width)) for line in text.split("\n")) for text, width in texts_and_widths),
            default=1,
        )
        self.sheet.set_row(row, 12.5 * min(lines, 30))

    def coloured(self, first: int, column: int, last: int, words: Mapping[str, str]) -> None:
        """Colour words in a column: the word says it, the colour only helps."""
        for word, tone in words.items():
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": self.book.tone(tone)}
            self.sheet.conditional_format(first, column, max(first, last), column, rule)

    def not_zero(self, first: int, column: int, last: int) -> None:
        """Colour the numbers of a column of differences that are not zero."""
        rule = {"type": "cell", "criteria": "!=", "value": 0, "format": self.book.tone("bad")}
        # A blank cell is no difference, though a spreadsheet compares it as 0.
        self.sheet.conditional_format(first, column, max(first, last), column, rule)

    def verdicts(self, first: int, column: int, last: int) -> None:
        """Colour verdicts in a column."""
        self.coloured(first, column, last, {"agrees": "good", "does not agree": "bad"})


class StreamedSheet(Sheet):
    """A sheet of which the heading is written here, and the rows when the file is."""

    def __init__(self, book: Book, sheet: StreamedWorksheet) -> None:
        super().__init__(book, sheet)
        self.streamed = sheet


def _created(document: Mapping[str, Any]) -> datetime:
    """A date for the file's properties that no clock decides: the end of the period, else of the millennium."""
    for text in (document.get("period_end"), f"{document['period']}-01"):
        try:
            return datetime.fromisoformat(str(text)[:10])
        except ValueError:
            continue
    return datetime(2000, 1, 1)


def _running(text: str, at_most: int = _HEADER_LIMIT // 4) -> str:
    """A text for a running head: `&` begins a command there, and 255 characters are the limit."""
    spelled = ["&&" if c == "&" else c for c in text if c.isprintable()]
    while sum(map(len, spelled)) > at_most:
        spelled.pop()
    return "".join(spelled)
