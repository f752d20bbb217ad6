"""The database itself refuses to change or take away what was said, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DBAPIError

from close_library.record import Record
from tests.record.conftest import explain

INSERT = (
    'INSERT INTO events (seq, "at", "by", kind, period, program, ref, subject, payload, previous, hash) '
    """SELECT {seq}, "at", "by", kind, period, program, ref, subject, payload, {previous}, hash FROM events LIMIT 1"""
)
REFUSED = {
    "an event changed": "UPDATE events SET \"by\" = 'Ben'",
    "an event renumbered": "UPDATE events SET seq = 7",
    "an event deleted": "DELETE FROM events",
    "an event out of order": INSERT.format(seq=3, previous="hash"),
    "an event beside the chain": INSERT.format(seq=2, previous="previous"),
    "an event twice": INSERT.format(seq=1, previous="previous"),
    "the company changed": "UPDATE record SET company = 'other'",
    "the company taken away": "DELETE FROM record",
    "a second company": "INSERT INTO record VALUES ('other')",
}
ONLY_IN_ONE = {
    "sqlite": {
        "an event replaced": INSERT.format(seq=1, previous="previous").replace("INSERT", "INSERT OR REPLACE", 1)
    },
    "postgresql": {
        "all events": "TRUNCATE events",
        "the record": "TRUNCATE record",
        "a replica": "SET session_replication_role = replica; DELETE FROM events",
    },
}

SAID_BY_A_TRIGGER = "never|follows the last one|stays with its company|belongs to one company"


def test_the_database_refuses_whoever_asks(record: Record) -> None:
    explain(record)
    before = list(record.events())
    engine = record._database.engine
    for attempt, statement in {**REFUSED, **ONLY_IN_ONE[engine.dialect.name]}.items():
        with pytest.raises(DBAPIError, match=SAID_BY_A_TRIGGER), engine.begin() as connection:
            connection.exec_driver_sql(statement)
        assert list(record.events()) == before, attempt
    assert record.verify() == []


def test_a_database_that_no_longer_refuses_is_found(record: Record) -> None:
    engine = record._database.engine
    on = "" if engine.dialect.name == "sqlite" else " ON events"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER events_in_order{on}")
    (fault,) = record.verify()
    assert fault.found == "no trigger events_in_order"
