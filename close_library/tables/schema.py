"""The words in which a table is declared: column, reference, owner."""

from __future__ import annotations

import re
from dataclasses import dataclass

SQL_TYPES = {
    "text": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(22,4)",
    "rate": "DECIMAL(30,12)",
    "quantity": "DECIMAL(24,6)",
    "int": "BIGINT",
    "bool": "BOOLEAN",
}
"""Type → its exact DuckDB type. Money has up to 18 digits before and 4 after the point."""

EXPECTED = {
    "text": "text",
    "date": "a date, such as 2026-10-31",
    "timestamp": "a time, such as 2026-10-31T17:00:00Z",
    "money": "an amount, such as 1234.56 (at most 18 digits before and 4 after the point)",
    "rate": "a rate, such as 0.0125 (at most 12 digits after the point)",
    "quantity": "a quantity, such as 12.5 (at most 6 digits after the point)",
    "int": "a whole number",
    "bool": "true or false",
}
"""Type → what a message says was expected."""

PROVENANCE = ("source_system", "source_file", "source_row")
"""Columns that loading adds to every table: the address of the line that a row came from."""


@dataclass(frozen=True)
class Column:
    """A column: its name, its type, whether it may be empty, and the words it may hold if they are fixed."""

    name: str
    type: str
    optional: bool = False
    words: tuple[str, ...] = ()

    @property
    def sql_type(self) -> str:
        """The exact DuckDB type."""
        return SQL_TYPES[self.type]

    @property
    def expected(self) -> str:
        """What the column expects, in words for a message."""
        return " or ".join(self.words) if self.words else EXPECTED[self.type]


@dataclass(frozen=True)
class Reference:
    """A column that names a row of another table: `customer_id` → `customers.customer_id`."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class Table:
    """A canonical table.

    `key`: the columns that name a row. `amount`: the column of the control total, if there is one.
    `date`: the column that says which period a row belongs to; empty where the parent's date decides.
    `parent`: the reference through which a row without `program_id` finds its program and date.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    amount: str = ""
    date: str = ""
    references: tuple[Reference, ...] = ()
    parent: Reference | None = None

    def column(self, name: str) -> Column | None:
        """The column of that name, or None."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def column_names(self) -> tuple[str, ...]:
        """All declared columns, in order."""
        return tuple(c.name for c in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that must be there and filled."""
        return tuple(c.name for c in self.columns if not c.optional)

    @property
    def has_program(self) -> bool:
        """Whether a row names its program itself."""
        return self.column("program_id") is not None


_SPELLED = re.compile(r"(\*?)(\w+) ([\w|]+)(\??)")


def declare(name: str, columns: str, *, amount: str = "", date: str = "", refers: str = "", parent: str = "") -> Table:
    """A table from its spelling: `*key type, name type?, name word|word`; `refers` is `column>table.key` by spaces."""
    spelled = [_SPELLED.fullmatch(part.strip()) for part in columns.split(",")]
    assert all(spelled), f"{name}: a column is misspelled in {columns!r}"
    parsed = [match.groups() for match in spelled if match]
    references = tuple(_reference(text) for text in refers.split())
    return Table(
        name=name,
        columns=tuple(
            Column(column, "text" if "|" in kind else kind, bool(mark), tuple(kind.split("|")) if "|" in kind else ())
            for _, column, kind, mark in parsed
        ),
        key=tuple(column for star, column, _, _ in parsed if star),
        amount=amount,
        date=date,
        references=references,
        parent=next((r for r in references if r.column == parent), None),
    )


def _reference(text: str) -> Reference:
    column, target = text.split(">")
    table, key = target.split(".")
    return Reference(column, table, key)
