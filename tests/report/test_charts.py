"""Pictures: the same bytes for the same data, hostile labels as text, and words that state the data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from close_library.report.chart_data import GRAVITY, alternative_text, part_colour, waterfall_ends
from close_library.report.charts import draw
from tests.report.papers import HOSTILE

WATERFALL = {
    "id": "30.c1",
    "kind": "waterfall",
    "title": "From opening to closing",
    "unit": "USD",
    "data": [
        {"label": "Opening", "amount": "1000.00", "kind": "total"},
        {"label": "Cash", "amount": "-1250.50", "kind": "step"},
        {"label": "Closing", "amount": "-250.50", "kind": "total"},
    ],
}
BARS = {
    "id": "c",
    "kind": "bars",
    "title": "Customers",
    "unit": "USD",
    "data": [{"label": text, "amount": "-1.50"} for text in HOSTILE],
}
STACKED = {
    "id": "c",
    "kind": "stacked_bars",
    "title": "Aging",
    "unit": "USD",
    "data": {
        "series": HOSTILE[:12],
        "data": [{"label": text, "amounts": ["1.00"] * 11 + ["-3.00"]} for text in HOSTILE],
    },
}
TWO_PARTS = {"label": "X", "amounts": ["1.00", "-2.00"]}
EMPTY = [{**BARS, "data": []}, {**WATERFALL, "data": []}, {**STACKED, "data": {"series": ["a"], "data": []}}]


@pytest.mark.parametrize("chart", [WATERFALL, BARS, STACKED, *EMPTY], ids=lambda chart: chart["kind"])
def test_a_chart_is_well_formed_and_always_the_same(chart: dict[str, Any]) -> None:
    drawn = draw(chart)
    root = ElementTree.fromstring(drawn)
    assert drawn == draw(chart)
    assert {element.tag.rsplit("}")[-1] for element in root.iter()}.isdisjoint(
        {"script", "image", "a", "foreignObject"}
    )


def test_labels_and_amounts_stand_in_the_picture() -> None:
    text = "".join(ElementTree.fromstring(draw(WATERFALL)).itertext())
    assert all(each in text for each in ("Opening", "1,000.00", "(1,250.50)", "(250.50)"))


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        (WATERFALL, "From opening to closing (waterfall, USD). Opening 1,000.00; Cash (1,250.50); Closing (250.50)."),
        (
            {**STACKED, "id": "70.c1", "title": "", "data": {"series": ["a", "b"], "data": [TWO_PARTS]}},
            "70.c1 (stacked bars, USD). X: a 1.00, b (2.00).",
        ),
    ],
    ids=["waterfall", "stacked bars"],
)  # fmt: skip
def test_the_words_state_the_data(chart: dict[str, Any], words: str) -> None:
    assert alternative_text(chart) == words


def test_steps_hang_between_totals() -> None:
    steps = [(Decimal(10), True), (Decimal(-4), False), (Decimal(-9), False), (Decimal(-3), True)]
    assert waterfall_ends(steps) == [(0, 10), (10, 6), (6, -3), (0, -3)]


def test_parts_differ_and_errors_are_red() -> None:
    for names in (
        ["committed", "remaining"],
        [str(number) for number in range(10)],
        ["errors", "warnings", "tie_outs"],
    ):
        assert len({part_colour(names, number) for number in range(len(names))}) == len(names)
    assert part_colour(["warnings", "errors"], 1) == GRAVITY["errors"]
