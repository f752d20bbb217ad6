"""No number of a schedule or a tie-out is plain, but those that nothing in the workbook makes up: each is listed, and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

from close_library.report import render_xlsx
from close_library.report.reading_order import tables_of
from close_library.report.wording import NUMERIC_KINDS
from close_library.run.close import CloseResult
from close_library.run.gathering.index import documents_of
from tests.report.conftest import Built, build

_RATE = "a rate of a contract, a rate card or a day"
_QUANTITY = "a quantity: the amounts of rows are money"
_DAYS = "a count of days"
_OWN = "what one source row or one finding says itself"
_CURRENCY = "in the document's own currency; Data adds up functional currency"
_OTHER = "another workpaper's, named in the label"
_EARLIER = "an earlier month: its rows stand in that month's workpapers"
_LATER = "after the period: no row of the period is of it"
_MEAN = "a mean of times"

INPUTS: dict[str, dict[str, str]] = {
    "*": {"age_days": _DAYS, "days_past_due": _DAYS, "oldest_days": _DAYS, "line": _OWN,
          "step": "the place of a row along the way from order to cash", "rate": _RATE},
    "21.3": dict.fromkeys(("matches", "documents rows", "bank rows", "documents amount", "bank amount"),
                          "since the books began; Data has the period's rows"),
    "21.4": {"document_amount": _CURRENCY},
    "21.6": {"amount": _OWN, "ledger": _OWN},
    "22.2": dict.fromkeys(("revenue_to_date", "billed_to_date"), "since the contract began: 60 and 23 have the rows"),
    "40": dict.fromkeys(("current_quantity", "comparison_quantity"), _QUANTITY),
    "50.1": dict.fromkeys(("funded", "delivered_value", "accepted_value", "invoiced", "recognised", "collected"),
                          "what leads from the orders to the program is of other orders or programs: no figure has its rows"),
    "50.2": dict.fromkeys(("delivered_value", "accepted_value", "invoiced", "recognised", "collected"),
                          "cents cut out of rows: one row can stand in several statuses"),
    "50": {"amount": _OWN},
    "60.2": {"scheduled": _LATER},
    "61.2": {"debit": "a line of an entry that is proposed", "credit": "a line of an entry that is proposed"},
    "61.3": {"booked": _OTHER, "computed": _OTHER},
    "61.4": {"receivables_not_booked": _OTHER},
    "62.5": {"contract_lines": "a count of contract lines, most of them without a row in the period"},
    "70.2": {"open_amount": _CURRENCY},
    "70.4": {"in_dispute": _CURRENCY},
    "71.2": {"amount": _OWN},
    "72.1": {"tested": "how many rows a check saw", "failed": "the findings of a check", "at_stake": "the findings of a check"},
    "72.3": {"base_rate": _RATE, "bonus": _RATE, "incentive": _RATE},
    "72.4": {"quantity": _QUANTITY, "approved_quantity": _QUANTITY, "owed_rate": _RATE},
    "73": {**dict.fromkeys(("cycle_days", "step_hours", "review_hours"), _MEAN),
           "first_pass_percent": "of reviews, which are no column; its total is a figure"},
    "90.1": {"2026-09": _EARLIER},
    "90.2": dict.fromkeys(("revenue", "vendor_cost", "billed", "collected"), _EARLIER),
    "90.3": {"burn_percent": _OTHER, "run_rate": _OTHER, "increase_needed": _OTHER},
    "90.8": {"amount": _OWN},
    "91.2": {"2026-09": _EARLIER},
    "91.3": dict.fromkeys(("revenue", "vendor_cost", "billed", "collected"), _EARLIER),
    "91.6": dict.fromkeys(("errors", "warnings", "tie_outs", "no_conclusion", "material"),
                          "of all workpapers; 91.7 lists the gravest"),
    "91.7": {"amount": _OWN},
    "91.8": {"amount": _OTHER},
}  # fmt: skip
"""Schedule, workpaper or `*` → column → why a number of it may be plain. The shorter the better."""

LIVE_AT_LEAST = {"40": 0.8, "41": 1.0, "42": 1.0, "30": 1.0, "31": 1.0, "32": 1.0, "24": 1.0, "70": 0.6}
"""Of the numbers of a workpaper's schedules, how many are formulas: a list of inputs that grows is seen here."""


