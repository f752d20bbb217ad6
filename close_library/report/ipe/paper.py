"""The sheets of the sources on paper, by themselves and in the binder; set by the template `ipe.typ`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from close_library.report import Attachment
from close_library.report.ipe.grids import Grid
from close_library.report.ipe.page import ipe_page
from close_library.report.pdf.content import table_parts
from close_library.report.pdf.letters import breakable, readable
from close_library.report.pdf.setting import pdf_of


def source_sheets_as_pdf(ipe: Mapping[str, Any]) -> bytes:
    """See `report.ipe.render_ipe_pdf`; the document itself is attached."""
    data = (json.dumps(ipe, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")
    attached = [Attachment("ipe.json", data, "application/json", "data", "The sheets as data")]
    return pdf_of("ipe_main.typ", sheets_content(ipe), ipe["period_end"], "ipe", attached)


def sheets_content(ipe: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template sets."""
    page = ipe_page(ipe)
    content: dict[str, Any] = readable(
        {
            "title": f"{page['kind']}: {page['title'].lower()}",
            "running_head": page["running_head"],
            "identification": [[label, breakable(value), second] for label, value, second in page["identification"]],
            "verdicts": page["verdicts"],
            "lead": _set(page["lead"]),
            "completeness": _set(page["completeness"]) if page["completeness"] else None,
            "left_to_do": list(page["left_to_do"]),
            "sheets": [
                {
                    "title": sheet["title"],
                    "facts": [[label, breakable(value)] for label, value in sheet["facts"]],
                    "grids": [_set(grid) for grid in sheet["grids"]],
                }
                for sheet in page["sheets"]
            ],
        }
    )
    return content


def _set(grid: Grid) -> dict[str, Any]:
    parts = table_parts(grid.headings, grid.rows, numbers=grid.numbers, bad=grid.bad, has_total=grid.has_total)
    return {"caption": grid.caption, "parts": parts}
