"""A DuckDB connection for the books: in memory, UTC, no network, a share of the machine."""

from __future__ import annotations

import os
import random
import resource
import tempfile
from pathlib import Path

import duckdb

from close_library.books.sql import add_macros
from close_library.sources.cast import literal

SCRATCH = "close-run-"
"""How the temporary folders of a process begin; its number comes next, so that a dead one's are known."""

_TIGHT = 4 << 30
"""An address space in bytes in which threads, each with its own arenas, would not leave enough for the data."""


def own_share() -> tuple[int, str]:
    """Threads and memory for a seal by itself: what a small process may use, less where it is kept short."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_AS)
    if allowed != resource.RLIM_INFINITY and allowed < _TIGHT:
        return 1, "256MB"
    return min(os.cpu_count() or 1, 4), "640MB"


def connect(
    *, threads: int | None = None, memory_limit: str | None = None, temporary: Path | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with our words of SQL; `temporary` is where what exceeds `memory_limit` goes, by default the system's
    own place.
    """
    connection = _taken() if _ahead else _opened()
    _set(connection, "threads", threads)
    _set(connection, "async_threads", 0 if threads == 1 else None)  # a single thread reads its files itself
    if memory_limit:
        _set(connection, "memory_limit", literal(memory_limit))
    # Without a word from us DuckDB would spill into the working directory.
    spilled = temporary or Path(tempfile.gettempdir()) / f"{SCRATCH}{os.getpid()}-spilled"
    _set(connection, "temp_directory", literal(str(spilled)))
    return connection


def open_ahead() -> None:
    """Open the connection that processes forked from this one take: it takes longer than most of their questions.

    Until it is taken it has no thread, which a fork would not survive, and it holds no row.
    """
    _ahead.append(_opened(threads=1, async_threads=0))


def _opened(**config: str | bool | int | float | list[str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=config)
    _set(connection, "TimeZone", "'UTC'")
    [shows_progress] = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0]
    if shows_progress:  # it would print into `--json`; in a notebook it is off, and to say so again is an error
        _set(connection, "enable_progress_bar", "false")
    _set(connection, "autoinstall_known_extensions", "false")
    _set(connection, "preserve_insertion_order", "true")
    add_macros(connection)
    return connection


def _taken() -> duckdb.DuckDBPyConnection:
    """The connection that was opened ahead. Chance is seeded anew, else it would repeat in every process."""
    connection = _ahead.pop()
    connection.execute(f"SELECT setseed({random.uniform(-1, 1)})").fetchall()
    return connection


def _set(connection: duckdb.DuckDBPyConnection, setting: str, value: object) -> None:
    """Set, or for None reset to what a connection of this machine has."""
    connection.execute(f"RESET {setting}" if value is None else f"SET {setting} = {value}").fetchall()


_ahead: list[duckdb.DuckDBPyConnection] = []
"""The connection that was opened ahead, until it is taken."""
