"""What a reader of the books declared to read, and what is said where it reads something else, or something damaged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from close_library.errors import BooksError, Fault
from close_library.sources.faults import listed, nearest
from close_library.tables import SAID, TABLES

_LACKING = re.compile(r"Table with name \"?(\w+)\"? does not exist")


@contextmanager
def reading(directory: Path, declared: Sequence[str]) -> Iterator[None]:
    """A table that was not declared, and damage found while reading, as a BooksError."""
    try:
        yield
    except duckdb.CatalogException as error:
        found = _LACKING.search(str(error))
        if not found:
            raise
        raise _not_declared(found[1], declared) from error
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException) as error:
        if ".parquet" not in str(error) and not isinstance(error, duckdb.IOException):
            raise
        raise BooksError(
            "the sealed books can't be read.",
            [
                Fault(
                    directory.name,
                    str(error).splitlines()[0],
                    "the files that were sealed",
                    "open the books again; if that fails, run with --force",
                )
            ],
        ) from error


def refuse_unknown(declared: Sequence[str]) -> None:
    """Raise a BooksError for declared tables that no books have."""
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
