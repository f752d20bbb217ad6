"""Pictures from a document's data: matplotlib draws them as SVG, the same bytes for the same data.

A chart stands in the page as an image. Lengths are floats here: a renderer needs them, and no amount is read back.
"""

from __future__ import annotations

import base64
import io
import json
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from close_library.report.chart_data import (
    BARS_AT_MOST,
    DOWN,
    INK,
    LINE,
    LINE_STYLES,
    TOTAL,
    UP,
    part_colour,
    waterfall_ends,
)
from close_library.report.wording import show_amount, show_name

EDGE = "#8a94a3"
HATCHES = (None, None, None, None, None, "//", "\\\\", "xx", "--", "||")

# What a user's own matplotlib settings could change in the bytes is set here.
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "workpaper",
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "font.weight": "normal",
    "hatch.color": "white",
    "hatch.linewidth": 0.6,
    "patch.linewidth": 1.0,
    "figure.facecolor": "white",
    "text.usetex": False,
}
_DRAWN_FONTS, _READERS_FONTS = b"'DejaVu Sans', sans-serif", b"Arial, Helvetica, 'Liberation Sans', sans-serif"
_WIDTH = 9.0


def data_uri(chart: Mapping[str, Any]) -> str:
    """The chart as an image that stands inside the page."""
    return "data:image/svg+xml;base64," + base64.b64encode(draw(chart)).decode()


def draw(chart: Mapping[str, Any]) -> bytes:
    """The chart as SVG: `waterfall`, `bars`, `stacked_bars` or `lines`."""
    return _drawn(json.dumps(chart))


@lru_cache(maxsize=64)
def _drawn(spelled: str) -> bytes:
    """A picture is drawn once for page and PDF: that is most of what a report with pictures costs."""
    chart = json.loads(spelled)
    painter = {"waterfall": _waterfall, "bars": _bars, "stacked_bars": _stacked_bars, "lines": _lines}[chart["kind"]]
    # A letter that matplotlib's own font lacks is drawn by the reader's font: its warning says nothing to a user.
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = Figure(figsize=(_WIDTH, 3.0))
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        painter(figure, axes, chart)
        drawn = io.BytesIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    return drawn.getvalue().replace(_DRAWN_FONTS, _READERS_FONTS)


def _waterfall(figure: Figure, axes: Axes, chart: Mapping[str, Any]) -> None:
    """Totals stand on zero, steps hang between them; the amount of each stands above it."""
    entries, unit = chart["data"], chart.get("unit") or ""
    ends = waterfall_ends([(Decimal(entry["amount"] or 0), entry["kind"] == "total") for entry in entries])
    axes.set_position((0.09, 0.16, 0.90, 0.76))
    low, high = _scale(axes, [float(end) for pair in ends for end in pair], len(entries), unit)
    for place, (entry, (start, end)) in enumerate(zip(entries, ends, strict=True)):
        kind = TOTAL if entry["kind"] == "total" else UP if end >= start else DOWN
        hatch = "//" if kind == DOWN else None
        axes.bar(
            place,
            float(end - start),
            bottom=float(start),
            width=0.62,
            color=kind,
            hatch=hatch,
            edgecolor="white" if hatch else kind,
        )
        if place + 1 < len(entries):
            axes.plot([place + 0.31, place + 0.69], [float(end)] * 2, color=INK, linewidth=0.7)
        _text(
            axes,
            place,
            float(max(start, end)) + (high - low) * 0.015,
            show_amount(entry["amount"], unit),
            ha="center",
            va="bottom",
        )
        _text(axes, place, low - (high - low) * 0.03, _wrapped(entry["label"], 15), ha="center", va="top")


def _bars(figure: Figure, axes: Axes, chart: Mapping[str, Any]) -> None:
    """One bar a line, the largest twenty, with its amount at its end."""
    entries = chart["data"][:BARS_AT_MOST]
    amounts = [float(entry["amount"] or 0) for entry in entries]
    low, high = _lying(
        figure, axes, [entry["label"] for entry in entries], [(min(0.0, value), max(0.0, value)) for value in amounts]
    )
    for place, (entry, amount) in enumerate(zip(entries, amounts, strict=True)):
        hatch = "//" if amount < 0 else None
        axes.barh(
            place,
            amount,
            height=0.62,
            color=DOWN if hatch else TOTAL,
            hatch=hatch,
            edgecolor="white" if hatch else TOTAL,
        )
        _text(
            axes,
            max(amount, 0.0) + (high - low) * 0.008,
            place,
            show_amount(entry["amount"], chart.get("unit") or ""),
            ha="left",
            va="center",
        )


