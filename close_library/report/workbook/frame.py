"""The workbook and its sheets: formats, safe text, amounts, formulas with their right cached value, print set-up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException
from xlsxwriter.worksheet import Worksheet

from close_library.errors import Fault, ReportError
from close_library.report.wording import AGREES, DIFFERS, verdict_of
from close_library.report.workbook.formats import FAINT, shape_of, tone_of
from close_library.report.workbook.streamed import StreamedWorksheet, cell_text

_HEADER_LIMIT = 250
_A4 = 9
MAY = {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True}
"""What a reader may do on a protected sheet, beside writing into the cells that are for that."""


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A place beside a workbook's own to write it to; it takes the workbook's name when it is whole. Raises ReportError."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except (OSError, XlsxWriterException) as error:
        expected = "a folder that can be written, with room on the disk"
        fault = Fault(path.name, str(error), expected, "free it and run again")
        raise ReportError("the workbook can't be written.", [fault]) from error
    finally:
        unfinished.unlink(missing_ok=True)


@dataclass(frozen=True)
class Edges:
    """What a workbook says of itself: in the file's properties, and at the edges of every printed page."""

    title: str
    subject: str
    company: str
    inputs: str
    """What it was computed from."""
    day: str
    """The end of the period, which no clock decides, as far as it is known: it stands as the day when it was made."""
    identity: Mapping[str, str]
    """What it was drawn from: a filled-in copy is read back only where this is still so."""
    left: str
    right: str
    foot: str
    signed: str = ""


class Book:
    """One workbook: its edges, and the formats that its sheets share."""

    def __init__(self, path: Path, edges: Edges, in_memory: bool = True) -> None:
        self.edges = edges
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
                "title": edges.title,
                "subject": edges.subject,
                "company": edges.company,
                "comments": f"inputs {edges.inputs}",
                "created": _created(edges.day),
            }
        )
        for name, text in edges.identity.items():
            self.workbook.set_custom_property(name, text, "text")
        self.workbook.set_calc_mode("auto")
        self.format = cache(lambda name, places=None: self.workbook.add_format(shape_of(name, places)))
        self.tone = cache(lambda tone: self.workbook.add_format(tone_of(tone)))

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
        edges = book.edges
        # The space ends the font size: "&8" before "30 …" would be size 830.
        sheet.set_header(f"&L&8 {_running(edges.left)}&R&8 {_running(edges.right)}")
        signed = f"&C&8 {_running(edges.signed, 90)}" if edges.signed else ""
        sheet.set_footer(f"&L&8 {_running(edges.foot)}{signed}&R&8 &A · page &P of &N")
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

    def verdict(self, row: int, column: int, condition: str, agreed: bool) -> None:
        """A live verdict: whether a condition holds, and whether it did."""
        self.formula(row, column, f'=IF({condition},"{AGREES}","{DIFFERS}")', verdict_of(agreed), "beside")

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
        self.coloured(first, column, last, {AGREES: "good", DIFFERS: "bad"})


class StreamedSheet(Sheet):
    """A sheet of which the heading is written here, and the rows when the file is."""

    def __init__(self, book: Book, sheet: StreamedWorksheet) -> None:
        super().__init__(book, sheet)
        self.streamed = sheet


def _created(day: str) -> datetime:
    """When a workbook was made, as its properties say it; a day that is none is the first of the millennium."""
    try:
        return datetime.fromisoformat(day)
    except ValueError:
        return datetime(2000, 1, 1)


def _running(text: str, at_most: int = _HEADER_LIMIT // 4) -> str:
    """A text for a running head: `&` begins a command there, and 255 characters are the limit."""
    spelled = ["&&" if c == "&" else c for c in text if c.isprintable()]
    while sum(map(len, spelled)) > at_most:
        spelled.pop()
    return "".join(spelled)
