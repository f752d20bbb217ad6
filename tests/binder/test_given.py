"""A row of the tables `said_*` is what its event said, and none that still holds is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.binder.given import said_differences
from close_library.record import Event, Record, SignedItem, open_record
from close_library.run.said.said_tables import Rows, said_rows


def say(record: Record) -> None:
    record.explain("2026-05", "atlas", "40", "flux:4000", "12.00", "New task type", by="Ana")
    record.sign("2026-04", "atlas", "20", "preparer", "d" * 64, by="Ana")
    record.sign(
        "2026-04", "atlas", "20", "reviewer", "d" * 64, by="Ben",
        figures={"ar_subledger": "100.00"}, items=[SignedItem("20:invoice:1", "5.00", "2026-04-30")],
    )  # fmt: skip


@pytest.fixture
def told(tmp_path: Path) -> tuple[dict[str, Rows], list[Event]]:
    with open_record("sqlite:///close.db", tmp_path / "tiny") as record:
        say(record)
        return said_rows(record, "2026-05"), list(record.events())


def test_rows_as_the_events_say_them(told: tuple[dict[str, Rows], list[Event]]) -> None:
    rows, events = told
    assert all(rows.values()), "each table has a row"
    assert list(said_differences(rows, rows, events)) == []


@pytest.mark.parametrize(
    ("table", "place"), [("said_figures", 4), ("said_explanations", 5), ("said_items", 4), ("said_items", 0)]
)
def test_a_row_that_no_event_says(table: str, place: int, told: tuple[dict[str, Rows], list[Event]]) -> None:
    rows, events = told
    (row,) = rows[table]
    forged = {**rows, table: [(*row[:place], "1.00", *row[place + 1 :])]}
    assert [what.partition(" says")[0] for _, what in said_differences(forged, rows, events)][:1] == ["no event"]


def test_a_row_that_is_left_out(told: tuple[dict[str, Rows], list[Event]]) -> None:
    rows, events = told
    found = list(said_differences({**rows, "said_figures": []}, rows, events))
    assert found == [("said_figures", "left out: 2026-04 atlas 20 ar_subledger 100.00")]


def test_what_was_said_after_the_run_stands_in_no_table_yet(tmp_path: Path) -> None:
    with open_record("sqlite:///close.db", tmp_path / "tiny") as record:
        say(record)
        written = said_rows(record, "2026-05")
        record.explain("2026-05", "atlas", "40", "flux:5000", "3.00", "Later", by="Ana")
        record.follow_up("2026-04", "atlas", "20", "20:invoice:1", owner="Ana", by="Ana")
        assert list(said_differences(written, said_rows(record, "2026-05"), record.events())) == []
