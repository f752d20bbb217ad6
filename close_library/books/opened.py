"""The books, opened: a read-only view of what was sealed, a view, or of small books a table, for each declared one.

Small books are read once, when they are opened: to open and plan a file for every question would take longest there.
Opened for a program, each view holds the rows that the program sees: its own, those of programs linked with it, and nobody's.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from close_library.books.connection import connect
from close_library.books.declared import reading, refuse_unknown
from close_library.books.relations import typed_nulls
from close_library.books.shares import Owners, owners_seen, said_seen, seen, source_shares
from close_library.books.snapshot import Manifest, check_file, nothing_sealed, read_manifest, table_file
from close_library.errors import BooksError
from close_library.parameters import COMPANY
from close_library.sources.cast import literal, quoted
from close_library.tables import SAID, TABLES

if TYPE_CHECKING:
    import pandas as pd


class Books:
    """The sealed books of a period, read-only.

    Each declared table is a view, of small books a table, that holds all declared columns, unknown columns of the files as
    text, then `owner_program_id`, `source_system`, `source_file`, `source_row`. A table that the sources lack is empty and of
    the right types. The tables of SAID, which a run writes, are like them. Reading a table that was not declared is an error.
    """

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        connection: duckdb.DuckDBPyConnection,
        declared: Sequence[str],
        owners: Owners = None,
    ) -> None:
        self.directory = directory
        self.manifest = manifest
        self.declared = tuple(declared)
        self.owners = owners
        """The programs whose rows are seen, beside nobody's; None: all rows."""
        self._connection = connection

    @classmethod
    def open(
        cls,
        books_dir: Path,
        tables: Iterable[str] | None = None,
        optional: Iterable[str] = (),
        *,
        owner: str = COMPANY,
        ref: str = "",
        threads: int | None = None,
        memory_limit: str | None = None,
        temporary: Path | None = None,
    ) -> Books:
        """Opens the books for the declared tables (all of them by default). Raises BooksError when they are damaged.

        `owner`: the program whose rows are to be seen, else all rows. `ref`: the workpaper that asks; of what was explained
        it sees what concerns itself.
        """
        books_dir = Path(books_dir)
        declared = [*TABLES, *SAID] if tables is None else list(dict.fromkeys([*tables, *optional]))
        refuse_unknown(declared)
        connection = connect(threads=threads, memory_limit=memory_limit, temporary=temporary)
        try:
            with reading(books_dir, declared):
                manifest = _create_views(connection, books_dir, declared, owner, ref)
        except BaseException:
            connection.close()
            raise
        return cls(books_dir, manifest, connection, declared, owners_seen(manifest, owner))

    @property
    def period(self) -> str:
        """The period that was sealed; may be empty."""
        return str(self.manifest.get("period", ""))

    @property
    def are_small(self) -> bool:
        """Whether all rows, and what is made of them, fit into memory many times."""
        return _are_small(self.manifest)

    def has(self, table: str) -> bool:
        """Whether the sources held this table, if only with zero rows."""
        return table in self.manifest["tables"] or (table in SAID and said_path(self.directory, table).is_file())

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The result of a query that is not long, exact; `stream` is for others."""
        # Planned once, where the connection's own `sql` plans three times; the copy that it warns of is of a few rows.
        with reading(self.directory, self.declared), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return self._connection.execute(query, list(parameters)).to_arrow_table()

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a short result as plain values: the cheapest way to ask for a sum or a list of names."""
        with reading(self.directory, self.declared):
            answer = self._connection.execute(query)
            names = [column[0] for column in answer.description]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def frame(self, query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The result of a query as a frame whose decimals stay decimals."""
        import pandas as pd

        frame: pd.DataFrame = self.sql(query, parameters).to_pandas(types_mapper=pd.ArrowDtype)
        return frame

    def stream(self, query: str, parameters: Sequence[Any] = ()) -> pa.RecordBatchReader:
        """The result of a query in batches, for what is too long to hold; read it to its end before the next query."""
        with reading(self.directory, self.declared):
            return self._connection.sql(query, params=list(parameters)).to_arrow_reader(100_000)

    def execute(self, query: str) -> None:
        """Runs a statement that creates a temporary view, table or macro in this connection."""
        with reading(self.directory, self.declared):
            self._connection.execute(query).fetchall()

    def take(self, name: str, rows: pa.Table) -> str:
        """Holds rows that were computed outside SQL as a temporary view of this connection; returns its name."""
        self._connection.register(name, rows)
        return name

    def sources(self, tables: Iterable[str]) -> list[dict[str, Any]]:
        """The files that the rows of some tables come from: table, file, and the rows and control total that are seen."""
        if self.owners is not None:
            return source_shares(self.manifest, tables, self.owners)
        return [
            {"table": name, **{key: source[key] for key in ("file", "rows", "control_total")}}
            for name in tables
            for source in self.manifest["tables"].get(name, {}).get("sources", [])
        ]

    def first_rows(self, table: str) -> str:
        """SQL of a reference table with one row a key, the first in file order: look-ups multiply nothing.

        Use it in a FROM clause: `FROM ({books.first_rows("customers")}) AS customers`.
        """
        files = [(s["system"], s["file"]) for s in self.manifest["tables"].get(table, {}).get("sources", [])]
        order = "".join(
            f" WHEN source_system = {literal(system)} AND source_file = {literal(file)} THEN {number}"
            for number, (system, file) in enumerate(files)
        )
        rank = f"CASE{order} END, " if len(files) > 1 else ""
        key = ", ".join(quoted(name) for name in TABLES[table].key)
        return f"SELECT * FROM {table} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {rank}source_row) = 1"

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


def _create_views(
    connection: duckdb.DuckDBPyConnection, books_dir: Path, declared: Sequence[str], owner: str, ref: str
) -> Manifest:
    """One view a declared table. A seal may move files into place meanwhile, so a miss is tried again."""
    for attempts_left in (2, 1, 0):
        found = read_manifest(books_dir)
        if found is None:
            raise nothing_sealed(books_dir)
        manifest, folder = found
        owners = owners_seen(manifest, owner)
        try:
            for name in declared:
                if name in SAID:
                    view = _said_view(said_path(books_dir, name), name, said_seen(name, owners, owner, ref))
                else:
                    view = f"{_view(books_dir, folder, manifest, name)} WHERE {seen(owners)}"
                kind = "TABLE" if _are_small(manifest) else "VIEW"
                connection.execute(f"CREATE OR REPLACE {kind} {name} AS {view}").fetchall()
        except (BooksError, duckdb.IOException):
            if not attempts_left:
                raise
        else:
            break
    return manifest


def _are_small(manifest: Manifest) -> bool:
    rows: int = sum(table["rows"] for table in manifest["tables"].values())
    return rows <= _SMALL


_SMALL = 200_000
"""Rows of all tables of small books."""


def _view(books_dir: Path, folder: Path, manifest: Manifest, name: str) -> str:
    entry = manifest["tables"].get(name)
    if entry is None:
        columns = typed_nulls(TABLES[name]).replace(
            "CAST(NULL AS VARCHAR) AS source_system",
            "CAST(NULL AS VARCHAR) AS owner_program_id, CAST(NULL AS VARCHAR) AS source_system",
        )
        return f"SELECT * FROM (SELECT {columns} WHERE false)"
    path = table_file(books_dir, folder, entry)
    check_file(books_dir, path, entry, manifest["inputs"])
    return f"SELECT * FROM read_parquet({literal(str(path))})"


def said_path(books_dir: Path, name: str) -> Path:
    """Where a run writes a table of SAID."""
    return books_dir / f"{name}.parquet"


def _said_view(path: Path, name: str, condition: str) -> str:
    if path.is_file():
        return f"SELECT {', '.join(SAID[name])} FROM read_parquet({literal(str(path))}) WHERE {condition}"
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {column}" for column, kind in SAID[name].items())
    return f"SELECT {columns} WHERE false"
