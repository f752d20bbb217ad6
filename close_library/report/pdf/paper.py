"""A workpaper on paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from close_library.report import Attachment
from close_library.report.pdf.content import content_of, pictures_of
from close_library.report.pdf.setting import pdf_of


def paper_as_pdf(document: Mapping[str, Any], page: Mapping[str, Any], attachments: Sequence[Attachment] = ()) -> bytes:
    """See `report.render_pdf`; `page` is what the HTML page shows (`page_of`)."""
    label = f"{document['program']}/{document['ref']}_{document['name']}"
    content, pictures = content_of(document, page), pictures_of(document)
    return pdf_of("workpaper_main.typ", content, document["period_end"], label, attachments, pictures)