class Cell(NamedTuple):
    """A number of a schedule: its column, where it stands, what it is, and whether that is a formula."""

    table: str
    column: str
    place: str
    number: str
    is_live: bool


def numbers(document: dict[str, Any], workbook: Path) -> Iterator[Cell]:
    book = openpyxl.load_workbook(workbook)
    for id, table in tables_of(document).items():
        sheet = next(sheet for sheet in book if sheet.title.split(" ")[0] == id)
        for line, values in enumerate(table["rows"]):
            for column, text in enumerate(values):
                if text is not None and table["types"][column] in NUMERIC_KINDS:
                    cell = sheet.cell(line + 3, column + 1)
                    yield Cell(id, table["columns"][column], cell.coordinate, text, cell.data_type == "f")


def keys_of(cell: Cell) -> tuple[str, str, str]:
    """Where a cell may be listed: by its schedule, its workpaper, or for all."""
    return cell.table, cell.table.split(".")[0], "*"


def is_listed(cell: Cell) -> bool:
    return any(cell.column in INPUTS.get(key, {}) for key in keys_of(cell))


@pytest.mark.slow
def test_every_number_of_a_close_is_live_or_a_listed_input(closed: CloseResult, tmp_path: Path) -> None:
    plain: dict[tuple[str, str], Cell] = {}
    inputs: set[tuple[str, str]] = set()
    live: dict[str, list[bool]] = {}
    for path, document in documents_of(closed.prepared.folder):
        if document["status"] in ("agreed", "open"):
            rows = path.with_name(document["rows"]["file"]) if document.get("rows") else None
            render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
            for cell in numbers(document, tmp_path / "paper.xlsx"):
                live.setdefault(document["ref"], []).append(cell.is_live)
                if not cell.is_live:
                    inputs.update((key, cell.column) for key in keys_of(cell))
                    if not is_listed(cell):
                        plain.setdefault((cell.table, cell.column), cell)
    assert not plain, "plain, and not on the list of inputs"
    listed = {(key, column) for key, columns in INPUTS.items() for column in columns}
    assert listed - inputs == set(), "on the list of inputs, and live or not there"
    shares = {ref: sum(found) / len(found) for ref, found in live.items()}
    assert {ref: shares[ref] for ref, least in LIVE_AT_LEAST.items() if shares[ref] < least} == {}


def test_differences_and_agreeing_sides_of_tie_outs_are_live(paper: Built, tmp_path: Path) -> None:
    document, rows = paper
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "paper.xlsx")["Tie-outs"]
    for line, tie_out in enumerate(document["tie_outs"], 2):
        assert [sheet.cell(line, column).data_type for column in (5, 7)] == ["f", "f"], tie_out["id"]
        for column, side in ((3, "per_workpaper_figure"), (4, "per_books_figure")):
            if side in tie_out:
                assert sheet.cell(line, column).data_type == "f", (tie_out["id"], side)


def test_all_that_a_paper_declares_is_live_also_with_hostile_names(tmp_path: Path) -> None:
    document, rows = build("declared, hostile", tmp_path)
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    assert {
        cell.column for cell in numbers(document, tmp_path / "paper.xlsx") if not cell.is_live and cell.table != "40.4"
    } == set()
    book = openpyxl.load_workbook(tmp_path / "paper.xlsx")
    sides = [[book["Tie-outs"].cell(line, column).value for column in (3, 4)] for line in (2, 3)]
    assert [str(side).startswith("=ROUND(") for side in sides[0]] == [True, True]
    assert sides[1] == [1, pytest.approx(float(document["tie_outs"][1]["per_books"]))], "neither is borne out: numbers"
    percent = book["40.1 Lead sheet"]["E4"].value
    assert percent == '=IF(ABS(C4)=0,"",ROUND(D4/ABS(C4)*100,4))', "the comparison is zero"
