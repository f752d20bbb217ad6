"""The rows file: the source rows of the figures, one Parquet file beside the document.

Columns: figure, source_table, source_file, source_row, amount, shown; sorted by figure and address. It goes where
CLOSE_ROWS_FILE says when a run executes the notebook; by hand only its digest is taken.

It holds ROWS_AT_MOST rows: the smaller figures first, each whole. Of a figure that is left out it holds the rows that findings
are known by; the document says which figures these are, and the sealed books have every row (`Workpaper.rows_of`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.books import Books
from close_library.evidence import Figure, Finding, Population
from close_library.sources.cast import literal, quoted
from close_library.tables import TABLES

ROWS_AT_MOST = 1_000_000
"""Source rows of one rows file: what a sheet of Excel holds, and more than a person looks at one by one."""

_FINDINGS_AT_MOST = 1000
"""Findings whose rows are looked for in figures that are left out."""

SCHEMA = pa.schema(
    [
        ("figure", pa.string()),
        ("source_table", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
        ("amount", pa.decimal128(38, 4)),
        ("shown", pa.map_(pa.string(), pa.string())),
    ]
)

Address = tuple[str, str, int]


@dataclass(frozen=True)
class Copied:
    """What was copied: the file's sha256, and of the figures that were left out how many rows they have."""

    sha256: str
    left_out: Mapping[str, int]


def write_rows(figures: Iterable[Figure], findings: Sequence[Finding] = (), at_most: int | None = None) -> Copied:
    """Write the rows of the figures, batch by batch; `at_most` is ROWS_AT_MOST unless given."""
    with_rows = sorted((figure for figure in figures if figure.population is not None), key=lambda figure: figure.id)
    left_out = _left_out(with_rows, ROWS_AT_MOST if at_most is None else at_most)
    asked = os.environ.get("CLOSE_ROWS_FILE")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(asked) if asked else Path(folder) / "rows.parquet"
        _write(path, with_rows, left_out, findings)
        with path.open("rb") as file:
            return Copied(hashlib.file_digest(file, "sha256").hexdigest(), left_out)


def write_rows_of(figure: Figure, path: Path) -> None:
    """Write every source row of one figure to a file, however many there are."""
    _write(path, [figure], {}, ())


def _left_out(figures: Sequence[Figure], at_most: int) -> dict[str, int]:
    """The figures for which there is no room when the smaller ones come first, by id: how many rows each has."""
    counts = {figure.id: figure.population.count for figure in figures if figure.population}
    room, left_out = at_most, {}
    for id, count in sorted(counts.items(), key=lambda entry: (entry[1], entry[0])):
        room -= count
        if room < 0 and count:
            left_out[id] = count
    return dict(sorted(left_out.items()))


def _write(path: Path, figures: Sequence[Figure], left_out: Mapping[str, int], findings: Sequence[Finding]) -> None:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for figure in figures:
            assert figure.population is not None
            if figure.id in left_out:
                addresses = _addresses(figure.population.books, findings)
                batches = _rows_at(figure.population, addresses) if addresses else ()
            else:
                batches = _rows(figure.population, "true") if figure.population.count else ()
            for batch in batches:
                if batch.num_rows:
                    writer.write_batch(_named(figure.id, batch))


def _rows(population: Population, condition: str) -> Iterable[pa.RecordBatch]:
    batches: Iterable[pa.RecordBatch] = population.books.stream(
        f"""
        SELECT source_table, source_file, source_row, amount, shown FROM ({population.query}) WHERE {condition}
        ORDER BY source_table, source_file, source_row, amount, CAST(shown AS VARCHAR)
        """
    )
    return batches


def _rows_at(population: Population, addresses: Iterable[Address]) -> Iterable[pa.RecordBatch]:
    """The rows with these addresses: found by their numbers, which files can be searched for."""
    places = ", ".join(f"({literal(table)}, {literal(file)}, {row})" for table, file, row in sorted(addresses))
    numbers = ", ".join(str(row) for row in sorted({row for *_, row in addresses}))
    tables = ", ".join(literal(table) for table in sorted({table for table, *_ in addresses}))
    return _rows(
        population,
        f"source_table IN ({tables}) AND source_row IN ({numbers}) "
        f"AND (source_table, source_file, source_row) IN ({places})",
    )


def _addresses(books: Books, findings: Sequence[Finding]) -> set[Address]:
    """Where the rows stand by which the findings are known."""
    known: dict[str, list[str]] = {}
    for finding in findings[:_FINDINGS_AT_MOST]:
        table, known_by = next(iter(finding.keys.items()))
        known.setdefault(table, []).extend(known_by)
    found: set[Address] = set()
    for table, keys in known.items():
        if table in TABLES and table in books.declared and books.has(table):
            key = " || ':' || ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in TABLES[table].key)
            rows = books.sql(
                f"SELECT source_file, source_row FROM {table} WHERE {key} IN ({', '.join(map(literal, keys))})"
            )
            found |= {(table, row["source_file"], row["source_row"]) for row in rows.to_pylist()}
    return found


def _named(figure: str, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of a batch with the figure that they belong to."""
    names = pa.DictionaryArray.from_arrays(pa.nulls(batch.num_rows, pa.int32()).fill_null(0), pa.array([figure]))
    columns = [names.cast(pa.string()), *batch.columns]
    return pa.RecordBatch.from_arrays([c.cast(f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)
