"""The page without a browser: what it says, in which order, what it carries, and that hostile text stays text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from close_library.report import CodeCell, render_html
from close_library.report.embedded import embed
from close_library.report.pages import css_text
from close_library.report.rows_file import RowsFile
from tests.report import papers
from tests.report.conftest import CODE, NOTHING_SAID, Built, build


class Reader(HTMLParser):
    """The page's text, its scripts, its attributes and its headings."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.headings: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.tags: set[str] = set()
        self._inside = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._inside = tag
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        if self._inside not in ("script", "style"):
            self.text.append(data)
        if self._inside == "h2":
            self.headings.append(re.sub(r" \(.*", "", data.strip()))
        self._inside = "" if self._inside == "h2" else self._inside

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def carried(page: bytes) -> dict[str, Any]:
    """What the page carries for its dialogs."""
    content = re.search(rb'<script type="application/json" id="source-rows">(.*?)</script>', page, re.DOTALL)
    assert content
    return json.loads(content[1])


def test_the_answer_stands_before_the_method(tmp_path: Path) -> None:
    read = Reader(render_html(*build("aging", tmp_path), NOTHING_SAID, CODE))
    assert [heading for heading in read.headings if heading] == [
        "Tie-outs", "Findings", "Figures", "Purpose", "Sources", "Procedure", "Results", "Conclusion", "Parameters",
        "Where the figures come from", "Code",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, ["not prepared", "not reviewed", "not signed off"]),
        (
            {"state": "prepared", "sign_offs": {"preparer": {"by": "J. Ortega", "at": "2026-11-04T09:15:00Z"}}},
            ["prepared by J. Ortega, 2026-11-04 09:15 UTC", "not reviewed", "prepared"],
        ),
        (
            {"sign_offs": {"preparer": {"by": "A", "at": "2026-11-04"}, "reviewer": {"by": "B", "at": "2026-11-05"}}},
            ["prepared by A, 2026-11-04", "reviewed by B, 2026-11-05", "reviewed"],
        ),
        (
            {"sign_offs": {"preparer": {"by": "A", "at": "2026-11-04", "lapsed": True}, "reviewer": None}},
            ["prepared by A, 2026-11-04; lapsed: the workpaper or an explanation in it changed since", "not reviewed", "lapsed"],
        ),
        (
            {"sign_offs": {"rejected": {"by": "B", "at": "2026-11-05", "reason": "no support"}}},
            ["rejected by B, 2026-11-05: no support", "rejected", "rejected (no support)"],
        ),
    ],
    ids=["nobody signed", "prepared", "prepared and reviewed", "lapsed", "rejected"],
)  # fmt: skip
def test_signatures_are_never_blank(tmp_path: Path, said: dict[str, Any], expected: list[str]) -> None:
    page = render_html(*build("bridge", tmp_path), said, [])
    text = Reader(page).text
    assert [each for each in expected if each not in text] == []
    foot = re.search(r"@bottom-left { content: (\".*?\") }", page.decode())
    assert foot and str(css_text(said.get("state") or expected[2])).strip('"') in foot[1]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (papers.failed, ["✗", "BooksError: no rate from EUR to USD."]),
        (papers.not_applicable, ["bank_transactions", "payouts", "Not applicable"]),
    ],
    ids=["failed", "not applicable"],
)
def test_a_workpaper_without_conclusion_says_why(tmp_path: Path, document: Any, expected: list[str]) -> None:
    page = render_html(document(tmp_path), None, NOTHING_SAID, [])
    text = " ".join(Reader(page).text)
    assert [each for each in expected if each not in text] == []
    assert "Tie-outs" not in text


def test_a_page_leads_to_the_files_that_stand_beside_it(tmp_path: Path) -> None:
    """A workpaper that failed has no workbook."""
    failed = render_html(papers.failed(tmp_path), None, NOTHING_SAID, [])
    assert b'30_receivables_roll_forward.pdf">PDF' in failed and b">Workbook<" not in failed
    whole = render_html(*build("bridge", tmp_path), NOTHING_SAID, [])
    assert b'.xlsx">Workbook</a>' in whole and b'.pdf">PDF</a>' in whole


def test_an_error_as_kind_and_message_is_shown(tmp_path: Path) -> None:
    document = {**papers.failed(tmp_path), "error": {"kind": "KeyError", "message": "'amount'"}}
    assert b"KeyError: &#39;amount&#39;" in render_html(document, None, {}, [])


def test_amounts_are_shown_as_accountants_write_them(tmp_path: Path) -> None:
    text = Reader(render_html(*build("bridge with an unexplained cent", tmp_path), NOTHING_SAID, [])).text
    assert {"1,093.10", "(1,500.25)", "(0.01)", "0.01", "0.00"} <= set(text)


def test_ratios_are_shown_rounded_and_undefined_ones_are_named(tmp_path: Path) -> None:
    text = [piece.strip() for piece in Reader(render_html(*build("aging", tmp_path), NOTHING_SAID, [])).text]
    assert "87.13 %" in text and "not defined" in text
    assert not any("87.1250" in piece for piece in text)


