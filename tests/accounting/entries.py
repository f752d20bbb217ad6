"""Proposed entries in tests: their lines as text, their files, and books that hold them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from close_library.books import seal
from close_library.evidence import Result, Scope
from close_library.report.journal_entries import PLAIN, journal_files
from close_library.workpaper.document import table_data
from tests.ledgers import Folder, scope_of


def proposed_lines(result: Result) -> list[str]:
    """The lines as `kind account amount`, in their order."""
    kinds = dict(zip(result.tables["61.1"].frame["entry"], result.tables["61.1"].frame["kind"], strict=True))
    return [
        f"{kinds[line.entry]} {line.account} {(line.debit or 0) - (line.credit or 0):.2f}"
        for line in result.tables["61.2"].frame.itertuples()
    ]


def files_of(result: Result) -> dict[str, bytes]:
    tables = {id: table_data(table, "USD") for id, table in result.tables.items()}
    return journal_files({"functional_currency": "USD", "tables": tables})


def book(tables: Path, entries: bytes) -> None:
    """Put a plain file of entries behind the ledger's own lines."""
    path = tables / "gl_entries.csv"
    rows = [*csv.DictReader(path.open(encoding="utf-8")), *csv.DictReader(io.StringIO(entries.decode()))]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def booked_again(tmp_path: Path, scope: Scope, result: Result) -> Scope:
    """The same scope over books that hold the proposed entries."""
    book(tmp_path / "tables", files_of(result)[PLAIN])
    seal(tmp_path / "again", [Folder(tmp_path / "tables")])
    return replace(scope_of(tmp_path / "again", str(scope.period)), parameters=scope.parameters)
