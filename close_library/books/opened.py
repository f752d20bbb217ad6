"""The books, opened: a read-only view of what was sealed, one SQL view a declared table.

Opened for a program, each view holds the rows that the program sees: its own, those of programs linked with it, and nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from close_library.books.connection import connect
from close_library.books.relations import typed_nulls
from close_library.books.shares import Owners, owners_seen, said_seen, seen, source_shares
from close_library.books.snapshot import Manifest, check_file, nothing_sealed, read_manifest, table_file
from close_library.errors import BooksError, Fault
from close_library.parameters import COMPANY
from close_library.sources.cast import literal, quoted
from close_library.sources.faults import listed, nearest
from close_library.tables import SAID, TABLES

if TYPE_CHECKING:
    import pandas as pd

_LACKING = re.compile(r"Table with name \"?(\w+)\"? does not exist")


class Books:
    """The sealed books of a period, read-only.

    Each declared table is a view that holds all declared columns, unknown columns of the files as text, then
    `owner_program_id`, `source_system`, `source_file`, `source_row`. A table that the sources lack is an empty
    view of the right types. The tables of SAID, which a run writes, are views like them. Reading a table that was not
    declared is an error.
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
        _refuse_unknown(declared)
        connection = connect(threads=threads, memory_limit=memory_limit, temporary=temporary)
        try:
            manifest = _create_views(connection, books_dir, declared, owner, ref)
        except BaseException:
            connection.close()
            raise
        return cls(books_dir, manifest, connection, declared, owners_seen(manifest, owner))

    @property
    def period(self) -> str:
        """The period that was sealed; may be empty."""
        return str(self.manifest.get("period", ""))

    def has(self, table: str) -> bool:
        """Whether the sources held this table, if only with zero rows."""
        return table in self.manifest["tables"] or (table in SAID and said_path(self.directory, table).is_file())

    def sql(self, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The result of a query, exact."""
        with self._spoken():
            return self._connection.sql(query, params=list(parameters)).to_arrow_table()

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a short result as plain values: the cheapest way to ask for a sum or a list of names."""
        with self._spoken():
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
        with self._spoken():
            return self._connection.sql(query, params=list(parameters)).to_arrow_reader(100_000)

    def execute(self, query: str) -> None:
        """Runs a statement that creates a temporary view, table or macro in this connection."""
        with self._spoken():
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

    @contextmanager
    def _spoken(self) -> Iterator[None]:
        """A table that was not declared, and damage found while reading, as a BooksError."""
        try:
            yield
        except duckdb.CatalogException as error:
            found = _LACKING.search(str(error))
            if not found:
                raise
            raise _not_declared(found[1], self.declared) from error
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
            if ".parquet" not in str(error) and not isinstance(error, duckdb.IOException):
                raise
            raise BooksError(
                "the sealed books can't be read.",
                [
                    Fault(
                        self.directory.name,
                        str(error).splitlines()[0],
                        "the files that were sealed",
                        "open the books again; if that fails, run with --force",
                    )
                ],
            ) from error


def _refuse_unknown(declared: Sequence[str]) -> None:
    faults = []
    for name in declared:
        if name not in TABLES and name not in SAID:
            near = nearest(name, [*TABLES, *SAID])
            faults.append(Fault("metadata.close.tables", name, "a canonical table", f"write {near}" if near else ""))
    if faults:
        raise BooksError("a declared table does not exist.", faults)


def _not_declared(name: str, declared: Sequence[str]) -> BooksError:
    if name in TABLES or name in SAID:
        fault = Fault(
            f"the table {name}",
            "a table that was not declared",
            listed(declared) if declared else "no table",
            "add it to metadata.close.tables",
        )
        return BooksError("a query reads a table that was not declared.", [fault])
    near = nearest(name, declared)
    fault = Fault(
        f"the table {name}",
        "no such table",
        listed(declared) if declared else "no table",
        f"write {near}" if near else "",
    )
    return BooksError("a query reads a table that does not exist.", [fault])


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
                connection.execute(f"CREATE OR REPLACE VIEW {name} AS {view}").fetchall()
        except (BooksError, duckdb.IOException):
            if not attempts_left:
                raise
        else:
            break
    return manifest


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
