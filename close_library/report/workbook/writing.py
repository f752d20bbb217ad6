"""The sheets of a workbook in reading order, written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from close_library.report.reading_order import leads, results_of
from close_library.report.rows_file import RowsFile
from close_library.report.workbook.checks import write_findings, write_parameters, write_sources, write_tie_outs
from close_library.report.workbook.data import write_data
from close_library.report.workbook.frame import written_whole
from close_library.report.workbook.live import Live
from close_library.report.workbook.paper import PaperBook
from close_library.report.workbook.pictures import write_charts
from close_library.report.workbook.schedules import sheet_names, write_schedule
from close_library.report.workbook.summary import write_summary

SPARE_MEMORY_ABOVE = 20_000
"""Source rows above which the parts of the file are put together on disk, not in memory."""

_BEFORE, _AFTER = ("Summary", "Tie-outs", "Findings"), ("Charts", "Data", "Sources", "Parameters")


def write_workbook(document: Mapping[str, Any], source: RowsFile, said: Mapping[str, Any], path: Path) -> None:
    """Write the workbook of a workpaper. Raises ReportError."""
    with written_whole(path) as unfinished:
        book = PaperBook(unfinished, document, said, in_memory=source.total <= SPARE_MEMORY_ABOVE)
        _write_sheets(book, source)
        book.close()


def _write_sheets(book: PaperBook, rows: RowsFile) -> None:
    """All sheets stand in reading order; Data is laid out first, since the others point to its rows."""
    schedules = sheet_names(book, (*_BEFORE, *_AFTER))
    tables, summary = list(schedules), leads(book.document)
    in_order = [tables[place] for kind, place in results_of(book.document) if kind == "table"]
    before = {name: book.add_sheet(name) for name in _BEFORE[: 1 if summary else None]}
    sheets = {id: book.add_sheet(schedules[id]) for id in in_order}
    before |= {name: book.add_sheet(name) for name in _BEFORE[1:] if name not in before}
    charts = book.add_sheet("Charts") if book.document.get("charts") else None
    data = write_data(book, book.add_streamed_sheet("Data"), rows)
    live = Live(book.document, write_summary(book, before["Summary"], data), schedules)
    write_tie_outs(book, before["Tie-outs"], live)
    write_findings(book, before["Findings"])
    for id, sheet in sheets.items():
        write_schedule(book, sheet, id, live, data)
    if charts:
        write_charts(book, charts)
    write_sources(book, book.add_sheet("Sources"))
    write_parameters(book, book.add_sheet("Parameters"))
