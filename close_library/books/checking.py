"""Checking sources without sealing: everything is read and cast, nothing is kept."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from close_library.books.connection import SCRATCH, connect, own_share
from close_library.books.currencies import currency_notices
from close_library.books.relations import relations
from close_library.books.sealing import Progress
from close_library.books.trouble import spoken
from close_library.sources import SYSTEMS, Extract, Reading, SourceSetting, list_files, read_sources
from close_library.sources.cast import quoted
from close_library.sources.faults import FaultLog
from close_library.tables import TABLES, Reference, Table


@dataclass(frozen=True)
class FileReport:
    """What one source file holds. `table` is empty for what was noticed about a folder rather than a file."""

    table: str
    system: str
    file: str
    place: str
    rows: int
    sha256: str
    control_total: str | None
    notices: tuple[str, ...]


def check(
    sources: Sequence[SourceSetting],
    *,
    progress: Progress | None = None,
    functional_currency: str = "",
    closing: date | None = None,
) -> list[FileReport]:
    """Reads and checks every file of every source; raises SourceError with all faults of all files.

    Duplicate keys and references to rows that do not exist are counted as notices: they are findings of the
    close, not errors. With a functional currency and the last day of a period, so are exchange rates that rows
    dated to that day will miss, and currencies that are none.
    """
    faults = FaultLog()
    listed = list_files(sources, SYSTEMS, faults)
    with spoken(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        threads, memory = own_share()
        connection = connect(threads=threads, memory_limit=memory, temporary=Path(folder) / "spilled")
        try:
            extracts = read_sources(listed, SYSTEMS, Reading(connection, Path(folder)), faults, progress)
            noticed = _findings_ahead(connection, extracts)
            if functional_currency and closing:
                held = {e.raw.table for e in extracts}
                rows = relations(extracts)
                for name, notices in currency_notices(connection, rows, held, functional_currency, closing).items():
                    first = next(e for e in extracts if e.raw.table == name)
                    noticed.setdefault((name, id(first)), []).extend(notices)
        finally:
            connection.close()
    reports = [_report(extract, noticed) for extract in extracts]
    reports += [
        FileReport("", source.system, "", source.path, 0, "", None, source.notices)
        for source in listed
        if source.notices
    ]
    return reports


def _report(extract: Extract, noticed: dict[tuple[str, int], list[str]]) -> FileReport:
    raw = extract.raw
    notices = (*extract.notices, *noticed.get((raw.table, id(extract)), []))
    return FileReport(
        raw.table, raw.system, raw.file, raw.place, extract.rows, extract.sha256, extract.control_total, notices
    )


def _findings_ahead(
    connection: duckdb.DuckDBPyConnection, extracts: Sequence[Extract]
) -> dict[tuple[str, int], list[str]]:
    """What the close will find about keys and references, by file."""
    rows = relations(extracts)
    held = {e.raw.table for e in extracts}
    noticed: dict[tuple[str, int], list[str]] = {}
    for name in sorted(held):
        of_table = [e for e in extracts if e.raw.table == name]
        table = TABLES[name]
        found = [(_repeated(connection, table, rows[name]), f"repeat the key {':'.join(table.key)}")]
        for reference in table.references:
            if reference.table in held:
                counts = _unknown(connection, reference, rows[name], rows[reference.table])
                found.append((counts, f"name a {reference.column} that {reference.table} lacks"))
        for counts, what in found:
            for number, count in counts.items():
                text = f"{count} {'row' if count == 1 else 'rows'} {what}" if count != 1 else f"1 row {_singular(what)}"
                noticed.setdefault((name, id(of_table[number])), []).append(text)
    return noticed


def _singular(what: str) -> str:
    verb, _, rest = what.partition(" ")
    return f"{verb}s {rest}"


def _repeated(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> Counter[int]:
    """By file: rows whose key an earlier row has."""
    key = ", ".join(quoted(name) for name in table.key)
    return Counter(
        dict(
            connection.execute(
                f"SELECT _file, count(*) FROM (SELECT _file FROM {rows} "
                f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _file, source_row) > 1) "
                "GROUP BY _file ORDER BY _file"
            ).fetchall()
        )
    )


def _unknown(connection: duckdb.DuckDBPyConnection, reference: Reference, rows: str, target: str) -> Counter[int]:
    """By file: rows that refer to a row that is not there."""
    column = quoted(reference.column)
    return Counter(
        dict(
            connection.execute(
                f"SELECT _file, count(*) FROM {rows} r WHERE {column} IS NOT NULL "
                f"AND NOT EXISTS (SELECT 1 FROM {target} t WHERE t.{quoted(reference.key)} = r.{column}) "
                "GROUP BY _file ORDER BY _file"
            ).fetchall()
        )
    )
