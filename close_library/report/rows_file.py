"""The source rows behind a document's figures: counted, read in batches, searched, and put together by document.

The rows file is Parquet, sorted by figure and address, so each figure's rows are one block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from close_library.errors import Fault, ReportError

_BATCH_ROWS = 20_000


class SourceRow(NamedTuple):
    """One row behind a figure: its address, its amount, what a reader sees of it, how many rows it stands for."""

    figure: str
    source_table: str
    source_file: str
    source_row: int | None
    amount: Decimal | None
    shown: dict[str, str]
    rows: int = 1


class RowsFile:
    """The rows file of one document, or none: then every question has an empty answer."""

    def __init__(self, path: Path | None, document: Mapping[str, Any]) -> None:
        """Open the rows file; raises ReportError when it is not the one that the document was made with."""
        self.path = path
        if path is not None:
            _check_digest(path, (document.get("rows") or {}).get("sha256"))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows each figure has, in the order of the file."""
        if self.path is None:
            return {}
        column = pq.read_table(self.path, columns=["figure"], read_dictionary=["figure"])["figure"]
        return {entry["values"]: entry["counts"] for entry in column.value_counts().to_pylist()}

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return sum(self.counts.values())

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
        found: dict[tuple[str, str, int | None], SourceRow] = {}
        wanted = pa.array(sorted(keys), pa.string())
        for batch in self._batches() if keys else ():
            if len(found) >= at_most:
                break
            other = pc.invert(pc.is_in(batch["figure"], pa.array(sorted(except_figures), pa.string())))
            for row in _rows_of(batch.filter(pc.and_(other, _shows_any(batch["shown"], wanted)))):
                found.setdefault((row.source_table, row.source_file, row.source_row), row)
        return list(found.values())[:at_most]

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

    def _batches(self) -> Iterator[pa.RecordBatch]:
        if self.path is None:
            return
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(_BATCH_ROWS)


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


def _shows_any(shown: pa.MapArray, wanted: pa.Array) -> pa.BooleanArray:
    """For each row, whether one of its shown values is wanted."""
    hits = pc.is_in(shown.items, wanted).to_numpy(zero_copy_only=False)
    offsets = shown.offsets.to_numpy()
    before = hits.cumsum().tolist()
    before.insert(0, 0)
    return pa.array([before[end] > before[start] for start, end in pairwise(offsets)], pa.bool_())
