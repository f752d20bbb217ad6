"""The sheet Summary: what the workpaper is, its figures as live formulas, how tie-outs and findings stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from close_library.report.checks import legend_of, quoted_in_words, ticks_of
from close_library.report.identification import identification
from close_library.report.reading_order import figures_of
from close_library.report.rows_file import where_the_rest_is
from close_library.report.wording import AGREES, NEVER_SUMMED, SEVERITY, error_text, places_of, show_amount
from close_library.report.workbook.data import Data
from close_library.report.workbook.formula import excel_formula
from close_library.report.workbook.frame import Sheet
from close_library.report.workbook.paper import PaperBook

_KEY, _LABEL, _AMOUNT, _UNIT, _ROWS, _DOCUMENT, _REFOOTS, _TICK, _NOTE = range(9)
_WIDTHS = (17, 58, 19, 9, 10, 19, 16, 7, 42)
_EXCEL_DIGITS = 15


@dataclass(frozen=True)
class FigureCell:
    """Where a figure stands, its exact amount (None: no number), and how many decimals it shows."""

    reference: str
    amount: Decimal | None
    places: int


def write_summary(book: PaperBook, sheet: Sheet, data: Data) -> dict[str, FigureCell]:
    """Write the sheet; returns where each figure stands."""
    sheet.widths(*_WIDTHS)
    row = _identification(book, sheet)
    row = _standing(book, sheet, row + 1)
    row = _conclusion(book, sheet, row + 1)
    return _figures(book, sheet, row, data)


def _identification(book: PaperBook, sheet: Sheet) -> int:
    document = book.document
    sheet.text(0, 0, f"{document['ref']} · {document['title']}", "title")
    row = 1
    for row, (label, value, more) in enumerate(identification(document, book.said), 2):
        sheet.text(row, 0, label, "label")
        sheet.text(row, 1, f"{value} ({more})" if more else value, "value")
    if document["status"] == "not_applicable":
        row += 1
        sheet.text(row, 0, "Missing tables", "label")
        sheet.text(row, 1, ", ".join(document.get("missing_tables") or []), "value")
    return row + 1


def _standing(book: PaperBook, sheet: Sheet, row: int) -> int:
    """How many tie-outs agree and how many findings there are, counted live on their sheets."""
    tie_outs, findings = book.document.get("tie_outs") or [], book.document.get("findings") or []
    last_tie_out, last_finding = max(2, len(tie_outs) + 1), max(2, len(findings) + 1)
    agreed, severities = f"'Tie-outs'!$G$2:$G${last_tie_out}", f"Findings!$B$2:$B${last_finding}"
    counts = [
        ("Tie-outs", f"=COUNTA('Tie-outs'!$A$2:$A${last_tie_out})", len(tie_outs)),
        ("of which agree", f'=COUNTIFS({agreed},"{AGREES}")', sum(tie_out["agreed"] for tie_out in tie_outs)),
    ]
    for severity, (_, word) in SEVERITY.items():
        found = sum(finding["severity"] == severity for finding in findings)
        counts.append((f"Findings: {word}", f'=COUNTIFS({severities},"{severity}")', found))
    for place, (label, formula, value) in enumerate(counts, row):
        sheet.text(place, 0, label, "label")
        sheet.formula(place, 1, formula, Decimal(value), "count")
    row += len(counts)
    if quoted := quoted_in_words(book.document):
        sheet.text(row, 0, "Findings of others", "label")
        sheet.text(row, 1, quoted, "value")
        row += 1
    return row


def _conclusion(book: PaperBook, sheet: Sheet, row: int) -> int:
    """The conclusion, or why there is none."""
    conclusion = (book.document.get("sections") or {}).get("conclusion")
    for title, text in (("Conclusion", conclusion), ("Failed", error_text(book.document))):
        if text:
            sheet.text(row, 0, title, "heading")
            sheet.height_for(row + 1, (text, 110))
            sheet.sheet.merge_range(row + 1, 0, row + 1, _DOCUMENT, "", book.format("wrapped"))
            sheet.text(row + 1, 0, text, "wrapped")
            row += 3
    return row


def _figures(book: PaperBook, sheet: Sheet, row: int, data: Data) -> dict[str, FigureCell]:
    """Each figure: re-summed from Data, and beside it the amount that the document holds."""
    figures = figures_of(book.document)
    if not figures:
        return {}
    sheet.text(row, 0, "Figures", "heading")
    names = ["key", "figure", "amount", "unit", "source rows", "per document", "re-foots", "tick", "note"]
    sheet.columns(row + 1, names, [column in (_AMOUNT, _ROWS, _DOCUMENT) for column in range(len(names))])
    first, ticks = row + 2, ticks_of(book.document)
    cells = {
        id: FigureCell(f"Summary!$C${line}", _number(figure), _places(figure))
        for line, (id, figure) in enumerate(figures.items(), first + 1)
    }
    for row, (id, figure) in enumerate(figures.items(), first):
        sheet.text(row, _KEY, data.keys[id])
        label = f"{figure['label']} ({id})"
        sheet.text(row, _LABEL, label, "wrapped")
        sheet.height_for(row, (label, _WIDTHS[_LABEL]))
        sheet.text(row, _UNIT, figure["unit"], "beside")
        if id in data.left_out:
            sheet.amount(row, _ROWS, Decimal(figure["rows"]), 0)
        elif figure.get("rows") is not None:
            _counted(sheet, row, id, data)
        amount = cells[id].amount
        if amount is not None:
            sheet.amount(row, _DOCUMENT, amount, cells[id].places)
        if id in data.left_out and amount is not None:
            sheet.amount(row, _AMOUNT, amount, cells[id].places)
            sheet.text(row, _NOTE, "its source rows are too many to be copied: see below", "note")
        elif figure.get("rows") is None or figure["unit"] in NEVER_SUMMED:
            _ratio(sheet, row, figure, cells, cells[id])
        else:
            _summed(sheet, row, id, figure, data, cells[id])
        _ticked(sheet, row, ticks.get(id, []))
    sheet.verdicts(first, _REFOOTS, row)
    row = _legend(book, sheet, row + 2) if ticks else row
    if data.left_out:
        row += 1
        sheet.text(row, 0, where_the_rest_is(data.left_out), "note")
    if data.put_together:
        sheet.text(
            row + 1,
            0,
            "The source rows are more than a sheet holds: Data has one row per figure and document, with its count; "
            "the rows file has every row.",
            "note",
        )
    return cells


def _ticked(sheet: Sheet, row: int, tie_outs: Sequence[Mapping[str, Any]]) -> None:
    """The tick marks that a figure has earned, and on its amount a note of the checks that ran."""
    if tie_outs:
        sheet.text(row, _TICK, " ".join(dict.fromkeys(tie_out["tick"] for tie_out in tie_outs)), "tick")
        sheet.note(
            row,
            _AMOUNT,
            "\n".join(
                f"{tie_out['tick']}: {tie_out['id']} {tie_out['label']}; difference {tie_out['difference']}"
                for tie_out in tie_outs
            ),
        )


def _legend(book: PaperBook, sheet: Sheet, row: int) -> int:
    """What the tick marks say."""
    legend = legend_of(book.document)
    for line, (tick, meaning) in enumerate(legend, row):
        sheet.text(line, _KEY, tick, "tick")
        sheet.text(line, _LABEL, meaning, "note")
    return row + len(legend) - 1


def _summed(sheet: Sheet, row: int, id: str, figure: Mapping[str, Any], data: Data, cell: FigureCell) -> None:
    """A figure that is the sum or the count of its rows, and whether it is what the document says."""
    block, line, places = data.blocks.get(id), row + 1, cell.places
    is_count = figure["unit"] == "rows"
    count = Decimal(block.rows if block else 0)
    total = count if is_count else block.total if block else Decimal(0)
    sheet.formula(row, _AMOUNT, data.count_of(id) if is_count else data.total_of(id, places), total, places=places)
    agrees = cell.amount == total and int(count) == figure["rows"]
    check = f"AND(ROUND($C{line}-$F{line},{places})=0,$E{line}={figure['rows']})"
    sheet.verdict(row, _REFOOTS, check, agrees)
    if abs(total).scaleb(places) >= 10**_EXCEL_DIGITS:
        sheet.text(row, _NOTE, "more digits than Excel holds; the page and the document have it exactly", "note")


def _counted(sheet: Sheet, row: int, id: str, data: Data) -> None:
    """How many source rows a figure has; a click leads to them."""
    block = data.blocks.get(id)
    if block:
        target = f"internal:'Data'!A{block.first}:G{block.last}"
        sheet.sheet.write_url(row, _ROWS, target, sheet.book.format("opens", 0), " ", "Its rows in Data")
    count = Decimal(block.rows if block else 0)
    sheet.formula(row, _ROWS, data.count_of(id), count, "opens" if block else "plain", 0)


def _ratio(
    sheet: Sheet, row: int, figure: Mapping[str, Any], cells: Mapping[str, FigureCell], cell: FigureCell
) -> None:
    """A figure that is not summed: a live formula where it says how figures make it up, else a number and how."""
    formula = excel_formula(figure.get("formula"), {id: each.reference for id, each in cells.items()}, cell.places)
    if cell.amount is None:
        sheet.text(row, _AMOUNT, show_amount(figure["amount"], figure["unit"]), "right")
    elif formula:
        sheet.formula(row, _AMOUNT, formula, cell.amount, places=cell.places)
    else:
        sheet.amount(row, _AMOUNT, cell.amount, cell.places)
    sheet.text(row, _NOTE, figure.get("convention") or "not a sum of rows", "note")


def _number(figure: Mapping[str, Any]) -> Decimal | None:
    return None if figure["amount"] is None or figure["unit"] == "date" else Decimal(figure["amount"])


def _places(figure: Mapping[str, Any]) -> int:
    number = _number(figure)
    return 0 if number is None else places_of(number, figure["unit"])
