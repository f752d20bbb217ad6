"""The sheets of the sources as a workbook: shares, totals, differences and verdicts are live formulas.

Sources      a line for each file, taken from its own sheet; workpaper 10's tie-outs
S01 …        a sheet for each file; cells for whoever agrees it to the source system
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from close_library.parameters import COMPANY
from close_library.report.ipe.grids import is_whole
from close_library.report.ipe.page import COMPLETENESS, KIND, TITLE, state_of
from close_library.report.ipe.source_sheet import SourceSheet
from close_library.report.wording import company_of, places_of, show_program
from close_library.report.workbook.frame import Book, Edges, Sheet, written_whole

OWN_SHEETS_AT_MOST = 200
"""Sources with a sheet of their own; the lines of the others are numbers, and their sheets stand in the page and the PDF."""


def write_source_sheets(ipe: Mapping[str, Any], path: Path) -> None:
    """Write the workbook of a period's sources. Raises ReportError."""
    with written_whole(path) as unfinished:
        book = Book(unfinished, _edges(ipe))
        lead = book.add_sheet("Sources")
        own = ipe["sheets"][:OWN_SHEETS_AT_MOST]
        places = {each["no"]: SourceSheet(book.add_sheet(each["no"]), each).write() for each in own}
        _write_lead(lead, ipe, places)
        book.close()


def _edges(ipe: Mapping[str, Any]) -> Edges:
    """The foot says how the sources stand: nobody signs them, workpaper 10 is what is signed."""
    company = company_of(ipe)
    return Edges(
        title=f"IPE {TITLE}",
        subject=f"{ipe['company']}, {COMPANY}, {ipe['period']}",
        company=company,
        inputs=ipe["inputs"],
        day=ipe["period_end"],
        identity={
            "close_company": ipe["company"],
            "close_period": ipe["period"],
            "close_program": COMPANY,
            "close_ref": "IPE",
            "close_digest": ipe["inputs"],
        },
        left=f"{company} · {show_program(COMPANY)} · {ipe['period']}",
        right=f"IPE {TITLE}",
        foot=f"{state_of(ipe)} · books {ipe['inputs'][:16]}",
    )


def _write_lead(sheet: Sheet, ipe: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]) -> None:
    """A line for each source, its numbers taken from its sheet; below, workpaper 10's tie-outs."""
    sheet.widths(7, 26, 40, 10, 20, 20, 14, 16, 22, 22, 14)
    sheet.text(0, 0, f"{KIND}: {TITLE.lower()}", "title")
    names = ["no.", "table", "file", "system", "rows of the file", "in the books", "used", "reported",
             "control total of the file", "in the books", "result"]  # fmt: skip
    sheet.columns(2, names, [4 <= column <= 9 for column in range(len(names))])
    for row, source in enumerate(ipe["sheets"], 3):
        _lead_line(sheet, row, source, places.get(source["no"]))
    below = 3 + len(ipe["sheets"])
    for column in range(len(names)):
        sheet.text(below, column, "all sources" if column == 1 else "", "total")
    for column, name in enumerate(("read", "in_books", "used", "reported"), 4):
        letter, in_all = "EFGH"[column - 4], Decimal(sum(each["rows"][name] for each in ipe["sheets"]))
        sheet.formula(below, column, f"=SUM({letter}4:{letter}{max(4, below)})", in_all, "total", 0)
    sheet.coloured(3, 10, max(3, below - 1), {"ties": "good", "does not tie": "bad"})
    sheet.sheet.autofilter(2, 0, max(3, below - 1), len(names) - 1)
    sheet.sheet.freeze_panes(3, 2)
    sheet.sheet.repeat_rows(2)
    _write_completeness(sheet, below + 2, ipe["completeness"]["tie_outs"])


def _lead_line(sheet: Sheet, row: int, source: Mapping[str, Any], places: Mapping[str, str] | None) -> None:
    counts, totals = source["rows"], source["control_total"]
    if places:
        sheet.sheet.write_url(row, 0, f"internal:'{source['no']}'!A1", sheet.book.format("opens"), source["no"])
    else:
        sheet.text(row, 0, source["no"])
    for column, name in enumerate(("table", "file", "system"), 1):
        sheet.text(row, column, source[name], "wrapped")
    values = {name: Decimal(counts[name]) for name in ("read", "in_books", "used", "reported")}
    values |= {name: Decimal(total) for name, total in totals.items() if total is not None}
    for column, name in enumerate(("read", "in_books", "used", "reported", "file", "books"), 4):
        if name in values:
            digits = 0 if name in counts else places_of(values[name], "USD")
            if places:
                sheet.formula(row, column, places[name], values[name], places=digits)
            else:
                sheet.amount(row, column, values[name], digits)
    result = "ties" if is_whole(source) else "does not tie"
    if places:
        sheet.formula(row, 10, places["result"], result, "beside")
    else:
        sheet.text(row, 10, result, "beside")


def _write_completeness(sheet: Sheet, row: int, tie_outs: Sequence[Mapping[str, Any]]) -> None:
    sheet.text(row, 1, COMPLETENESS, "heading")
    if not tie_outs:
        sheet.text(row + 1, 1, "Workpaper 10 was not run.", "note")
        return
    names = ["no.", "what must agree", "", "", "per workpaper", "per books", "difference", "agrees?"]
    sheet.columns(row + 1, names, [4 <= column <= 6 for column in range(len(names))])
    for line, each in enumerate(tie_outs, row + 2):
        amounts = {name: Decimal(each[name]) for name in ("per_workpaper", "per_books", "difference", "tolerance")}
        digits = max(places_of(amount, "") for amount in amounts.values())
        sheet.text(line, 0, each["id"])
        sheet.text(line, 1, each["label"])
        sheet.amount(line, 4, amounts["per_workpaper"], digits)
        sheet.amount(line, 5, amounts["per_books"], digits)
        sheet.formula(line, 6, f"=ROUND(F{line + 1}-E{line + 1},{digits})", amounts["difference"], places=digits)
        sheet.verdict(line, 7, f"ABS(G{line + 1})<={amounts['tolerance']}", each["agreed"])
    sheet.verdicts(row + 2, 7, row + 1 + len(tie_outs))
