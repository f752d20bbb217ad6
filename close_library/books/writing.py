"""Writing a table: sorted by owner, date and key, in the same bytes for the same rows, with the digest of each owner's."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from close_library.books.digests import RowDigests
from close_library.books.shares import NO_OWNER
from close_library.books.snapshot import SEAL
from close_library.money import spell
from close_library.sources.cast import literal, quoted
from close_library.tables import PROVENANCE, Table

ROW_GROUP = 100_000


def write_table(
    connection: duckdb.DuckDBPyConnection, table: Table, query: str, path: Path, inputs: str
) -> tuple[int, dict[str, str]]:
    """Writes the owned rows of a table as Parquet; returns their number, and owner → the digest of its rows.

    The order is total (owner, date, key, then source order) and row groups are cut by count, so the bytes
    depend on nothing but the rows.
    """
    order = ["owner_program_id NULLS FIRST"]
    order += [f"{quoted(name)} NULLS FIRST" for name in dict.fromkeys([table.date, *table.key]) if name]
    last = ("owner_program_id", *PROVENANCE)
    rows = (
        f"SELECT * EXCLUDE (_file, {', '.join(last)}), {', '.join(last)} FROM ({query}) "
        f"ORDER BY {', '.join(order)}, _file, source_row"
    )
    reader = connection.sql(rows).to_arrow_reader(ROW_GROUP)
    schema = reader.schema.with_metadata({SEAL: inputs.encode()})
    written, digests = 0, RowDigests(schema, "owner_program_id")
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for group in _groups(reader):
            writer.write_table(group.replace_schema_metadata(schema.metadata), row_group_size=ROW_GROUP)
            digests.add(group)
            written += group.num_rows
    return written, digests.by_owner()


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
