"""A workpaper's workbook: its document, what people said of it, and how both stand at its edges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from close_library.report.identification import inputs_of, running_head, standing_of
from close_library.report.said import signed_in_brief
from close_library.report.wording import company_of, currency_of
from close_library.report.workbook.frame import Book, Edges
from close_library.workpaper.document import document_digest


class PaperBook(Book):
    """One workpaper as a workbook: its document, and what people said."""

    def __init__(
        self, path: Path, document: Mapping[str, Any], said: Mapping[str, Any], in_memory: bool = True
    ) -> None:
        super().__init__(path, _edges(document, said), in_memory)
        self.document = document
        self.said = said
        self.currency = currency_of(document)


def _edges(document: Mapping[str, Any], said: Mapping[str, Any]) -> Edges:
    head, inputs = running_head(document, said), inputs_of(document)
    return Edges(
        title=f"{document['ref']} {document['title']}",
        subject=f"{document['company']}, {document['program']}, {document['period']}",
        company=company_of(document),
        inputs=inputs,
        day=str(document.get("period_end") or f"{document['period']}-01")[:10],
        identity={
            "close_company": document["company"],
            "close_period": document["period"],
            "close_program": document["program"],
            "close_ref": document["ref"],
            "close_digest": document_digest(document),
            "close_event": str((said.get("record") or {}).get("events") or 0),
        },
        left=head["left"],
        right=head["right"],
        foot=f"{standing_of(document, said)} · inputs {inputs[:12]}",
        signed=signed_in_brief(said),
    )
