"""Setting pages with typst: templates, data, attachments and fonts in, PDF/A-3b out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import matplotlib
import typst

from close_library.errors import Fault, ReportError
from close_library.report import Attachment

_HERE = Path(__file__).parent


def put_attachments(root: Path, attachments: Sequence[Attachment]) -> list[dict[str, str]]:
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


def put_templates(root: Path, main: str, *others: str) -> None:
    """Put templates into a folder; the first becomes `main.typ`."""
    (root / "main.typ").write_bytes(_template(main))
    for name in others:
        (root / name).write_bytes(_template(name))


def set_pages(root: Path, date: str, label: str) -> bytes:
    """The PDF of `main.typ` in a folder. Raises ReportError."""
    try:
        pages = typst.compile(
            str(root / "main.typ"),
            root=str(root),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="a-3b",
            timestamp=int(datetime.fromisoformat(date[:10]).replace(tzinfo=UTC).timestamp()),
        )
    except (typst.TypstError, RuntimeError, OSError) as error:
        said = str(getattr(error, "diagnostic", error)).strip().replace(str(root), "").splitlines()
        raise ReportError(
            "the PDF can't be written.", [Fault(f"{label}.pdf", said[0] if said else "no reason given", "pages")]
        ) from error
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
        include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(f) for f in font_folders()]
    )


def font_folders() -> list[Path]:
    """Where the fonts of the pages lie."""
    return [_HERE / "fonts", Path(matplotlib.get_data_path()) / "fonts" / "ttf"]
