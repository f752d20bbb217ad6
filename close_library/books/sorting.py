"""The rows of a table in the order of the books, however many there are: by owner, date and key, then as the sources have them.

What fits into memory is sorted at once. More is sorted some days at a time, each span of days into a file beside the books;
then the rows of one owner after the other are read from all spans. So memory holds one span, and the disk is written to once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from close_library.sources.cast import quoted
from close_library.tables import Table

BYTES_A_ROW = 400
"""What a row takes while it is sorted: about twice what the rows of the widest tables take as they are."""

_BATCH, _OF_A_SPAN = 100_000, 20_000
"""Rows that are taken at once; of each span so many are held."""


@dataclass(frozen=True)
class _Span:
    """Some days of a table, sorted, in a file; how many rows each owner has there, in the order of owners."""

    path: Path
    rows: tuple[int, ...]


def sorted_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, query: str, rows: int, folder: Path
) -> pa.RecordBatchReader:
    """The rows of a query in the order of the books; its columns but the system and the file, then `owner_program_id`,
    `source_row` and `_file`.

    `rows`: how many they are. `folder` is where spans may lie; they are removed when all are read.
    """
    order = ["owner_program_id NULLS FIRST"]
    order += [f"{quoted(name)} NULLS FIRST" for name in dict.fromkeys([table.date, *table.key]) if name]
    asked = (
        "SELECT * EXCLUDE (_file, source_system, source_file, owner_program_id, source_row), owner_program_id, source_row, _file "
        f"FROM ({query})"
    )
    by = f"ORDER BY {', '.join(order)}, _file, source_row"
    at_once = rows_at_once(connection)
    dated = table.column(table.date) if table.date else None
    if rows <= at_once or dated is None or dated.type != "date":
        return connection.sql(f"{asked} {by}").to_arrow_reader(_BATCH)
    folder.mkdir(parents=True, exist_ok=True)
    days = _days(connection, query, quoted(dated.name))
    owners = sorted({owner for owner, _, _ in days}, key=lambda owner: (owner is not None, owner or ""))
    spans = []
    for number, condition in enumerate(_conditions(days, quoted(dated.name), at_once)):
        path = folder / f"days-{number}.arrow"
        reader = connection.sql(f"{asked} WHERE {condition} {by}").to_arrow_reader(_OF_A_SPAN)
        spans.append(_Span(path, _write(reader, path, owners)))
    schema = connection.sql(f"{asked} LIMIT 0").to_arrow_table().schema
    return pa.RecordBatchReader.from_batches(schema, _merged(spans, len(owners)))


def rows_at_once(connection: duckdb.DuckDBPyConnection) -> int:
    """How many rows are sorted in the memory that a connection has."""
    [(limit,)] = connection.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchall()
    return int(limit) // BYTES_A_ROW


Days = Sequence[tuple[str | None, str | None, int]]
"""Owner, date, how many rows."""


def _days(connection: duckdb.DuckDBPyConnection, query: str, date: str) -> Days:
    return connection.execute(
        f"SELECT owner_program_id, CAST({date} AS VARCHAR), count(*) FROM ({query}) GROUP BY ALL"
    ).fetchall()


def _conditions(days: Days, date: str, at_once: int) -> Iterator[str]:
    """Conditions that cut the dates, those without one first, into spans of at most so many rows; a day is never cut."""
    counts: dict[str, int] = {}
    undated = 0
    for _, day, rows in days:
        if day is None:
            undated += rows
        else:
            counts[day] = counts.get(day, 0) + rows
    if undated:
        yield f"{date} IS NULL"
    span: list[str] = []
    held = 0
    for day in sorted(counts):
        if span and held + counts[day] > at_once:
            yield f"{date} BETWEEN DATE '{span[0]}' AND DATE '{span[-1]}'"
            span, held = [], 0
        span.append(day)
        held += counts[day]
    if span:
        yield f"{date} BETWEEN DATE '{span[0]}' AND DATE '{span[-1]}'"


def _write(reader: pa.RecordBatchReader, path: Path, owners: Sequence[str | None]) -> tuple[int, ...]:
    """Write a span; returns how many rows each owner has in it."""
    numbers, counts = {owner: n for n, owner in enumerate(owners)}, [0] * len(owners)
    place = reader.schema.get_field_index("owner_program_id")
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, reader.schema, options=options) as writer:
        for batch in reader:
            writer.write_batch(batch)
            for found in batch.column(place).value_counts():
                counts[numbers[found["values"].as_py()]] += found["counts"].as_py()
    return tuple(counts)


def _merged(spans: Sequence[_Span], owners: int) -> Iterator[pa.RecordBatch]:
    """The rows of one owner after the other, of each the spans in the order of their days."""
    readers = [_read(span.path) for span in spans]
    held: list[pa.RecordBatch | None] = [None] * len(spans)
    for owner in range(owners):
        for number, span in enumerate(spans):
            missing = span.rows[owner]
            while missing:
                batch = held[number] or next(readers[number])
                taken = min(missing, batch.num_rows)
                yield batch.slice(0, taken)
                missing -= taken
                held[number] = batch.slice(taken) if taken < batch.num_rows else None
    for span in spans:
        span.path.unlink()


def _read(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path), "rb") as file:
        reader = pa.ipc.open_file(file)
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)
