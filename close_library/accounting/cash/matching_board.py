"""The board on which populations are matched: both sides as tables, what is left of them, what was matched and set aside.

Rules (`matching_rules`, `matching_sums`) read what is left and record what they decide; nothing else writes here. A row is
known by `n`, its place in the side's table: two rows with equal contents are two rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count
from typing import TypeAlias

import pandas as pd
import pyarrow as pa

from close_library.accounting.sql import day
from close_library.books import Books
from close_library.errors import BooksError, Fault

SIDES = ("left", "right")

Rows: TypeAlias = str | pa.Table | pd.DataFrame
"""A population to be matched: a SQL relation of the books (a name or a query), an Arrow table or a pandas frame."""

_SERIAL = count(1)


class Board:
    """Two populations on their way from unmatched to matched.

    Each side is a table of id, amount DECIMAL(22,4), date, currency, discount_percent, and the columns of `keys` as text: those
    that the rules compare, and those that are only carried along. Rows dated after `as_of` take no part. Raises BooksError
    where a population can't be matched.
    """

    def __init__(
        self, books: Books, left: Rows, right: Rows, keys: Mapping[str, Sequence[str]], as_of: date | None
    ) -> None:
        self.books, self.keys, self.as_of = books, keys, as_of
        self.name = f"matching_{next(_SERIAL)}"
        self.pairs: list[tuple[int, str]] = []
        self.later = {side: self._hold(side, rows) for side, rows in zip(SIDES, (left, right), strict=True)}
        self.rest = {side: f"(SELECT rowid AS n, * FROM {self.name}_{side})" for side in SIDES}
        self.counts = {side: self.one(f"SELECT count(*) FROM {self.name}_{side}") for side in SIDES}
        self.same_currency = self._has_one_currency()
        self._groups = 0
        self._tables: set[str] = set()
        self.run(
            f"""CREATE TEMP TABLE {self.name}_members (rule INTEGER, m BIGINT, side VARCHAR, n BIGINT,
                discount DECIMAL(22,4), open_amount DECIMAL(22,4))""",
            f"CREATE TEMP TABLE {self.name}_ambiguous (rule INTEGER, m BIGINT, side VARCHAR, n BIGINT)",
        )

    def run(self, *statements: str) -> None:
        """Execute statements."""
        for statement in statements:
            self.books.execute(statement)

    def finished(self) -> bool:
        """Whether one side has nothing left to match."""
        left, right = (f"EXISTS (SELECT 1 FROM {self.rest[side]})" for side in SIDES)
        return not self.one(f"SELECT CAST({left} AND {right} AS INTEGER)")

    def one(self, query: str) -> int:
        """The single number that a query gives."""
        return int(self.books.sql(query).column(0)[0].as_py() or 0)

    def temporary(self, name: str, query: str) -> str:
        """Hold a query's rows under a name of this board; replaces what had the name."""
        table = f"{self.name}_{name}"
        self.run(f"CREATE OR REPLACE TEMP TABLE {table} AS {query}")
        self._tables.add(table)
        return table

    def tidy(self) -> None:
        """Drop what the rules worked with; the sides and what was recorded stay."""
        recorded = [query for _, query in self.pairs]
        for table in sorted(self._tables):
            if not any(table in query for query in recorded):
                self.run(f"DROP TABLE IF EXISTS {table}")
                self._tables.discard(table)

    def drop(self) -> None:
        """Drop everything that this board holds."""
        held = [f"{self.name}_{name}" for name in (*SIDES, "members", "ambiguous")]
        for table in (*sorted(self._tables), *held):
            self.run(f"DROP TABLE IF EXISTS {table}")

    def match_pairs(self, rule: int, query: str, *, leave: dict[str, str]) -> None:
        """Record a relation of pairs (l, r), each one row of a side; `leave`: relations of `n`, what is left of each side."""
        self.pairs.append((rule, query))
        for side in SIDES:
            left_over = f"SELECT s.* FROM {self.rest[side]} s SEMI JOIN {leave[side]} x ON x.n = s.n"
            self.rest[side] = self.temporary(f"rest_{side}_{rule}", left_over)

    def match_groups(self, rule: int, groups: str) -> None:
        """Record matches of any size: a query of (g, side, n) or (g, side, n, discount, open_amount)."""
        columns = self.books.sql(f"DESCRIBE {groups}").column("column_name").to_pylist()
        extra = "discount, open_amount" if "discount" in columns else "0, 0"
        self._record("members", rule, groups, f", {extra}")

    def set_aside(self, rule: int, groups: str) -> None:
        """Record rows that qualify equally, a query of (g, side, n): nothing is matched, and no later rule takes them."""
        self._record("ambiguous", rule, groups, "")

    def _record(self, table: str, rule: int, groups: str, extra: str) -> None:
        found = self.temporary("found", groups)
        if not self.one(f"SELECT count(*) FROM {found}"):
            return
        twice = self.one(f"SELECT count(*) - count(DISTINCT (side, n)) FROM {found}")
        assert not twice, "a row is consumed at most once"
        self.run(
            f"""INSERT INTO {self.name}_{table}
                SELECT {rule}, -{self._groups} - dense_rank() OVER (ORDER BY g), side, n{extra} FROM {found}"""
        )
        self._groups += self.one(f"SELECT count(DISTINCT g) FROM {found}")
        for side in SIDES:
            taken = f"(SELECT n FROM {found} WHERE side = '{side}')"
            left_over = f"SELECT s.* FROM {self.rest[side]} s ANTI JOIN {taken} x ON x.n = s.n"
            held = self.temporary("left_over", left_over)
            table_name = f"{self.name}_rest_{side}_{rule}"
            self.run(f"DROP TABLE IF EXISTS {table_name}", f"ALTER TABLE {held} RENAME TO {table_name}")
            self._tables.add(table_name)
            self.rest[side] = table_name

    def _hold(self, side: str, rows: Rows) -> int:
        """Hold one side as a table of exact types; returns how many rows are dated after `as_of` and take no part."""
        relation = self._relation(side, rows)
        types = {r["column_name"]: r["column_type"] for r in self.books.rows(f"DESCRIBE SELECT * FROM {relation}")}
        faults = list(_faults(side, types, self.keys[side]))
        if faults:
            raise BooksError(f"the {side} population can't be matched.", faults)
        texts = {"id": "id", **{key: key for key in self.keys[side]}}
        columns = ", ".join(f"CAST({column} AS VARCHAR) AS {name}" for name, column in texts.items())
        optional = {
            "date": ("DATE", "NULL"), "currency": ("VARCHAR", "''"), "discount_percent": ("DECIMAL(30,12)", "0")
        }  # fmt: skip
        for name, (type_, otherwise) in optional.items():
            value = f"CAST({name} AS {type_})" if name in types else f"CAST(NULL AS {type_})"
            columns += f", coalesce({value}, {otherwise}) AS {name}"
        in_time = f"date IS NULL OR date <= {day(self.as_of)}" if self.as_of and "date" in types else "true"
        self.run(
            f"""CREATE TEMP TABLE {self.name}_{side} AS
                SELECT {columns}, CAST(amount AS DECIMAL(22,4)) AS amount FROM {relation} WHERE {in_time}"""
        )
        self._refuse_empty(side, relation)
        return self.one(f"SELECT count(*) FROM {relation} WHERE NOT ({in_time})") if in_time != "true" else 0

    def _has_one_currency(self) -> bool:
        """Whether every row of both sides has the same currency, so that nobody needs to compare it."""
        first = f"(SELECT min(currency) FROM (SELECT currency FROM {self.name}_left LIMIT 1))"
        others = " UNION ALL ".join(f"SELECT 1 FROM {self.name}_{side} WHERE currency <> {first}" for side in SIDES)
        return not self.one(f"SELECT count(*) FROM ({others})")

    def _relation(self, side: str, rows: Rows) -> str:
        if isinstance(rows, str):
            return f"({rows})" if " " in rows.strip() and not rows.strip().startswith("(") else rows
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
        return self.books.take(f"{self.name}_given_{side}", table)

    def _refuse_empty(self, side: str, relation: str) -> None:
        query = f"SELECT count(*) FROM {self.name}_{side} WHERE id IS NULL OR amount IS NULL"
        empty = self.one(query)
        rounded = self.one(f"SELECT count(*) FROM {relation} WHERE CAST(amount AS DECIMAL(22,4)) <> amount")
        if empty or rounded:
            found = f"{empty} rows without one" if empty else f"{rounded} amounts with more than four decimals"
            fault = Fault(f"the {side} population, id and amount", found, "an id and an exact amount in each row")
            raise BooksError(f"the {side} population can't be matched.", [fault])


def _faults(side: str, types: dict[str, str], keys: Sequence[str]) -> list[Fault]:
    faults = []
    for column in ("id", "amount", *keys):
        if column not in types:
            faults.append(
                Fault(f"the {side} population", f"no column {column}", f"the columns id, amount, {', '.join(keys)}")
            )
    if not types.get("amount", "DECIMAL").startswith(
        ("DECIMAL", "HUGEINT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT")
    ):
        expected = "exact decimals: Decimal in pandas, decimal128 in Arrow, DECIMAL in SQL"
        faults.append(
            Fault(
                f"the {side} population, amount",
                types["amount"].lower(),
                expected,
                "convert the amounts from their text",
            )
        )
    return faults
