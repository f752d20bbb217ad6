"""Cells of schedules that follow from others are formulas; those that the document does not bear out stay numbers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from close_library.report import render_xlsx
from close_library.report.reading_order import links_of
from close_library.report.rows_file import RowsFile
from close_library.report.workbook.breakdown import breakdown_of
from tests.report.conftest import build


def schedule(book: Any, id: str) -> Any:
    return next(sheet for sheet in book if sheet.title.startswith(f"{id} "))


def test_an_agings_buckets_are_sums_over_data(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    sheet = schedule(openpyxl.load_workbook(tmp_path / "paper.xlsx"), "70.1")
    cached = schedule(openpyxl.load_workbook(tmp_path / "paper.xlsx", data_only=True), "70.1")
    for line, cells in enumerate(document["tables"]["70.1"]["rows"], 3):
        for column, amount in enumerate(cells[1:], 2):
            formula = str(sheet.cell(line, column).value)
            assert formula.startswith(("=ROUND(SUMIFS(Data!$F$", "=ROUND(SUM(", "=Summary!")), (cells[0], formula)
            assert Decimal(repr(cached.cell(line, column).value)) == Decimal(amount)


def test_the_total_of_every_bucket_is_the_sum_of_its_lines(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    lines = document["tables"]["70.1"]["rows"]
    sheet = schedule(openpyxl.load_workbook(tmp_path / "paper.xlsx"), "70.1")
    totals = [str(sheet.cell(len(lines) + 2, column).value) for column in range(2, len(lines[0]) + 1)]
    assert [formula for formula in totals if not formula.startswith("=ROUND(SUM(")] == []


def cells_by_customer(lines: Iterable[int]) -> set[tuple[str, int, int]]:
    """The cells of the aging's lines: eight buckets and their sum."""
    return {("70.1", line, column) for line in lines for column in range(1, 10)}


def test_a_cell_that_its_rows_do_not_add_up_to_stays_a_number(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    document["tables"]["70.1"]["rows"][0][1] = "0.01"
    customers = range(len(document["tables"]["70.1"]["rows"]) - 1)
    cells = breakdown_of(document, RowsFile(rows, document)).cells
    assert set(cells) == cells_by_customer(customers) - {("70.1", 0, 1)}


def test_lines_of_the_same_name_share_no_rows(tmp_path: Path) -> None:
    document, rows = build("hostile aging", tmp_path)
    names = [cells[0] for cells in document["tables"]["70.1"]["rows"]]
    amounts = [[Decimal(text) for text in cells[1:]] for cells in document["tables"]["70.1"]["rows"]]
    cells = breakdown_of(document, RowsFile(rows, document)).cells
    twice = {
        (line, column)
        for line, name in enumerate(names[:-1])
        for column in range(9)
        if any(other == name and amounts[at][column] for at, other in enumerate(names) if at != line)
    }
    assert len(twice) > 20
    assert not [cell for cell in cells if (cell[1], cell[2] - 1) in twice]


def test_a_schedule_that_declares_nothing_has_numbers(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    del document["tables"]["70.1"]["parts"]
    assert breakdown_of(document, RowsFile(rows, document)).cells == {}


def test_a_line_called_as_a_figure_with_its_amount_is_the_figure() -> None:
    figures = {
        "dso": {"label": "Days sales outstanding", "amount": "31.5000"},
        "one": {"label": "Twice", "amount": "1.00"},
        "two": {"label": "Twice", "amount": "1.00"},
        "none": {"label": "Undefined", "amount": None},
    }
    rows = [
        ["Days sales outstanding", "31.5000", "1"],
        ["Twice", "1.00", ""],
        ["Undefined", None, ""],
        [None, "1.00", ""],
    ]
    assert links_of({"rows": rows, "links": [[3, 1, "one"]]}, figures) == {(0, 1): "dso", (3, 1): "one"}


def test_figures_carry_their_tick_marks_as_notes_with_a_legend(tmp_path: Path) -> None:
    document, rows = build("roll-forward", tmp_path)
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "paper.xlsx")["Summary"]
    notes = {cell.row: cell.comment.text for line in sheet.iter_rows() for cell in line if cell.comment}
    closing = next(line for line in sheet.iter_rows() if line[1].value == "Closing balance (closing_balance)")
    expected = "GL: 30.1 Closing balance agrees to the general ledger; difference 0.00"
    assert notes == {closing[2].row: expected} and closing[7].value == "GL"
    legend = {line[0].value: line[1].value for line in sheet.iter_rows() if line[0].value in ("GL", "F")}
    assert legend == {
        "GL": "agrees to the general ledger",
        "F": "footed: the rows were added up again",
    }


def test_a_bridge_proves_that_it_still_adds_up(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    document["tables"]["20.1"]["total_row"] = False
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    sheet = schedule(openpyxl.load_workbook(tmp_path / "paper.xlsx"), "20.1")
    assert sheet["B11"].value == "=ROUND(SUM(B3:B8)-B9,2)" and "difference" in sheet["A11"].value


def test_a_column_that_follows_from_its_own_line_is_no_bridge(tmp_path: Path) -> None:
    """Two accounts beside the ledger are not what a third comes from, though their differences of 0.00 add up to its own."""
    document, rows = build("bridge", tmp_path)
    document["tables"]["20.1"] = {
        "title": "To the ledger",
        "columns": ["line", "per_workpaper", "ledger", "difference"],
        "types": ["text", "money", "money", "money"],
        "rows": [[name, "5.00", "5.00", "0.00"] for name in ("payables", "accrual", "cost")],
        "relations": {"difference": "[ledger] - [per_workpaper]"},
    }
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    sheet = schedule(openpyxl.load_workbook(tmp_path / "paper.xlsx"), "20.1")
    assert sheet["D5"].value == "=ROUND(C5-B5,2)"
    assert [cell.value for line in sheet.iter_rows(min_row=6) for cell in line if cell.value is not None] == []


def test_every_sheet_is_set_up_for_reading_and_printing(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    render_xlsx(document, rows, {}, tmp_path / "paper.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "paper.xlsx"):
        assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert (
            "not signed off" in sheet.oddFooter.left.text
            and "not prepared, not reviewed" in sheet.oddFooter.center.text
        )
        assert "page &P of &N" in sheet.oddFooter.right.text
        if sheet.title not in ("Summary", "Charts"):
            assert sheet.freeze_panes and sheet.auto_filter.ref and sheet.print_title_rows, sheet.title
