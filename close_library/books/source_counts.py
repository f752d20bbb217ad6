"""What is counted in the sealed tables for the sheets of their sources: rows, lines, columns, parts, rows to look up."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from close_library.books.opened import Books
from close_library.books.source_parts import rows_in_parts
from close_library.money import spell
from close_library.period import Period
from close_library.sources.cast import quoted
from close_library.tables import PROVENANCE, Table

File = tuple[str, str]
"""System and file: what tells one source from another."""

_ADDED = ("owner_program_id", *PROVENANCE)


def columns_of(books: Books, table: Table) -> list[tuple[str, str]]:
    """The columns of a table as the books hold them, with their declared types; those beyond are text."""
    held = books.sql(f"SELECT * FROM {table.name} LIMIT 0").column_names
    declared = {column.name: column for column in table.columns}
    return [
        (name, declared[name].type if name in declared else "kept as text, not asked for")
        for name in held
        if name not in _ADDED
    ]


def count_rows(books: Books, table: Table, columns: list[tuple[str, str]]) -> dict[File, dict[str, Any]]:
    """For each file: rows, lines, total, dates, and how many rows fill each column, counted in the sealed table."""
    dated, amount = quoted(table.date) if table.date else "NULL", quoted(table.amount) if table.amount else "NULL"
    filled = "".join(f", count({quoted(name)})" for name, _ in columns)
    query = (
        f"SELECT source_system, source_file, count(*), min(source_row), max(source_row), "
        f"CAST(sum({amount}) AS DECIMAL(38,6)), CAST(min({dated}) AS DATE), CAST(max({dated}) AS DATE){filled} "
        f"FROM {table.name} GROUP BY source_system, source_file"
    )
    return {
        (system, file): {
            "rows": rows,
            "first_line": first,
            "last_line": last,
            "total": total,
            "first_date": _text(earliest),
            "last_date": _text(latest),
            "filled": dict(zip([name for name, _ in columns], counts, strict=True)),
        }
        for system, file, rows, first, last, total, earliest, latest, *counts in _rows(books, query)
    }


def sum_parts(
    books: Books, table: Table, period: Period, functional: str
) -> dict[File, dict[tuple[str, str], tuple[int, Decimal | None]]]:
    """File → (part, currency or unit) → its rows and the sum of their amounts."""
    unit = "coalesce(unit, '')" if table.amount else "''"
    query = (
        f"SELECT source_system, source_file, part, {unit} AS its_unit, count(*), CAST(sum(amount) AS DECIMAL(38,6)) "
        f"FROM ({rows_in_parts(table, period, functional)}) GROUP BY ALL ORDER BY ALL"
    )
    found: dict[File, dict[tuple[str, str], tuple[int, Decimal | None]]] = defaultdict(dict)
    for system, file, part, its_unit, rows, total in _rows(books, query):
        found[system, file][part, its_unit] = rows, total
    return found


def witnesses_of(books: Books, table: Table, columns: list[tuple[str, str]]) -> dict[File, list[dict[str, Any]]]:
    """File → its first, last and largest row, whole: what somebody looks up in the source system."""
    largest = (
        f"arg_max(source_row, struct_pack(size := abs({quoted(table.amount)}), early := -source_row))"
        if table.amount
        else "NULL"
    )
    chosen: dict[File, dict[int, list[str]]] = {}
    for system, file, *lines in _rows(
        books,
        f"SELECT source_system, source_file, min(source_row), max(source_row), {largest} FROM {table.name} GROUP BY ALL",
    ):
        of_file: dict[int, list[str]] = chosen.setdefault((system, file), {})
        for word, line in zip(("first", "last", "largest"), lines, strict=True):
            if line is not None:
                of_file.setdefault(line, []).append(word)
    if not chosen:
        return {}
    wanted = sorted({line for lines in chosen.values() for line in lines})
    names = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name, _ in columns)
    query = (
        f"SELECT source_system, source_file, source_row, {names} FROM {table.name} "
        f"WHERE source_row IN ({', '.join(map(str, wanted))}) ORDER BY source_system, source_file, source_row"
    )
    found: dict[File, list[dict[str, Any]]] = defaultdict(list)
    for system, file, line, *values in _rows(books, query):
        if line in chosen[system, file]:
            shown = {name: _plain(value, kind) for (name, kind), value in zip(columns, values, strict=True)}
            held = {name: value for name, value in shown.items() if value is not None}
            found[system, file].append({"which": chosen[system, file][line], "line": line, "values": held})
    return found


def _plain(value: str | None, kind: str) -> str | None:
    """A value as a reader looks it up: no zeros that only the type of the column has added."""
    if value is None or kind not in ("money", "rate", "quantity"):
        return value
    return spell(Decimal(value)) if kind == "money" else spell(Decimal(value), "JPY")


def _rows(books: Books, query: str) -> list[tuple[Any, ...]]:
    table = books.sql(query)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _text(day: date | datetime | None) -> str | None:
    return None if day is None else day.isoformat()[:10]
