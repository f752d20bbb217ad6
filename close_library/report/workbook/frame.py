"""The workbook and its sheets: formats, safe text, amounts, formulas with their right cached value, print set-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from close_library.report.wording import currency_of, identification

TEXT_LIMIT = 32_767
"""Characters that a cell holds at most: Excel's limit."""

_CUT = " … (cut: longer than a cell can hold)"
_HEADER_LIMIT = 250
_A4 = 9
_FAINT, _RULE, _LINK, _GOOD, _BAD = "#F4F6F9", "#1B2430", "#1B4F7D", "#1C6A39", "#AB2219"


class Book:
    """One workbook: its document, what people said, and the formats that its sheets share."""

    def __init__(self, path: Path, document: Mapping[str, Any], said: Mapping[str, Any], spare_memory: bool) -> None:
        self.document = document
        self.said = said
        self.currency = currency_of(document)
        self.workbook = xlsxwriter.Workbook(
            str(path),
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "constant_memory": spare_memory,
                "in_memory": not spare_memory,
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
        self.workbook.set_calc_mode("auto")
        self.format = cache(self._format)

    def _format(self, name: str, places: int | None = None) -> Format:
        """A format by its role; `places` adds a number format with negatives in parentheses and 0 shown as 0."""
        shape: dict[str, Any] = {"font_name": "Arial", "font_size": 9, "valign": "top", **_SHAPES[name]}
        if places is not None:
            digits = "#,##0" + ("." + "0" * places if places else "")
            zero = "0" + ("." + "0" * places if places else "")
            shape |= {"num_format": f"{digits}_);({digits});{zero}_)", "align": "right"}
        return self.workbook.add_format(shape)

    def add_sheet(self, name: str) -> Sheet:
        """A sheet with its running heads and print set-up."""
        return Sheet(self, self.workbook.add_worksheet(name))

    def close(self) -> None:
        """Write the file."""
        self.workbook.close()


_SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"bold": True, "font_size": 14},
    "heading": {"bold": True, "font_size": 11, "font_color": _LINK},
    "beside": {"indent": 1},
    "label": {"font_color": "#55606F"},
    "value": {"bold": True},
    "right": {"align": "right"},
    "count": {"bold": True, "align": "left"},
    "note": {"italic": True, "font_color": "#55606F"},
    "wrapped": {"text_wrap": True},
    "wrapped_beside": {"text_wrap": True, "indent": 1},
    "column": {
        "bold": True,
        "bg_color": _FAINT,
        "bottom": 1,
        "bottom_color": _RULE,
        "text_wrap": True,
        "valign": "bottom",
    },
    "column_beside": {
        "bold": True,
        "bg_color": _FAINT,
        "bottom": 1,
        "bottom_color": _RULE,
        "text_wrap": True,
        "valign": "bottom",
        "indent": 1,
    },
    "number_column": {
        "bold": True,
        "bg_color": _FAINT,
        "bottom": 1,
        "bottom_color": _RULE,
        "text_wrap": True,
        "valign": "bottom",
        "align": "right",
    },
    "total": {"bold": True, "top": 1, "bottom": 6},
    "opens": {"font_color": _LINK, "underline": 1},
}


class Sheet:
    """One sheet, written row by row from the top: what is written can't become a formula or a link by itself."""

    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self.book = book
        self.sheet = sheet
        self.name: str = sheet.get_name()
        (company, program, period), status = (
            (entry[1] for entry in identification(book.document, book.said)[:3]),
            identification(book.document, book.said)[6],
        )
        left = f"{company} · {program} · {period}"
        right = f"{book.document['ref']} {book.document['title']}"
        # The space ends the font size: "&8" before "30 …" would be size 830.
        sheet.set_header(f"&L&8 {_running(left)}&R&8 {_running(right)}")
        sheet.set_footer(f"&L&8 {_running(f'{status[1]}, {status[2]}')}&C&8 &A&R&8 page &P of &N")
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)

    def text(self, row: int, column: int, text: str | None, format: str = "plain") -> None:
        """A text as text, whatever it begins with."""
        if text:
            kept = text if text.isascii() else text.encode("utf-8", "replace").decode()
            if len(kept) > TEXT_LIMIT:
                kept = kept[: TEXT_LIMIT - len(_CUT)] + _CUT
            self.sheet.write_string(row, column, kept, self.book.format(format))
        else:
            self.sheet.write_blank(row, column, None, self.book.format(format))

    def amount(self, row: int, column: int, amount: Decimal, places: int, format: str = "plain") -> None:
        """A number; exact decimals become binary floats here, at the edge, and nowhere before."""
        self.sheet.write_number(row, column, float(amount), self.book.format(format, places))

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

    def verdicts(self, first: int, column: int, last: int) -> None:
        """Colour verdicts in a column: the word says it, the colour only helps."""
        for word, colour in (("agrees", _GOOD), ("does not agree", _BAD)):
            format = self.book.workbook.add_format({"bold": True, "font_color": colour})
            rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": format}
            self.sheet.conditional_format(first, column, last, column, rule)


def _created(document: Mapping[str, Any]) -> datetime:
    """A date for the file's properties that no clock decides: the end of the period, else of the millennium."""
    for text in (document.get("period_end"), f"{document['period']}-01"):
        try:
            return datetime.fromisoformat(str(text)[:10])
        except ValueError:
            continue
    return datetime(2000, 1, 1)


def _running(text: str) -> str:
    """A text for a running head: `&` begins a command there, and 255 characters are the limit."""
    printable = "".join(c for c in text if c.isprintable())[: _HEADER_LIMIT // 4]
    return printable.replace("&", "&&")
