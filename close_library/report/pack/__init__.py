"""The executive pack: a period in a few pages, as a PowerPoint and as a Word document, with native charts.

    render_pptx   one takeaway a slide, each said by its title
    render_docx   the same as a summary to be read and forwarded

Both are drawn from the document of the close summary (workpaper 91) and what people said of it: every number is one of the
document's. They are drawn for workpapers whose notebook declares `formats`; one that has other schedules gets the pages that its
schedules fill. The same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["PACK_FORMATS", "render_docx", "render_pptx"]


def render_pptx(document: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
    """The pack as a PowerPoint."""
    from close_library.report.pack.slides import slides

    return slides(document, said)


def render_docx(document: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
    """The pack as a Word document."""
    from close_library.report.pack.letter import letter

    return letter(document, said)


PACK_FORMATS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], bytes]] = {
    "pptx": render_pptx,
    "docx": render_docx,
}
"""Ending → what draws it."""
