"""What was signed, written into the books as a run does before the notebooks start: one line of text a row.

    sign_figures(books, "2026-04 atlas 30 closing_balance 100.00")
    sign_items(books, "2026-04 atlas 20 20:document:inv-1 100.00 2026-04-10")

The number of the event counts from 1, or stands at the end of a line: `… 100.00 @1`. What was signed is seen by a scope that is
opened afterwards.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.tables import SAID

_ARROW = {"VARCHAR": pa.string(), "BIGINT": pa.int64()}


def sign_figures(books: Path, *lines: str) -> None:
    """Write the table of signed figures: period, program, ref, figure, amount."""
    _write(books, "said_figures", "period program ref figure amount", lines)


def sign_items(books: Path, *lines: str) -> None:
    """Write the table of signed reconciling items: period, program, ref, item, amount, first_date."""
    _write(books, "said_items", "period program ref item amount first_date", lines)


def sign_rows(books: Path, *lines: str) -> None:
    """Write the table of the rows behind signed figures: period, program, ref, figure, table, file, row, name, amount."""
    columns = "period program ref figure source_table source_file source_row name amount"
    _write(books, "said_populations", columns, lines)


def _write(books: Path, table: str, columns: str, lines: tuple[str, ...]) -> None:
    schema = pa.schema([(name, _ARROW[kind]) for name, kind in SAID[table].items()])
    rows = []
    for event, line in enumerate(lines, 1):
        line, _, signed = line.partition(" @")
        event = int(signed or event)
        cells = [None if cell == "." else cell for cell in line.split()]
        rows.append(dict.fromkeys(schema.names) | dict(zip(columns.split(), cells, strict=True)) | {"event": event})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), books / f"{table}.parquet")
