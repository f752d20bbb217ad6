"""How does a workpaper look? The document, its source rows and what people said, as HTML, workbook and PDF.

    render_html   one self-contained page per workpaper, which `jupyter nbconvert --to workpaper` draws too
    render_xlsx   one workbook per workpaper, every total a live formula over its source rows
    render_pdf    one PDF/A-3b per workpaper, with notebook, data and workbook inside
    Rendering     all three of one workpaper, which share what was read
    render_index  the front page of a period: programs × workpapers, and what needs attention

Nothing is computed here that the document does not hold: a report shows figures, re-foots their rows, and says
where they come from. The renderers are loaded when they are first called, so importing this room is cheap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from close_library.report.rows_file import RowsFile

__all__ = ["Attachment", "CodeCell", "Rendering", "render_html", "render_index", "render_pdf", "render_xlsx"]


@dataclass(frozen=True)
class CodeCell:
    """One code cell of the executed notebook, for the report's appendix: its number, its source, its tags."""

    number: int
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attachment:
    """A file inside a PDF: its name there, its bytes or where they lie, and what it is."""

    name: str
    content: bytes | Path
    mime_type: str
    relationship: str
    """PDF/A-3's word for it: `source`, `data`, `alternative` or `supplement`."""
    description: str


class Rendering:
    """The reports of one workpaper: page, workbook and PDF share its source rows, read once, and what they show.

    `rows` is the rows file of the document (None where it has none), `said` what people recorded about it. The document must
    not change while it is rendered. Raises ReportError when the rows file is not the one that the document names.
    """

    def __init__(
        self, document: Mapping[str, Any], rows: Path | None, said: Mapping[str, Any], code: Sequence[CodeCell] = ()
    ) -> None:
        self.document, self.said, self.code = document, said, code
        self._rows = rows

    @cached_property
    def source(self) -> RowsFile:
        """The source rows behind the figures."""
        from close_library.report.rows_file import RowsFile

        return RowsFile(self._rows, self.document)

    @cached_property
    def page(self) -> Mapping[str, Any]:
        """What page and PDF show, as plain values."""
        from close_library.report.page import page_of

        return page_of(self.document, self.source, self.said, self.code)

    def html(self) -> bytes:
        """The workpaper as one self-contained page."""
        from close_library.report.pages import render_page

        return render_page("workpaper.html.jinja", self.page)

    def xlsx(self, path: Path) -> None:
        """The workpaper as a workbook with live formulas, written whole or not at all."""
        from close_library.report.workbook.writing import write_workbook

        write_workbook(self.document, self.source, self.said, path)

    def pdf(self, attachments: Sequence[Attachment] = ()) -> bytes:
        """The workpaper as PDF/A-3b; its date is the period's end."""
        from close_library.report.pdf.paper import paper_as_pdf

        return paper_as_pdf(self.document, self.page, attachments)


def render_html(
    document: Mapping[str, Any], rows: Path | None, said: Mapping[str, Any], code: Sequence[CodeCell]
) -> bytes:
    """The workpaper as one self-contained page; the same input gives the same bytes. See `Rendering`."""
    return Rendering(document, rows, said, code).html()


def render_xlsx(document: Mapping[str, Any], rows: Path | None, said: Mapping[str, Any], path: Path) -> None:
    """The workpaper as a workbook with live formulas, written whole or not at all. See `Rendering`.

    Raises ReportError when the workbook can't be written.
    """
    Rendering(document, rows, said).xlsx(path)


def render_pdf(
    document: Mapping[str, Any],
    rows: Path | None,
    said: Mapping[str, Any],
    code: Sequence[CodeCell],
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The workpaper as PDF/A-3b; the same input gives the same bytes. Its date is the period's end. See `Rendering`.

    Raises ReportError when the pages can't be set.
    """
    return Rendering(document, rows, said, code).pdf(attachments)


def render_index(index: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
    """The front page of a period: every workpaper of every program with its status, then what needs attention."""
    from close_library.report.front_page import front_page_of
    from close_library.report.pages import render_page

    return render_page("index.html.jinja", front_page_of(index, said))