def _stacked_bars(figure: Figure, axes: Axes, chart: Mapping[str, Any]) -> None:
    """One bar a line in parts; what is negative lies left of zero; the legend stands above."""
    names, entries = chart["data"]["series"], chart["data"]["data"][:BARS_AT_MOST]
    amounts = [[float(amount or 0) for amount in entry["amounts"]] for entry in entries]
    spans = [(sum(value for value in row if value < 0), sum(value for value in row if value > 0)) for row in amounts]
    low, high = _lying(figure, axes, [entry["label"] for entry in entries], spans, legend=-(-len(names) // 5))
    for place, (row, (_, right)) in enumerate(zip(amounts, spans, strict=True)):
        ahead, behind = 0.0, 0.0
        for number, value in enumerate(row):
            start = ahead if value >= 0 else behind
            axes.barh(
                place, value, left=start, height=0.62, edgecolor=EDGE, linewidth=0.5, **_part_style(names, number)
            )
            ahead, behind = (ahead + value, behind) if value >= 0 else (ahead, behind + value)
        total = sum((Decimal(amount or 0) for amount in entries[place]["amounts"]), Decimal(0))
        _text(
            axes,
            right + (high - low) * 0.008,
            place,
            show_amount(str(total), chart.get("unit") or ""),
            ha="left",
            va="center",
        )
    step, top = (high - low) / max(1, min(len(names), 5)), -0.85
    for number, name in enumerate(names):
        x, y = low + (number % 5) * step, top - (len(names) - 1) // 5 * 0.6 + number // 5 * 0.6
        axes.barh(y, step * 0.07, left=x, height=0.3, edgecolor=EDGE, linewidth=0.5, **_part_style(names, number))
        _text(axes, x + step * 0.09, y, _wrapped(show_name(name), 22, 1), ha="left", va="center")


def _lines(figure: Figure, axes: Axes, chart: Mapping[str, Any]) -> None:
    """One line a series over the labels, told apart by marker and dash, each with its name at its end."""
    names, entries, unit = chart["data"]["series"], chart["data"]["data"], chart.get("unit") or ""
    amounts = [[float(amount or 0) for amount in entry["amounts"]] for entry in entries]
    axes.set_position((0.09, 0.10, 0.76, 0.86))
    low, high = _scale(axes, [value for row in amounts for value in row], len(entries), unit)
    for place, entry in enumerate(entries):
        if (len(entries) - 1 - place) % (1 + len(entries) // 13) == 0:
            _text(axes, place, low - (high - low) * 0.03, _wrapped(entry["label"], 9), ha="center", va="top")
    if not entries:
        return
    for number in range(len(names)):
        line = [row[number] for row in amounts]
        colour, marker, dash = LINE_STYLES[number % len(LINE_STYLES)]
        axes.plot(
            range(len(line)),
            line,
            color=colour,
            marker=marker,
            linestyle=dash,
            linewidth=1.6,
            markersize=4.5,
            clip_on=False,
        )
    last = amounts[-1]
    ends = _apart([last[number] for number in range(len(names))], (high - low) * 0.12, high)
    for number, name in enumerate(names):
        label = f"{_wrapped(show_name(name), 18, 1)}\n{show_amount(entries[-1]['amounts'][number], unit)}"
        _text(axes, len(entries) - 1 + 0.03 * len(entries) + 0.1, ends[number], label, ha="left", va="center")


def _apart(values: Sequence[float], gap: float, top: float) -> list[float]:
    """Places for labels at some values, pushed apart where they would stand on each other, none above the top."""
    places = list(values)
    in_order = sorted(range(len(values)), key=lambda number: (values[number], number))
    for below, above in pairwise(in_order):
        places[above] = max(places[above], places[below] + gap)
    for number in reversed(in_order):
        places[number] = min(places[number], top)
        top = places[number] - gap
    return places


def _part_style(names: Sequence[str], number: int) -> dict[str, Any]:
    """Colour and, beyond the scale's shades, a hatch: no part is known by its colour alone."""
    return {"color": part_colour(names, number), "hatch": HATCHES[number % len(HATCHES)]}


def _scale(axes: Axes, values: Sequence[float], count: int, unit: str) -> tuple[float, float]:
    """The vertical scale of a standing picture: from zero or below, with thin lines and their amounts."""
    low, high = min([0.0, *values]), max([0.0, *values])
    high = high if high > low else low + 1.0
    for tick in MaxNLocator(5).tick_values(low, high):
        if low <= tick <= high:
            axes.plot([-0.6, count - 0.4], [tick, tick], color=LINE, linewidth=0.7, zorder=0)
            _text(
                axes, -0.68, float(tick), f"{tick:,.0f}" if high - low >= 5 else f"{tick:,.2f}", ha="right", va="center"
            )
    axes.set_xlim(-0.6, count - 0.4)
    axes.set_ylim(low, high)
    return low, high


def _lying(
    figure: Figure, axes: Axes, labels: Sequence[str], spans: Sequence[tuple[float, float]], legend: int = 0
) -> tuple[float, float]:
    """A lying picture: one row a label, from the least to the greatest value, room at the right for amounts.

    Above it there is room for so many rows of a legend.
    """
    figure.set_size_inches(_WIDTH, 0.5 + 0.3 * len(labels) + 0.2 * legend)
    axes.set_position((0.22, 0.02, 0.64, 0.96))
    low, high = min([0.0, *(span[0] for span in spans)]), max([0.0, *(span[1] for span in spans)])
    high = high if high > low else low + 1.0
    axes.set_xlim(low, high)
    axes.set_ylim(len(labels) - 0.4, -0.6 - 0.65 * legend)
    axes.plot([0.0, 0.0], [-0.5, len(labels) - 0.5], color=INK, linewidth=0.7)
    for place, label in enumerate(labels):
        _text(axes, low - (high - low) * 0.012, place, _wrapped(label, 30, 1), ha="right", va="center")
    return low, high


def _text(axes: Axes, x: float, y: float, text: str, **align: Any) -> None:
    """A text as it is: a dollar sign begins no formula, a control character is dropped."""
    axes.text(
        x,
        y,
        "".join(c for c in text if c.isprintable() or c == "\n"),
        color=INK,
        parse_math=False,
        clip_on=False,
        **align,
    )


def _wrapped(text: str, width: int, lines: int = 2) -> str:
    """A label in at most so many lines, cut with an ellipsis."""
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder=" …")) or text[:width]
