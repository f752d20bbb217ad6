"""A workpaper as a workbook that recalculates: every figure a live formula over its source rows.

    Summary     what it is, its figures (SUMIFS over Data), how the tie-outs and findings stand
    Schedules   the tables, with totals and figures as formulas
    Charts      native charts, where the document has any
    Tie-outs    differences and verdicts as formulas
    Findings, Data (the source rows), Sources, Parameters

Nothing from outside becomes a formula or a link, and the figures' keys F001, F002, … are ours, because a criterion
such as `<x` or `a*` would be an operator. The same input gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xlsxwriter.exceptions import XlsxWriterException

from close_library.errors import Fault, ReportError
from close_library.report.rows_file import RowsFile
from close_library.report.workbook.checks import write_findings, write_parameters, write_sources, write_tie_outs
from close_library.report.workbook.data import write_data
from close_library.report.workbook.frame import Book
from close_library.report.workbook.pictures import write_charts
from close_library.report.workbook.schedules import write_schedules
from close_library.report.workbook.summary import write_summary

__all__ = ["write_workbook"]

SPARE_MEMORY_ABOVE = 100_000
"""Source rows above which rows go to disk as they are written: 136 MB instead of 454 MB for 200,000 rows."""


def write_workbook(document: Mapping[str, Any], rows: Path | None, said: Mapping[str, Any], path: Path) -> None:
    """Write the workbook beside its place and rename it when it is whole."""
    source = RowsFile(rows, document)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        book = Book(unfinished, document, said, spare_memory=source.total > SPARE_MEMORY_ABOVE)
        _write_sheets(book, source)
        book.close()
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except (OSError, XlsxWriterException) as error:
        raise ReportError(
            "the workbook can't be written.",
            [
                Fault(
                    path.name,
                    str(error),
                    "a folder that can be written, with room on the disk",
                    "free it and run again",
                )
            ],
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write_sheets(book: Book, rows: RowsFile) -> None:
    """All sheets stand in reading order; Data is written first, since the others point to its rows."""
    names = ["Summary", "Schedules", "Charts", "Tie-outs", "Findings", "Data", "Sources", "Parameters"]
    if not book.document.get("charts"):
        names.remove("Charts")
    sheets = {name: book.add_sheet(name) for name in names}
    data = write_data(book, sheets["Data"], rows)
    figures = write_summary(book, sheets["Summary"], data)
    write_schedules(book, sheets["Schedules"], figures)
    if "Charts" in sheets:
        write_charts(book, sheets["Charts"])
    write_tie_outs(book, sheets["Tie-outs"], figures)
    write_findings(book, sheets["Findings"])
    write_sources(book, sheets["Sources"])
    write_parameters(book, sheets["Parameters"])
