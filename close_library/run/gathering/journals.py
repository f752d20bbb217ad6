"""The folder `journal_entries` of a period: the files of workpaper 61, whole and current, or not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from close_library.parameters import COMPANY
from close_library.report.journal_entries import journal_files
from close_library.run.files.atomic import remove_parts, write_whole

FOLDER, REF = "journal_entries", "61"


def write_journal_entries(period: Path) -> list[str]:
    """Write what workpaper 61 proposes and remove what it no longer does; returns the names of the files.

    Nothing is proposed where 61 is absent, failed or not applicable: an entry without its support must not be imported.
    """
    folder = period / FOLDER
    document = _concluded(period)
    files = journal_files(document) if document else {}
    if folder.is_dir():
        remove_parts(folder)
        for stale in [path for path in folder.glob("*.csv") if path.name not in files]:
            stale.unlink()
    if files:
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            write_whole(folder / name, content)
    elif folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    return sorted(files)


def _concluded(period: Path) -> dict[str, Any] | None:
    for path in sorted((period / COMPANY).glob(f"{REF}_*.json")):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if document.get("ref") == REF and document.get("status") in ("agreed", "open"):
            return document
    return None
