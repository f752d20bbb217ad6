"""The schedules of a period, computed before the workpapers that read them, with all of this machine.

Where nothing that they are made from changed, nothing of accounting is even loaded.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from close_library.books.shares import are_stored
from close_library.parameters import Settings
from close_library.run.execution.process import cores, memory_limit
from close_library.workpaper.inputs import library_digest


def compute_schedules(books_dir: Path, period: str, settings: Settings) -> None:
    """Compute the schedules that are not there for these books and parameters. Raises BooksError when the disk refuses."""
    key = _key(books_dir, period)
    if are_stored(books_dir, key):
        return
    from close_library.accounting import build_schedules

    build_schedules(books_dir, period, settings, threads=cores(), memory_limit=memory_limit(1), key=key)


def _key(books_dir: Path, period: str) -> str:
    """The digest of everything that schedules can be made from: the rows, the parameters, the period, who computes."""
    manifest = json.loads((books_dir / "manifest.json").read_text(encoding="utf-8"))
    made_from = [
        {name: entry["owners"] for name, entry in manifest["tables"].items()},
        (books_dir / "parameters.json").read_text(encoding="utf-8"),
        period,
        library_digest(),
        version("duckdb"),
    ]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
