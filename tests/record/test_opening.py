"""A record that can't be opened or used says so in words, whatever is wrong, and no password is shown."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from close_library.errors import Fault, RecordError
from close_library.record import open_record
from close_library.record.migrations import REVISIONS, VERSION_TABLE
from tests.record.conftest import OCTOBER, Place, explain
from tests.record.postgres import GUARDED, Server

PASSWORD = "p@ss word/%s"


def fault_of(attempt: Callable[[], object]) -> Fault:
    with pytest.raises(RecordError) as error:
        attempt()
    (fault,) = error.value.faults
    assert fault.where and fault.found and fault.expected and fault.do
    return fault


def test_a_record_is_made_with_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a folder, 100%" / "meridian"
    with open_record("sqlite:///close.db", folder) as record:
        explain(record)
    assert [path.name for path in folder.iterdir()] == ["close.db"]


def test_a_record_stands_where_its_address_says(tmp_path: Path) -> None:
    with open_record(f"sqlite:///{tmp_path}/elsewhere.db", tmp_path / "meridian") as record:
        explain(record)
    assert (tmp_path / "elsewhere.db").is_file()


def test_plain_postgresql_means_psycopg_3(postgres_url: str, tmp_path: Path) -> None:
    for spelled in ("postgres://", "postgresql://", "postgresql+psycopg://"):
        with open_record(postgres_url.replace("postgresql://", spelled), tmp_path / "meridian") as record:
            explain(record)
    assert record.head.events == 3


@pytest.mark.parametrize(
    "url",
    [
        "close.db",
        "",
        f"mysql://ana:{quote(PASSWORD)}@server/close",
        f"postgresql+psycopg2://ana:{quote(PASSWORD)}@server/close",
        f"postgresql://ana:{PASSWORD}@server:port/close",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
    ],
)
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    fault = fault_of(lambda: open_record(url, tmp_path / "meridian"))
    assert fault.where == "company.yaml, record"
    assert PASSWORD not in str(fault) and quote(PASSWORD) not in str(fault)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"postgresql://ana:{quote(PASSWORD, safe='')}@127.0.0.1:1/close", id="beside the name"),
        pytest.param(f"postgresql://ana@127.0.0.1:1/close?password={quote(PASSWORD, safe='')}", id="in the query"),
        pytest.param(f"postgresql://ana@127.0.0.1:1/close?nonsense={quote(PASSWORD, safe='')}", id="in a wrong place"),
    ],
)
def test_a_server_that_is_not_there_is_named_without_the_password(url: str, tmp_path: Path) -> None:
    fault = fault_of(lambda: open_record(url, tmp_path / "meridian"))
    assert "127.0.0.1" in fault.where
    for spelled in (PASSWORD, quote(PASSWORD), quote(PASSWORD, safe="")):
        assert spelled not in str(fault)


def test_a_wrong_password_is_not_shown(postgres_server: Server, tmp_path: Path) -> None:
    url = postgres_server.database().replace("postgres@", f"{GUARDED}:hunter2@")
    fault = fault_of(lambda: open_record(url, tmp_path / "meridian"))
    assert "password authentication failed" in fault.found
    assert "hunter2" not in str(fault)


def test_a_user_without_rights_is_told(postgres_server: Server, tmp_path: Path) -> None:
    url = postgres_server.database()
    open_record(url, tmp_path / "meridian").close()
    fault = fault_of(lambda: open_record(url.replace("postgres@", f"{GUARDED}:the right one@"), tmp_path / "meridian"))
    assert fault.found == "no right to use it"


def test_people_who_may_only_add_need_no_other_right(postgres_server: Server, tmp_path: Path) -> None:
    url = postgres_server.database()
    open_record(url, tmp_path / "meridian").close()
    database = url.split("/")[3].split("?")[0]
    postgres_server.execute(f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {GUARDED}", database)
    with open_record(url.replace("postgres@", f"{GUARDED}:the right one@"), tmp_path / "meridian") as record:
        explain(record)
        assert record.verify() == []
        for forbidden in ("DELETE FROM events", "ALTER TABLE events DISABLE TRIGGER ALL", "DROP TABLE events"):
            with pytest.raises(DBAPIError), record._database.engine.begin() as connection:
                connection.exec_driver_sql(forbidden)
        assert record.head.events == 1


def test_a_connection_that_breaks_is_told_and_the_next_one_goes_on(
    postgres_server: Server, postgres_url: str, tmp_path: Path
) -> None:
    with open_record(postgres_url, tmp_path / "meridian") as record:
        with pytest.raises(RecordError, match="terminating connection"), record._database.writing() as connection:
            number = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            postgres_server.execute(f"SELECT pg_terminate_backend({number})")
            connection.exec_driver_sql("SELECT 1")
        explain(record)
        assert record.verify() == []


def test_a_server_with_another_encoding_is_refused(postgres_server: Server, tmp_path: Path) -> None:
    url = postgres_server.database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "LATIN1" in fault_of(lambda: open_record(url, tmp_path / "meridian")).found


def test_a_record_of_a_newer_version_is_refused(place: Place) -> None:
    with place.open() as record, record._database.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    fault = fault_of(place.open)
    assert fault.found == "version 9999" and "newer" in fault.do


def test_the_record_of_another_company_is_refused(place: Place) -> None:
    place.open().close()
    fault = fault_of(
        lambda: open_record(place.url.replace("///close", "///../meridian/close"), place.folder.parent / "other")
    )
    assert (fault.found, fault.expected) == ("the record of meridian", "the record of other")


def test_another_database_is_not_taken_for_a_record(place: Place) -> None:
    with place.open() as record, record._database.engine.begin() as connection:
        for statement in ("CREATE TABLE invoices (id TEXT)", f"DROP TABLE {VERSION_TABLE}"):
            connection.exec_driver_sql(statement)
    assert "invoices" in fault_of(place.open).found


def test_a_record_without_its_events_is_refused(place: Place) -> None:
    with place.open() as record, record._database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE events")
    assert fault_of(place.open).found == "a record without events"


def test_events_taken_away_under_an_open_record_are_told(place: Place) -> None:
    with place.open() as record:
        with record._database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE events")
        for attempt in (lambda: record.head, lambda: explain(record), lambda: record.sign_offs(OCTOBER)):
            fault_of(attempt)
        assert record.verify()


def test_a_file_that_is_no_database_is_refused(file: Place) -> None:
    file.folder.mkdir()
    (file.folder / "close.db").write_text("Not a database. " * 100)
    assert fault_of(file.open).found == "not a database"


def test_a_folder_in_the_place_of_the_file_is_refused(file: Place) -> None:
    (file.folder / "close.db").mkdir(parents=True)
    assert "unable to open database file" in fault_of(file.open).found


def test_a_file_in_the_place_of_the_folder_is_refused(file: Place) -> None:
    file.folder.write_text("")
    fault_of(file.open)


def test_a_file_cut_short_is_told(file: Place) -> None:
    with file.open() as record:
        for number in range(50):
            explain(record, f"{number} " + "x" * 500)
        path = file.folder / "close.db"
        os.truncate(path, path.stat().st_size // 2)
        assert record.verify()
        assert fault_of(lambda: list(record.events())).found == "damaged"


def test_a_payload_that_is_none_is_told(file: Place) -> None:
    with file.open() as record:
        explain(record)
        with closing(sqlite3.connect(file.folder / "close.db")) as connection, connection:
            connection.execute("DROP TRIGGER events_keep_update")
            connection.execute("UPDATE events SET payload = '[]'")
        assert fault_of(lambda: record.explanations(OCTOBER)).where == "event 1 of the record"
        with closing(sqlite3.connect(file.folder / "close.db")) as connection, connection:
            connection.execute("UPDATE events SET payload = CAST(x'ff' AS TEXT)")
        assert fault_of(lambda: record.explanations(OCTOBER)).found == "damaged"
        assert "event 1" in [fault.where for fault in record.verify()]


def test_a_read_only_file_is_read_and_not_written(file: Place) -> None:
    with file.open() as record:
        said = explain(record)
    with open_record("sqlite:///file:close.db?mode=ro&uri=true", file.folder) as record:
        assert list(record.events()) == [said]
        assert record.verify() == []
        assert "not written" in fault_of(lambda: explain(record)).found


def test_a_read_only_database_is_read_and_not_written(postgres_url: str, tmp_path: Path) -> None:
    with open_record(postgres_url, tmp_path / "meridian") as record:
        said = explain(record)
    read_only = f"{postgres_url}&options=-c%20default_transaction_read_only%3Don"
    with open_record(read_only, tmp_path / "meridian") as record:
        assert list(record.events()) == [said]
        assert "not written" in fault_of(lambda: explain(record)).found


def test_a_record_held_by_somebody_else_is_told_after_the_wait(place: Place) -> None:
    with place.open() as holder, place.open(wait=0.2) as record, holder._database.writing():
        assert fault_of(lambda: explain(record)).found == "held by somebody else"
    with place.open(wait=0.2) as record:
        explain(record)


def test_an_append_that_fails_leaves_nothing(place: Place) -> None:
    with place.open() as record:
        before = record.head
        with pytest.raises(KeyboardInterrupt), record._database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE half_done (id TEXT)")
            raise KeyboardInterrupt
        assert record.head == before
        explain(record)
        assert record.verify([before]) == []


def test_the_versions_are_the_migrations() -> None:
    """Guards against a migration that open_record would not run, or a version without one."""
    config = Config()
    config.set_main_option("script_location", "close_library.record:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS
