"""Opening a record: made or brought up to date under the lock, and refused when it is another one's."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, select, text

from close_library.errors import Fault, RecordError
from close_library.record.database import EVENTS, RECORD, Database, open_database
from close_library.record.migrations import REVISIONS, VERSION_TABLE
from close_library.record.record import Record

WAIT_SECONDS = 30.0


def open_record(url: str, folder: Path, *, wait: float = WAIT_SECONDS) -> Record:
    """The record at a URL, made where there is none yet; use it in a `with`.

    `url` is `sqlite:///close.db`, relative to `folder`, or `postgresql://…`. `folder` is outputs/<company>/, whose name
    is the company that the record belongs to. `wait` is how many seconds an append waits for others. Raises RecordError
    when the database can't be reached, is no record, is another company's, or was written by a newer version.
    """
    folder = Path(folder).resolve()
    database = open_database(url, folder, wait)
    if database.is_sqlite:
        _make(folder)
    with database.reading() as connection:
        version = _version(connection, database)
    if version != REVISIONS[-1]:
        _bring_up_to_date(database, folder.name)
    with database.reading() as connection:
        company = connection.scalar(select(RECORD.c.company))
    if company != folder.name:
        found = f"the record of {company}" if company else "a record that names no company"
        expected = f"the record of {folder.name}"
        raise _refused(database, found, expected, "give each company a database of its own: record: in company.yaml")
    return Record(database, folder.name)


def _version(connection: Connection, database: Database) -> str | None:
    """The version of the schema; None when the database is empty."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        if tables:
            found = f"a database with other tables: {', '.join(sorted(tables)[:5])}"
            raise _refused(database, found, "a record, or an empty database", "give the record a database of its own")
        if not database.is_sqlite:
            _require_utf8(connection, database)
        return None
    version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    if version not in REVISIONS:
        found, expected = f"version {version}", f"version {REVISIONS[-1]} or earlier"
        raise _refused(database, found, expected, "install the newer version of close that wrote it")
    if missing := {EVENTS.name, RECORD.name} - tables:
        found = f"a record without {' and '.join(sorted(missing))}"
        raise _refused(database, found, "a record as it was written", "restore it from a backup")
    return str(version)


def _bring_up_to_date(database: Database, company: str) -> None:
    """Run the steps that are missing; who comes second finds them done."""
    # alembic takes a quarter of a second to load, and a record needs it once.
    from alembic import command
    from alembic.config import Config

    with database.writing() as connection:
        if _version(connection, database) == REVISIONS[-1]:
            return
        config = Config()
        config.set_main_option("script_location", "close_library.record:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.scalar(select(RECORD.c.company)) is None:
            connection.execute(RECORD.insert().values(company=company))


def _require_utf8(connection: Connection, database: Database) -> None:
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        do = "create it with ENCODING 'UTF8' TEMPLATE template0"
        raise _refused(database, f"a database in {encoding}", "one in UTF8, which holds any text", do)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fault = Fault(str(folder), str(error.strerror), "a folder for the record", "name another outputs folder")
        raise RecordError("the record can't be made.", [fault]) from None


def _refused(database: Database, found: str, expected: str, do: str) -> RecordError:
    return RecordError("the record can't be used.", [Fault(database.where, found, expected, do)])
