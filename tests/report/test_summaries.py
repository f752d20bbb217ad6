"""A workpaper that sums up the others: what is open first, then the programs, its long list of figures last; none misled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from close_library.report import render_html, render_xlsx
from close_library.report.checks import quoted_in_words
from close_library.report.reading_order import leads, open_in_period, results_of, tables_of
from tests.report.conftest import CODE, build
from tests.report.summary_paper import summary_paper


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return summary_paper(tmp_path_factory.mktemp("summary"))


def test_its_headline_says_what_is_open_in_the_period(summary: dict[str, Any]) -> None:
    assert summary["findings"] == []
    assert quoted_in_words(summary) == "2 errors, 1 warning open in the period: see 91.5"
    html = render_html(summary, None, {}, CODE).decode()
    cards = html[html.index('<ul class="verdicts">') : html.index("</ul>")]
    assert "none of its own" in cards and "2 errors, 1 warning open in the period: see 91.5" in cards
    assert "Nothing was found" not in html and ">Findings</h2>" in html


def test_what_is_open_stands_first_the_programs_next_the_figures_last(summary: dict[str, Any]) -> None:
    html = render_html(summary, None, {}, CODE).decode()
    headings = re.findall(r'<h2 id="([\w-]+)"', html)
    assert (
        headings.index("findings") < headings.index("results") < headings.index("tie-outs") < headings.index("figures")
    )
    ids = list(tables_of(summary))
    in_order = [ids[place] for kind, place in results_of(summary) if kind == "table"]
    assert in_order[:3] == ["91.5", "91.7", "91.1"] and in_order[-1] == "91.6"
    assert sorted(in_order) == sorted(ids)


def test_its_workbook_has_the_sheets_in_the_same_order(summary: dict[str, Any], tmp_path: Path) -> None:
    render_xlsx(summary, None, {}, tmp_path / "summary.xlsx")
    book = openpyxl.load_workbook(tmp_path / "summary.xlsx")
    assert [name.split()[0] for name in book.sheetnames[:4]] == ["Summary", "91.5", "91.7", "91.1"]
    assert str(book["Findings"]["D2"].value).startswith("None of its own; 2 errors")


def test_no_other_workpaper_is_read_so(tmp_path: Path) -> None:
    document, _ = build("bridge", tmp_path)
    assert not leads(document) and open_in_period(document) is None and quoted_in_words(document) == ""
    kinds = [kind for kind, _ in results_of(document)]
    assert kinds == sorted(kinds, reverse=True), "schedules by number, then the pictures"
