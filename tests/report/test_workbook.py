"""The workbook: live formulas with their right cached values, source rows in full, and text that stays text."""

from __future__ import annotations

import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from close_library.errors import ReportError
from close_library.report import render_xlsx
from close_library.report.rows_file import RowsFile
from close_library.report.workbook.data import write_data
from close_library.report.workbook.formula import excel_formula
from close_library.report.workbook.paper import PaperBook
from close_library.report.workbook.pictures import waterfall_parts
from close_library.report.workbook.streamed import TEXT_LIMIT
from close_library.report.workbook.summary import write_summary
from close_library.report.workbook.writing import SPARE_MEMORY_ABOVE
from tests.report import papers
from tests.report.conftest import NOTHING_SAID, Built, build

SHEETS = [
    "Summary", "Tie-outs", "Findings", "70.1 Aging by customer", "70.2 Collections", "Charts", "Data", "Sources",
    "Parameters",
]  # fmt: skip


def rendered(built: Built, folder: Path) -> Any:
    render_xlsx(*built, NOTHING_SAID, folder / "paper.xlsx")
    return openpyxl.load_workbook(folder / "paper.xlsx")


def test_the_sheets_stand_in_reading_order(tmp_path: Path) -> None:
    assert rendered(build("aging", tmp_path), tmp_path).sheetnames == SHEETS
    bridge = ["20.1 Bridge from subledger to g", "20.2 Reconciling items"]
    assert rendered(build("bridge", tmp_path), tmp_path).sheetnames == [*SHEETS[:3], *bridge, *SHEETS[6:]]


