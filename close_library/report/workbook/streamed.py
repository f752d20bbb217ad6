"""A sheet whose rows are written to the file as they are read: 200,000 rows never stand in memory, in the file order.

xlsxwriter's own cells cost a Python object each. The rows of Data are plain texts and numbers without a format of
their own, so their XML is put together here and handed to xlsxwriter when it writes the sheet; all else about the
sheet (columns, filter, panes, protection, print set-up) stays xlsxwriter's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet
from xlsxwriter.xmlwriter import XMLwriter

from close_library.report.wording import plain_digits

TEXT_LIMIT = 32_767
"""Characters that a cell holds at most: Excel's limit."""

_CUT = " … (cut: longer than a cell can hold)"
_WHITE_ENDS = re.compile(r"^\s|\s$")
_LINES_AT_ONCE = 2_000


class StreamedWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet with a heading written as usual, and rows below it that are read when the file is written."""

    lines: Callable[[], Iterator[str]] | None = None
    dim_rowmax: int
    dim_colmax: int

    def below(self, lines: Callable[[], Iterator[str]], last_row: int, last_column: int) -> None:
        """The rows below the heading, as XML; `last_row` and `last_column` count from 0."""
        self.lines = lines
        self.dim_rowmax, self.dim_colmax = max(self.dim_rowmax, last_row), max(self.dim_colmax, last_column)

    def _write_rows(self) -> None:
        """Write the heading, then the rows, some thousand at a time."""
        in_all, self.dim_rowmax = self.dim_rowmax, 0
        super()._write_rows()
        self.dim_rowmax = in_all
        waiting: list[str] = []
        for line in self.lines() if self.lines else ():
            waiting.append(line)
            if len(waiting) == _LINES_AT_ONCE:
                self.fh.write("".join(waiting))
                waiting.clear()
        self.fh.write("".join(waiting))


class Cells:
    """Cells as XML: a text once for all its cells, a number as the exact decimal text that it is."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._letters: list[str] = []

    def letter(self, column: int) -> str:
        """The letter of a column."""
        while len(self._letters) <= column:
            self._letters.append(xl_col_to_name(len(self._letters)))
        return self._letters[column]

    def text(self, line: int, column: int, text: str) -> str:
        """A text as text, whatever it begins with; nothing where it is empty."""
        if not text:
            return ""
        known = self._texts.get(text)
        if known is None:
            known = self._texts.setdefault(text, _inline(text)) if len(self._texts) < 10_000 else _inline(text)
        return f'<c r="{self.letter(column)}{line}"{known}'

    def number(self, line: int, column: int, number: str, style: int) -> str:
        """A number by its decimal text."""
        return f'<c r="{self.letter(column)}{line}" s="{style}"><v>{number}</v></c>'


def _inline(text: str) -> str:
    kept = XMLwriter._escape_data(None, XMLwriter._escape_control_characters(cell_text(text)))
    space = ' xml:space="preserve"' if _WHITE_ENDS.search(kept) else ""
    return f' t="inlineStr"><is><t{space}>{kept}</t></is></c>'


def cell_text(text: str) -> str:
    """A text as a cell can hold it: half a surrogate pair is a question mark, what is too long is cut and says so."""
    kept = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return kept if len(kept) <= TEXT_LIMIT else kept[: TEXT_LIMIT - len(_CUT)] + _CUT


def style_of(format: Format) -> int:
    """The number by which a cell names its format."""
    number: int = format._get_xf_index()
    return number


def plain_number(amount: Decimal) -> tuple[str, int]:
    """An amount as digits, and how many of them are decimals."""
    text = plain_digits(amount)
    _, _, decimals = text.partition(".")
    return text, len(decimals)
