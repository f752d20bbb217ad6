"""A workpaper's Excel file as a person gave it back: which document it shows, and its rows that can be filled in.

Columns are found by their headings, so a hidden, moved or sorted one does no harm. Excel and LibreOffice both keep the
custom properties that name the document.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from close_library.errors import Fault, RecordError
from close_library.sources.workbook import (
    Cell,
    WorkbookError,
    open_archive,
    read_workbook,
    rows,
    sheet_names,
)

SUMMARY, DATA = "Summary", "Data"
_NOT_FILLED_IN = (SUMMARY, DATA, "Sources", "Parameters", "Charts")
"""Sheets that hold nothing to fill in; Data may be long."""

SUBJECT = "subject"
EXPLAINING, FOLLOWING_UP = ("explanation", "state"), ("owner", "action")
"""Columns that a person fills in: of what is explained, of what is followed up."""

_PROPERTIES = "docProps/custom.xml"


@dataclass(frozen=True)
class Filling:
    """A row that can be filled in: its sheet and line, the schedule it stands in, and its cells by heading."""

    sheet: str
    line: int
    table: str
    headings: Mapping[str, int] = field(hash=False)
    cells: Mapping[int, Cell] = field(hash=False)

    def cell(self, heading: str) -> Cell | None:
        """The cell below a heading; None where it is empty."""
        return self.cells.get(self.headings.get(heading, -1))

    def text(self, heading: str) -> str:
        """The text below a heading, its line ends as everywhere."""
        cell = self.cell(heading)
        return "" if cell is None else cell.text.replace("\r\n", "\n").replace("\r", "\n").strip()

    def address(self, heading: str) -> str:
        """Where a cell stands: `Findings!F7`."""
        return cell_address(self.sheet, self.headings[heading], self.line)

    @property
    def is_filled(self) -> bool:
        """Whether anything stands in the columns that a person fills in, or in that of the subject."""
        return any(self.text(heading) for heading in (SUBJECT, *EXPLAINING, *FOLLOWING_UP) if heading in self.headings)


@dataclass(frozen=True)
class FilledIn:
    """A workbook that was given back."""

    path: Path
    identity: Mapping[str, str] = field(hash=False)
    fillings: tuple[Filling, ...] = ()


def read_filled_in(path: Path) -> FilledIn:
    """Read a workbook. Raises RecordError when it is none, or none that a close wrote."""
    try:
        with open_archive(path) as archive:
            identity = _identity(archive)
            if not identity.get("close_digest"):
                raise _unusable(path, "a workbook that names no workpaper")
            workbook = read_workbook(archive)
            fillings = [
                filling
                for sheet, _ in sheet_names(path)
                if sheet not in _NOT_FILLED_IN
                for filling in _fillings(sheet, rows(archive, sheet, workbook))
            ]
    except WorkbookError as error:
        raise _unusable(path, str(error)) from None
    except OSError as error:
        raise _unusable(path, (error.strerror or str(error)).lower()) from None
    return FilledIn(path, identity, tuple(fillings))


def _unusable(path: Path, found: str) -> RecordError:
    expected = "the .xlsx of a workpaper, filled in"
    do = "take the one beside the workpaper's page in the outputs"
    return RecordError("the workbook can't be read back.", [Fault(str(path), found, expected, do)])


def _identity(archive: zipfile.ZipFile) -> dict[str, str]:
    """The custom properties that name the document."""
    if _PROPERTIES not in archive.namelist():
        return {}
    try:
        root = ElementTree.fromstring(archive.read(_PROPERTIES))
    except ElementTree.ParseError:
        return {}
    return {
        name: "".join(part.text or "" for part in element)
        for element in root
        if (name := element.get("name", "")).startswith("close_")
    }


def _fillings(sheet: str, found: Iterator[tuple[int, list[Cell]]]) -> Iterator[Filling]:
    table, headings = "", {}
    for line, cells in found:
        texts = {cell.text.strip(): cell.column for cell in cells if cell.kind == "s"}
        if SUBJECT in texts and ({*EXPLAINING[:1], *FOLLOWING_UP[:1]} & set(texts)):
            headings = texts
        elif len(cells) == 1 and cells[0].column == 0 and " · " in cells[0].text:
            table, headings = cells[0].text.partition(" · ")[0], {}
        elif headings:
            filling = Filling(sheet, line, table, headings, {cell.column: cell for cell in cells})
            if filling.is_filled:
                yield filling


def cell_address(sheet: str, column: int, line: int) -> str:
    """How a workbook calls a cell, its column counted from 0: `Findings!F7`."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{sheet}!{letters}{line}"
