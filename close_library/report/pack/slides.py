"""The pack as a PowerPoint: a cover, then one page a slide, its takeaway as the slide's title."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from pptx import Presentation
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Emu, Inches, Pt

from close_library.report.chart_data import INK, TOTAL
from close_library.report.pack.charts import chart_data, colour, finish, kind_of, name_drawing
from close_library.report.pack.pages import Grid, Page, Tile
from close_library.report.pack.story import cover_of, foot_of, pages_of, set_properties, title_of
from close_library.report.pack.zipped import one_line, printable, same_bytes

_WIDE, _HIGH = Inches(13.333), Inches(7.5)
_LEFT, _ROOM = Inches(0.6), Inches(12.13)
_TOP, _BOTTOM = Inches(1.5), Inches(6.85)
_INK, _GREY, _BLUE, _PALE, _WHITE = (colour(each) for each in (INK, "#5b6875", TOTAL, "#eef2f6", "#ffffff"))
_TITLE_ONLY, _LEAST_FONT = 5, 8


def slides(document: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
    """The PowerPoint of a document."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = _WIDE, _HIGH
    end = document.get("period_end") or ""
    set_properties(deck.core_properties, document)
    _cover(deck, document, said)
    foot = foot_of(document, said)
    for number, page in enumerate(pages_of(document, said), 2):
        _page(deck, page, f"{foot} · {number}", end)
    written = io.BytesIO()
    deck.save(written)
    return same_bytes(written.getvalue())


def _cover(deck: Any, document: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    slide = _titled(deck, title_of(document), Inches(2.1), 36)
    band = slide.shapes.add_shape(1, 0, 0, Inches(0.25), _HIGH)
    band.fill.solid()
    band.fill.fore_color.rgb = _BLUE
    band.line.fill.background()
    _decorative(band)
    frame = _box(slide, _LEFT, Inches(3.5), _ROOM, Inches(3))
    for number, (label, value) in enumerate(cover_of(document, said)):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        _run(paragraph, f"{label}  ", 14, _GREY)
        _run(paragraph, value, 14, _INK, bold=label == "Status")
        paragraph.space_after = Pt(4)


def _page(deck: Any, page: Page, foot: str, end: str) -> None:
    slide = _titled(deck, page.takeaway, Inches(0.45), 24)
    top: Any = _TOP
    if page.words:
        _run(_box(slide, _LEFT, top - Inches(0.1), _ROOM, Inches(0.7)).paragraphs[0], page.words, 14, _GREY)
        top += Inches(0.65)
    if page.tiles:
        _tiles(slide, page.tiles, top)
        top += Inches(1.35)
    if page.chart:
        _chart(slide, page.chart, top, end)
    elif page.grid:
        _grid(slide, page.grid, top)
    _run(_box(slide, _LEFT, Inches(6.98), _ROOM, Inches(0.35)).paragraphs[0], foot, 10, _GREY)


def _titled(deck: Any, title: str, top: Any, size: int) -> Any:
    """A slide whose title is its title, so that outline and screen readers find it."""
    slide = deck.slides.add_slide(deck.slide_layouts[_TITLE_ONLY])
    held = slide.shapes.title
    held.left, held.top, held.width, held.height = _LEFT, top, _ROOM, Inches(1.0)
    frame = held.text_frame
    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.MIDDLE
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.LEFT
    _run(paragraph, title, size, _INK, bold=True)
    return slide


def _tiles(slide: Any, tiles: Sequence[Tile], top: Any) -> None:
    gap = Inches(0.12)
    width = Emu((_ROOM - gap * (len(tiles) - 1)) // len(tiles))
    for place, tile in enumerate(tiles):
        box = slide.shapes.add_textbox(_LEFT + place * (width + gap), top, width, Inches(1.2))
        box.fill.solid()
        box.fill.fore_color.rgb = _PALE
        frame = box.text_frame
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        _run(frame.paragraphs[0], tile.label, 10, _GREY)
        _run(frame.add_paragraph(), tile.value, 16 if len(tile.value) < 16 else 13, _INK, bold=True)
        _run(frame.add_paragraph(), tile.below, 10, _GREY)


def _chart(slide: Any, chart: Mapping[str, Any], top: Any, end: str) -> None:
    framed = slide.shapes.add_chart(kind_of(chart), _LEFT, top, _ROOM, Emu(_BOTTOM - top), chart_data(chart))
    finish(framed.chart, chart, end)
    name_drawing(framed._element.nvGraphicFramePr.cNvPr, chart)


def _grid(slide: Any, grid: Grid, top: Any) -> None:
    """A schedule as a real table, in letters as large as its widest line lets it be."""
    widths = grid.widths
    size = max(_LEAST_FONT, min(13, int(150 * 11 / max(sum(widths), 1) * 0.95)))
    lines = 1 + len(grid.rows)
    height = Emu(min(Inches(0.36), (_BOTTOM - top - Inches(0.3)) // lines))
    framed = slide.shapes.add_table(lines, len(grid.columns), _LEFT, top, _ROOM, Emu(height * lines))
    table = framed.table
    framed._element.nvGraphicFramePr.cNvPr.set("descr", printable("; ".join(grid.columns)))
    table.first_row, table.horz_banding, table.last_row = True, False, grid.total
    for column, width in enumerate(widths):
        table.columns[column].width = Emu(_ROOM * width // sum(widths))
    for line, texts in enumerate((grid.columns, *grid.rows)):
        table.rows[line].height = height
        last = grid.total and line == lines - 1
        for column, text in enumerate(texts):
            _cell(
                table.cell(line, column),
                text,
                size,
                heading=line == 0,
                strong=line == 0 or last,
                right=grid.numbers[column],
            )
    if grid.note:
        _run(_box(slide, _LEFT, Inches(6.62), _ROOM, Inches(0.3)).paragraphs[0], grid.note, 10, _GREY)


def _cell(cell: Any, text: str, size: int, *, heading: bool, strong: bool, right: bool) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = _BLUE if heading else _PALE if strong else _WHITE
    cell.margin_left = cell.margin_right = Inches(0.05)
    cell.margin_top = cell.margin_bottom = Inches(0.02)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    _run(paragraph, text, size, _WHITE if heading else _INK, bold=strong)


def _box(slide: Any, left: Any, top: Any, width: Any, height: Any) -> Any:
    frame = slide.shapes.add_textbox(left, top, width, height).text_frame
    frame.word_wrap = True
    return frame


def _run(paragraph: Any, text: str, size: int, ink: Any, *, bold: bool = False) -> None:
    run = paragraph.add_run()
    run.text = one_line(text)
    run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, ink


def _decorative(shape: Any) -> None:
    """A shape that says nothing is named so."""
    shape._element.find(qn("p:nvSpPr")).find(qn("p:cNvPr")).set("descr", "")
