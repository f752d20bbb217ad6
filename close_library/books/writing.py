"""Writing a table: sorted by owner, date and key, in the same bytes for the same rows; and its digests by owner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from close_library.books.snapshot import SEAL
from close_library.sources.cast import literal, quoted
from close_library.tables import PROVENANCE, Table

ROW_GROUP = 100_000

NO_OWNER = "_none"
"""The name in the manifest for rows that no program owns."""


def write_table(connection: duckdb.DuckDBPyConnection, table: Table, query: str, path: Path, inputs: str) -> int:
    """Writes the owned rows of a table as Parquet and returns their number.

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
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        for group in _groups(reader):
            writer.write_table(group.replace_schema_metadata(schema.metadata), row_group_size=ROW_GROUP)
            written += group.num_rows
    return written


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


def digests_by_owner(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> dict[str, str]:
    """Owner → a digest of its rows, whatever their order: it changes when one of them changes."""
    source = f"read_parquet({literal(str(path))})"
    columns = [quoted(name) for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    counted = connection.execute(
        f"SELECT owner_program_id, count(*), CAST(sum(hash(hash({', '.join(columns)}))) AS VARCHAR) "
        f"FROM {source} GROUP BY owner_program_id ORDER BY owner_program_id NULLS FIRST"
    ).fetchall()
    return {
        NO_OWNER if owner is None else owner: hashlib.sha256(f"{table.name}:{rows}:{total}".encode()).hexdigest()
        for owner, rows, total in counted
    }
