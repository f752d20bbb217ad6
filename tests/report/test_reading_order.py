"""Sections, tables and figures stand in an accountant's order, though a document as JSON has lost it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from close_library.report.reading_order import (
    FIGURES_FIRST,
    OPEN,
    SECTIONS,
    figures_last,
    figures_of,
    sections_of,
    tables_of,
)
from tests.report.conftest import build


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (["30.10", "30.2", "30.1"], ["30.1", "30.2", "30.10"]),
        (["b", "a"], ["a", "b"]),
        (["9.1", "10.1", "10.1b"], ["9.1", "10.1", "10.1b"]),
    ],
)
def test_tables_stand_by_number(ids: list[str], expected: list[str]) -> None:
    assert list(tables_of({"tables": {id: {} for id in ids}})) == expected


def test_figures_stand_as_the_schedule_shows_them(tmp_path: Path) -> None:
    document = json.loads(json.dumps(build("aging", tmp_path)[0], sort_keys=True))
    order = list(figures_of(document))
    assert order[:4] == ["not_due", "days_1_30", "days_31_60", "days_61_90"]
    assert sorted(order) == sorted(document["figures"])


def test_a_link_to_no_figure_is_left_out() -> None:
    assert figures_of({"figures": {"a": {}}, "tables": {"1": {"links": [[0, 1, "gone"], [1, 1, "a"]]}}}) == {"a": {}}


@pytest.mark.parametrize(("more", "last"), [(0, False), (1, True)], ids=["short", "long"])
def test_a_long_list_of_figures_stands_behind_the_results(more: int, last: bool) -> None:
    figures = {str(number): {} for number in range(FIGURES_FIRST + more)}
    assert figures_last({"figures": figures, "findings": [{}]}) is last


SUMMARY = {"tables": {"91.5": {"columns": ["workpaper", *OPEN], "rows": []}}}
METHOD = ["purpose", "sources", "procedure"]
END = ["parameters", "addresses", "code"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"status": "agreed"},
            ["tie_outs", "findings", "figures", *METHOD, "results", "others", "conclusion", *END],
        ),
        (
            {"status": "open", "figures": {str(number): {} for number in range(FIGURES_FIRST + 1)}},
            ["tie_outs", "findings", *METHOD, "results", "others", "conclusion", "figures", *END],
        ),
        (
            {"status": "open", **SUMMARY},
            ["findings", "results", "tie_outs", *METHOD, "others", "conclusion", "figures", *END],
        ),
        ({"status": "failed"}, ["figures", *METHOD, "results", "others", "conclusion", *END]),
    ],
    ids=["as most", "with many figures", "that sums up others", "without an answer"],
)
def test_the_answers_stand_first(document: dict[str, Any], expected: list[str]) -> None:
    assert sections_of(document) == expected
    assert set(expected) <= set(SECTIONS)
