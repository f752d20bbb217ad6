"""The sheet Charts: native charts from the document's data; a waterfall is stacked columns over an unseen base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from close_library.report.chart_data import (
    DOWN,
    LINE_STYLES,
    TOTAL,
    UP,
    part_colour,
    series_of,
    title_of,
    waterfall_ends,
)
from close_library.report.wording import least_places, show_name
from close_library.report.workbook.frame import Sheet
from close_library.report.workbook.paper import PaperBook

_CHART_ROWS = 22
_WATERFALL = ("base", "total", "increase", "increase below zero", "decrease", "decrease below zero")
_WATERFALL_COLOURS = (None, TOTAL, UP, UP, DOWN, DOWN)


def write_charts(book: PaperBook, sheet: Sheet) -> None:
    """One chart below the other, each below its data."""
    sheet.widths(36, *[16] * 12)
    row = 0
    for chart in book.document["charts"]:
        names, lines = _series(chart)
        sheet.text(row, 0, title_of(chart), "heading")
        sheet.columns(row + 1, ["", *names], [False, *[True] * len(names)])
        for line, (label, amounts) in enumerate(lines, row + 2):
            sheet.text(line, 0, label)
            for column, amount in enumerate(amounts, 1):
                sheet.amount(line, column, amount, least_places(chart.get("unit") or ""))
        _insert(book, sheet, row, chart, names, len(lines))
        row += _CHART_ROWS + len(lines) + 4


def _series(chart: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[Decimal]]]]:
    """Names of the series, and for each label its amount in each of them."""
    names, rows = series_of(chart)
    if chart["kind"] != "waterfall":
        return [show_name(name) for name in names], rows
    amounts = [amount for _, [amount] in rows]
    totals = [entry["kind"] == "total" for entry in chart["data"]]
    ends = waterfall_ends(list(zip(amounts, totals, strict=True)))
    parts = [waterfall_parts(*end, is_total) for end, is_total in zip(ends, totals, strict=True)]
    return [*names, *_WATERFALL], [(label, [*own, *part]) for (label, own), part in zip(rows, parts, strict=True)]


def waterfall_parts(start: Decimal, end: Decimal, is_total: bool) -> list[Decimal]:
    """A step as stacked columns: Excel stacks what is above zero and what is below it apart."""
    low, high, zero = min(start, end), max(start, end), Decimal(0)
    if is_total:
        return [zero, end, zero, zero, zero, zero]
    base = low if low > 0 else high if high < 0 else zero
    above, below = max(high, zero) - max(low, zero), min(low, zero) - min(high, zero)
    return [base, zero, above, below, zero, zero] if end >= start else [base, zero, zero, zero, above, below]


def _insert(
    book: PaperBook, sheet: Sheet, row: int, chart: Mapping[str, Any], names: Sequence[str], lines: int
) -> None:
    is_waterfall, is_lines = chart["kind"] == "waterfall", chart["kind"] == "lines"
    stands = is_waterfall or is_lines
    drawn = book.workbook.add_chart(
        {"type": "line"} if is_lines else {"type": "column" if is_waterfall else "bar", "subtype": "stacked"}
    )
    first, last = row + 2, row + 1 + lines
    for number, column in enumerate(range(2, len(names) + 1) if is_waterfall else range(1, len(names) + 1)):
        colour = (
            _WATERFALL_COLOURS[number]
            if is_waterfall
            else TOTAL
            if len(names) == 1
            else part_colour(chart["data"]["series"], number)
        )
        drawn.add_series(
            {
                "name": [sheet.name, row + 1, column],
                "categories": [sheet.name, first, 0, last, 0],
                "values": [sheet.name, first, column, last, column],
                **(_line_style(number) if is_lines else _filled(colour)),
            }
        )
    drawn.set_title({"none": True})
    drawn.set_legend({"none": True} if is_waterfall or len(names) == 1 else {"position": "top"})
    values = {
        "num_format": "#,##0",
        "num_font": {"size": 8},
        "major_gridlines": {"visible": True, "line": {"color": "#D5DAE1"}},
    }
    categories: dict[str, Any] = {"num_font": {"size": 8}, "label_position": "low"}
    # Lying bars have their categories on the y axis, the first of them on top.
    drawn.set_x_axis(categories if stands else values)
    drawn.set_y_axis(values if stands else categories | {"reverse": True})
    drawn.set_size({"width": 900, "height": 320})
    sheet.sheet.insert_chart(row + lines + 3, 0, drawn, {"object_position": 2, "description": title_of(chart)[:250]})


_MARKERS = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}
_DASHES = {"-": "solid", "--": "dash", "-.": "dash_dot", ":": "round_dot"}


def _filled(colour: str | None) -> dict[str, Any]:
    """A bar or column; an unseen one where there is no colour."""
    return {
        "fill": {"color": colour} if colour else {"none": True},
        "border": {"color": "#FFFFFF"} if colour else {"none": True},
        "gap": 50,
    }


def _line_style(number: int) -> dict[str, Any]:
    """A line as the page draws it: no series is known by its colour alone."""
    colour, marker, dash = LINE_STYLES[number % len(LINE_STYLES)]
    filled = {"fill": {"color": colour}, "border": {"color": colour}}
    return {
        "line": {"color": colour, "width": 1.75, "dash_type": _DASHES[dash]},
        "marker": {"type": _MARKERS[marker], "size": 5, **filled},
    }
