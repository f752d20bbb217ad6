"""The sheets Tie-outs, Findings, Sources and Parameters."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from close_library.report.checks import (
    NO_TIE_OUT,
    gravest_first,
    legend_of,
    nothing_found,
    remark_of_finding,
    subject_of_tie_out,
)
from close_library.report.said import remark_on
from close_library.report.wording import places_of, show_keys, show_name
from close_library.report.workbook.formula import read
from close_library.report.workbook.frame import Sheet
from close_library.report.workbook.inputs import EXPLAIN, Inputs
from close_library.report.workbook.live import Live
from close_library.report.workbook.paper import PaperBook

_LEGEND_NOTE = "Difference = per books − per workpaper. A tick mark is earned by the check that ran and agreed."


def write_tie_outs(book: PaperBook, sheet: Sheet, live: Live) -> None:
    """Each tie-out: both amounts, the difference and the verdict as formulas, the tick mark, and the legend."""
    names = ["no.", "what must agree", "per workpaper", "per books", "difference", "tolerance", "agrees?", "tick mark"]
    sheet.columns(0, names, [2 <= column <= 5 for column in range(len(names))])
    sheet.widths(7, 46, 17, 17, 15, 11, 15, 9)
    inputs = Inputs(sheet, len(names), EXPLAIN)
    inputs.head(0)
    tie_outs = book.document.get("tie_outs") or []
    for row, tie_out in enumerate(tie_outs, 1):
        _tie_out(book, sheet, row, tie_out, live)
        _explained(book, sheet, row, tie_out, inputs)
    if not tie_outs:
        sheet.text(1, 1, NO_TIE_OUT, "note")
    sheet.verdicts(1, 6, max(1, len(tie_outs)))
    sheet.not_zero(1, 4, max(1, len(tie_outs)))
    first = len(tie_outs) + 3
    legend = legend_of(book.document)
    inputs.finish(1, len(tie_outs), below=first + len(legend) + 1)
    for row, (tick, meaning) in enumerate(legend, first):
        sheet.text(row, 0, tick, "tick")
        sheet.text(row, 1, meaning)
    sheet.text(first + len(legend) + 1, 1, _LEGEND_NOTE, "note")
    sheet.sheet.freeze_panes(1, 2)
    sheet.sheet.repeat_rows(0)
    sheet.sheet.autofilter(0, 0, max(1, len(tie_outs)), len(names) + len(EXPLAIN) - 1)


def _explained(book: PaperBook, sheet: Sheet, row: int, tie_out: Mapping[str, Any], inputs: Inputs) -> None:
    """The cells for an explanation, where the tie-out does not agree; the row as high as its texts need."""
    said: list[tuple[str, float]] = []
    if not tie_out["agreed"]:
        subject = subject_of_tie_out(tie_out)
        said = inputs.explain(row, subject, remark_on(book.said, subject, tie_out.get("unit") or book.currency))
    sheet.height_for(row, (tie_out["label"], 46), *said)


def _tie_out(book: PaperBook, sheet: Sheet, row: int, tie_out: Mapping[str, Any], live: Live) -> None:
    line, amounts = (
        row + 1,
        {name: Decimal(tie_out[name]) for name in ("per_workpaper", "per_books", "difference", "tolerance")},
    )
    places = max(places_of(amount, tie_out.get("unit") or book.currency) for amount in amounts.values())
    sheet.text(row, 0, tie_out["id"])
    sheet.text(row, 1, tie_out["label"], "wrapped")
    for column, side in ((2, "per_workpaper"), (3, "per_books")):
        formula = _side(tie_out, side, amounts[side], places, live)
        if formula:
            sheet.formula(row, column, formula, amounts[side], places=places)
        else:
            sheet.amount(row, column, amounts[side], places)
    sheet.formula(row, 4, f"=ROUND(D{line}-C{line},{places})", amounts["difference"], places=places)
    sheet.amount(row, 5, amounts["tolerance"], places)
    sheet.verdict(row, 6, f"ABS(E{line})<=F{line}", tie_out["agreed"])
    sheet.text(row, 7, tie_out["tick"] if tie_out["agreed"] else "✗", "value")


def _side(tie_out: Mapping[str, Any], side: str, amount: Decimal, places: int, live: Live) -> str:
    """The formula of a side: the figure that it is, or how it is made of figures; empty where it is of another workpaper."""
    figure = live.figures.get(tie_out.get(f"{side}_figure") or "")
    if figure is not None and figure.amount == amount:
        return f"={figure.reference}"
    made = read(tie_out.get(f"{side}_formula") or "")
    return live.formula(made, amount, places) if made else ""


def write_findings(book: PaperBook, sheet: Sheet) -> None:
    """All findings, gravest first, each with the cells for its explanation."""
    names = ["no.", "severity", "finding", "what was found", "known by", "amount", "currency", "status"]
    sheet.columns(0, names, [column == 5 for column in range(len(names))])
    sheet.widths(5, 9, 22, 52, 28, 15, 9, 8)
    inputs = Inputs(sheet, len(names), EXPLAIN)
    inputs.head(0)
    findings = [finding for _, finding in gravest_first(book.document)]
    for row, finding in enumerate(findings, 1):
        keys, words = show_keys(finding["keys"]), show_name(finding["finding"])
        sheet.amount(row, 0, Decimal(row), 0)
        sheet.text(row, 1, finding["severity"])
        sheet.text(row, 2, words, "wrapped")
        sheet.text(row, 3, finding["message"], "wrapped")
        sheet.text(row, 4, keys, "wrapped")
        if finding["amount"] is not None:
            amount = Decimal(finding["amount"])
            sheet.amount(row, 5, amount, places_of(amount, finding.get("currency") or ""))
        sheet.text(row, 6, finding.get("currency"), "beside")
        sheet.text(row, 7, finding["status"])
        said = inputs.explain(row, finding.get("subject") or "", remark_of_finding(finding, book.said))
        sheet.height_for(row, (finding["message"], 52), (keys, 28), (words, 22), *said)
    if not findings:
        sheet.text(1, 3, nothing_found(book.document), "note")
    sheet.coloured(1, 1, len(findings), {"error": "bad", "warning": "doubt"})
    inputs.finish(1, len(findings), below=max(1, len(findings)))
    _finish(sheet, len(findings), len(names) + len(EXPLAIN))


def write_sources(book: PaperBook, sheet: Sheet) -> None:
    """The files that were read, with rows, control total and digest."""
    sheet.columns(0, ["table", "file", "rows", "control total", "sha256"], [False, False, True, True])
    sheet.widths(26, 48, 12, 22, 70)
    sources = book.document.get("sources") or []
    for row, source in enumerate(sources, 1):
        sheet.text(row, 0, source["table"])
        sheet.text(row, 1, source["file"])
        sheet.amount(row, 2, Decimal(source["rows"]), 0)
        if source["control_total"] is not None:
            total = Decimal(source["control_total"])
            sheet.amount(row, 3, total, places_of(total, ""))
        sheet.text(row, 4, source["sha256"], "beside")
    rows = book.document.get("rows") or {}
    if rows:
        sheet.text(len(sources) + 2, 0, "rows behind the figures", "label")
        sheet.text(len(sources) + 2, 1, rows.get("file"))
        sheet.text(len(sources) + 2, 4, rows.get("sha256"))
    _finish(sheet, len(sources), 5)


def write_parameters(book: PaperBook, sheet: Sheet) -> None:
    """The settings in force and where each was set."""
    sheet.columns(0, ["parameter", "value", "set in"])
    sheet.widths(40, 40, 60)
    parameters = book.document.get("parameters") or []
    for row, parameter in enumerate(parameters, 1):
        for column, name in enumerate(("key", "value", "origin")):
            sheet.text(row, column, parameter[name], "wrapped")
    _finish(sheet, len(parameters), 3)


def _finish(sheet: Sheet, rows: int, columns: int) -> None:
    sheet.sheet.freeze_panes(1, 0)
    sheet.sheet.repeat_rows(0)
    sheet.sheet.autofilter(0, 0, max(1, rows), columns - 1)
