"""Parquet as a source: its columns as text, refusing what would have been typed by guessing."""

from __future__ import annotations

import duckdb

from close_library.sources.cast import literal, quoted
from close_library.sources.extract import RawFile, TextRows
from close_library.sources.faults import FileFaults
from close_library.tables import TABLES, Column

_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_SPOKEN = {
    "DOUBLE": "binary floats",
    "FLOAT": "binary floats",
    "VARCHAR": "text",
    "BOOLEAN": "true or false",
    "BLOB": "bytes",
    "DATE": "dates",
    **dict.fromkeys(_INTEGERS, "whole numbers"),
}
_ACCEPTED = {
    "text": ("VARCHAR",),
    "date": ("VARCHAR", "DATE", "TIMESTAMP"),
    "timestamp": ("VARCHAR", "DATE", "TIMESTAMP"),
    "money": ("VARCHAR", "DECIMAL", *_INTEGERS),
    "rate": ("VARCHAR", "DECIMAL", *_INTEGERS),
    "quantity": ("VARCHAR", "DECIMAL", *_INTEGERS),
    "int": ("VARCHAR", "DECIMAL", *_INTEGERS),
    "bool": ("VARCHAR", "BOOLEAN"),
}
"""Declared type → the Parquet types that carry it without a guess."""


def read_parquet(raw: RawFile, faults: FileFaults) -> TextRows | None:
    """The rows of a Parquet file as text; None when it can't be read, and the faults say why."""
    with duckdb.connect() as connection:
        settings = "SET threads = 1; SET memory_limit = '256MB'; SET TimeZone = 'UTC'; SET enable_progress_bar = false"
        connection.execute(settings).fetchall()
        source = f"read_parquet({literal(str(raw.path))}, file_row_number = true)"
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        except duckdb.Error:
            faults.add(
                None, "", "damaged or no Parquet data", "a Parquet file, as the name says", "copy or export it again"
            )
            return None
        names = [name for name, *_ in described][:-1]
        types = [kind for _, kind, *_ in described][:-1]
        for name, kind in zip(names, types, strict=True):
            _check_type(raw, name, kind, connection, source, faults)
    columns = list(enumerate(zip(names, types, strict=True)))
    typed = frozenset(n for n, (name, kind) in columns if _holds_only(_column(raw, name), kind))
    cells = [f"{quoted(name) if n in typed else _as_text(raw, name, kind)} AS c{n}" for n, (name, kind) in columns]
    relation = f"(SELECT {', '.join([*cells, 'file_row_number + 1 AS line'])} FROM {source})"
    return TextRows(tuple(name.strip() for name in names), relation, None, typed=typed)


def _holds_only(column: Column | None, spelled: str) -> bool:
    """Whether every value of a Parquet type is one of the declared type, so that it need not be looked at as text."""
    if column is None:
        return False
    kind, _, size = spelled.partition("(")
    if column.type == "date":
        return kind == "DATE"
    if column.type == "bool":
        return kind == "BOOLEAN"
    places = {"money": 4, "rate": 12, "quantity": 6}.get(column.type)
    if places is None or (
        kind != "DECIMAL" and kind not in ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")
    ):
        return False
    width, scale = map(int, size.rstrip(")").split(",")) if size else (10, 0)
    return scale <= places and width - scale <= 18


def _kind(spelled: str) -> str:
    """The family of a DuckDB type: DECIMAL(18,2) is DECIMAL, TIMESTAMP_NS is TIMESTAMP, an ENUM is text."""
    kind = spelled.split("(")[0]
    if kind.startswith("TIMESTAMP"):
        return "TIMESTAMP"
    return "VARCHAR" if kind in ("ENUM", "JSON", "UUID") else kind


def _column(raw: RawFile, name: str) -> Column | None:
    return TABLES[raw.table].column(name.strip())


def _check_type(
    raw: RawFile, name: str, spelled: str, connection: duckdb.DuckDBPyConnection, source: str, faults: FileFaults
) -> None:
    column = _column(raw, name)
    kind = _kind(spelled)
    if column is None or kind in _ACCEPTED[column.type]:
        return
    filled = connection.execute(f"SELECT 1 FROM {source} WHERE {quoted(name)} IS NOT NULL LIMIT 1").fetchall()
    if filled:  # a column without any value has no type worth arguing about
        faults.add(
            None, column.name, _SPOKEN.get(kind, f"values of type {spelled}"), _expected(column), _do(column, kind)
        )


def _expected(column: Column) -> str:
    if column.type == "text":
        return column.expected if column.words else "text, so that 0123 stays 0123"
    return (
        f"text, decimals or whole numbers: {column.expected}"
        if column.type in ("money", "rate", "quantity")
        else column.expected
    )


def _do(column: Column, kind: str) -> str:
    if kind in ("DOUBLE", "FLOAT") and column.type != "text":
        return "export the column as DECIMAL or as text: an amount never passes through a binary float"
    return f"export the column as {'text' if column.type == 'text' else column.type + ' or text'}"


def _as_text(raw: RawFile, name: str, spelled: str) -> str:
    column = _column(raw, name)
    kind = _kind(spelled)
    cell = quoted(name)
    if column is not None and kind not in _ACCEPTED[column.type]:
        return "CAST(NULL AS VARCHAR)" if column.optional else _placeholder(column)
    if kind == "TIMESTAMP":
        moment = f"CAST({cell} AS TIMESTAMPTZ)" if "TIME ZONE" in spelled else f"CAST({cell} AS TIMESTAMP)"
        if column is not None and column.type == "date":
            return f"regexp_replace(CAST(CAST({moment} AS TIMESTAMP) AS VARCHAR), ' 00:00:00$', '')"
        return f"CAST(CAST({moment} AS TIMESTAMP) AS VARCHAR)"
    return f"CAST({cell} AS VARCHAR)"


def _placeholder(column: Column) -> str:
    """A good value for a column whose type was refused as a whole, so that its rows are not refused again."""
    good = {"date": "2000-01-01", "timestamp": "2000-01-01T00:00:00Z", "bool": "true", "text": "x", "rate": "1"}
    return literal(column.words[0] if column.words else good.get(column.type, "0"))
