"""`run.json`: the clock, the machine and the paths of a run, which no digest covers."""

from __future__ import annotations

import getpass
import importlib.metadata
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from close_library.run.planning.prepare import Prepared, Request, notebooks_folder
from close_library.run.planning.task import Outcome
from close_library.run.progress import Stopwatch

_VERSIONS = (
    "close-workbook",
    "duckdb",
    "ipykernel",
    "nbconvert",
    "pandas",
    "papermill",
    "pyarrow",
    "scrapbook",
    "xlsxwriter",
)


def diary_of(
    request: Request, prepared: Prepared, outcomes: Sequence[Outcome], started_at: datetime, watch: Stopwatch
) -> dict[str, Any]:
    """Who ran what, when and where, with which packages, and how long each step and workpaper took."""
    return {
        "format": "run/1",
        "started_at": started_at.isoformat(timespec="seconds"),
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": watch.seconds,
        "by": _user(),
        "machine": platform.node(),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in _VERSIONS if _is_installed(name)},
        "parameters": str(prepared.company.folder.resolve()),
        "sources": [str(source.folder.resolve()) for source in prepared.settings.sources],
        "notebooks": str(notebooks_folder(request.notebooks).resolve()),
        "outputs": str(prepared.folder),
        "workpapers": [
            {
                "program": each.task.program,
                "workpaper": each.task.stem,
                "status": each.status,
                "seconds": round(each.seconds, 3),
                "work": each.task.work,
                "kernel": each.kernel,
            }
            for each in outcomes
        ],
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _is_installed(name: str) -> bool:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
