"""The pack as a Word document: the same pages as a summary to be read, with real headings, tables and charts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE as REL
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt, RGBColor
from pptx import Presentation
from pptx.util import Inches

from close_library.report.pack.charts import chart_data, finish, kind_of, name_drawing
from close_library.report.pack.pages import Grid, Page, Tile
from close_library.report.pack.story import cover_of, foot_of, pages_of, set_properties, title_of
from close_library.report.pack.zipped import one_line, printable, same_bytes

_CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_INK, _GREY = RGBColor(0x1D, 0x27, 0x33), RGBColor(0x5B, 0x68, 0x75)
_KEPT_TOGETHER = 20
"""Lines up to which a table stands on one page."""

_ROOM, _CHART_HIGH = Cm(25.7), Cm(7.8)


def letter(document: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
    """The Word document of a document."""
    page = Document()
    end = document.get("period_end") or ""
    _set_up(page, document, said)
    page.add_heading(printable(title_of(document)), level=0)
    for label, value in cover_of(document, said):
        line = page.add_paragraph()
        line.paragraph_format.space_after = Pt(1)
        _run(line, f"{label}:  ", 10, _GREY)
        _run(line, value, 10, _INK, bold=label == "Status")
    for number, told in enumerate(pages_of(document, said), 1):
        _page(page, told, number, end)
    written = io.BytesIO()
    page.save(written)
    return same_bytes(written.getvalue())


def _set_up(page: Any, document: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Paper, letters, what stands at the edges, and properties without a clock."""
    section = page.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21.0)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.0)
    page.styles["Normal"].font.size = Pt(11)
    for style in ("Normal", "Title", "Heading 1"):
        _set_in(page.styles[style], "Arial")
    set_properties(page.core_properties, document)
    foot = section.footer.paragraphs[0]
    _run(foot, f"{foot_of(document, said)} · page ", 8, _GREY)
    _field(foot, "PAGE")
    _run(foot, " of ", 8, _GREY)
    _field(foot, "NUMPAGES")


def _set_in(style: Any, font: str) -> None:
    """A font that every reader has, or one of the same widths: amounts keep their line everywhere."""
    style.font.name = font
    fonts = style.element.rPr.rFonts
    for name in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[name]


def _page(page: Any, told: Page, number: int, end: str) -> None:
    page.add_heading(printable(told.takeaway), level=1)
    if told.words:
        words = page.add_paragraph()
        words.paragraph_format.keep_with_next = told.chart is not None or told.grid is not None
        _run(words, told.words, 11, _INK)
    if told.tiles:
        _grid(page, _tiles_as_grid(told.tiles))
    if told.chart:
        _chart(page, told.chart, number, end)
    if told.grid:
        _grid(page, told.grid)


def _tiles_as_grid(tiles: Sequence[Tile]) -> Grid:
    """Figures side by side: what each is, its amount, and the month before."""
    rows = tuple(tuple(getattr(tile, each) for tile in tiles) for each in ("value", "below"))
    return Grid(tuple(tile.label for tile in tiles), rows, (True,) * len(tiles))


def _chart(page: Any, chart: Mapping[str, Any], number: int, end: str) -> None:
    """A native chart: the chart that a slide would hold, as a part of this document, with its workbook."""
    drawn, workbook = _drawn(chart, end)
    package = page.part.package
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), _CHART, drawn, package)
    sheet = Part(PackURI(f"/word/embeddings/Microsoft_Excel_Sheet{number}.xlsx"), _WORKBOOK, workbook, package)
    assert part.relate_to(sheet, REL.PACKAGE) == "rId1", "the chart names its workbook rId1"
    inline = parse_xml(
        f"""
        <wp:inline {nsdecls("wp", "a", "r")} distT="0" distB="0" distL="0" distR="0">
          <wp:extent cx="{int(_ROOM)}" cy="{int(_CHART_HIGH)}"/><wp:docPr id="{1000 + number}" name=""/><wp:cNvGraphicFramePr/>
          <a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">
            <c:chart {nsdecls("c")} r:id="{page.part.relate_to(part, REL.CHART)}"/>
          </a:graphicData></a:graphic>
        </wp:inline>
        """
    )
    name_drawing(inline.find(qn("wp:docPr")), chart)
    drawing = OxmlElement("w:drawing")
    drawing.append(inline)
    page.add_paragraph().add_run()._r.append(drawing)


def _drawn(chart: Mapping[str, Any], end: str) -> tuple[bytes, bytes]:
    """A chart as XML, and its workbook; drawn on a slide that nobody sees."""
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    framed = slide.shapes.add_chart(kind_of(chart), 0, 0, Inches(10), Inches(5), chart_data(chart)).chart
    finish(framed, chart, end)
    blob: bytes = framed.part.blob
    workbook: bytes = framed.part.chart_workbook.xlsx_part.blob
    assert b'r:id="rId1"' in blob, "the chart names its workbook rId1"
    return blob, workbook


def _grid(page: Any, grid: Grid) -> None:
    """A real table; its heading repeats on every page."""
    table = page.add_table(rows=0, cols=len(grid.columns))
    table.style = "Light List Accent 1"
    table.autofit = False
    widths = grid.widths
    stays = len(grid.rows) <= _KEPT_TOGETHER
    size = 9 if sum(widths) <= 150 else 7
    for held, width in zip(table.columns, widths, strict=True):
        held.width = Emu(int(_ROOM) * width // sum(widths))
    for line, texts in enumerate((grid.columns, *grid.rows)):
        cells = table.add_row().cells
        last = grid.total and line == len(grid.rows)
        for column, text in enumerate(texts):
            cells[column].width = Emu(int(_ROOM) * widths[column] // sum(widths))
            paragraph = cells[column].paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(0)
            paragraph.paragraph_format.keep_with_next = stays and line < len(grid.rows)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if grid.numbers[column] else WD_ALIGN_PARAGRAPH.LEFT
            colour = RGBColor(255, 255, 255) if line == 0 else _INK
            _run(paragraph, text, size, colour, bold=line == 0 or last)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    table.rows[0]._tr.trPr.append(OxmlElement("w:tblHeader"))
    _run(page.add_paragraph(), grid.note, 9, _GREY)


def _field(paragraph: Any, code: str) -> None:
    """A number that Word fills in."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    properties, size = OxmlElement("w:rPr"), OxmlElement("w:sz")
    size.set(qn("w:val"), "16")
    properties.append(size)
    run.append(properties)
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _run(paragraph: Any, text: str, size: float, colour: RGBColor, *, bold: bool = False) -> None:
    run = paragraph.add_run(one_line(text))
    run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, colour
