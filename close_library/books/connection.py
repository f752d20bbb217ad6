"""A DuckDB connection for the books: in memory, UTC, no network, a share of the machine."""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path

import duckdb

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
    """A connection; `temporary` is where what exceeds `memory_limit` goes, by default the system's own place."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'").fetchall()
    [shows_progress] = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()[0]
    if shows_progress:  # it would print into `--json`; in a notebook it is off, and to say so again is an error
        connection.execute("SET enable_progress_bar = false").fetchall()
    connection.execute("SET autoinstall_known_extensions = false").fetchall()
    connection.execute("SET preserve_insertion_order = true").fetchall()
    if threads:
        connection.execute(f"SET threads = {int(threads)}").fetchall()
    if memory_limit:
        connection.execute(f"SET memory_limit = {literal(memory_limit)}").fetchall()
    # Without a word from us DuckDB would spill into the working directory.
    spilled = temporary or Path(tempfile.gettempdir()) / f"{SCRATCH}{os.getpid()}-spilled"
    connection.execute(f"SET temp_directory = {literal(str(spilled))}").fetchall()
    return connection
