"""The rows file: the source rows of every figure, one Parquet file beside the document.

Columns: figure, source_table, source_file, source_row, amount, shown; sorted by figure and address. It goes where
CLOSE_ROWS_FILE says when a run executes the notebook; by hand only its digest is taken.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.evidence import Figure

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


def write_rows(figures: Iterable[Figure]) -> str:
    """Write the rows of all figures, batch by batch; returns the file's sha256."""
    asked = os.environ.get("CLOSE_ROWS_FILE")
    if asked:
        return _write(Path(asked), figures)
    with tempfile.TemporaryDirectory() as folder:
        return _write(Path(folder) / "rows.parquet", figures)


def _write(path: Path, figures: Iterable[Figure]) -> str:
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for figure in sorted(figures, key=lambda figure: figure.id):
            if figure.population is None:
                continue
            reader = figure.population.books.stream(
                f"""
                SELECT source_table, source_file, source_row, amount, shown FROM ({figure.population.query})
                ORDER BY source_table, source_file, source_row, amount, CAST(shown AS VARCHAR)
                """
            )
            for batch in reader:
                names = pa.array([figure.id], pa.string()).dictionary_encode()
                column = pa.DictionaryArray.from_arrays(
                    pa.nulls(batch.num_rows, pa.int32()).fill_null(0), names.dictionary
                )
                columns = [column.cast(pa.string()), *batch.columns]
                writer.write_batch(
                    pa.RecordBatch.from_arrays(
                        [c.cast(f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
                    )
                )
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
