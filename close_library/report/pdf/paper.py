"""A workpaper on paper."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from close_library.books.connection import SCRATCH
from close_library.report import Attachment
from close_library.report.charts import draw
from close_library.report.pdf.content import content_of
from close_library.report.pdf.setting import put_attachments, put_templates, set_pages


def paper_as_pdf(document: Mapping[str, Any], page: Mapping[str, Any], attachments: Sequence[Attachment] = ()) -> bytes:
    """See `report.render_pdf`; `page` is what the HTML page shows (`page_of`)."""
    content = content_of(document, page)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        root = Path(folder)
        content["attachments"] = put_attachments(root, attachments)
        (root / "content.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        for number, chart in enumerate(document.get("charts") or []):
            (root / f"chart-{number}.svg").write_bytes(draw(chart))
        put_templates(root, "main.typ", "workpaper.typ")
        return set_pages(root, document["period_end"], f"{document['program']}/{document['ref']}_{document['name']}")
