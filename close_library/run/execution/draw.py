"""The reports of a workpaper, drawn from its document: when it was executed, and again when something is said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from close_library.report import Attachment, CodeCell, Rendering
from close_library.report.pack import PACK_FORMATS
from close_library.run.files.atomic import json_bytes
from close_library.workpaper.notebook import source_of

ATTACHED_BYTES_AT_MOST = 64 << 20
"""A rows file above this stays beside the PDF, which names it and its digest."""


def draw(
    document: Mapping[str, Any], rows: Path | None, said: Mapping[str, Any], executed: bytes, parts: Mapping[str, Path]
) -> None:
    """Write the reports of a document to `parts` (ending → path); a failed workpaper has no workbook.

    `executed` is its notebook, whose `metadata.close.formats` asks for what it has beside page, workbook and PDF.
    """
    code = _code_cells(executed)
    rendering = Rendering(document, rows, said, code)
    parts["html"].write_bytes(rendering.html())
    if document["status"] != "failed":
        rendering.xlsx(parts["xlsx"])
    attached = _attachments(document, rows, executed, parts["xlsx"])
    parts["pdf"].write_bytes(rendering.pdf(attached))
    if document["status"] in ("agreed", "open"):
        for ending in _formats_of(executed):
            parts[ending].write_bytes(PACK_FORMATS[ending](document, said))


def _attachments(document: Mapping[str, Any], rows: Path | None, executed: bytes, workbook: Path) -> list[Attachment]:
    """What the PDF carries: the executed notebook, the data behind its figures, the workbook."""
    stem = f"{document['ref']}_{document['name']}"
    attached = [
        Attachment(f"{stem}.ipynb", executed, "application/x-ipynb+json", "supplement", "The executed notebook"),
        Attachment(f"{stem}.json", json_bytes(document), "application/json", "data", "The workpaper as data"),
    ]
    if rows and rows.stat().st_size <= ATTACHED_BYTES_AT_MOST:
        kind = "application/vnd.apache.parquet"
        attached.append(Attachment(f"{stem}.rows.parquet", rows, kind, "source", "The source rows of every figure"))
    if workbook.exists():
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        attached.append(
            Attachment(f"{stem}.xlsx", workbook, kind, "alternative", "The workbook, every total a formula")
        )
    return attached


def _code_cells(executed: bytes) -> list[CodeCell]:
    """The code cells of an executed notebook, for the appendix of its report."""
    cells = [cell for cell in json.loads(executed)["cells"] if cell["cell_type"] == "code"]
    return [
        CodeCell(cell.get("execution_count") or number, source_of(cell), tuple(cell["metadata"].get("tags", [])))
        for number, cell in enumerate(cells, 1)
    ]


def _formats_of(notebook: bytes) -> tuple[str, ...]:
    return tuple(json.loads(notebook)["metadata"].get("close", {}).get("formats", ()))
