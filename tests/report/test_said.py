"""What people said, in words: who signed, what holds, what is explained; and that nothing said is written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from close_library.report import render_html
from close_library.report.checks import explained_in_words
from close_library.report.said import follow_up_of, remark_on, sign_off, signed_in_brief
from tests.report import papers
from tests.report.conftest import CODE, build
from tests.report.test_page import Reader

BY = {"by": "J. Ortega", "at": "2026-11-03T09:15:00Z"}


@pytest.mark.parametrize(
    ("explanation", "line"),
    [
        (None, "not explained"),
        ({"text": "", **BY, "amount": "1.00", "state": "current"}, "not explained"),
        ({"text": "Known.", **BY, "amount": "1.00", "state": "current"}, "explained: Known. · J. Ortega, 2026-11-03"),
        (
            {"text": "Known.", **BY, "amount": "-1200.5", "state": "stale"},
            "stale: Known. · said of (1,200.50), which is no longer the amount · J. Ortega, 2026-11-03",
        ),
        (
            {"text": "Known.", **BY, "amount": None, "state": "stale"},
            "stale: Known. · said of another figure, which is no longer the amount · J. Ortega, 2026-11-03",
        ),
        (
            {"text": "Known.", **BY, "amount": "1.00", "state": "suggestion", "period": "2026-09"},
            "suggestion: Known. · of 2026-09, not an explanation until somebody says so · J. Ortega, 2026-11-03",
        ),
    ],
    ids=["nobody", "withdrawn", "current", "stale", "stale without amount", "suggestion"],
)
def test_an_explanation_in_one_line(explanation: dict[str, Any] | None, line: str) -> None:
    said = {"explanations": {"timing:INV-1": explanation}} if explanation else {}
    assert remark_on(said, "timing:INV-1", "USD").line == line


@pytest.mark.parametrize(
    ("said", "state", "brief"),
    [
        ({}, "not signed off", "not prepared, not reviewed"),
        (
            {"state": "prepared", "sign_offs": {"preparer": BY}},
            "prepared",
            "prepared by J. Ortega 2026-11-03, not reviewed",
        ),
        (
            {"state": "lapsed", "sign_offs": {"preparer": BY | {"lapsed": True}, "reviewer": None}},
            "lapsed",
            "prepared by J. Ortega 2026-11-03 (lapsed), not reviewed",
        ),
        (
            {"state": "rejected", "sign_offs": {"preparer": BY, "rejected": {"by": "M. Lind", "at": "2026-11-05"}}},
            "rejected",
            "prepared by J. Ortega 2026-11-03, rejected by M. Lind 2026-11-05",
        ),
        (
            {"sign_offs": {"preparer": BY, "reviewer": {"by": "M. Lind", "at": "2026-11-05"}}},
            "reviewed",
            "prepared by J. Ortega 2026-11-03, reviewed by M. Lind 2026-11-05",
        ),
    ],
    ids=["nobody", "prepared", "lapsed", "rejected", "reviewed"],
)
def test_who_signed(said: dict[str, Any], state: str, brief: str) -> None:
    assert (sign_off(said), signed_in_brief(said)) == (state, brief)


def test_an_item_without_owner_has_empty_words_and_old_records_have_none() -> None:
    assert follow_up_of({"items": {"20:x": {"owner": "R", "action": None, **BY}}}, "20:x").owner == "R"
    assert follow_up_of({"items": []}, "20:x").owner == "" and follow_up_of({}, "20:x").action == ""


def test_explanations_stand_beside_findings_tie_outs_and_lines(tmp_path: Path) -> None:
    document, rows = build("flux", tmp_path)
    said = papers.spoken(document)
    page = render_html(document, rows, said, CODE)
    text = " ".join("".join(Reader(page).text).split())
    states = [each["state"] for each in said["explanations"].values()]
    wanted = {finding["subject"] for finding in document["findings"]}
    lines = {subject for _, subject, _ in document["tables"]["40.1"]["subjects"]}
    assert wanted < lines, "lines below the threshold have a subject too"
    # Each finding stands in Findings and in its schedule; the tie-out that disagrees stands once.
    in_all = sum(2 if subject in wanted else 1 for subject in said["explanations"])
    assert sum(text.count(word) for word in ("said of 1.00,", "of 2026-09, not an", "✓ explained")) == in_all
    silent = len(wanted | {"tie_out:40.1"}) - len(states)
    assert text.count("· not explained") == 2 * silent
    explained = explained_in_words(document, said)
    assert explained in text and explained.startswith(f"{states.count('current')} of {len(wanted) + 1} explained")


def test_items_show_owner_and_action_or_that_there_is_none(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    text = Reader(render_html(document, rows, papers.spoken(document), [])).text
    assert text.count("R. Castillo") == 2 and text.count("no owner is named") == 2
    assert text.count("no action is named") == 2 and "first date" in text and "age days" in text


@pytest.mark.parametrize("name", ["bridge", "aging", "flux"])
def test_an_old_document_without_subjects_still_renders(tmp_path: Path, name: str) -> None:
    document, rows = build(name, tmp_path)
    for finding in document["findings"]:
        finding.pop("subject", None)
    for table in document["tables"].values():
        table.pop("subjects", None)
    assert b"not explained" in render_html(document, rows, {}, [])
