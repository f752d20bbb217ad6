"""Digests of rows, owner by owner: fed while the rows are written in their order, so that nothing is read twice.

A digest is the sha256 of the rows themselves, column by column: of which are empty, of the lengths of texts, of the values.
It depends on the rows and their order, not on how they were cut into batches, nor on the engine that made them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from close_library.books.shares import NO_OWNER


class RowDigests:
    """The sha256 of each owner's rows. The rows come sorted by owner, those of no owner first."""

    def __init__(self, schema: pa.Schema, owner_column: str) -> None:
        self._columns = [(field.name, str(field.type)) for field in schema]
        self._owner_column = owner_column
        self._owner: str | None = None
        self._current: list[_Column] = []
        self._done: dict[str, str] = {}

    def add(self, rows: pa.Table | pa.RecordBatch) -> None:
        """The next rows."""
        owners = rows.column(rows.schema.get_field_index(self._owner_column))
        for chunk in owners.chunks if isinstance(owners, pa.ChunkedArray) else [owners]:
            assert chunk.type == pa.string(), "an owner is text"
        start = 0
        for owner, length in _runs(owners):
            if owner != self._owner or not self._current:
                self._finish()
                self._owner, self._current = owner, [_Column() for _ in self._columns]
            share = rows.slice(start, length)
            for column, digest in zip(share.columns, self._current, strict=True):
                digest.add(column)
            start += length

    def by_owner(self) -> dict[str, str]:
        """Owner → sha256 of its rows, when all have come."""
        self._finish()
        return dict(self._done)

    def _finish(self) -> None:
        if self._current:
            parts = [(*named, column.hexdigest()) for named, column in zip(self._columns, self._current, strict=True)]
            name = NO_OWNER if self._owner is None else self._owner
            before = self._done.get(name, "")  # a program may bear the name of nobody's share
            self._done[name] = hashlib.sha256((before + repr(parts)).encode()).hexdigest()
        self._current = []


class _Column:
    """The digest of one column of one owner."""

    def __init__(self) -> None:
        self._there, self._lengths, self._values = (hashlib.sha256() for _ in range(3))

    def add(self, column: pa.ChunkedArray | pa.Array) -> None:
        for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
            self._add(chunk)

    def _add(self, values: pa.Array) -> None:
        there = pc.cast(pc.is_valid(values), pa.uint8())
        self._there.update(_fixed(there, 1))
        if values.null_count:  # what stands in the place of nothing is undefined
            values = values.drop_null()
        if pa.types.is_boolean(values.type):
            values = pc.cast(values, pa.uint8())
        if not len(values):
            return
        if pa.types.is_string(values.type):
            offsets = np.frombuffer(values.buffers()[1], dtype=np.int32)[
                values.offset : values.offset + len(values) + 1
            ]
            self._lengths.update(np.diff(offsets).tobytes())
            if values.buffers()[2] is not None:
                self._values.update(memoryview(values.buffers()[2])[offsets[0] : offsets[-1]])
        else:
            self._values.update(_fixed(values, values.type.bit_width // 8))

    def hexdigest(self) -> str:
        return hashlib.sha256(self._there.digest() + self._lengths.digest() + self._values.digest()).hexdigest()


def _fixed(values: pa.Array, width: int) -> memoryview | bytes:
    """The bytes of values of one width, none of them empty."""
    if not len(values):
        return b""
    return memoryview(values.buffers()[1])[values.offset * width : (values.offset + len(values)) * width]


def _runs(owners: pa.ChunkedArray | pa.Array) -> Iterator[tuple[str | None, int]]:
    """Owner and number of rows, as they follow each other."""
    whole = owners.combine_chunks() if isinstance(owners, pa.ChunkedArray) else owners
    encoded = pc.run_end_encode(whole)
    before = 0
    for end, owner in zip(encoded.run_ends.to_pylist(), encoded.values.to_pylist(), strict=True):
        yield owner, end - before
        before = end
