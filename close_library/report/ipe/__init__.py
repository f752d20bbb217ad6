"""The sheets of the sources (IPE, information produced by the entity) as page, workbook and PDF, from one document.

    render_ipe_html   one self-contained page: all sources, then a sheet for each
    render_ipe_xlsx   a sheet for each source whose totals, shares and verdicts are live formulas
    render_ipe_pdf    the same on paper; the binder's PDF sets the same pages

The document (`ipe/1`) is what the books say of their sources, with what the period's workpapers say of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["render_ipe_html", "render_ipe_pdf", "render_ipe_xlsx"]


def render_ipe_html(ipe: Mapping[str, Any]) -> bytes:
    """The sheets as one page; the same input gives the same bytes."""
    from close_library.report.ipe.page import ipe_page
    from close_library.report.pages import render_page

    return render_page("ipe.html.jinja", ipe_page(ipe))


def render_ipe_xlsx(ipe: Mapping[str, Any], path: Path) -> None:
    """The sheets as a workbook. Raises ReportError when it can't be written."""
    from close_library.report.ipe.workbook import write_source_sheets

    write_source_sheets(ipe, path)


def render_ipe_pdf(ipe: Mapping[str, Any]) -> bytes:
    """The sheets as PDF/A-3b. Raises ReportError."""
    from close_library.report.ipe.paper import source_sheets_as_pdf

    return source_sheets_as_pdf(ipe)