def test_tables_are_marked_up_for_every_reader(paper: Built) -> None:
    page = render_html(*paper, NOTHING_SAID, CODE).decode()
    body = page.split("</style>")[1].split("<dialog")[0]
    assert '<html lang="en">' in page
    assert body.count("<table") == body.count("<caption>") + len(re.findall(r"<table>\n<thead>\n<tr>\n<th>", body))
    assert re.findall(r"<th(?! scope)[^>]*>", body.replace("<thead", "<x")) in ([], ["<th>", "<th>"])


def test_only_our_script_may_run_and_nothing_is_fetched(paper: Built) -> None:
    page = render_html(*paper, NOTHING_SAID, CODE)
    read = Reader(page)
    script = page.decode().rsplit("<script>", 1)[1].split("</script>")[0]
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert (
        f"script-src &#39;sha256-{allowed}&#39;" in page.decode() or f"script-src 'sha256-{allowed}'" in page.decode()
    )
    assert read.scripts == [{"type": "application/json", "id": "source-rows"}, {}]
    assert [name for _, name, _ in read.attributes if name.startswith("on") or name == "style"] == []
    links = [value for _, name, value in read.attributes if name in ("href", "src", "action", "data")]
    sheets = [link for link in links if re.fullmatch(r"\.\./ipe\.html#source-[0-9a-f]{12}", str(link))]
    assert len(sheets) == len(paper[0]["sources"]), "each source leads to its sheet, beside the folder of the page"
    others = [link for link in links if link not in sheets and not str(link).startswith(("#", "data:", "./"))]
    assert others == ["../index.html"], "the front page of the period"
    assert not read.tags & {"iframe", "object", "embed", "base", "video", "audio", "svg", "math"}


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    document, rows = build("hostile aging", tmp_path)
    page = render_html(document, rows, NOTHING_SAID, [CodeCell(1, "".join(papers.HOSTILE), ("</script>",))])
    text = "".join(Reader(page).text)
    for planted in papers.HOSTILE:
        assert planted in text, planted
    shown = {text for _, column in carried(page)["shown"] for text in column["texts"]}
    assert set(papers.HOSTILE) <= shown


def test_every_figure_resums_from_what_the_page_carries(paper: Built) -> None:
    document, rows = paper
    page = carried(render_html(document, rows, NOTHING_SAID, []))
    for id, figure in document["figures"].items():
        if figure["rows"] is None:
            assert id not in page["figures"]
            continue
        start, length = page["figures"][id]["block"]
        amounts = [Decimal(text) for text in page["amount"][start : start + length] if text is not None]
        assert length == figure["rows"]
        assert (Decimal(length) if figure["unit"] == "rows" else sum(amounts, Decimal(0))) == Decimal(figure["amount"])


def test_a_big_workpaper_carries_small_figures_and_the_findings_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("close_library.report.embedded.PAGE_ROWS", 100)
    document, rows = build("aging", tmp_path)
    carries = embed(document, RowsFile(rows, document))
    assert len(carries.rows) <= 100
    assert "documents" in carries.blocks and "total" not in carries.blocks
    named = {place for places in carries.findings.values() for place in places}
    assert named and set(carries.findings) == {*range(12), 13}
    assert all(carries.rows[place].shown["invoice_number"].startswith("INV-000") for place in named)


def test_a_page_that_leaves_rows_out_says_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("close_library.report.embedded.PAGE_ROWS", 100)
    built = build("aging", tmp_path)
    page = render_html(*built, NOTHING_SAID, [])
    text = " ".join("".join(Reader(page).text).split())
    in_all = sum(figure["rows"] or 0 for figure in built[0]["figures"].values())
    left_out = sum(figure["rows"] or 0 for figure in carried(page)["figures"].values() if not figure["block"])
    assert left_out > 100
    assert f"This page carries {in_all - left_out} of {in_all} rows and those of the findings" in text
    assert "70_aging_and_collections.xlsx holds all in its sheet Data" in text


def test_the_way_to_each_part_stands_on_top_in_the_order_of_the_page(paper: Built) -> None:
    page = render_html(*paper, NOTHING_SAID, CODE).decode()
    parts = re.findall(r'href="#([a-z-]+)">', page.split("<nav")[1].split("</nav>")[0])
    assert parts == re.findall(r'<h2 id="([a-z-]+)"', page.split("</main>")[0]), (
        "every part, and none that is not there"
    )


def test_the_code_stands_folded_with_its_digest(tmp_path: Path) -> None:
    page = render_html(*build("bridge", tmp_path), NOTHING_SAID, CODE).decode()
    assert page.count("<details>") == len(CODE) and "<details open" not in page
    assert hashlib.sha256(CODE[0].source.encode()).hexdigest() in page


def test_a_section_of_the_users_own_is_shown(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    document["sections"]["limits_of_the_work"] = "No confirmations were sent."
    page = render_html(document, rows, NOTHING_SAID, []).decode()
    assert page.index("<h2>Limits of the work</h2>") < page.index("No confirmations were sent.")
    assert page.index("No confirmations were sent.") < page.index('id="conclusion"')


def test_a_line_without_a_name_has_no_empty_heading(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    document["tables"]["20.1"]["rows"][2][0] = None
    assert re.findall(rb'<th scope="row">\s*</th>', render_html(document, rows, NOTHING_SAID, [])) == []
