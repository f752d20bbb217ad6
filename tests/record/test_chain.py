"""The chain: whatever is changed, missing, out of order or cut off is found and named by the number of the event."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.record import Head, Record
from close_library.record.chain import Row, chained, check_chain, genesis
from tests.record.conftest import explain, sign, tamper

START = genesis("meridian")


def written(texts: list[str]) -> list[Row]:
    """A chain of explanations."""
    rows: list[Row] = []
    head = Head(0, START)
    for text in texts:
        said = {"at": "2026-11-01T00:00:00.000000Z", "by": "Ana", "kind": "explained", "period": "2026-10"}
        about = {"program": "atlas", "ref": "40", "subject": "flux:4000", "payload": json.dumps({"text": text})}
        rows.append(chained(head, {**said, **about}))
        head = Head(rows[-1].seq, rows[-1].hash)
    return rows


def places(rows: list[Row], *known: tuple[int, str]) -> list[str]:
    return [fault.where for fault in check_chain(rows, START, known)]


def test_the_hash_can_be_computed_without_this_code(record: Record) -> None:
    explain(record, "größer")
    text = (
        f'[1,"{next(record.events()).at}","Ana","explained","2026-10","atlas","40","flux:4000",'
        '"{\\"amount\\":\\"12.50\\",\\"text\\":\\"größer\\"}",'
        f'"{sha256(b"""["close record/1","meridian"]""").hexdigest()}"]'
    )
    assert record.head.hash == sha256(text.encode()).hexdigest()


TEXTS = st.lists(st.text(), min_size=1, max_size=8)


@given(TEXTS)
def test_any_chain_holds(texts: list[str]) -> None:
    rows = written(texts)
    assert places(rows, *((row.seq, row.hash) for row in rows), (0, START)) == []


@given(TEXTS, st.data())
def test_any_changed_column_is_found(texts: list[str], data: st.DataObject) -> None:
    rows = written(texts)
    number = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(Row._fields))
    before = getattr(rows[number], column)
    values: st.SearchStrategy[Any] = st.integers() if column == "seq" else st.text() | st.binary() | st.none()
    rows[number] = rows[number]._replace(**{column: data.draw(values.filter(lambda value: value != before))})
    assert places(rows)


@given(TEXTS, st.data())
def test_a_missing_event_is_named(texts: list[str], data: st.DataObject) -> None:
    rows = written([*texts, "last"])
    gone = data.draw(st.integers(0, len(rows) - 2))
    del rows[gone]
    assert places(rows) == [f"event {gone + 1}"]


@given(st.lists(st.text(), min_size=2, max_size=8), st.data())
def test_a_changed_order_is_found(texts: list[str], data: st.DataObject) -> None:
    rows = written(texts)
    other = data.draw(st.permutations(rows).filter(lambda order: order != rows))
    assert places(other)


@given(st.lists(st.text(), min_size=2, max_size=8), st.data())
def test_renumbering_does_not_hide_a_missing_event(texts: list[str], data: st.DataObject) -> None:
    rows = written(texts)
    del rows[data.draw(st.integers(0, len(rows) - 2))]
    assert places([row._replace(seq=number) for number, row in enumerate(rows, start=1)])


@given(TEXTS, st.data())
def test_a_cut_off_end_is_found_with_a_head_kept_elsewhere(texts: list[str], data: st.DataObject) -> None:
    rows = written(texts)
    left = rows[: data.draw(st.integers(0, len(rows) - 1))]
    assert places(left) == []
    assert places(left, (len(rows), rows[-1].hash)) == [f"event {len(rows)}"]


def test_a_history_written_anew_is_found_with_a_head_kept_elsewhere() -> None:
    kept, other = written(["as it was", "second"]), written(["as it would be", "second"])
    assert places(other) == []
    assert places(other, (1, kept[0].hash), (2, kept[1].hash)) == ["event 1", "event 2"]


def test_events_of_another_company_do_not_follow_the_beginning() -> None:
    (fault,) = check_chain(written(["one"]), genesis("other"), [])
    assert fault.where == "event 1" and START in fault.found


def test_a_known_head_of_another_beginning_is_found() -> None:
    assert places([], (0, genesis("other"))) == ["the beginning of the record"]


@pytest.fixture
def told(record: Record) -> Record:
    """Four events of different kinds."""
    explain(record)
    record.follow_up("2026-10", "atlas", "20", "inv-7", owner="Cem", by="Ana")
    sign(record, "preparer", "Ana")
    sign(record, "reviewer", "Ben", figures={"closing_balance": "100.00"})
    return record


@pytest.mark.parametrize("column", Row._fields[1:])
def test_a_column_changed_in_the_database_is_found(told: Record, column: str) -> None:
    """On both databases, past the triggers; the missing triggers are named too."""
    tamper(told, f'UPDATE events SET "{column}" = \'x\' || substr("{column}", 2) WHERE seq = 2')
    assert "event 2" in [fault.where for fault in told.verify()]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param("DELETE FROM events WHERE seq = 1", "event 1", id="the first event deleted"),
        pytest.param("DELETE FROM events WHERE seq = 3", "event 3", id="an event in the middle deleted"),
        pytest.param("DELETE FROM events WHERE seq IN (2, 3)", "events 2 to 3", id="two events deleted"),
        pytest.param("UPDATE events SET seq = 9 WHERE seq = 4", "events 4 to 8", id="an event renumbered"),
        pytest.param("UPDATE events SET seq = 0 WHERE seq = 2", "event 0", id="an event moved to the front"),
    ],
)
def test_an_event_missing_from_the_database_is_named(told: Record, statement: str, named: str) -> None:
    tamper(told, statement)
    assert named in [fault.where for fault in told.verify()]


def test_an_end_cut_off_the_database_is_found_with_a_head_kept_elsewhere(told: Record) -> None:
    head = told.head
    assert told.verify([head]) == []
    explain(told, "more")
    assert told.verify([head]) == []
    tamper(told, "DELETE FROM events WHERE seq > 3")
    assert [fault.where for fault in told.verify([head]) if fault.where.startswith("event")] == ["event 4"]
