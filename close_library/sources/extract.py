"""The nouns of reading: a source, a file of it, its rows as text, and its rows cast to a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from close_library.sources.faults import FaultLog, FileFaults

RESERVED = ("owner_program_id", "source_system", "source_file", "source_row", "_faults", "_file")
"""Names that loading itself gives to columns; a file can't use them."""


class SourceSetting(Protocol):
    """One line of `sources:` in company.yaml."""

    @property
    def system(self) -> str:
        """The system's name, a key of SYSTEMS."""

    @property
    def path(self) -> str:
        """The folder as the user wrote it."""

    @property
    def folder(self) -> Path:
        """The folder, resolved."""


@dataclass(frozen=True)
class RawFile:
    """A file of a source (or a sheet of a workbook) that claims to be a canonical table.

    `file` is the address that rows carry, relative to the source's folder; `place` is how messages call it.
    """

    system: str
    table: str
    path: Path
    file: str
    place: str
    row_word: str = "line"
    sheet: str = ""

    def where(self, line: int | None = None, column: str = "") -> str:
        """The address of a cell in words: `inbox/invoices.csv, line 17, total_amount`."""
        return ", ".join([self.place, *([f"{self.row_word} {line}"] if line else []), *([column] if column else [])])


@dataclass(frozen=True)
class Listing:
    """What a folder holds: the files that are tables, and what was noticed about the others."""

    files: list[RawFile]
    notices: list[str]


@dataclass(frozen=True)
class TextRows:
    """The rows of a file as text: a DuckDB relation with columns c0, c1, … named by `names`, and `line`.

    Columns in `typed` are not text: the file holds them in a type whose every value is one of the declared type.

    `again` gives the rows a second time by the slower, exact way, if the first way could not be trusted;
    `distrusted` says so once the first has been consumed. `notices` may grow while rows are consumed.
    """

    names: tuple[str, ...]
    relation: pa.RecordBatchReader | str
    header_line: int | None
    notices: list[str] = field(default_factory=list)
    distrusted: Callable[[], bool] = lambda: False
    again: Callable[[], TextRows] | None = None
    typed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Extract:
    """A file cast to its table: staged as Parquet with the declared columns, then the unknown ones."""

    raw: RawFile
    staged: Path
    unknown: tuple[str, ...]
    rows: int
    control_total: str | None
    sha256: str
    notices: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """How to read one outside system: list the files of a folder, and read one of them as text; how, in words."""

    find: Callable[[SourceSetting, FaultLog], Listing]
    read: Callable[[RawFile, FileFaults], TextRows | None]
    described: str
