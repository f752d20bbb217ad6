"""The rows behind signed closing balances, as the next period sees them: from them a restatement is told line by line.

A signature takes the digest of these rows into the record. The next period's run takes the rows themselves from the rows file of
the signed workpaper into the table `said_populations` of its books, and only rows that have this digest; once there they stay,
whatever becomes of the file. Where they are not at hand, or too many to be read line by line, a restatement leads to the
signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from close_library.period import Period
from close_library.record import Event, SignedRows
from close_library.run.planning.plan import folder_of
from close_library.run.said.said_tables import Rows, table_written, write_said_tables

if TYPE_CHECKING:
    from close_library.record import Record

TABLE = "said_populations"
FIGURE = "closing_balance"
"""The figure that the next period opens with."""

ROWS_AT_MOST = 50_000
"""Rows behind one balance: beyond that nobody reads what changed line by line."""

Row = tuple[str | int | None, ...]


class Line(NamedTuple):
    """A row behind a signed figure: its address, what it is called (its document, its contract), its exact amount."""

    source_table: str
    source_file: str
    source_row: str
    name: str
    amount: str


_NOTHING = Line("", "", "", "", "0")
"""Stands for a balance without rows, to tell it from one whose rows are not at hand."""


def row_digests(document: Mapping[str, Any], rows_file: Path) -> dict[str, str]:
    """Figure → digest of its rows, of what a signature binds the next period's opening to."""
    if FIGURE not in document["figures"]:
        return {}
    lines = _lines_of(rows_file, document["figures"][FIGURE]["rows"])
    return {} if lines is None else {FIGURE: digest_of(lines)}


def digest_of(lines: Iterable[Line]) -> str:
    """The sha256 of rows, in whatever order they come."""
    return hashlib.sha256(json.dumps(sorted(lines), ensure_ascii=False).encode()).hexdigest()


def take_down_rows(record: Record | None, company_folder: Path, period: Period) -> None:
    """Write the table of the rows that were signed for the prior period into the books of this one."""
    prior, books = str(period.prior), company_folder / str(period) / "books"
    signed = [] if record is None else record.signed_rows(str(period), since=prior)
    there = dict(lines_by_signature(table_written(books, TABLE) or []))
    rows: list[tuple[str | int, ...]] = []
    for each in signed:
        lines = _at_hand(each, there, company_folder / prior / folder_of(each.program))
        head = (each.period, each.program, each.ref, each.figure)
        rows += [] if lines is None else [(*head, *line, each.event) for line in lines or [_NOTHING]]
    write_said_tables(books, {TABLE: sorted(rows)})


def lines_by_signature(rows: Rows) -> Iterator[tuple[Row, list[Line]]]:
    """(period, program, ref, figure, event) → its rows, of the table as it was written."""
    by_signature = sorted(rows, key=_signature_of)
    for signature, of_one in groupby(by_signature, _signature_of):
        lines = [Line(*(str(cell) for cell in row[4:9])) for row in of_one]
        yield signature, [line for line in lines if line != _NOTHING]


def rows_not_signed(written: Rows, events: Iterable[Event]) -> Iterator[str]:
    """What of the table no review signed, each in words: the rows of a figure that are not those with the signed digest."""
    signed: dict[Row, str] = {
        (event.period, event.program, event.ref, figure, event.seq): digest
        for event in events
        if event.kind == "reviewed"
        for figure, digest in event.payload.get("rows", {}).items()
    }
    for signature, lines in lines_by_signature(written):
        if signed.get(signature) != digest_of(lines):
            yield f"not the rows that were signed: {' '.join(map(str, signature))}"


def _signature_of(row: Row) -> Row:
    return (*row[:4], row[-1])


def _known_by(signed: SignedRows) -> Row:
    return (signed.period, signed.program, signed.ref, signed.figure, signed.event)


def _at_hand(signed: SignedRows, there: Mapping[Row, list[Line]], folder: Path) -> list[Line] | None:
    """The rows with the signed digest: those that the books hold already, else those of the rows file; else None."""
    held = there.get(_known_by(signed))
    if held is not None and digest_of(held) == signed.digest:
        return held
    if signed.digest == digest_of([]):
        return []
    for path in sorted(folder.glob(f"{signed.ref}_*.rows.parquet")):
        lines = _lines_of(path, 0)
        if lines is not None and digest_of(lines) == signed.digest:
            return lines
    return None


def _lines_of(rows_file: Path, expected: int) -> list[Line] | None:
    """The rows of the balance in a rows file; None: no such file or no whole one, not all are in it, or too many."""
    if expected > ROWS_AT_MOST or not rows_file.is_file():
        return None
    lines: list[Line] = []
    try:
        with pq.ParquetFile(rows_file) as file:
            for batch in file.iter_batches():
                lines += map(_line, batch.filter(pc.equal(batch["figure"], FIGURE)).to_pylist())
                if len(lines) > ROWS_AT_MOST:
                    return None
    except (OSError, KeyError, pa.ArrowException):
        return None
    return None if len(lines) < expected else lines


def _line(row: Mapping[str, Any]) -> Line:
    seen = dict(row["shown"])
    name = next(iter(seen.values()), None)
    amount: Decimal = row["amount"]
    return Line(row["source_table"], row["source_file"], str(row["source_row"]), name or "", format(amount, "f"))
