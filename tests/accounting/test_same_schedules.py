"""The schedules of the sample company are the same bytes, however many threads made them, and however often."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from close_library.accounting import build_schedules
from close_library.run.close import CloseResult


def test_the_same_bytes_with_any_number_of_threads(closed: CloseResult, tmp_path: Path) -> None:
    prepared = closed.prepared
    made = []
    for number, threads in enumerate((1, 2, 2, 4, 4)):
        books = tmp_path / str(number)
        shutil.copytree(prepared.folder / "books", books, ignore=shutil.ignore_patterns("schedules"))
        build_schedules(books, str(prepared.period), prepared.settings, threads=threads)
        files = sorted((books / "schedules").glob("*.parquet"))
        made.append({file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files})
    assert len(made[0]) > 4
    assert all(each == made[0] for each in made)
