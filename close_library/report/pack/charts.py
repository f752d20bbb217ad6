"""Native charts from a document's data, for slides and for Word, with their figures in a workbook inside."""

from __future__ import annotations

import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import xlsxwriter
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE
from pptx.util import Pt

from close_library.report.chart_data import (
    BARS_AT_MOST,
    INK,
    LINE,
    LINE_STYLES,
    alternative_text,
    part_colour,
    series_of,
    title_of,
)
from close_library.report.pack.zipped import moment_of, printable, same_bytes
from close_library.report.wording import show_name

_MARKERS = {"o": XL_MARKER_STYLE.CIRCLE, "s": XL_MARKER_STYLE.SQUARE, "^": XL_MARKER_STYLE.TRIANGLE,
            "D": XL_MARKER_STYLE.DIAMOND}  # fmt: skip
_DASHES = {"-": MSO_LINE.SOLID, "--": MSO_LINE.DASH, "-.": MSO_LINE.DASH_DOT, ":": MSO_LINE.ROUND_DOT}
_FEW = 10
"""The most points for which the axis counts one by one."""

_FORMAT = "#,##0"


def _shown(chart: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[Decimal]]]]:
    """The series as a reader sees them; of bars those that a picture has room for."""
    names, rows = series_of(chart)
    kept = rows if chart["kind"] == "lines" else rows[:BARS_AT_MOST]
    return [printable(show_name(name)) for name in names], [(printable(label), amounts) for label, amounts in kept]


def kind_of(chart: Mapping[str, Any]) -> XL_CHART_TYPE:
    """Lines over months; lying bars, stacked, for everything else."""
    return XL_CHART_TYPE.LINE_MARKERS if chart["kind"] == "lines" else XL_CHART_TYPE.BAR_STACKED


def chart_data(chart: Mapping[str, Any]) -> Any:
    """The data as the chart holds it. Lengths are floats here; no amount is read back."""
    names, rows = _shown(chart)
    make: Any = CategoryChartData
    data = make(number_format=_FORMAT)
    data.categories = [label for label, _ in rows]
    for number, name in enumerate(names):
        data.add_series(name, [float(amounts[number]) for _, amounts in rows])
    return data


def finish(drawn: Any, chart: Mapping[str, Any], period_end: str) -> None:
    """Colours, markers and a workbook of our own, which holds no clock."""
    drawn.font.size, drawn.font.name, drawn.font.color.rgb = Pt(11), "Arial", colour(INK)
    drawn.has_title = False
    names, rows = _shown(chart)
    drawn.has_legend = len(names) > 1
    if drawn.has_legend:
        drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    values, categories = drawn.value_axis, drawn.category_axis
    values.major_gridlines.format.line.color.rgb = colour(LINE)
    values.format.line.fill.background()
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = _FORMAT, False
    categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    categories.format.line.color.rgb = colour(LINE)
    if chart.get("unit") == "points" and max((sum(amounts) for _, amounts in rows), default=Decimal(0)) <= _FEW:
        values.major_unit = 1
    plot = drawn.plots[0]
    if chart["kind"] == "lines":
        for number, line in enumerate(plot.series):
            _style_line(line, number)
    else:
        categories.reverse_order = True
        plot.gap_width, plot.overlap = 55, 100
        spelled, _ = series_of(chart)
        for number, bar in enumerate(plot.series):
            bar.format.fill.solid()
            bar.format.fill.fore_color.rgb = colour(part_colour(spelled, number))
            bar.invert_if_negative = False
    drawn.part.chart_workbook.update_from_xlsx_blob(workbook_of(chart, period_end))


def name_drawing(held: Any, chart: Mapping[str, Any]) -> None:
    """A drawing's name, and its data in words for who does not see it."""
    held.set("name", printable(title_of(chart)))
    held.set("descr", printable(alternative_text(chart)))


def workbook_of(chart: Mapping[str, Any], period_end: str) -> bytes:
    """The chart's figures as the workbook that opens with `edit data`: labels in A, a series a column."""
    names, rows = _shown(chart)
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": moment_of(period_end)})
    sheet, money = book.add_worksheet("Sheet1"), book.add_format({"num_format": "#,##0.00"})
    for column, name in enumerate(names, 1):
        sheet.write_string(0, column, name)
    for line, (label, amounts) in enumerate(rows, 1):
        sheet.write_string(line, 0, label)
        for column, amount in enumerate(amounts, 1):
            sheet.write_number(line, column, float(amount), money)
    book.close()
    return same_bytes(written.getvalue())


def _style_line(line: Any, number: int) -> None:
    spelled, marker, dash = LINE_STYLES[number % len(LINE_STYLES)]
    line.smooth = False
    line.format.line.color.rgb, line.format.line.width, line.format.line.dash_style = (
        colour(spelled),
        Pt(2),
        _DASHES[dash],
    )
    line.marker.style, line.marker.size = _MARKERS[marker], 7
    line.marker.format.fill.solid()
    line.marker.format.fill.fore_color.rgb = colour(spelled)
    line.marker.format.line.color.rgb = colour(spelled)


def colour(spelled: str) -> Any:
    """A colour as slides and charts hold it."""
    held: Any = RGBColor
    return held.from_string(spelled.lstrip("#").upper())
