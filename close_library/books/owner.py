"""Which program owns a row: by its own program, by its parent document, or by its customer's only program.

A program that `programs` does not hold owns nothing. Where a key is duplicated the first row in file order
decides, so a look-up never multiplies rows.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from close_library.sources.cast import literal, quoted
from close_library.tables import TABLES, Table

_PARENTS = {table.parent.table for table in TABLES.values() if table.parent}


class Owners:
    """The look-ups from keys to owners, filled as tables are sealed in the order of TABLES (parents first)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path, relations: dict[str, str]) -> None:
        self._connection = connection
        self._folder = folder
        self._relations = relations
        self._known: set[str] = set()
        self._look_up("programs", "SELECT DISTINCT program_id AS key, program_id AS owner FROM {programs}")
        self._look_up("customers", _SOLE_PROGRAM)

    def query(self, table: Table) -> str:
        """The SQL of a table's rows with `owner_program_id`, before sorting; keeps `_file` for the source order.

        Nobody owns the rows of a table whose parent no source holds, such as payments of a company without vendor invoices.
        """
        column, look_up = _found_by(table)
        rows = self._relations[table.name]
        if look_up not in self._known:
            return f"SELECT r.*, CAST(NULL AS VARCHAR) AS owner_program_id FROM {rows} r"
        return (
            f"SELECT r.*, o.owner AS owner_program_id FROM {rows} r "
            f"LEFT JOIN {self._path(look_up)} o ON o.key = r.{quoted(column)}"
        )

    def remember(self, table: Table) -> None:
        """Keeps key → owner of a table through which others find their owner."""
        if table.name in _PARENTS:
            key = quoted(table.key[0])
            self._look_up(
                table.name,
                f"SELECT {key} AS key, first(owner_program_id ORDER BY _file, source_row) AS owner "
                f"FROM ({self.query(table)}) GROUP BY ALL",
            )

    def _path(self, name: str) -> str:
        return f"read_parquet({literal(str(self._folder / f'owners_{name}.parquet'))})"

    def _look_up(self, name: str, query: str) -> None:
        spelled = query
        for known in ("programs", "contracts", "customers"):
            spelled = spelled.replace(f"{{{known}}}", self._relations[known])
        path = self._folder / f"owners_{name}.parquet"
        self._known.add(name)
        self._connection.execute(f"COPY ({spelled}) TO {literal(str(path))} (FORMAT parquet)").fetchall()


_SOLE_PROGRAM = """
    WITH firsts AS (
        SELECT customer_id, program_id FROM {programs}
        QUALIFY row_number() OVER (PARTITION BY program_id ORDER BY _file, source_row) = 1
        UNION ALL
        SELECT customer_id, program_id FROM {contracts}
        QUALIFY row_number() OVER (PARTITION BY contract_id ORDER BY _file, source_row) = 1
    )
    SELECT customer_id AS key, min(program_id) AS owner FROM firsts
    WHERE customer_id IS NOT NULL AND program_id IN (SELECT program_id FROM {programs})
      AND (customer_id IN (SELECT customer_id FROM {customers}) OR NOT EXISTS (SELECT 1 FROM {customers}))
    GROUP BY customer_id HAVING count(DISTINCT program_id) = 1
"""


def _found_by(table: Table) -> tuple[str, str]:
    """The column by which a row finds its owner, and the look-up; empty where nothing owns a row."""
    if table.has_program:
        return "program_id", "programs"
    if table.parent:
        return table.parent.column, table.parent.table
    return ("customer_id", "customers") if table.name == "cash_receipts" else ("", "")