def test_a_sheets_name_holds_what_a_sheets_name_can(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    title = "[a]:*?/\\'b' very long title of a schedule"
    document["tables"] = {id: {**document["tables"]["20.1"], "title": title} for id in ("20.1", "20.1 ", "20.1.1")}
    document["tables"]["Data"] = {**document["tables"]["20.1"], "title": ""}
    assert rendered((document, rows), tmp_path).sheetnames[3:-3] == [
        "Data (2)",
        "20.1 a b very long title of a s",
        "20.1 a b very long title of (2)",
        "20.1.1 a b very long title of a",
    ]


def test_data_holds_every_source_row_to_the_cent(paper: Built, tmp_path: Path) -> None:
    document, rows = paper
    book = rendered(paper, tmp_path)
    lines = list(book["Data"].values)[1:]
    assert len(lines) == RowsFile(rows, document).total
    assert len({line[:2] for line in lines}) == len({line[0] for line in lines}) == len({line[1] for line in lines})
    for id, figure in document["figures"].items():
        mine = [line for line in lines if line[1] == id]
        assert len(mine) == (figure["rows"] or 0)
        if figure["rows"] is not None and figure["unit"] != "rows":
            total = sum((Decimal(repr(line[5])) for line in mine if line[5] is not None), Decimal(0))
            assert total == Decimal(figure["amount"])


def test_data_shows_where_each_row_comes_from(tmp_path: Path) -> None:
    lines = list(rendered(build("bridge", tmp_path), tmp_path)["Data"].values)
    heading = ("key", "figure", "table", "file", "line", "amount", "rows")
    assert lines[0][:7] == heading and "invoice number" in lines[0]
    assert ("F001", "ar_subledger", "invoices", "invoices.csv", 2, 1093.11, 1) in [line[:7] for line in lines]


def test_figures_totals_and_checks_are_live(tmp_path: Path) -> None:
    book = rendered(build("roll-forward", tmp_path), tmp_path)
    summary = [cell.value for line in book["Summary"] for cell in line if cell.data_type == "f"]
    last = book["Data"].max_row
    assert f'=ROUND(SUMIFS(Data!$F$2:$F${last},Data!$A$2:$A${last},"F001"),2)' in summary
    sheet = book["30.1 Receivables roll-forward"]
    schedule = {cell.coordinate: cell.value for line in sheet for cell in line if cell.data_type == "f"}
    assert schedule["B10"] == "=ROUND(SUM(B3:B9),2)"
    assert re.fullmatch(r"=Summary!\$C\$\d+", schedule["B3"])
    assert book["Tie-outs"]["E2"].value == "=ROUND(D2-C2,2)"
    assert book["Tie-outs"]["G2"].value == '=IF(ABS(E2)<=F2,"agrees","does not agree")'
    assert book["Tie-outs"]["C2"].value.startswith("=Summary!")


def test_a_ratio_of_the_documents_figures_is_live_and_another_says_its_convention(tmp_path: Path) -> None:
    book = rendered(build("aging", tmp_path), tmp_path)
    lines = {line[1].value: line for line in book["Summary"] if line[1].value}
    dso = lines["Days sales outstanding (dso)"]
    assert re.fullmatch(r"=ROUND\(Summary!\$C\$\d+/Summary!\$C\$\d+\*31,4\)", dso[2].value)
    effectiveness = lines["Collection effectiveness (collection_effectiveness)"]
    assert effectiveness[2].value == 87.125 and "opening + sales" in effectiveness[8].value
    assert lines["Average days delinquent (average_days_delinquent)"][2].value == "not defined"


def test_counts_are_counted(tmp_path: Path) -> None:
    book = rendered(build("aging", tmp_path), tmp_path)
    documents = next(line for line in book["Summary"] if line[1].value == "Documents looked at (documents)")
    assert documents[2].value.startswith("=COUNTIFS(")


def test_a_total_that_does_not_foot_is_no_sum(tmp_path: Path) -> None:
    document, rows = build("roll-forward", tmp_path)
    document["tables"]["30.1"]["rows"][-1][1] = "1.00"
    book = rendered((document, rows), tmp_path)
    assert book["30.1 Receivables roll-forward"]["B10"].value == 1


def test_a_cut_table_is_no_sum_and_says_so(tmp_path: Path) -> None:
    document, rows = build("roll-forward", tmp_path)
    document["tables"]["30.1"]["total_rows"] = 2000
    book = rendered((document, rows), tmp_path)
    sheet = book["30.1 Receivables roll-forward"]
    assert "SUM" not in str(sheet["B10"].value)
    assert "8 of 2,000 rows are shown." in [cell.value for cell in sheet["A"]]


@pytest.mark.parametrize("name", ["hostile aging", "hostile flux"])
def test_hostile_text_makes_no_formula_and_no_link(tmp_path: Path, name: str) -> None:
    built = build(name, tmp_path)
    render_xlsx(*built, papers.spoken(built[0], hostile=True), tmp_path / "paper.xlsx")
    book = openpyxl.load_workbook(tmp_path / "paper.xlsx")
    ours = re.compile(r"=-?(ROUND|IF|COUNT(A|IFS)|SUMIFS|Summary!)")
    found = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    assert [cell.value for cell in found if not ours.match(cell.value)] == []
    links = [cell.hyperlink for sheet in book for line in sheet.iter_rows() for cell in line if cell.hyperlink]
    assert all(link.target is None and link.location.startswith("'Data'!") for link in links)
    texts = {cell.value for sheet in book for line in sheet.iter_rows() for cell in line if isinstance(cell.value, str)}
    planted = papers.HOSTILE if name == "hostile aging" else papers.HOSTILE[:12]
    assert [each for each in planted if each not in texts and each.replace("\x07", "_x0007_") not in texts] == []
    quoted = {text for cell in found for text in re.findall(r'"([^"]*)"', cell.value)}
    assert not any(
        text for text in quoted if not re.fullmatch(r"[FK]\d+|agrees|does not agree|error|warning|info", text)
    )
    with zipfile.ZipFile(tmp_path / "paper.xlsx") as parts:
        assert not [name for name in parts.namelist() if "externalLink" in name or "vbaProject" in name]


def test_a_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    document["parameters"] = [{"key": "k", "value": "x" * 40_000, "origin": "o"}]
    value = rendered((document, rows), tmp_path)["Parameters"]["B2"].value
    assert len(value) == TEXT_LIMIT and value.endswith("(cut: longer than a cell can hold)")


@pytest.mark.parametrize("state", [papers.failed, papers.not_applicable])
def test_a_workpaper_without_conclusion_has_a_workbook(tmp_path: Path, state: Any) -> None:
    texts = [
        cell.value for line in rendered((state(tmp_path), None), tmp_path)["Summary"] for cell in line if cell.value
    ]
    assert "BooksError: no rate from EUR to USD." in texts or "bank_transactions, payouts" in texts


def test_sparing_memory_changes_no_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build("aging", tmp_path)
    usual = [[cell.value for cell in line] for sheet in rendered(built, tmp_path) for line in sheet.iter_rows()]
    monkeypatch.setattr("close_library.report.workbook.writing.SPARE_MEMORY_ABOVE", 10)
    spared = [[cell.value for cell in line] for sheet in rendered(built, tmp_path) for line in sheet.iter_rows()]
    assert usual == spared and SPARE_MEMORY_ABOVE == 20_000


@pytest.mark.parametrize(("excel_rows", "lines"), [(300, 8), (6, 5)], ids=["by document", "by file"])
def test_more_rows_than_a_sheet_holds_are_put_together(tmp_path: Path, excel_rows: int, lines: int) -> None:
    paper = papers.Paper("30", "receivables_roll_forward", "Roll-forward", tmp_path)
    for line in range(2, 402):
        paper.row("invoices", "invoices", line, Decimal("1.01"), customer=f"Customer {line % 4}")
        paper.row("closing", f"file_{line % 4}", line, Decimal("-0.10"), customer=f"Customer {line % 4}")
    paper.figure("invoices", "Invoices")
    paper.figure("closing", "Closing")
    document = paper.document()
    book = PaperBook(tmp_path / "paper.xlsx", document, NOTHING_SAID)
    summary, sheet = book.add_sheet("Summary"), book.add_streamed_sheet("Data")
    data = write_data(book, sheet, RowsFile(paper.rows_file(), document), excel_rows)
    write_summary(book, summary, data)
    book.close()
    assert data.put_together and data.last_row - 1 == lines
    assert {id: (block.rows, block.total) for id, block in data.blocks.items()} == {
        "invoices": (400, Decimal("404.00")),
        "closing": (400, Decimal("-40.00")),
    }
    read = openpyxl.load_workbook(tmp_path / "paper.xlsx", data_only=True)
    figures = [line for line in read["Summary"].values if line[0] in ("F001", "F002")]
    assert [(line[2], line[4], line[6]) for line in figures] == [(404, 400, "agrees"), (-40, 400, "agrees")]
    assert any("more than a sheet holds" in str(line[0]) for line in read["Summary"].values)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("{total} / {sales} * 31", "=ROUND(S!$C$1/S!$C$2*31,4)"),
        ("({total} - {sales}) / 2.5", "=ROUND((S!$C$1-S!$C$2)/2.5,4)"),
        ("{total} / {nothing}", None),
        ('HYPERLINK("http://example.invalid")', None),
        ("{total}&cmd", None),
        (None, None),
    ],
)
def test_only_figures_numbers_and_signs_become_a_formula(formula: str | None, expected: str | None) -> None:
    assert excel_formula(formula, {"total": "S!$C$1", "sales": "S!$C$2"}, 4) == expected


