"""A private PostgreSQL server for tests: on a socket of its own, gone when the tests end.

`from tests.record.postgres import postgres_server, postgres_url  # noqa: F401` in a conftest or a test module gives the
fixture `postgres_url`, the address of an empty database. Without PostgreSQL's programs such a test is skipped.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.waiting import PATIENCE

GUARDED = "guarded"
"""A user of the server who needs a password."""


@dataclass
class Server:
    """A running server and the numbers of its databases."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(f"host={self.folder} user=postgres dbname={database}", autocommit=True) as connection:
            connection.execute(statement.encode())

    def database(self, options: str = "") -> str:
        """The address of a new, empty database."""
        name = f"record_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        return f"postgresql://postgres@/{name}?host={self.folder}"


def _programs() -> Path | None:
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    return next(iter([*found, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]), None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for all tests of this process."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (initdb is neither on the path nor in /usr/lib/postgresql)")
    person: dict[str, Any] = {}
    if os.geteuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("the tests run as root, and there is no user postgres to run a server")
        person = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # Not in tmp_path: the name of a socket is at most 107 bytes, and only this folder belongs to the server.
    folder = Path(tempfile.mkdtemp(prefix="record_pg_", dir="/tmp"))
    if person:
        os.chown(folder, person["user"], person["group"])
    data = folder / "data"
    initdb = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **person)
    (data / "pg_hba.conf").write_text(f"local all {GUARDED} scram-sha-256\nlocal all all trust\n")
    settings = ["listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "max_connections=40"]
    command = [str(programs / "postgres"), "-D", str(data), *(part for setting in settings for part in ("-c", setting))]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **person)
    try:
        server = Server(folder)
        _wait_for(server, process)
        server.execute(f"CREATE USER {GUARDED} PASSWORD 'the right one'")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: Server) -> str:
    """The address of an empty database on a server of our own."""
    return postgres_server.database()


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return server.execute("SELECT 1")
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((server.folder / "log").read_text(errors="replace")) from None
            time.sleep(0.05)
