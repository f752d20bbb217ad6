"""One sample company for all tests of this room, and its tables as plain rows."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from close_library.sample import Truth

Rows = tuple[dict[str, str], ...]


@dataclass(frozen=True)
class Sample:
    """A written sample: its folder and what is expected of it."""

    folder: Path
    truth: Truth

    def rows(self, table: str) -> Rows:
        """The rows of a table, every value as the file's text."""
        return read(self.folder / f"{table}.csv")


@cache
def read(path: Path) -> Rows:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@pytest.fixture(scope="session")
def sample(sample: Any) -> Sample:
    """The one that all tests share; nobody writes into it."""
    return Sample(sample.tables, sample.truth)