@pytest.mark.parametrize(
    ("start", "end", "base", "drawn"),
    [
        ("10", "25", "10", "15"),
        ("25", "10", "10", "15"),
        ("-10", "-25", "-10", "-15"),
        ("-25", "-10", "-10", "-15"),
        ("-5", "10", "0", "5"),
        ("10", "-5", "0", "5"),
        ("0", "0", "0", "0"),
    ],
    ids=["up", "down", "down below zero", "up below zero", "up through zero", "down through zero", "nothing"],
)
def test_a_waterfall_step_stacks_to_where_it_ends(start: str, end: str, base: str, drawn: str) -> None:
    parts = waterfall_parts(Decimal(start), Decimal(end), is_total=False)
    assert parts[0] == Decimal(base)
    assert sum(parts[1:]) == Decimal(drawn)
    assert sum(abs(part) for part in parts[1:]) == abs(Decimal(end) - Decimal(start))


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="the workbook can't be written"):
        render_xlsx(*build("bridge", tmp_path), NOTHING_SAID, tmp_path / "nowhere" / "paper.xlsx")
    assert not (tmp_path / "nowhere").exists()


def test_nothing_half_written_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build("bridge", tmp_path)
    before = sorted(tmp_path.iterdir())

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("close_library.report.workbook.writing.write_sources", full)
    with pytest.raises(ReportError, match="No space left on device"):
        render_xlsx(*built, NOTHING_SAID, tmp_path / "paper.xlsx")
    assert sorted(tmp_path.iterdir()) == before
