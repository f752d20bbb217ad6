"""The database behind the record: its address, its transactions, and its complaints in words.

SQLite for one person or a shared folder, PostgreSQL for a team. An append is alone: SQLite locks the file at the start of
the transaction, PostgreSQL takes an advisory lock. A connection lives as long as one transaction, so nothing is held
between two statements and a process can be forked at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from close_library.errors import Fault, RecordError
from close_library.record.complaints import complaint

_METADATA = MetaData()

EVENTS = Table(
    "events",
    _METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    *(
        Column(name, Text, nullable=False)
        for name in ("at", "by", "kind", "period", "program", "ref", "subject", "payload", "previous", "hash")
    ),
)

RECORD = Table("record", _METADATA, Column("company", Text, primary_key=True))
"""One row: the company whose record it is."""

_LOCK = 0x636C6F7365  # "close": the number by which PostgreSQL knows the lock


class Database:
    """Where the events are, and how long an append waits for another one."""

    def __init__(self, engine: Engine, where: str, wait: float) -> None:
        self.engine = engine
        self.where = where
        self.wait = wait

    @property
    def is_sqlite(self) -> bool:
        """Whether the record is a file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self, as_stored: bool = False) -> Iterator[Connection]:
        """A transaction that only reads. `as_stored`: bytes that are no text are read too, as lone surrogates."""
        with self._spoken(), self.engine.connect() as connection, connection.begin():
            if as_stored and self.is_sqlite:
                driver: Any = connection.connection.driver_connection
                driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is alone: all others that write wait for its end."""
        with self._spoken(), self.engine.connect() as connection:
            connection = connection.execution_options(alone=True)
            with connection.begin():
                if not self.is_sqlite:
                    patience = {"wait": f"{int(self.wait * 1000)}ms", "lock": _LOCK}
                    connection.execute(text("SELECT set_config('lock_timeout', :wait, true)"), patience)
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), patience)
                yield connection

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, UnicodeError) as error:
            fault = complaint(error, self.where, self.engine.url)
            raise RecordError("the record can't be used.", [fault]) from None


def open_database(url: str, folder: Path, wait: float) -> Database:
    """The database at a URL, not yet looked into; a relative file stands in `folder`."""
    address = _address(url, folder)
    arguments: dict[str, Any] = {}
    if address.drivername.startswith("sqlite"):
        arguments = {} if "timeout" in address.query else {"timeout": wait}
    elif "connect_timeout" not in address.query:
        arguments = {"connect_timeout": 10}
    # READ COMMITTED: the end of the chain is looked up after the lock is held, not as of the start of the transaction.
    isolation = {} if address.drivername.startswith("sqlite") else {"isolation_level": "READ COMMITTED"}
    engine = create_engine(address, poolclass=NullPool, hide_parameters=True, connect_args=arguments, **isolation)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin)
    where = f"the record {address.set(query={}).render_as_string(hide_password=True)}"
    return Database(engine, where, wait)


def _address(url: str, folder: Path) -> URL:
    try:
        address = make_url(url)
    except SQLAlchemyError:
        raise _unusable(url.partition("://")[0] + "://…", "that can't be read as one") from None
    if url.count("@") > 1 and not address.drivername.startswith("sqlite"):
        # The rest of the password would be taken for the server, and shown.
        raise _unusable(f"{address.drivername}://…", "with two @: in a password it is spelled %40")
    if address.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise _unusable(f"{address.drivername}://…", "of another kind")
    file = address.database or ""
    prefix, path = ("file:", file.removeprefix("file:")) if file.startswith("file:") else ("", file)
    if not path or ":memory:" in path or address.query.get("mode") == "memory":
        raise _unusable(url, "without a file: what is said would be lost")
    return address.set(database=f"{prefix}{folder / path}")


def _unusable(found: str, why: str) -> RecordError:
    expected = "sqlite:///close.db or postgresql://person@server/database"
    fault = Fault("company.yaml, record", f"{found} (an address {why})", expected, "write such an address")
    return RecordError("the address of the record can't be used.", [fault])


def _leave_transactions_to_us(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("alone") else "BEGIN")
