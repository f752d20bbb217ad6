"""A record on each of the two databases, and words to say to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from close_library.record import Event, Record, open_record
from tests.record.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

OCTOBER = "2026-10"


@dataclass
class Place:
    """Where a record is, to open it again."""

    url: str
    folder: Path

    def open(self, **options: Any) -> Record:
        return open_record(self.url, self.folder, **options)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of each kind."""
    url = "sqlite:///close.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return Place(url, tmp_path / "meridian")


@pytest.fixture
def record(place: Place) -> Iterator[Record]:
    """An empty record on each kind of database."""
    with place.open() as record:
        yield record


@pytest.fixture
def file(tmp_path: Path) -> Place:
    """An empty record in a file."""
    return Place("sqlite:///close.db", tmp_path / "meridian")


def explain(record: Record, text: str = "A new task type", **changed: Any) -> Event:
    """Ana explains the flux of atlas in October."""
    said = {"period": OCTOBER, "program": "atlas", "ref": "40", "subject": "flux:4000", "amount": "12.50", "by": "Ana"}
    return record.explain(**{**said, **changed}, text=text)


def sign(record: Record, role: Any, by: str, digest: str = "d1", **changed: Any) -> Event:
    """Somebody signs workpaper 40 of atlas in October."""
    return record.sign(
        **{"period": OCTOBER, "program": "atlas", "ref": "40", **changed}, role=role, digest=digest, by=by
    )


def tamper(record: Record, *statements: str) -> None:
    """Change a record as somebody with all rights could, past its triggers."""
    engine = record._database.engine
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)
