"""What a chart says, whatever draws it: its title, its series, its data in words, where its bars stand, its colours.

The alternative text states all data, so nothing is lost to a reader who doesn't see the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from close_library.report.wording import show_amount, show_name

BARS_AT_MOST = 20
"""Bars of one picture; the table beside it holds all."""

TOTAL, UP, DOWN, LINE, INK = "#33475b", "#3d7a5a", "#b4552d", "#d5dae1", "#1d2733"
SERIES = ("#dfe6ee", "#b7c6d6", "#8aa3bc", "#5d7f9f", "#3a5f83", "#b4552d", "#8a94a3", "#c9b458", "#6f8f7a", "#4d4d4d")
FEW = ("#46678a", "#b7c6d6", "#dfe6ee")
"""Parts of a bar where there are three at most: far enough from each other, and the first from the paper."""
GRAVITY = {"errors": "#ab2219", "warnings": "#d9a441", "tie_outs": "#46678a", "no_conclusion": "#4d4d4d"}
"""What is open has the colours of its severity."""
LINE_STYLES = (("#33475b", "o", "-"), ("#b4552d", "s", "--"), ("#3d7a5a", "^", "-."), ("#8a94a3", "D", ":"))


def title_of(chart: Mapping[str, Any]) -> str:
    """What a chart is called."""
    return str(chart.get("title") or chart["id"])


def alternative_text(chart: Mapping[str, Any]) -> str:
    """The data of a chart in words."""
    unit, data = chart.get("unit") or "", chart["data"]
    if chart["kind"] in ("stacked_bars", "lines"):
        parts = [
            f"{entry['label']}: "
            + ", ".join(
                f"{show_name(name)} {show_amount(amount, unit)}"
                for name, amount in zip(data["series"], entry["amounts"], strict=True)
            )
            for entry in data["data"]
        ]
    else:
        parts = [f"{entry['label']} {show_amount(entry['amount'], unit)}" for entry in data]
    kind = chart["kind"].replace("_", " ")
    return f"{title_of(chart)} ({kind}{', ' + unit if unit else ''}). " + "; ".join(parts) + "."


def series_of(chart: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[Decimal]]]]:
    """The names of a chart's series, and for each label its amount in each of them; bars and steps have one, `amount`."""
    data = chart["data"]
    if isinstance(data, Mapping):
        rows = [(entry["label"], [Decimal(amount or 0) for amount in entry["amounts"]]) for entry in data["data"]]
        return list(data["series"]), rows
    return ["amount"], [(entry["label"], [Decimal(entry["amount"] or 0)]) for entry in data]


def waterfall_ends(steps: Sequence[tuple[Decimal, bool]]) -> list[tuple[Decimal, Decimal]]:
    """Where each bar begins and ends: totals from zero, steps from where the bar before ended."""
    ends: list[tuple[Decimal, Decimal]] = []
    level = Decimal(0)
    for amount, is_total in steps:
        start = Decimal(0) if is_total else level
        level = start + amount
        ends.append((start, level))
    return ends


def part_colour(names: Sequence[str], number: int) -> str:
    """The colour of a bar's part; the workbook's own charts take the same."""
    few = FEW if len(names) <= len(FEW) else SERIES
    return GRAVITY.get(names[number], few[number % len(few)])
