"""Sealing: sources in, one sorted Parquet file a table and a manifest out, all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from close_library.books.connection import connect, own_share
from close_library.books.linking import linked_programs
from close_library.books.owner import Owners
from close_library.books.relations import relations
from close_library.books.snapshot import (
    FORMAT,
    Manifest,
    begin,
    commit,
    file_digest,
    finish,
    is_intact,
    is_unfinished,
    read_manifest,
)
from close_library.books.trouble import keeping_whole
from close_library.books.writing import shares, write_table
from close_library.money import spell
from close_library.sources import SYSTEMS, Extract, Reading, SourceSetting, list_files, read_sources
from close_library.sources.faults import FaultLog
from close_library.sources.reading import SourceFiles
from close_library.tables import TABLES

LAYOUT = 2
"""What the manifest holds; books of an older layout are sealed again."""

Progress = Callable[[str, int, int], None]


def seal(
    books_dir: Path,
    sources: Sequence[SourceSetting],
    *,
    period: str = "",
    progress: Progress | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> Manifest:
    """Seals all rows of all sources into `books_dir` and returns the manifest; at once when nothing has changed.

    Either the new books are complete, or the old ones are still there. Raises SourceError with all faults of
    all files, and BooksError when the folder can't be written.
    """
    faults = FaultLog()
    listed = list_files(sources, SYSTEMS, faults)
    inputs = inputs_digest(listed, period)
    if not faults.count:
        found = read_manifest(books_dir) if books_dir.is_dir() else None
        if found and found[0].get("inputs") == inputs and is_intact(books_dir, *found):
            if is_unfinished(books_dir):
                with keeping_whole(books_dir):
                    finish(books_dir)
            return found[0]
    with keeping_whole(books_dir):
        working = begin(books_dir)
        share = own_share()
        connection = connect(
            threads=threads or share[0], memory_limit=memory_limit or share[1], temporary=working / "staged" / "spilled"
        )
        try:
            extracts = read_sources(listed, SYSTEMS, Reading(connection, working / "staged"), faults, progress)
            tables = _seal_tables(connection, working, extracts, inputs, progress)
            linked = linked_programs(connection, {name: working / f"{name}.parquet" for name in tables})
        finally:
            connection.close()
        manifest = {
            "format": FORMAT,
            "period": period,
            "inputs": inputs,
            "tables": tables,
            "linked": linked,
            "sources": [
                {"system": source.system, "path": source.path, "notices": list(source.notices)} for source in listed
            ],
        }
        commit(books_dir, manifest)
    return manifest


def inputs_digest(listed: Sequence[SourceFiles], period: str) -> str:
    """The digest of everything that the books are made from: the files, the tables, the program versions."""
    made_from = {
        "format": FORMAT,
        "layout": LAYOUT,
        "period": period,
        "duckdb": duckdb.__version__,
        "tables": hashlib.sha256(repr(TABLES).encode()).hexdigest(),
        "sources": [
            [s.system, s.path, list(s.notices), [[raw.file, raw.table, s.digests[raw.path]] for raw in s.files]]
            for s in listed
        ],
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _seal_tables(
    connection: duckdb.DuckDBPyConnection,
    working: Path,
    extracts: Sequence[Extract],
    inputs: str,
    progress: Progress | None,
) -> dict[str, Any]:
    """Writes each table that the sources hold; returns its entries of the manifest."""
    owners = Owners(connection, working / "staged", relations(extracts))
    held = [table for table in TABLES.values() if any(e.raw.table == table.name for e in extracts)]
    entries: dict[str, Any] = {}
    for number, table in enumerate(held):
        if progress:
            progress(f"sealing {table.name}", number, len(held))
        path = working / f"{table.name}.parquet"
        of_table = [e for e in extracts if e.raw.table == table.name]
        read = sum(e.rows for e in of_table)
        rows, digests = write_table(
            connection, table, owners.query(table), [e.raw for e in of_table], path, inputs, read, working / "staged"
        )
        owners.remember(table)
        assert rows == read, f"{table.name}: rows were lost or multiplied"
        held_by = shares(connection, table, path)
        entries[table.name] = {
            "file": path.name,
            "bytes": path.stat().st_size,
            "sha256": file_digest(path),
            "rows": rows,
            "control_total": _total(of_table),
            "owners": digests,
            "sources": [{**source_entry(e), "owners": held_by.get((e.raw.system, e.raw.file), {})} for e in of_table],
        }
    if progress:
        progress("sealed", len(held), len(held))
    return entries


def _total(extracts: Sequence[Extract]) -> str | None:
    totals = [Decimal(e.control_total) for e in extracts if e.control_total is not None]
    return spell(sum(totals, Decimal(0))) if totals else None


def source_entry(extract: Extract) -> dict[str, Any]:
    """A source file in the manifest."""
    return {
        "file": extract.raw.file,
        "system": extract.raw.system,
        "sha256": extract.sha256,
        "rows": extract.rows,
        "control_total": extract.control_total,
        "notices": list(extract.notices),
    }
