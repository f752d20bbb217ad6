"""Reading every event again: is the chain whole, the file sound, and does the database still refuse changes?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select, text

from close_library.errors import Fault, RecordError
from close_library.record.chain import Row, check_chain, genesis
from close_library.record.database import EVENTS, Database

_AT_ONCE = 1_000

_GUARDS = {
    "sqlite": {
        "events_keep_update",
        "events_keep_delete",
        "events_in_order",
        "record_keep_update",
        "record_keep_delete",
        "record_once",
    },
    "postgresql": {"events_keep", "events_in_order", "record_keep", "record_once"},
}
"""The triggers by which the database itself refuses changes."""

_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger"
    " WHERE tgrelid IN ('events'::regclass, 'record'::regclass) AND tgenabled = 'A'",
}


def verify(database: Database, company: str, known_heads: Iterable[tuple[int, str]]) -> list[Fault]:
    """What does not hold in the record, the events first; nothing when it is as it was written."""
    faults: list[Fault] = []
    try:
        with database.reading(as_stored=True) as connection:
            # One at a time: what was found before the file breaks off is kept.
            for fault in check_chain(_rows(connection), genesis(company), known_heads):
                faults.append(fault)
            faults += _guard_faults(connection, database)
            faults += _file_faults(connection, database)
    except RecordError as error:
        faults += error.faults
    return faults


def _rows(connection: Connection) -> Iterator[Row]:
    columns = [EVENTS.c[name] for name in Row._fields]
    query = select(*columns).order_by(EVENTS.c.seq).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query):
        yield Row(*row)


def _guard_faults(connection: Connection, database: Database) -> list[Fault]:
    dialect = connection.dialect.name
    missing = sorted(_GUARDS[dialect] - set(connection.scalars(text(_TRIGGERS[dialect]))))
    expected = "a database that refuses changed and deleted events"
    return [Fault(database.where, f"no trigger {name}", expected, "restore it from a backup") for name in missing]


def _file_faults(connection: Connection, database: Database) -> list[Fault]:
    """What SQLite finds wrong in its own file, such as an index that differs from its table."""
    if not database.is_sqlite:
        return []
    said = [str(line) for line in connection.scalars(text("PRAGMA integrity_check")) if line != "ok"]
    return [Fault(database.where, line, "a sound database file", "restore it from a backup") for line in said]
