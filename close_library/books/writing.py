"""Writing a table: sorted by owner, date and key, in the same bytes for the same rows, with the digest of each owner's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from close_library.books.beside import Beside
from close_library.books.digests import RowDigests
from close_library.books.shares import NO_OWNER
from close_library.books.snapshot import SEAL
from close_library.books.sorting import sorted_rows
from close_library.money import spell
from close_library.sources.cast import literal, quoted
from close_library.sources.extract import RawFile
from close_library.tables import Table

ROW_GROUP = 100_000


def write_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    query: str,
    files: Sequence[RawFile],
    path: Path,
    inputs: str,
    rows: int,
    staged: Path,
) -> tuple[int, dict[str, str]]:
    """Writes the owned rows of a table as Parquet; returns their number, and owner → the digest of its rows.

    `files` are those that the rows' `_file` counts; `rows` says how many there are, `staged` where to put what is too much to
    sort at once. The order is total (owner, date, key, then source order) and row groups are
    cut by count, so the bytes depend on nothing but the rows.
    """
    names = ("source_system", "source_file")
    # What is the same in a whole file is not sorted with its rows: it is put beside them when they are written.
    reader = sorted_rows(connection, table, query, rows, staged)
    fields = list(reader.schema)
    fields[-2:] = [*(pa.field(name, pa.string()) for name in names), fields[-2]]
    schema = pa.schema(fields, {SEAL: inputs.encode()})
    written, digests = 0, RowDigests(schema, "owner_program_id")
    with pq.ParquetWriter(path, schema, **compressed(schema, table.key)) as writer, Beside() as beside:
        for group in _groups(reader):
            whole = _with_files(group, schema, files)
            beside.do(partial(writer.write_table, whole, row_group_size=ROW_GROUP), partial(digests.add, whole))
            written += group.num_rows
    return written, digests.by_owner()


def compressed(schema: pa.Schema, key: Sequence[str]) -> dict[str, Any]:
    """How Parquet is written: a dictionary of the values of each column, but for those whose values are all different."""
    unique = {"source_row", *key} if len(key) == 1 else {"source_row"}
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [name for name in schema.names if name not in unique],
    }


def _with_files(group: pa.Table, schema: pa.Schema, files: Sequence[RawFile]) -> pa.Table:
    """The rows with the system and the file that they come from."""
    numbers = group.column("_file").combine_chunks()
    columns = [*group.columns[:-2]]
    for names in ([raw.system for raw in files], [raw.file for raw in files]):
        columns.append(pa.array(names, pa.string()).take(numbers))
    return pa.Table.from_arrays([*columns, group.column("source_row")], schema=schema)


def _groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows of a stream in groups of exactly ROW_GROUP, each one chunk."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        held.append(batch)
        count += batch.num_rows
        while count >= ROW_GROUP:
            joined = pa.Table.from_batches(held)
            yield joined.slice(0, ROW_GROUP).combine_chunks()
            held = joined.slice(ROW_GROUP).to_batches()
            count -= ROW_GROUP
    if count:
        yield pa.Table.from_batches(held).combine_chunks()


def shares(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """(system, file) → owner → how many of its rows come from there, and their control total."""
    total = f"CAST(sum({quoted(table.amount)}) AS DECIMAL(38,6))" if table.amount else "NULL"
    counted = connection.execute(
        f"SELECT source_system, source_file, owner_program_id, count(*), {total} "
        f"FROM read_parquet({literal(str(path))}) GROUP BY ALL ORDER BY ALL NULLS FIRST"
    ).fetchall()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for system, file, owner, rows, amount in counted:
        of_file = found.setdefault((system, file), {})
        name = NO_OWNER if owner is None else owner
        before = of_file.get(name, {"rows": 0, "control_total": None})
        added = [Decimal(each) for each in (before["control_total"], amount) if each is not None]
        of_file[name] = {
            "rows": before["rows"] + rows,
            "control_total": spell(sum(added, Decimal(0))) if added else None,
        }
    return found
