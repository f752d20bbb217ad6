"""The workbook that a person fills in: which cells are open, what they hold, and by what it is read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from close_library.report import render_xlsx
from close_library.workpaper.document import document_digest
from tests.report import papers
from tests.report.conftest import Built, build

EXPLAIN, FOLLOW_UP = ["explanation", "state", "said by", "subject"], ["owner", "action", "said by", "subject"]


def filled(built: Built, folder: Path, said: dict[str, Any]) -> Any:
    render_xlsx(*built, said, folder / "paper.xlsx")
    return openpyxl.load_workbook(folder / "paper.xlsx")


def lines_of(sheet: Any) -> list[dict[str, Any]]:
    """The lines below the headings that end with `subject`, by heading."""
    found: list[dict[str, Any]] = []
    headings: list[str] = []
    for line in sheet.iter_rows():
        texts = [cell.value for cell in line]
        if "subject" in texts:
            headings = texts
            assert [text for text in texts if text][-1] == "subject"
        elif headings:
            found.append({str(heading): cell for heading, cell in zip(headings, line, strict=True) if heading})
    return [line for line in found if line["subject"].value]


def test_the_workbook_says_what_it_was_drawn_from(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    book = filled((document, rows), tmp_path, papers.spoken(document))
    assert {each.name: each.value for each in book.custom_doc_props.props} == {
        "close_company": "meridian", "close_period": "2026-10", "close_program": "atlas", "close_ref": "20",
        "close_digest": document_digest(document), "close_event": "12",
    }  # fmt: skip


def test_every_finding_has_its_explanation_and_state(tmp_path: Path) -> None:
    document, rows = build("flux", tmp_path)
    said = papers.spoken(document)
    lines = lines_of(filled((document, rows), tmp_path, said)["Findings"])
    assert [line["subject"].value for line in lines] == [finding["subject"] for finding in document["findings"]]
    words = {"current": "explained", "stale": "stale", "suggestion": "suggestion"}
    for line, finding in zip(lines, document["findings"], strict=True):
        entry = said["explanations"].get(finding["subject"])
        assert line["explanation"].value == (entry["text"] if entry else None)
        assert line["state"].value == (words[entry["state"]] if entry else "open")
        assert ("J. Ortega, 2026-11-03" in (line["said by"].value or "")) == bool(entry)
    styles = {line["state"].value: line["explanation"] for line in lines}
    assert styles["suggestion"].font.italic and styles["suggestion"].font.color.rgb == "FF8A94A3"
    assert len({styles[state].fill.fgColor.rgb for state in ("stale", "explained")}) == 2


def test_only_what_a_person_writes_is_open(tmp_path: Path) -> None:
    document, rows = build("bridge with an unexplained cent", tmp_path)
    book = filled((document, rows), tmp_path, {})
    assert all(sheet.protection.sheet and not sheet.protection.password for sheet in book)
    assert all(not sheet.protection.autoFilter and not sheet.protection.sort for sheet in book), "both are allowed"
    wanted = {"explanation", "state", "owner", "action"}
    fillable = {
        (sheet.title, cell.coordinate) for sheet in book for line in lines_of(sheet) for name, cell in line.items()
        if name in wanted
    }  # fmt: skip
    is_open = {
        (sheet.title, cell.coordinate) for sheet in book for line in sheet.iter_rows() for cell in line
        if not cell.protection.locked
    }  # fmt: skip
    assert is_open == fillable and len(fillable) > 10


def test_items_have_owner_and_action(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    book = filled((document, rows), tmp_path, papers.spoken(document))
    lines = lines_of(book["20.2 Reconciling items"])
    assert [line["subject"].value for line in lines] == [each[1] for each in document["tables"]["20.2"]["subjects"]]
    assert [line["owner"].value for line in lines] == ["R. Castillo", None, "R. Castillo", None]
    assert "explanation" not in lines[0] and lines[0]["first date"].value.isoformat().startswith("2026-09-30")


def test_a_tie_out_that_agrees_asks_nothing(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    lines = lines_of(filled((document, rows), tmp_path, {})["Tie-outs"])
    assert [line["subject"].value for line in lines] == ["tie_out:70.2"]


def test_a_state_is_chosen_from_two_and_the_other_two_may_stand(tmp_path: Path) -> None:
    document, rows = build("flux", tmp_path)
    book = filled((document, rows), tmp_path, {})
    for name in ("Findings", "Tie-outs"):
        rules = book[name].data_validations.dataValidation
        assert [(rule.formula1, rule.errorStyle) for rule in rules] == [('"explained,open"', "information")]
    flux = next(sheet for sheet in book if sheet.title.startswith("40.1"))
    assert str(flux.data_validations.dataValidation[0].sqref) == "F3:F14"


def test_a_text_that_no_cell_holds_asks_for_nothing(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    subject = document["findings"][0]["subject"]
    said = {
        "explanations": {
            subject: {"text": "x" * 32_768, "by": "J", "at": "2026-11-03", "amount": "1", "state": "current"}
        }
    }
    subjects = [line["subject"].value for line in lines_of(filled((document, rows), tmp_path, said)["Findings"])]
    assert subject not in subjects and len(subjects) == len(document["findings"]) - 2


@pytest.mark.parametrize("hostile", [False, True])
def test_rows_are_as_high_as_their_words(tmp_path: Path, hostile: bool) -> None:
    document, rows = build("flux", tmp_path)
    said = papers.spoken(document, hostile)
    book = filled((document, rows), tmp_path, said)
    for line in lines_of(book["Findings"]):
        text = line["explanation"].value or ""
        lines = sum(1 + len(part) // 42 for part in text.split("\n"))
        assert book["Findings"].row_dimensions[line["explanation"].row].height >= 12 * min(lines, 30)
