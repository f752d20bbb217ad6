"""axe-core finds nothing to object to, with the dialog closed and open, and the keyboard reaches all that opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from close_library.report import render_html, render_index
from close_library.run.close import CloseResult
from tests.report import papers
from tests.report.conftest import CODE, Checked, build, new_page
from tests.report.test_front_page import SIGNED, an_index


@pytest.mark.parametrize("name", ["bridge", "flux", "aging", "hostile flux"])
def test_papers_are_accessible(violations: Checked, tmp_path: Path, name: str) -> None:
    document, rows = build(name, tmp_path)
    assert violations(render_html(document, rows, papers.spoken(document), CODE), 1280) == []


@pytest.mark.parametrize("state", [papers.failed, papers.not_applicable])
def test_papers_without_conclusion_are_accessible(violations: Checked, tmp_path: Path, state: Any) -> None:
    assert violations(render_html(state(tmp_path), None, {}, CODE), 1280) == []


def test_the_front_page_is_accessible(violations: Checked) -> None:
    index = an_index()
    for entry in index["entries"]:
        entry["sign_off"] = SIGNED.get((entry["program"], entry["ref"]))
    assert violations(render_index(index, {"state": "not signed off"}), 1280) == []


def test_the_keyboard_reaches_a_figure_its_rows_and_comes_back(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    document, rows = build("bridge", tmp_path)
    path.write_bytes(render_html(document, rows, {}, CODE))
    page = new_page(browser)
    page.goto(path.as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.figure || ''") == "ar_general_ledger":
            break
    page.keyboard.press("Enter")
    assert page.locator("dialog").is_visible() and page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.figure") == "ar_general_ledger"
    table = page.get_by_role("table", name="20.2 Reconciling items")
    table.get_by_role("button", name="Sort by difference").focus()
    page.keyboard.press("Space")
    assert table.locator("th[aria-sort=ascending]").inner_text().startswith("difference")


@pytest.mark.slow
def test_every_kind_of_page_of_a_close_is_accessible(closed: CloseResult, violations: Checked) -> None:
    pages = [closed.prepared.folder / "index.html", *sorted(closed.prepared.folder.glob("_company/*.html"))]
    pages += sorted(closed.prepared.folder.glob("atlas/[567]*.html"))
    found = {path.name: violations(path.read_bytes(), 1280) for path in pages}
    assert {name: objections for name, objections in found.items() if objections} == {} and len(found) > 15
