"""What a workpaper was made from when its files were put in place, and the digest of each of them.

A stamp is written last, beside the period's folder: a workpaper without one, or with one that does not fit its files, was
not finished, and runs again. Reports that were drawn again since have their digests renewed in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from close_library.run.files.atomic import file_digest, write_json
from close_library.run.planning.task import DRAWN, ENDINGS
from close_library.workpaper.inputs import SealedBooks, packages
from close_library.workpaper.laid_over import origins_of, sources_of

FORMAT = "stamp/1"

_EXECUTING = ("ipykernel", "ipython", "nbclient", "nbformat", "papermill", "scrapbook")
_DRAWING = (
    "jinja2",
    "markdown-it-py",
    "matplotlib",
    "nbconvert",
    "pygments",
    "python-docx",
    "python-pptx",
    "typst",
    "xlsxwriter",
)


@dataclass(frozen=True)
class Stamp:
    """What is known of a finished workpaper."""

    inputs: Mapping[str, Any]
    """What it was computed from (`workpaper.inputs`)."""
    addresses: str
    """The digest of what the run laid over its document: source files and lines of parameters."""
    executed_by: Mapping[str, str]
    drawn_by: Mapping[str, str]
    files: Mapping[str, str]
    """Ending → sha256 of the file."""


def executing_packages() -> dict[str, str]:
    """The packages that execute notebooks, with their versions: they can change an executed notebook, not a figure."""
    return packages(_EXECUTING)


def drawing_packages() -> dict[str, str]:
    """The packages that draw reports, with their versions."""
    return packages(_DRAWING)


def addresses_of(books: SealedBooks, declared: Mapping[str, Any], program: str, keys: list[str]) -> str:
    """The digest of what is laid over a document: where its tables and its parameters stand."""
    tables = (*declared["tables"], *declared["optional_tables"])
    laid = [sources_of(books.manifest, tables), origins_of(books, program, keys)]
    return hashlib.sha256(json.dumps(laid, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def stamp_file(document: Path) -> Path:
    """Where the stamp of a workpaper lies, by the path of its document."""
    period = document.parent.parent
    return period.parent / ".run" / period.name / document.parent.name / document.name


def read_stamp(document: Path) -> Stamp | None:
    """The stamp of a workpaper; None where it was not finished."""
    try:
        held = json.loads(stamp_file(document).read_text(encoding="utf-8"))
        if held.pop("format") != FORMAT:
            return None
        return Stamp(**held)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_stamp(document: Path, inputs: Mapping[str, Any], addresses: str) -> None:
    """Stamp a workpaper whose files are in place."""
    files = digests_of(document, ENDINGS)
    _write(document, Stamp(inputs, addresses, executing_packages(), drawing_packages(), files))


def remove_stamp(document: Path) -> None:
    """Forget a workpaper before its files change."""
    stamp_file(document).unlink(missing_ok=True)


def renew_stamp(document: Path) -> None:
    """Take down the digests of reports that were drawn again."""
    stamp = read_stamp(document)
    if stamp is not None:
        kept = {ending: digest for ending, digest in stamp.files.items() if ending not in DRAWN}
        files = {**kept, **digests_of(document, DRAWN)}
        _write(document, Stamp(stamp.inputs, stamp.addresses, stamp.executed_by, drawing_packages(), files))


def digests_of(document: Path, endings: tuple[str, ...]) -> dict[str, str]:
    """Ending → sha256 of a workpaper's files, those that are there."""
    paths = {ending: document.with_name(f"{document.stem}.{ending}") for ending in endings}
    return {ending: file_digest(path) for ending, path in paths.items() if path.is_file()}


def damaged(document: Path, stamp: Stamp) -> list[str]:
    """The endings of files that are not what was stamped."""
    there = digests_of(document, ENDINGS)
    return sorted(ending for ending in {*there, *stamp.files} if there.get(ending) != stamp.files.get(ending))


def _write(document: Path, stamp: Stamp) -> None:
    path = stamp_file(document)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"format": FORMAT, **asdict(stamp)})
