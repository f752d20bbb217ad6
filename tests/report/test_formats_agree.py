"""Every figure, tie-out and finding of a close reads the same in JSON, HTML, XLSX and PDF.

Each file is read as a stranger would: the page by its visible text and by the rows that it carries, the workbook by its cached
values and by what LibreOffice recalculates from wrong ones, the PDF by its text.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag

from close_library.run.close import CloseResult
from close_library.run.gathering.index import documents_of
from tests.pdfs import letters_of, poppler, squeezed
from tests.report import test_recalculation as recalculation

pytestmark = pytest.mark.slow

ROUNDED = {"percent": 2, "days": 1}
"""Ratios are shown with fewer places than they are kept with."""


def concluded(period: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The workpapers of a period that have an answer."""
    return [each for each in documents_of(period) if each[1]["status"] in ("agreed", "open")]


@pytest.fixture(scope="module")
def papers(closed: CloseResult) -> list[tuple[Path, dict[str, Any]]]:
    found = concluded(closed.prepared.folder)
    assert len({document["ref"] for _, document in found}) > 20
    return found


def number_in(text: str) -> Decimal:
    """The number that a reader sees: `(1,234.50)` is −1234.50."""
    plain = text.strip().removesuffix("%").strip().replace(",", "")
    return -Decimal(plain[1:-1]) if plain.startswith("(") else Decimal(plain)


def assert_shown(text: str, amount: str | None, unit: str) -> None:
    """A text shows an amount: to the last digit, but for ratios."""
    if amount is None:
        assert text.strip() == "not defined"
    elif unit == "date":
        assert text.strip() == amount
    elif unit in ROUNDED:
        assert number_in(text) == Decimal(amount).quantize(Decimal(1).scaleb(-ROUNDED[unit]), ROUND_HALF_UP)
    else:
        assert number_in(text) == Decimal(amount)


def lines_of(page: BeautifulSoup, section: str) -> Iterator[list[Tag]]:
    """The cells of each line of the first table of a section."""
    table = page.select_one(f"section[aria-labelledby={section}] table")
    for line in table.select("tbody tr") if table else ():
        yield line.find_all(["th", "td"], recursive=False)


def test_the_page_shows_what_the_document_holds(papers: list[tuple[Path, dict[str, Any]]]) -> None:
    for path, document in papers:
        assert_page(path.with_suffix(".html"), document)


def assert_page(path: Path, document: dict[str, Any]) -> None:
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    figures = {}
    for label, amount, *_ in lines_of(page, "figures"):
        small = label.find("small")
        assert small is not None
        figures[small.get_text().split(" · ")[0]] = amount.get_text()
    assert set(figures) == set(document["figures"]), path
    for id, figure in document["figures"].items():
        assert_shown(figures[id], figure["amount"], figure["unit"])
    tie_outs = {cells[0].get_text(): cells for cells in lines_of(page, "tie-outs")}
    assert set(tie_outs) == {each["id"] for each in document["tie_outs"]}, path
    for each in document["tie_outs"]:
        cells = tie_outs[each["id"]]
        for place, name in enumerate(("per_workpaper", "per_books", "difference", "tolerance"), 2):
            assert_shown(cells[place].get_text(), each[name], each.get("unit") or "USD")
        assert ("does not agree" not in cells[6].get_text()) == each["agreed"]
    findings = [(cells[0], cells[2].get_text(), cells[4].get_text()) for cells in lines_of(page, "findings")]
    assert sorted((severity["data-filter"], message) for severity, message, _ in findings) == sorted(
        (each["severity"], each["message"]) for each in document["findings"]
    )
    assert sorted(number_in(amount) for _, _, amount in findings if amount) == sorted(
        Decimal(each["amount"]) for each in document["findings"] if each["amount"] is not None
    )
    store = page.select_one("script#source-rows")
    assert store is not None
    carried = json.loads(store.get_text())["figures"]
    with_rows = {id: figure for id, figure in document["figures"].items() if figure["rows"] is not None}
    assert {id: (each["amount"], each["rows"]) for id, each in carried.items()} == {
        id: (figure["amount"], figure["rows"]) for id, figure in with_rows.items()
    }


