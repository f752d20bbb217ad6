"""The results of a workbook that was saved by a program which computes none: it keeps formulas and drops their results.

Its formulas are those of the workbook beside the workpaper's page, and what they rest on is what that one has; so their
results are its results. What differs there is named, cell by cell.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

from close_library.errors import Fault, RecordError
from close_library.run.speaking.expected_cells import same_number
from close_library.run.speaking.filled_in import DATA, SUMMARY, FilledIn, Filling, cell_address
from close_library.sources.workbook import Cell, Workbook, WorkbookError, open_archive, read_workbook, rows, sheet_names

_Lines: TypeAlias = Iterator[tuple[int, Mapping[int, Cell]]]


def with_results(file: FilledIn, written: Path) -> FilledIn:
    """The workbook with the results that it has lost, as the close wrote them in `written`; itself where it has lost none.

    Raises RecordError where the figures or the rows below its formulas are not those of `written`.
    """
    if not any(cell.kind == "f" for filling in file.fillings for cell in filling.cells.values()):
        return file
    try:
        with open_archive(file.path) as given, open_archive(written) as ours:
            texts = read_workbook(given), read_workbook(ours)
            below = [name for name, _ in sheet_names(written) if name in (SUMMARY, DATA)]
            faults = [fault for sheet in below for fault in _sheet_faults(sheet, (given, ours), texts)]
            if faults:
                raise RecordError("the workbook doesn't show the workpaper as it is; nothing was recorded.", faults)
            known = {
                sheet: {line: {cell.column: cell for cell in cells} for line, cells in rows(ours, sheet, texts[1])}
                for sheet in {filling.sheet for filling in file.fillings}
            }
    except (OSError, WorkbookError):
        return file
    filled = tuple(_filled(each, known[each.sheet].get(each.line, {})) for each in file.fillings)
    return replace(file, fillings=filled)


def _filled(filling: Filling, written: Mapping[int, Cell]) -> Filling:
    """A row with the results of those formulas that stand in the written workbook too."""
    cells = {
        column: written[column] if cell.kind == "f" and _formula(cell) == _formula(written.get(column)) else cell
        for column, cell in filling.cells.items()
    }
    return replace(filling, cells=cells)


def _sheet_faults(
    sheet: str, archives: tuple[zipfile.ZipFile, zipfile.ZipFile], texts: tuple[Workbook, Workbook]
) -> Iterator[Fault]:
    """Every formula and every number of a sheet that is not as it was written."""
    given, ours = (_lines(archive, sheet, text) for archive, text in zip(archives, texts, strict=True))
    for (line, now), (expected_line, before) in zip_longest(given, ours, fillvalue=(0, {})):
        if line != expected_line:
            place = f"{sheet}, line {max(line, expected_line)}"
            yield Fault(place, "another row", "the row as it was written", "take a fresh workbook")
            return
        for column in sorted({*now, *before}):
            found, expected = now.get(column), before.get(column)
            if not _same(found, expected):
                yield Fault(cell_address(sheet, column, line), _shown(found), _shown(expected), "put it back as it was")


def _lines(archive: zipfile.ZipFile, sheet: str, texts: Workbook) -> _Lines:
    for line, cells in rows(archive, sheet, texts):
        yield line, {cell.column: cell for cell in cells}


def _same(found: Cell | None, expected: Cell | None) -> bool:
    if _formula(found) or _formula(expected):
        return _formula(found) == _formula(expected)
    numbers = [cell for cell in (found, expected) if cell is not None and cell.kind == "n" and not cell.is_date]
    if not numbers:
        return True
    return len(numbers) == 2 and same_number(numbers[0], numbers[1].text)


def _formula(cell: Cell | None) -> str:
    return cell.formula if cell else ""


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return "nothing"
    return f"={cell.formula}" if cell.formula else cell.text
