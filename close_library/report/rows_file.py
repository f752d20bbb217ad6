"""The source rows behind a document's figures: counted, read in batches, searched, and put together by document.

The rows file is Parquet, sorted by figure and address, so each figure's rows are one block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from close_library.errors import Fault, ReportError
from close_library.report.wording import count_of

_BATCH_ROWS, _BUFFER, _HELD_ROWS = 5_000, 1 << 16, 20_000


class SourceRow(NamedTuple):
    """One row behind a figure: its address, its amount, what a reader sees of it, how many rows it stands for."""

    figure: str
    source_table: str
    source_file: str
    source_row: int | None
    amount: Decimal | None
    shown: dict[str, str]
    rows: int = 1


@dataclass(frozen=True)
class Block:
    """A figure's rows in a sheet: first and last line (from 2, below the heading), how many rows they are, their sum."""

    first: int
    last: int
    rows: int
    total: Decimal


Sums = Mapping[tuple[str, ...], tuple[Decimal, int]]
"""Figure and shown values → the exact sum of the rows, and how many they are."""

Address = tuple[str, str, int | None]
"""Where a source row stands: table, file, line."""


def address_of_row(row: SourceRow) -> Address:
    """Where a row comes from."""
    return row.source_table, row.source_file, row.source_row


class RowsFile:
    """The rows file of one document, or none: then every question has an empty answer."""

    def __init__(self, path: Path | None, document: Mapping[str, Any]) -> None:
        """Open the rows file; raises ReportError when it is not the one that the document was made with."""
        self.path = path
        self.left_out: dict[str, int] = dict((document.get("rows") or {}).get("left_out") or {})
        """Figures whose rows were too many to be copied, with their number; of these the file holds what findings name."""
        if path is not None:
            _check_digest(path, (document.get("rows") or {}).get("sha256"))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows each figure has, in the order of the file."""
        return {figure: block.rows for figure, block in self.blocks.items()}

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return sum(self.counts.values())

    @cached_property
    def blocks(self) -> dict[str, Block]:
        """Where each figure's rows stand in the order of the file, how many they are, and their exact sum."""
        blocks: dict[str, Block] = {}
        line = 1
        for batch in self._batches(["figure", "amount"]):
            order = pa.array(range(batch.num_rows), pa.int64())
            table = pa.table({"figure": batch["figure"], "amount": batch["amount"], "order": order})
            summed = [("amount", "sum"), ([], "count_all"), ("order", "min")]
            sums = table.group_by("figure", use_threads=False).aggregate(summed).sort_by("order_min")
            # Groups come in the order of their hashes, not of the file.
            for entry in sums.to_pylist():
                figure, total, count = entry["figure"], entry["amount_sum"] or Decimal(0), entry["count_all"]
                before = blocks.get(figure) or Block(line + 1, 0, 0, Decimal(0))
                line += count
                blocks[figure] = Block(before.first, line, before.rows + count, before.total + total)
        return blocks

    def blocks_by_document(self, rows_at_most: int) -> dict[str, Block]:
        """The same for the rows put together by document."""
        blocks: dict[str, Block] = {}
        for line, row in enumerate(self.by_document(rows_at_most), 2):
            before = blocks.get(row.figure) or Block(line, 0, 0, Decimal(0))
            total = before.total + (row.amount or Decimal(0))
            blocks[row.figure] = Block(before.first, line, before.rows + row.rows, total)
        return blocks

    def sums_by(self, figures: Collection[str], names: Sequence[tuple[str, int | None]]) -> Sums:
        """The exact sum and the count of the rows of figures, by what they show under some names.

        With a name goes how many of the first characters count (None: all of them). Rows that lack one of the names are in no
        sum.
        """
        found: dict[tuple[str, ...], tuple[Decimal, int]] = {}
        these, columns = pa.array(sorted(figures), pa.string()), [f"shown {place}" for place in range(len(names))]
        for batch in self._batches(["figure", "amount", "shown"]):
            batch = batch.filter(pc.is_in(batch["figure"], these))
            values = [_shown_values(batch["shown"], name, cut) for name, cut in names]
            table = pa.table([batch["figure"], batch["amount"], *values], ["figure", "amount", *columns])
            for column in columns:
                table = table.filter(pc.is_valid(table[column]))
            keys = ["figure", *columns]
            for entry in (
                table.group_by(keys, use_threads=False).aggregate([("amount", "sum"), ([], "count_all")]).to_pylist()
            ):
                key = tuple(entry[name] for name in keys)
                total, count = found.get(key, (Decimal(0), 0))
                found[key] = total + (entry["amount_sum"] or 0), count + entry["count_all"]
        return found

    def shown_names(self) -> list[str]:
        """The names of all shown columns, in the order in which they first appear."""
        names: dict[str, None] = {}
        for batch in self._batches():
            names.update(dict.fromkeys(pc.unique(batch["shown"].keys).to_pylist()))
        return list(names)

    def stream(self, figures: Collection[str] | None = None) -> Iterator[SourceRow]:
        """The rows in the order of the file; only those of `figures` where they are given."""
        for batch in self._batches():
            if figures is not None:
                batch = batch.filter(pc.is_in(batch["figure"], pa.array(sorted(figures), pa.string())))
            yield from _rows_of(batch)

    def naming(self, keys: Collection[str], except_figures: Collection[str], at_most: int) -> list[SourceRow]:
        """Rows that show one of `keys` (document numbers), outside of `except_figures`; each address once."""
        found: dict[Address, SourceRow] = {}
        wanted = pa.array(sorted(keys), pa.string())
        for batch in self._batches() if keys else ():
            if len(found) >= at_most:
                break
            other = pc.invert(pc.is_in(batch["figure"], pa.array(sorted(except_figures), pa.string())))
            for row in _rows_of(batch.filter(pc.and_(other, _shows_any(batch["shown"], wanted)))):
                found.setdefault(address_of_row(row), row)
        return list(found.values())[:at_most]

    def feeds(self, addresses: Collection[Address]) -> dict[Address, list[str]]:
        """For each address, the figures that its row feeds, in the order of the file, whether carried or not."""
        fed: dict[Address, list[str]] = {address: [] for address in addresses}
        for batch in self._batches(list(SourceRow._fields[:4])) if fed else ():
            columns = (batch[name].to_pylist() for name in SourceRow._fields[:4])
            for figure, *address in zip(*columns, strict=True):
                known = fed.get((address[0], address[1], address[2]))
                if known is not None and (not known or known[-1] != figure):
                    known.append(figure)
        return fed

    def by_document(self, rows_at_most: int) -> Iterator[SourceRow]:
        """One row per figure, file and document (the first shown value), with its sum, its count and its first line.

        Where even these are more than `rows_at_most`, one row per figure and file.
        """
        import duckdb

        assert self.path is not None
        connection = duckdb.connect()
        source = "read_parquet($1)"
        first = "coalesce(map_keys(shown)[1], '') AS word, coalesce(map_values(shown)[1], '') AS document"
        by_document = f"SELECT *, {first} FROM {source}"
        groups = "figure, source_table, source_file, word, document"
        counted = connection.execute(
            f"SELECT count(*) FROM (SELECT DISTINCT {groups} FROM ({by_document}))", [str(self.path)]
        ).fetchall()[0][0]
        if counted > rows_at_most:
            by_document = f"SELECT *, '' AS word, '' AS document FROM {source}"
        reader = connection.execute(
            f"SELECT {groups}, min(source_row), sum(amount), count(*) FROM ({by_document}) "
            f"GROUP BY ALL ORDER BY {groups}",
            [str(self.path)],
        )
        while fetched := reader.fetchmany(_BATCH_ROWS):
            for figure, table, file, word, document, line, amount, count in fetched:
                shown = {"known by": word, "document": document} if word else {}
                yield SourceRow(figure, table, file, line, amount, shown, count)
        connection.close()

    @cached_property
    def _held(self) -> list[pa.RecordBatch] | None:
        """All rows where they are few: they are gone through a dozen times, and opening the file is most of it."""
        assert self.path is not None
        with pq.ParquetFile(self.path) as file:
            return list(file.iter_batches(_BATCH_ROWS)) if file.metadata.num_rows <= _HELD_ROWS else None

    def _batches(self, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
        if self.path is None:
            return
        if self._held is not None:
            yield from (batch.select(columns) if columns else batch for batch in self._held)
            return
        # Without read-ahead, so that a large row group does not stand in memory beside its batches.
        with pq.ParquetFile(self.path, pre_buffer=False, buffer_size=_BUFFER) as file:
            yield from file.iter_batches(_BATCH_ROWS, columns=columns)


def where_the_rest_is(left_out: Mapping[str, int]) -> str:
    """What a reader is told of figures whose rows were not copied."""
    if not left_out:
        return ""
    rows = f"{sum(left_out.values()):,} source rows of {count_of(len(left_out), 'figure')}"
    listed = f'wp.rows_of("{next(iter(left_out))}", "rows.parquet")'
    return (
        f"{rows} are not copied, for they are too many ({', '.join(left_out)}). The sealed books hold every one: open the "
        f"notebook and write them to a file with {listed}."
    )


def _check_digest(path: Path, expected: str | None) -> None:
    """Raise ReportError when the rows file is gone or changed since the workpaper was made."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReportError(
            "the source rows of a workpaper can't be read.",
            [
                Fault(
                    path.name,
                    error.strerror or str(error),
                    "the rows file beside the workpaper",
                    "run the period again",
                )
            ],
        ) from error
    if expected is not None and found != expected:
        raise ReportError(
            "the source rows are not those that the workpaper was made with.",
            [Fault(path.name, f"sha256 {found}", f"sha256 {expected}", "run the period again")],
        )


def _rows_of(batch: pa.RecordBatch) -> Iterator[SourceRow]:
    """The rows of a batch as plain values; maps are read by their offsets, ten times faster than one by one."""
    shown = batch["shown"]
    offsets, keys, items = shown.offsets.to_pylist(), shown.keys.to_pylist(), shown.items.to_pylist()
    columns = (batch[name].to_pylist() for name in SourceRow._fields[:5])
    for (start, end), figure, table, file, line, amount in zip(pairwise(offsets), *columns, strict=True):
        pairs = zip(keys[start:end], items[start:end], strict=True)
        seen = {key: item for key, item in pairs if item is not None}
        yield SourceRow(figure, table, file, line, amount, seen)


def _shown_values(shown: pa.MapArray, name: str, cut: int | None) -> pa.StringArray:
    """What each row shows under a name, null where it shows nothing."""
    values = pc.map_lookup(shown, query_key=pa.scalar(name), occurrence="first")
    return values if cut is None else pc.utf8_slice_codeunits(values, 0, cut)


def _shows_any(shown: pa.MapArray, wanted: pa.Array) -> pa.BooleanArray:
    """For each row, whether one of its shown values is wanted."""
    hits = pc.is_in(shown.items, wanted).to_numpy(zero_copy_only=False)
    offsets = shown.offsets.to_numpy()
    before = hits.cumsum().tolist()
    before.insert(0, 0)
    return pa.array([before[end] > before[start] for start, end in pairwise(offsets)], pa.bool_())
