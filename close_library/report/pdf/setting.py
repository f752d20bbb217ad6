"""Setting pages with typst: templates, data, attachments and fonts in, PDF/A-3b out."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from close_library.books.connection import SCRATCH
from close_library.errors import Fault, ReportError
from close_library.report import Attachment
from close_library.report.pdf.letters import FONT_FOLDERS

_HERE = Path(__file__).parent
_SHARED = ("frame.typ", "workpaper.typ", "ipe.typ")
"""Templates that others are made of."""


def pdf_of(
    template: str,
    content: Mapping[str, Any],
    day: str,
    label: str,
    attachments: Sequence[Attachment] = (),
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """What a template makes of its content, as PDF/A-3b of a day, with files inside it. Raises ReportError.

    `pictures` are the files that the content names, `label` is what an error calls the PDF.
    """
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        root = Path(folder)
        try:
            held = {**content, "attachments": _put_attachments(root, attachments)}
            (root / "content.json").write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
            for name, picture in (pictures or {}).items():
                (root / name).write_bytes(picture)
            for name in (template, *_SHARED):
                (root / name).write_bytes(_template(name))
            return _set_pages(root, template, day)
        except (typst.TypstError, RuntimeError, OSError) as error:
            said = str(getattr(error, "diagnostic", error)).strip().replace(str(root), "").splitlines()
            fault = Fault(f"{label}.pdf", said[0] if said else "no reason given", "pages")
            raise ReportError("the PDF can't be written.", [fault]) from error


def _put_attachments(root: Path, attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    """Put the files that a PDF carries into a folder; returns what the template is told of them."""
    for number, attachment in enumerate(attachments):
        _put(root / f"attached-{number}", attachment.content)
    return [
        {
            "path": f"attached-{number}",
            "name": attachment.name,
            "mime": attachment.mime_type,
            "relationship": attachment.relationship,
            "description": attachment.description,
        }
        for number, attachment in enumerate(attachments)
    ]


def _set_pages(root: Path, template: str, day: str) -> bytes:
    pages = typst.compile(
        str(root / template),
        root=str(root),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="a-3b",
        timestamp=int(datetime.fromisoformat(day[:10]).replace(tzinfo=UTC).timestamp()),
    )
    assert isinstance(pages, bytes)
    return pages


def _put(place: Path, content: bytes | Path) -> None:
    if isinstance(content, bytes):
        place.write_bytes(content)
    else:
        place.symlink_to(content.resolve())


@cache
def _template(name: str) -> bytes:
    return (_HERE / name).read_bytes()


@cache
def _fonts() -> typst.Fonts:
    """Liberation Sans of this folder; for what it lacks, DejaVu Sans, which matplotlib carries."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder) for folder in FONT_FOLDERS]
    )
