"""The sheets of the sources as page, workbook and PDF: the same numbers, live totals, and no text that becomes more."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from close_library.report.ipe import render_ipe_html, render_ipe_pdf, render_ipe_xlsx
from close_library.report.wording import source_anchor
from tests.pdfs import letters_of, poppler, text_of
from tests.report import test_recalculation as recalculation
from tests.report.conftest import Checked, new_page
from tests.report.ipe_paper import HOSTILE, ipe_document
from tests.report.surroundings import printed_in_each


@pytest.fixture(scope="module")
def ipe(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return ipe_document(tmp_path_factory.mktemp("ipe"))


def invoices_of(ipe: dict[str, Any]) -> dict[str, Any]:
    return next(sheet for sheet in ipe["sheets"] if sheet["table"] == "invoices")


def test_the_page_has_a_sheet_for_each_source_that_its_links_lead_to(ipe: dict[str, Any]) -> None:
    html = render_ipe_html(ipe).decode()
    anchors = re.findall(r'<h2 id="(source-\w+)"', html)
    assert anchors == [source_anchor(each["table"], each["file"]) for each in ipe["sheets"]]
    assert re.findall(r'href="#(source-\w+)"', html) == anchors
    assert "✓ ties" in html and "✗ does not agree" in html
    assert f'<a href="{ipe["completeness"]["page"]}">' in html


def test_a_source_that_does_not_tie_is_said_first(ipe: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(ipe))
    tie_out = invoices_of(broken)["tie_outs"][0]
    tie_out |= {"per_file": "25", "difference": "-1", "agreed": False}
    html = render_ipe_html(broken).decode()
    assert f"{len(ipe['sheets']) - 1} of {len(ipe['sheets'])}" in html.partition("</ul>")[0]
    assert "✗ does not tie" in html


def test_two_systems_may_hold_a_file_of_one_name(ipe: dict[str, Any]) -> None:
    twice = {**ipe, "sheets": [ipe["sheets"][0], {**ipe["sheets"][0], "no": "S02", "system": "other"}]}
    anchors = re.findall(r'<h2 id="(source-[\w-]+)"', render_ipe_html(twice).decode())
    assert len(set(anchors)) == 2


def test_no_text_of_a_source_becomes_markup(ipe: dict[str, Any], browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "ipe.html"
    path.write_bytes(render_ipe_html(ipe))
    page = new_page(browser)
    page.goto(path.as_uri())
    assert page.evaluate("window.INJECTED") is None
    assert page.get_by_role("cell", name=HOSTILE[1]).count() > 0
    page.close()


def test_the_page_is_accessible(ipe: dict[str, Any], violations: Checked) -> None:
    assert violations(render_ipe_html(ipe), 1280) == []


def test_no_text_of_a_source_becomes_a_formula(ipe: dict[str, Any], tmp_path: Path) -> None:
    render_ipe_xlsx(ipe, tmp_path / "ipe.xlsx")
    book = openpyxl.load_workbook(tmp_path / "ipe.xlsx")
    live = [str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    assert len(live) > 60
    assert not [formula for formula in live if any(text.lstrip("=") in formula for text in HOSTILE[:3])]
    links = [cell.hyperlink for sheet in book for line in sheet.iter_rows() for cell in line if cell.hyperlink]
    assert [link.target for link in links] == [None] * len(ipe["sheets"])
    held = {str(cell.value) for line in book[invoices_of(ipe)["no"]].iter_rows() for cell in line}
    assert set(HOSTILE) <= held, "the texts stand there as they are"


@pytest.mark.skipif(recalculation.SOFFICE is None, reason="there is no LibreOffice (soffice)")
def test_libreoffice_makes_the_same_of_every_formula(ipe: dict[str, Any], tmp_path: Path) -> None:
    """Also SUMIFS over currencies such as `<5` and `*`, which are operators where they stand as criteria."""
    render_ipe_xlsx(ipe, tmp_path / "ipe.xlsx")
    [copy] = recalculation.recalculate([tmp_path / "ipe.xlsx"], tmp_path)
    cells = recalculation.formulas(tmp_path / "ipe.xlsx")
    cached, again = (recalculation.values(path, cells) for path in (tmp_path / "ipe.xlsx", copy))
    told = recalculation.to_the_cent
    assert {cell: told(value) for cell, value in cached.items()} == {cell: told(value) for cell, value in again.items()}
    lead = [line for line in openpyxl.load_workbook(copy, data_only=True)["Sources"].values if line[0]]
    lines = {line[0]: line for line in lead}
    for sheet in ipe["sheets"]:
        line = lines[sheet["no"]]
        assert line[4:8] == tuple(sheet["rows"][name] for name in ("read", "in_books", "used", "reported"))
        assert line[10] == "ties"
        if sheet["control_total"]["file"]:
            assert told(line[8]) == told(line[9]) == told(float(sheet["control_total"]["file"]))
    assert (lines["10.1"][7], lines["10.4"][6], lines["10.4"][7]) == ("agrees", -1, "does not agree")


def test_a_sheet_whose_name_looks_like_a_cell_is_quoted(ipe: dict[str, Any], tmp_path: Path) -> None:
    """`S01!C5` without quotation marks is no reference to Excel, which then offers to repair the file."""
    render_ipe_xlsx(ipe, tmp_path / "ipe.xlsx")
    cells = [str(value) for line in openpyxl.load_workbook(tmp_path / "ipe.xlsx")["Sources"].values for value in line]
    led = [cell for cell in cells if cell.startswith("=") and "!" in cell]
    assert len(led) >= 5 * len(ipe["sheets"])
    assert [cell for cell in led if not re.search(r"'S\d\d'!", cell)] == []


def test_each_currency_has_its_own_total(ipe: dict[str, Any], tmp_path: Path) -> None:
    render_ipe_xlsx(ipe, tmp_path / "ipe.xlsx")
    lines = list(openpyxl.load_workbook(tmp_path / "ipe.xlsx", data_only=True)[invoices_of(ipe)["no"]].values)
    of_currency = {line[0]: line for line in lines if line[1] and re.fullmatch(r"C\d", str(line[1]))}
    assert set(of_currency) == set(HOSTILE)
    for number, text in enumerate(HOSTILE, 1):
        amount = Decimal(f"{number}00.1{number}")
        expected = (4, 4 * amount, 2 * amount, 2 * amount)
        assert tuple(Decimal(str(value)) for value in of_currency[text][2:6]) == expected


@poppler
def test_the_pdf_has_every_sheet_and_its_numbers(ipe: dict[str, Any]) -> None:
    pdf = render_ipe_pdf(ipe)
    text, letters = text_of(pdf, "-layout"), letters_of(pdf)
    for sheet in ipe["sheets"]:
        assert f"{sheet['no']} {sheet['table']}" in text
        assert sheet["sha256"] in letters and sheet["retained"]["sha256"] in letters
    for part in invoices_of(ipe)["parts"]:
        assert part["amount"] in text
    assert "<script>window.INJECTED=1</script>" in letters


RENDER = """
import hashlib, json, sys
from pathlib import Path
from close_library.report.ipe import render_ipe_html, render_ipe_pdf, render_ipe_xlsx
ipe = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
made = Path(sys.argv[2])
render_ipe_xlsx(ipe, made)
print(*(hashlib.sha256(each).hexdigest() for each in (render_ipe_html(ipe), made.read_bytes(), render_ipe_pdf(ipe))))
"""


def test_two_surroundings_one_set_of_bytes(ipe: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "ipe.json").write_text(json.dumps(ipe), encoding="utf-8")
    first, second = printed_in_each(
        RENDER, lambda number: [str(tmp_path / "ipe.json"), str(tmp_path / f"{number}.xlsx")]
    )
    assert first == second and len(first[0].split()) == 3
