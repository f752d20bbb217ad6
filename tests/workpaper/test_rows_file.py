"""The rows file: every figure whole while there is room, then only what findings are known by, and the rest is told."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from close_library.accounting.sql import population, shown
from close_library.evidence import Figure, Finding, Population, Scope
from close_library.report import render_html, render_xlsx
from close_library.workpaper import document as data
from close_library.workpaper import rows_file
from close_library.workpaper.rows_file import write_rows, write_rows_of
from tests.ledgers import small_company

TEXT = """
    invoices
    invoice_id  invoice_date  total_amount
    inv-1       2026-05-01    10.00
    inv-2       2026-05-02    20.00
    inv-3       2026-05-03    30.00
    inv-4       2026-05-04    40.00
"""


@pytest.fixture
def scope(tmp_path: Path) -> Scope:
    return small_company(tmp_path, TEXT)


def figure(scope: Scope, id: str, condition: str) -> Figure:
    seen = shown(invoice="invoice_id", amount="total_amount::money")
    query = f"{population(repr('invoices'), 'source_file', 'source_row', 'total_amount', seen)} FROM invoices WHERE {condition}"
    return Figure.of(id, id, "USD", Population(scope.books, query))


def figures(scope: Scope) -> list[Figure]:
    return [
        figure(scope, "all", "true"),
        figure(scope, "late", "invoice_id >= 'inv-3'"),
        figure(scope, "none", "false"),
    ]


FINDING = Finding("invoice_duplicate", "error", Decimal(20), "USD", {"invoices": ("inv-2",)}, "Twice.")


def read(path: Path) -> list[tuple[str, int, str]]:
    return [
        (row["figure"], row["source_row"], dict(row["shown"])["invoice"]) for row in pq.read_table(path).to_pylist()
    ]


@pytest.mark.parametrize(
    ("at_most", "left_out"),
    [(6, {}), (5, {"all": 4}), (2, {"all": 4}), (1, {"all": 4, "late": 2}), (0, {"all": 4, "late": 2})],
)
def test_the_smaller_figures_come_first(scope: Scope, at_most: int, left_out: dict[str, int]) -> None:
    assert write_rows(figures(scope), at_most=at_most).left_out == left_out


def test_of_a_figure_that_is_left_out_the_rows_of_findings_are_kept(
    scope: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSE_ROWS_FILE", str(tmp_path / "rows.parquet"))
    write_rows(figures(scope), [FINDING], at_most=2)
    assert read(tmp_path / "rows.parquet") == [("all", 3, "inv-2"), ("late", 4, "inv-3"), ("late", 5, "inv-4")]


def test_every_row_of_a_figure_can_be_listed(scope: Scope, tmp_path: Path) -> None:
    write_rows_of(figures(scope)[0], tmp_path / "all.parquet")
    assert [row for _, row, _ in read(tmp_path / "all.parquet")] == [2, 3, 4, 5]


def test_a_population_measured_with_others_is_what_its_rows_are(scope: Scope) -> None:
    measured = figures(scope)[0].population
    assert measured is not None
    known = Population(scope.books, measured.query, known=(4, Decimal("100.00")))
    assert (known.count, known.total) == (measured.count, measured.total)


@pytest.fixture
def paper(scope: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], Path]:
    """A document of which one figure is left out, and its rows file."""
    path = tmp_path / "20_paper.rows.parquet"
    monkeypatch.setenv("CLOSE_ROWS_FILE", str(path))
    copied = write_rows(figures(scope), [FINDING], at_most=2)
    document = {
        "format": data.FORMAT, "ref": "20", "name": "paper", "title": "A paper", "company": "small", "program": "_company",
        "period": "2026-05", "status": "open", "functional_currency": "USD", "tie_outs": [], "tables": {}, "charts": [],
        "figures": {each.id: data.figure_data(each, "_company", "USD") for each in figures(scope)},
        "findings": [data.finding_data(FINDING)], "sources": [], "sections": {}, "inputs": "0" * 64,
        "rows": data.rows_data(path.name, copied.sha256, copied.left_out),
    }  # fmt: skip
    return document, path


SAID: dict[str, Any] = {"state": "not signed off", "sign_offs": {}, "explanations": {}, "items": {}, "record": {}}


def test_the_page_says_where_the_rest_is(paper: tuple[dict[str, Any], Path]) -> None:
    page = render_html(*paper, SAID, []).decode()
    assert "4 source rows of 1 figure are not copied" in page
    carried = json.loads(page.split('type="application/json"')[1].split(">", 1)[1].split("</script>")[0])
    assert (carried["figures"]["all"]["block"], carried["figures"]["late"]["block"]) == (None, [1, 2])
    assert carried["findings"] == {"0": [0]}


def test_the_workbook_shows_the_amount_and_no_sum_of_a_part(paper: tuple[dict[str, Any], Path], tmp_path: Path) -> None:
    render_xlsx(*paper, SAID, tmp_path / "paper.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "paper.xlsx")["Summary"]
    lines = {str(row[1].value): row for row in sheet.iter_rows() if row[1].value}
    left_out, copied = lines["all (all)"], lines["late (late)"]
    assert (left_out[2].value, left_out[4].value) == (100, 4)
    assert str(copied[2].value).startswith("=ROUND(SUMIFS(")
    assert any("are not copied" in str(row[0].value) for row in sheet.iter_rows())


def test_figures_that_are_read_together_give_the_same_bytes_as_each_by_itself(
    scope: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [*figures(scope), *(figure(scope, f"one:{n}", f"invoice_id = 'inv-{n}'") for n in (4, 2, 3, 1))]
    digests = []
    for together, rows in ((20, 2000), (1, 2000), (20, 3), (2, 6)):
        monkeypatch.setattr(rows_file, "_FIGURES_TOGETHER", together)
        monkeypatch.setattr(rows_file, "_ROWS_TOGETHER", rows)
        monkeypatch.setenv("CLOSE_ROWS_FILE", str(tmp_path / "rows.parquet"))
        digests.append(write_rows(several, [FINDING]).sha256)
        assert [name for name, *_ in read(tmp_path / "rows.parquet")] == [
            *["all"] * 4, *["late"] * 2, "one:1", "one:2", "one:3", "one:4",
        ]  # fmt: skip
    assert len(set(digests)) == 1
