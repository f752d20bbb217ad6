"""Whether a period is settled: nothing ran, nothing was said, and every file is the one that its manifest names.

Then a run leaves index, front page and manifest as they are. Whatever a killed run left undone between the workpapers and
the manifest shows in a digest, and is done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from close_library.run.files.atomic import file_digest, write_json
from close_library.run.gathering.index import OUTSIDE_DIGEST

_WEIGHED_ONLY = "books/"
"""Tables of the books were checked when they were sealed and are large; here their names count, not their bytes."""


def settled_by(*made_from: Any) -> str:
    """The digest of what index and front page are made from beside the files of the period."""
    return hashlib.sha256(repr(made_from).encode()).hexdigest()


def is_settled(period: Path, key: str) -> bool:
    """Whether the last run that finished left just this behind."""
    try:
        kept = json.loads(_file(period).read_text(encoding="utf-8"))
        manifest = json.loads((period / "manifest.json").read_text(encoding="utf-8"))
        return kept == _kept(period, key) and _is_whole(period, manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def settle(period: Path, key: str) -> None:
    """Take down that a run has finished."""
    write_json(_file(period), _kept(period, key))


def _kept(period: Path, key: str) -> dict[str, str]:
    return {"key": key, "manifest": file_digest(period / "manifest.json")}


def _is_whole(period: Path, files: Mapping[str, str]) -> bool:
    there = {
        path.relative_to(period).as_posix()
        for path in period.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    if there - {*OUTSIDE_DIGEST} != {*files}:
        return False
    return all(
        file_digest(period / file) == digest
        for file, digest in files.items()
        if not (file.startswith(_WEIGHED_ONLY) and file.endswith(".parquet"))
    )


def _file(period: Path) -> Path:
    return period.parent / ".run" / f"{period.name}.settled.json"
