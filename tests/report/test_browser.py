"""The page in a real browser: nothing hostile runs, nothing is fetched, every figure re-foots to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.report import render_html, render_index
from tests.report import papers
from tests.report.conftest import CODE, NOTHING_SAID, Built, build, new_page
from tests.report.test_front_page import an_index


class Visit:
    """A page opened from disk, with everything that it complained about or asked for."""

    def __init__(self, browser: Any, path: Path, width: int = 1280) -> None:
        self.page = new_page(browser, viewport={"width": width, "height": 900})
        self.trouble: list[str] = []
        self.page.on("console", lambda message: self.trouble.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("dialog", lambda dialog: self.trouble.append("a script opened a dialog"))
        self.page.goto(path.as_uri())

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:")) or (url.startswith("file:") and not url.endswith(".html")):
            self.trouble.append(f"request: {url}")

    def said_by_every_button(self, selector: str) -> list[str]:
        """What the dialog says for each button: all are clicked, one after the other, by script for speed."""
        return self.page.eval_on_selector_all(
            selector,
            """buttons => buttons.map(button => {
                button.click();
                const said = document.getElementById("rows-result").textContent;
                document.querySelector("dialog form .close").click();
                return said;
            })""",
        )


def visit(browser: Any, built: Built, folder: Path, width: int = 1280, said: Mapping[str, Any] = NOTHING_SAID) -> Visit:
    path = folder / "page.html"
    path.write_bytes(render_html(*built, said, CODE))
    return Visit(browser, path, width)


def test_every_figure_opens_and_agrees(browser: Any, paper: Built, tmp_path: Path) -> None:
    seen = visit(browser, paper, tmp_path)
    with_rows = [id for id, figure in paper[0]["figures"].items() if figure["rows"] is not None]
    said = seen.said_by_every_button("main button[data-figure]")
    assert len(said) >= len(with_rows)
    assert [each for each in said if not each.endswith("— agrees to the figure")] == []
    refooted = seen.page.locator("[data-refoot]").all_inner_texts()
    assert refooted == ["✓ agrees"] * len(with_rows)
    assert seen.page.evaluate("window.INJECTED") is None
    assert seen.trouble == []


def test_nine_quadrillion_and_a_cent_foots_exactly(browser: Any, tmp_path: Path) -> None:
    document = papers.bridge(tmp_path, subledger="9007199254740993.11")
    seen = visit(browser, (document, tmp_path / document["rows"]["file"]), tmp_path)
    assert "2 rows, total 9,007,199,254,740,993.10 — agrees to the figure" in seen.said_by_every_button(
        "button[data-figure]"
    )


@pytest.mark.parametrize("amount", ["5042341.60", "-5042341.59", "5042341.591"])
def test_a_figure_that_is_not_its_rows_is_denied(browser: Any, tmp_path: Path, amount: str) -> None:
    document, rows = build("roll-forward", tmp_path)
    document["figures"]["closing_balance"]["amount"] = amount
    seen = visit(browser, (document, rows), tmp_path)
    said = seen.said_by_every_button('button[data-figure="closing_balance"]')
    assert said and all("DOES NOT AGREE" in each for each in said)
    assert "✗" in seen.page.locator('[data-refoot="closing_balance"]').inner_text()


def test_findings_open_the_rows_that_name_them(browser: Any, tmp_path: Path) -> None:
    seen = visit(browser, build("aging", tmp_path), tmp_path)
    said = seen.said_by_every_button("button[data-finding]")
    assert len(said) == 13
    assert set(said) == {
        "1 row behind this workpaper's figures names it",
        "2 rows behind this workpaper's figures name it",
    }


def test_a_source_row_opens_every_figure_that_it_feeds(browser: Any, tmp_path: Path) -> None:
    document, rows = build("roll-forward", tmp_path)
    seen = visit(browser, (document, rows), tmp_path)
    seen.page.get_by_role("button", name="find a source row").click()
    seen.page.locator("#rows-find").fill("INV-00330")
    assert seen.page.locator("#rows-result").inner_text().startswith("1 of ")
    seen.page.get_by_role("button", name="2 figures fed by").click()
    fed = [line.split("\t") for line in seen.page.locator("#rows-table tbody tr").all_inner_texts()]
    assert [line[0] for line in fed] == ["Closing balance", "Invoices"]
    in_document = [f"{Decimal(document['figures'][id]['amount']):,.2f}" for id in ("closing_balance", "invoices")]
    assert [line[2] for line in fed] == in_document and fed[0][1] == fed[1][1] != ""
    seen.page.get_by_role("button", name="Invoices").last.click()
    assert seen.page.locator("#rows-result").inner_text().endswith("agrees to the figure")
    seen.page.get_by_role("button", name="Back").click()
    assert seen.page.locator("#rows-title").inner_text() == "invoices.csv, line 330"


def test_rows_that_are_found_are_added_up(browser: Any, tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    seen = visit(browser, (document, rows), tmp_path)
    seen.page.locator('button[data-figure="total"]').first.click()
    seen.page.locator("#rows-find").fill("Customer 07 Holdings")
    own = next(line for line in document["tables"]["70.1"]["rows"] if line[0].startswith("Customer 07"))
    assert seen.page.locator("#rows-result").inner_text().endswith(f"together {Decimal(own[-1]):,.2f}")


def test_of_a_long_table_the_screen_shows_a_hundred_lines_and_paper_all(browser: Any, tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    lines = [[f"line {number}", "1.00", "1", "2026-10-31"] for number in range(300)]
    document["tables"]["70.2"] |= {"rows": lines, "total_rows": 300}
    seen = visit(browser, (document, rows), tmp_path)
    table = seen.page.get_by_role("table", name="Collections")

    def visible() -> int:
        return int(table.evaluate("t => [...t.tBodies[0].rows].filter(row => row.getClientRects().length).length"))

    assert visible() == 100
    seen.page.emulate_media(media="print")
    assert visible() == 300
    seen.page.emulate_media(media="screen")
    seen.page.get_by_role("button", name="Show all 300 lines").click()
    assert visible() == 300


def test_the_dialog_shows_file_line_and_amount(browser: Any, tmp_path: Path) -> None:
    seen = visit(browser, build("bridge", tmp_path), tmp_path)
    seen.page.locator('button[data-figure="ar_subledger"]').first.focus()
    seen.page.keyboard.press("Enter")
    headings = ["file", "line", "feeds", "invoice number", "amount"]
    assert seen.page.locator("#rows-table thead th").all_inner_texts() == headings
    assert seen.page.locator("#rows-table tbody tr").all_inner_texts() == [
        "invoices.csv\t2\t1 figure\tINV-1\t1,093.11",
        "invoices.csv\t3\t1 figure\tINV-2\t(0.01)",
    ]
    seen.page.keyboard.press("Escape")
    assert not seen.page.locator("dialog").is_visible()


def test_tables_sort_by_amount_and_filter(browser: Any, tmp_path: Path) -> None:
    seen = visit(browser, build("aging", tmp_path), tmp_path)
    table = seen.page.get_by_role("table", name="Aging by customer")
    table.get_by_role("button", name="Sort by total").click()
    totals = table.locator("tbody tr td:last-child").all_inner_texts()
    numbers = [float(text.replace(",", "").replace("(", "-").replace(")", "")) for text in totals]
    assert numbers == sorted(numbers) and numbers[0] < 0 < numbers[-1]
    assert table.locator("thead th").last.get_attribute("aria-sort") == "ascending"
    assert table.locator("tfoot tr").count() == 1
    seen.page.locator("#findings ~ .search").get_by_label("Find", exact=True).fill("unapplied")
    rows = seen.page.locator("#findings ~ div tbody tr")
    assert [row.is_visible() for row in rows.all()].count(True) == 1
    seen.page.locator("#findings ~ .search").get_by_label("Find", exact=True).fill("")
    seen.page.locator("#findings ~ .search").get_by_label("Severity").select_option("info")
    assert [row.is_visible() for row in rows.all()].count(True) == 1


@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_runs_off_the_page(browser: Any, tmp_path: Path, width: int) -> None:
    seen = visit(browser, build("hostile aging", tmp_path), tmp_path, width)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_words_of_people_stay_words(browser: Any, tmp_path: Path) -> None:
    built = build("hostile flux", tmp_path)
    seen = visit(browser, built, tmp_path, said=papers.spoken(built[0], hostile=True))
    assert seen.page.evaluate("window.INJECTED") is None
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert seen.trouble == []


@pytest.mark.parametrize("state", [papers.failed, papers.not_applicable])
def test_a_page_without_figures_is_quiet(browser: Any, tmp_path: Path, state: Any) -> None:
    seen = visit(browser, (state(tmp_path), None), tmp_path)
    assert seen.page.locator("h1").inner_text() == "Receivables roll-forward"
    assert seen.trouble == []


@pytest.mark.parametrize("hostile", [False, True], ids=["usual", "hostile"])
def test_the_front_page_is_quiet(browser: Any, tmp_path: Path, hostile: bool) -> None:
    path = tmp_path / "index.html"
    path.write_bytes(render_index(an_index(hostile), NOTHING_SAID))
    seen = Visit(browser, path)
    assert seen.page.evaluate("window.INJECTED") is None
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert seen.trouble == []


def test_a_script_pasted_into_the_finished_page_does_not_run(browser: Any, tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    page = render_html(document, rows, NOTHING_SAID, CODE)
    path = tmp_path / "page.html"
    path.write_bytes(page.replace(b"</main>", b"<script>window.INJECTED=1</script><b onclick='x()'>x</b></main>"))
    assert Visit(browser, path).page.evaluate("window.INJECTED") is None
