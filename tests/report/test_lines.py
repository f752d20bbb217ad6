"""Lines over months: as a picture of a page and as a native chart of a workbook."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from close_library.report import render_xlsx
from close_library.report.chart_data import alternative_text
from close_library.report.charts import draw
from tests.report.conftest import build
from tests.report.papers import HOSTILE

LINES: dict[str, Any] = {
    "id": "90.c1",
    "kind": "lines",
    "title": "By month",
    "unit": "USD",
    "data": {
        "series": ["revenue", "vendor_cost"],
        "data": [
            {"label": "2026-01", "amounts": ["100.00", "40.00"]},
            {"label": "2026-02", "amounts": ["0.00", "-5.50"]},
        ],
    },
}


def texts(chart: dict[str, Any]) -> str:
    return " ".join(
        "".join(element.itertext()).strip() for element in ElementTree.fromstring(draw(chart)).iter() if element.text
    )


def test_each_line_has_its_name_and_its_last_amount_at_its_end() -> None:
    drawn = texts(LINES)
    assert all(each in drawn for each in ("2026-01", "2026-02", "revenue", "0.00", "vendor cost", "(5.50)"))
    assert draw(LINES) == draw(LINES)


def test_no_line_is_known_by_its_colour_alone() -> None:
    paths = {colour: re.findall(rf'<path [^>]*stroke: {colour}; stroke-width[^>]*', draw(LINES).decode())
             for colour in ("#33475b", "#b4552d")}  # fmt: skip
    dashed = {colour: any("dasharray" in path for path in found) for colour, found in paths.items()}
    assert all(paths.values())
    assert dashed == {"#33475b": False, "#b4552d": True}


def test_the_words_state_the_data() -> None:
    assert alternative_text(LINES) == (
        "By month (lines, USD). 2026-01: revenue 100.00, vendor cost 40.00; 2026-02: revenue 0.00, vendor cost (5.50)."
    )


@pytest.mark.parametrize("months", [0, 1, 2, 36])
def test_any_number_of_months_and_hostile_names_can_be_drawn(months: int) -> None:
    data = [{"label": HOSTILE[n % len(HOSTILE)], "amounts": [str(n)] * 6} for n in range(months)]
    ElementTree.fromstring(draw({**LINES, "data": {"series": HOSTILE[:6], "data": data}}))


def test_the_workbook_has_a_native_line_chart(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    render_xlsx({**document, "charts": [LINES]}, rows, {}, tmp_path / "paper.xlsx")
    with zipfile.ZipFile(tmp_path / "paper.xlsx") as packed:
        drawn = packed.read("xl/charts/chart1.xml").decode()
    assert drawn.count("<c:lineChart>") == 1
    assert drawn.count("<c:ser>") == 2
    assert '<c:symbol val="square"/>' in drawn
