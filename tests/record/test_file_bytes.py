"""The file of a SQLite record, edited byte by byte: not one byte of an event can change unseen."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from close_library.errors import RecordError
from close_library.record import open_record
from tests.record.conftest import Place, explain


def events_in(path: Path) -> tuple[int, int]:
    """From where to where the rows of the events stand in the file: they fill the end of their page."""
    with closing(sqlite3.connect(path)) as connection:
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    whole = path.read_bytes()
    end = page * page_size
    unused = max(gap.end() for gap in re.finditer(rb"\x00{64,}", whole[end - page_size : end]))
    return end - page_size + unused, end


def unseen(file: Place, masks: tuple[int, ...]) -> list[tuple[int, int]]:
    """The changes of one byte of an event that nobody would notice."""
    with file.open() as record:
        explain(record, "größer")
        explain(record, "second", amount=None)
    path = file.folder / "close.db"
    whole = path.read_bytes()
    start, end = events_in(path)
    assert end - start > 400
    return [
        (place - start, mask) for place in range(start, end) for mask in masks if not noticed(file, whole, place, mask)
    ]


def noticed(file: Place, whole: bytes, place: int, mask: int) -> bool:
    changed = bytearray(whole)
    changed[place] ^= mask
    (file.folder / "close.db").write_bytes(changed)
    try:
        with open_record(file.url, file.folder) as record:
            return bool(record.verify())
    except RecordError:
        return True


def test_a_changed_byte_is_found(file: Place) -> None:
    assert unseen(file, (0x01,)) == []


@pytest.mark.slow
def test_every_changed_bit_is_found(file: Place) -> None:
    assert unseen(file, (0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF)) == []


def test_the_unchanged_file_holds(file: Place) -> None:
    """Guards against a check that finds everything wrong."""
    assert unseen(file, (0x00,))[:1] == [(0, 0)]


def test_a_row_put_in_another_order_by_hand_is_found(file: Place) -> None:
    with file.open() as record:
        for text in ("first", "second", "third"):
            explain(record, text)
        with closing(sqlite3.connect(file.folder / "close.db")) as connection, connection:
            connection.executescript(
                "DROP TRIGGER events_keep_update;"
                "UPDATE events SET seq = -1 WHERE seq = 1; UPDATE events SET seq = 1 WHERE seq = 2;"
                "UPDATE events SET seq = 2 WHERE seq = -1;"
            )
        named = [fault.where for fault in record.verify()]
    assert {"event 1", "event 2"} <= set(named)


def test_an_index_that_hides_an_event_is_found(file: Place) -> None:
    """What is asked is read through the index: a row missing there would be a statement that nobody sees."""
    with file.open() as record:
        explain(record)
        with closing(sqlite3.connect(file.folder / "close.db")) as connection, connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'record')"
                " WHERE name = 'events_by_kind'"
            )
        assert record.verify()
