"""Small pieces of SQL that the procedures share: literals, ownership, what a reader sees of a row, memoised tables."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from weakref import WeakKeyDictionary

import pyarrow as pa

from close_library.books import Books
from close_library.evidence import Scope

FILE_ORDER = "source_file, source_row"
"""The order in which the rows of a table stand in its files; a duplicated reference row is looked up by its first."""


def text(value: str) -> str:
    """A SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A SQL list of text literals for IN; an empty one matches nothing."""
    return "(" + (", ".join(text(value) for value in values) or "NULL") + ")"


def day(value: date) -> str:
    """A SQL date literal."""
    return f"DATE '{value.isoformat()}'"


def owned(scope: Scope, column: str = "owner") -> str:
    """The condition that a row belongs to the scope: its program's rows, or every row for the company."""
    return "true" if scope.is_company else f"{column} = {text(scope.program)}"


def shown(**columns: str) -> str:
    """The map of text that a reader sees of a row: `shown(document="invoice_number", open="open_amount::money")`."""
    pairs = ", ".join(f"{text(name)}: {_as_text(expression)}" for name, expression in columns.items())
    # Made from a struct: the function MAP looks for doubled keys in every row, which takes four times as long.
    return f"CAST({{{pairs}}} AS MAP(VARCHAR, VARCHAR))"


def _as_text(expression: str) -> str:
    if expression.endswith("::money"):
        return money_text(expression.removesuffix("::money"))
    return f"CAST({expression} AS VARCHAR)"


def money_text(expression: str) -> str:
    """An amount as text with at least two decimals and no zeros after them."""
    return rf"regexp_replace(CAST({expression} AS VARCHAR), '(\.\d\d)(\d*?)0+$', '\1\2')"


def memoised(books: Books, prefix: str, query: str) -> str:
    """The name of a temporary table that holds a query's rows: the same query is computed once a connection."""
    name = f"{prefix}_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
    if name not in (made := _MADE.setdefault(books, set())):
        books.execute(f"CREATE TEMP TABLE {name} AS {query}")
        made.add(name)
    return name


def held(books: Books, name: str, rows: Callable[[], pa.Table]) -> str:
    """The name of rows computed outside SQL: they are computed once a connection."""
    if name not in (made := _MADE.setdefault(books, set())):
        books.take(name, rows())
        made.add(name)
    return name


def viewed(books: Books, prefix: str, query: str) -> str:
    """The name of a query's rows where they may be too many to hold: a temporary view, read anew by each question.

    Of small books it is a table: to plan and compute such a query again for every figure takes longest there.
    """
    if books.are_small:
        return memoised(books, prefix, query)
    name = f"{prefix}_{hashlib.sha256(query.encode()).hexdigest()[:16]}"
    if name not in (made := _MADE.setdefault(books, set())):
        books.execute(f"CREATE TEMP VIEW {name} AS {query}")
        made.add(name)
    return name


def names_asked(books: Books, query: str) -> tuple[str, ...]:
    """The column `name` of a query, asked once a connection: every figure of a workpaper asks again."""
    asked = _ASKED.setdefault(books, {})
    if query not in asked:
        asked[query] = tuple(row["name"] for row in books.rows(query))
    return asked[query]


_ASKED: WeakKeyDictionary[Books, dict[str, tuple[str, ...]]] = WeakKeyDictionary()
"""The names that each open connection was asked for."""

_MADE: WeakKeyDictionary[Books, set[str]] = WeakKeyDictionary()
"""The temporary tables and views that each open connection holds."""


def known_by(scope: Scope, sums: str, condition: str) -> tuple[int, Decimal]:
    """Count and total of the rows behind a table of sums (`rows`, `functional`) that meet a condition."""
    found = scope.books.rows(
        f"""
        SELECT CAST(coalesce(sum(rows), 0) AS BIGINT) AS n, CAST(coalesce(sum(functional), 0) AS DECIMAL(38,4)) AS total
        FROM {sums} WHERE {condition}
        """
    )[0]
    return found["n"], found["total"]


def no_rows() -> str:
    """A population's query without rows."""
    return population("NULL", "NULL", "NULL", "0", "MAP {}") + " WHERE false"


def population(table: str, file: str, row: str, amount: str, seen: str) -> str:
    """The SELECT of a population's query, up to its FROM; the arguments are SQL expressions."""
    return (
        f"SELECT CAST({table} AS VARCHAR) AS source_table, CAST({file} AS VARCHAR) AS source_file, "
        f"CAST({row} AS BIGINT) AS source_row, CAST({amount} AS DECIMAL(38,4)) AS amount, "
        f"CAST({seen} AS MAP(VARCHAR, VARCHAR)) AS shown"
    )