def test_the_workbook_shows_what_the_document_holds(papers: list[tuple[Path, dict[str, Any]]]) -> None:
    for path, document in papers:
        assert_workbook(path.with_suffix(".xlsx"), document)


@pytest.mark.skipif(recalculation.SOFFICE is None, reason="there is no LibreOffice (soffice)")
def test_the_workbook_recalculated_shows_it_too(papers: list[tuple[Path, dict[str, Any]]], tmp_path: Path) -> None:
    documents = {}
    for path, document in papers:
        copy = tmp_path / f"{document['program']}_{document['ref']}.xlsx"
        shutil.copy(path.with_suffix(".xlsx"), copy)
        documents[copy] = document
    for copy, document in zip(recalculation.recalculate(list(documents), tmp_path), documents.values(), strict=True):
        assert_workbook(copy, document)


def assert_workbook(path: Path, document: dict[str, Any]) -> None:
    recalculation.assert_figures(document, path)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    lines = [line for line in list(book["Findings"].values)[1:] if line[0] is not None]
    held = [(each["severity"], each["message"]) for each in document["findings"]]
    assert sorted((line[1], line[3]) for line in lines) == sorted(held), path
    told = recalculation.to_the_cent
    assert sorted(told(line[5]) for line in lines if line[5] is not None) == sorted(
        told(float(each["amount"])) for each in document["findings"] if each["amount"] is not None
    )
    book.close()


@poppler
def test_the_pdf_shows_what_the_document_holds(papers: list[tuple[Path, dict[str, Any]]]) -> None:
    for path, document in papers:
        assert_pdf(path.with_suffix(".pdf"), document)


def assert_pdf(path: Path, document: dict[str, Any]) -> None:
    text = letters_of(path.read_bytes())
    for id, figure in document["figures"].items():
        seen = [match.end() for match in re.finditer(re.escape(squeezed(id)), text)]
        assert any(begins_with(text[end:], figure["amount"], figure["unit"]) for end in seen), (path, id, figure)
    for each in document["tie_outs"]:
        verdict = "✓agrees" if each["agreed"] else "✗doesnotagree"
        label = squeezed(each["label"])
        ends = [match.end() for match in re.finditer(re.escape(squeezed(each["id"]) + label), text)]
        assert any(verdict in text[end : end + 600] for end in ends), (path, each)
        unit = each.get("unit") or "USD"
        assert any(amounts_follow(text[end : end + 1200], each, unit) for end in ends), (path, each)
    for each in document["findings"]:
        assert squeezed(each["message"]) in text, (path, each)


def begins_with(text: str, amount: str | None, unit: str) -> bool:
    """Whether a text begins with an amount as it is shown; what follows it may be a number too."""
    if amount is None:
        return text.startswith("notdefined")
    if unit == "date":
        return text.startswith(squeezed(amount))
    exact = Decimal(amount)
    if unit in ROUNDED:
        exact = exact.quantize(Decimal(1).scaleb(-ROUNDED[unit]), ROUND_HALF_UP)
    plain = f"{abs(exact):,f}"
    return text.startswith((f"({plain})" if exact < 0 else plain,))


def amounts_follow(text: str, tie_out: dict[str, Any], unit: str) -> bool:
    """Whether the four amounts of a tie-out stand one after the other."""
    shown = ""
    for name in ("per_workpaper", "per_books", "difference", "tolerance"):
        exact = Decimal(tie_out[name])
        if unit in ROUNDED:
            exact = exact.quantize(Decimal(1).scaleb(-ROUNDED[unit]), ROUND_HALF_UP)
        plain = f"{abs(exact):,f}"
        shown += f"({plain})" if exact < 0 else plain
    return shown in text
