"""Matching: which rows of two populations belong together, by rule and with a reason, and which stay open and why.

For the workpapers and for analysts:

    from close_library.accounting import match, standard_rules

    found = match("SELECT receipt_id AS id, … FROM cash_receipts", bank_frame, books=scope.books, as_of=scope.closing_date)
    found.matches(); found.open_items(); found.bridge()

A population has the columns id and amount (exact decimals), and as far as known reference, date, currency and
discount_percent. Rules run in their order, each row is consumed at most once, and what qualifies equally is not matched. The
result does not depend on the order of the rows: rows that are alike in everything are alike in the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from close_library.accounting.cash.matching_board import SIDES, Board, Rows
from close_library.accounting.cash.matching_exact import SameReferenceAndAmount
from close_library.accounting.cash.matching_rules import (
    Rule,
    SameAmountWithinDays,
    SameReferenceWithinTolerance,
    Tolerance,
)
from close_library.accounting.cash.matching_sums import ManyOfSameReference, SumOfSameReference, SumWithinDays
from close_library.accounting.sql import day, text
from close_library.books import Books
from close_library.books.connection import connect

_NAMED = 10
"""How many of the rows that qualify equally a reason names."""


def standard_rules(tolerance: Decimal | Tolerance = Decimal(0), days: int = 5) -> tuple[Rule, ...]:
    """The rules of ACCOUNTING.md §2 in their order; `tolerance` is an amount, or a Tolerance with a percent."""
    residual = tolerance if isinstance(tolerance, Tolerance) else Tolerance(tolerance)
    return (
        SameReferenceAndAmount(),
        SameReferenceWithinTolerance(residual),
        SameAmountWithinDays(days),
        SumOfSameReference(residual),
        SumWithinDays(days),
        ManyOfSameReference(tolerance=residual),
    )


def match(
    left: Rows,
    right: Rows,
    rules: Sequence[Rule] | None = None,
    *,
    books: Books | None = None,
    as_of: date | None = None,
    keep: Sequence[str] = (),
) -> Matching:
    """Match two populations by ordered rules (`standard_rules()` unless given).

    `left`, `right`: a SQL relation of `books` (a name or a query), an Arrow table or a pandas frame. Rows dated after `as_of`
    take no part. Columns to `keep` are carried along as text. Amounts are compared in their own currency and never across
    currencies. Raises BooksError where a population lacks a column, an id or an amount, or has binary floats.

    Example:
        frame = pd.DataFrame({"id": ["a"], "reference": ["R-1"], "amount": [Decimal("500.00")]})
        match(frame, frame).matches()[["rule", "left_ids", "right_ids"]]
    """
    ordered = tuple(standard_rules() if rules is None else rules)
    keys = {side: list(dict.fromkeys(key for rule in ordered for key in rule.keys(side))) for side in SIDES}
    carried = {side: list(dict.fromkeys([*keys[side], *keep])) for side in SIDES}
    board = Board(books or _no_books(), left, right, carried, as_of)
    for number, rule in enumerate(ordered):
        if not board.finished():
            rule.apply(board, number)
    board.tidy()
    return Matching(board, ordered, _rows_view(board))


@dataclass(frozen=True)
class Matching:
    """What was matched and what stays open. `rows` names a relation of every row, for queries of one's own.

    `rows`: side, n, id, reference columns, date, currency, amount, status (`matched`, `ambiguous`, `unmatched`), rule and m
    (rows that share both belong together), discount and open_amount (what of the row stays open).
    """

    board: Board
    rules: tuple[Rule, ...]
    rows: str

    def matches(self) -> pd.DataFrame:
        """Every match: rule, reason, ids and sums of both sides, currency, and what its difference is made of.

        difference = left − right = tolerated − discount − still_open.
        """
        query = f"SELECT * EXCLUDE (number, m) FROM ({self.matches_query()}) ORDER BY number, left_ids, right_ids, left_amount"
        return self.board.books.frame(query)

    def open_items(self) -> pd.DataFrame:
        """What stays open, with a stable `item`, its first date, its age at `as_of` and the reason why.

        A row of a match stands here when a part of it stays open.
        """
        return self.board.books.frame(f"SELECT * FROM ({self.open_items_query()}) ORDER BY side, item, open_amount")

    def bridge(self) -> pd.DataFrame:
        """From the left to the right, by currency: currency, line, amount; `unexplained` is always 0.00."""
        lines = f"""
            SELECT currency, 1 AS n, 'left' AS line, sum(amount) AS amount FROM {self.rows} WHERE side = 'left' GROUP BY ALL
            UNION ALL SELECT currency, 2, 'open on the left', -sum(open_amount) FROM {self.rows} WHERE side = 'left' GROUP BY ALL
            UNION ALL SELECT currency, 3, 'tolerated differences', -sum(tolerated) FROM ({self.matches_query()}) GROUP BY ALL
            UNION ALL SELECT currency, 4, 'agreed discounts', sum(discount) FROM ({self.matches_query()}) GROUP BY ALL
            UNION ALL SELECT currency, 5, 'open on the right', sum(open_amount) FROM {self.rows} WHERE side = 'right' GROUP BY ALL
        """
        total = "SELECT currency, 7 AS n, 'right' AS line, sum(amount) AS amount"
        right = f"{total} FROM {self.rows} WHERE side = 'right' GROUP BY ALL"
        return self.board.books.frame(
            f"""
            WITH lines AS ({lines}), ends AS ({right})
            SELECT currency, line, CAST(amount AS DECIMAL(38,4)) AS amount FROM (
                SELECT * FROM lines UNION ALL SELECT * FROM ends UNION ALL
                SELECT currency, 6, 'unexplained', coalesce(e.total, 0) - coalesce(l.total, 0)
                FROM (SELECT currency, sum(amount) AS total FROM lines GROUP BY ALL) l
                FULL JOIN (SELECT currency, sum(amount) AS total FROM ends GROUP BY ALL) e USING (currency)
            ) ORDER BY currency, n
            """
        )

    def summary(self) -> pd.DataFrame:
        """By rule: how many matches, rows of each side, and their sums by currency."""
        return self.board.books.frame(
            f"""SELECT rule, currency, count(*) AS matches, CAST(sum(len(left_ids)) AS BIGINT) AS left_rows,
                       CAST(sum(len(right_ids)) AS BIGINT) AS right_rows,
                       sum(left_amount) AS left_amount, sum(right_amount) AS right_amount
                FROM ({self.matches_query()}) GROUP BY number, rule, currency ORDER BY number, currency"""
        )

    def close(self) -> None:
        """Give the memory of the matching back, when its results have been read."""
        self.board.books.execute(f"DROP VIEW IF EXISTS {self.rows}")
        self.board.drop()

    def open_items_query(self) -> str:
        """SQL of `open_items`, with `n` as the row's place in its side."""
        at = day(self.board.as_of) if self.board.as_of else "CAST(NULL AS DATE)"
        numbered = "row_number() OVER (PARTITION BY side, id ORDER BY date, currency, amount, status, open_amount)"
        named = f"SELECT *, {numbered} AS copy FROM {self.rows} WHERE status <> 'matched' OR open_amount <> 0"
        return f"""
            SELECT o.side, o.side || ':' || o.id || CASE WHEN copy > 1 THEN '#' || copy ELSE '' END AS item, o.id, o.n,
                   o.date AS first_date, date_diff('day', o.date, {at}) AS age, o.currency, o.amount, o.open_amount, o.status,
                   {self._why()} AS reason
            FROM ({named}) o LEFT JOIN ({self._equals()}) a ON a.rule = o.rule AND a.m = o.m AND o.status = 'ambiguous'
            LEFT JOIN ({self._hints()}) h ON h.side = o.side AND h.n = o.n AND o.status = 'unmatched'
        """

    def _why(self) -> str:
        return """
            CASE WHEN o.status = 'ambiguous' THEN 'ambiguous, these qualify equally: left ' || a.lefts || '; right ' || a.rights
                 WHEN o.status = 'matched' THEN 'matched; what exceeds the agreed discount stays open'
                 WHEN h.by_reference IS NOT NULL THEN 'its reference stands on the other side with another amount: '
                      || h.by_reference
                 WHEN h.by_amount IS NOT NULL THEN 'its amount stands on the other side, matched otherwise or on another date: '
                      || h.by_amount
                 ELSE 'nothing on the other side has its reference or its amount' END
        """

    def _equals(self) -> str:
        ids = "list(id ORDER BY id) FILTER (side = '{0}')"
        more = f"CASE WHEN len({ids}) > {_NAMED} THEN ' … (' || len({ids}) || ' in all)' ELSE '' END"
        names = f"array_to_string({ids}[1:{_NAMED}], ', ') || {more}"
        return f"""SELECT rule, m, {names.format("left")} AS lefts, {names.format("right")} AS rights
                   FROM {self.rows} WHERE status = 'ambiguous' GROUP BY rule, m"""

    def _hints(self) -> str:
        """For each open row the smallest id on the other side that shares its reference, and that shares its amount."""
        found = []
        for side, other in (SIDES, SIDES[::-1]):
            key, key_there = (
                next((k for rule in self.rules for k in rule.keys(which)), None) for which in (side, other)
            )
            here = f"(SELECT * FROM {self.rows} WHERE side = '{side}' AND status = 'unmatched')"
            there = f"{self.board.name}_{other}"
            same_key = f"a.{key} = b.{key_there}" if key and key_there else "false"
            for column, condition in (("by_reference", same_key), ("by_amount", "a.amount = b.amount")):
                found.append(f"""SELECT '{side}' AS side, a.n, min(b.id) AS id, '{column}' AS found
                                 FROM {here} a JOIN {there} b ON {condition} AND a.currency = b.currency GROUP BY a.n""")
        by = "min(id) FILTER (found = '{0}') AS {0}"
        return f"""SELECT side, n, {by.format("by_reference")}, {by.format("by_amount")}
                   FROM ({" UNION ALL ".join(found)}) GROUP BY side, n"""

    def matches_query(self) -> str:
        """SQL of `matches`, with `number` and `m` to join it with `rows`."""
        reasons = ", ".join(f"({n}, {text(rule.name)}, {text(rule.reason)})" for n, rule in enumerate(self.rules))
        ids, total = "list(id ORDER BY id) FILTER (side = '{0}')", "sum(amount) FILTER (side = '{0}')"
        return f"""
            SELECT rule AS number, m, names.name AS rule, names.reason, {ids.format("left")} AS left_ids,
                   {ids.format("right")} AS right_ids, currency, {total.format("left")} AS left_amount,
                   {total.format("right")} AS right_amount, {total.format("left")} - {total.format("right")} AS difference,
                   {total.format("left")} - {total.format("right")} + sum(discount) + sum(open_amount) AS tolerated,
                   sum(discount) AS discount, sum(open_amount) AS still_open
            FROM {self.rows} r JOIN (VALUES {reasons}) names (number, name, reason) ON names.number = r.rule
            WHERE status = 'matched' GROUP BY r.rule, m, names.name, names.reason, currency
        """


def _rows_view(board: Board) -> str:
    """Every row of both sides with what became of it."""
    pairs = [
        f"SELECT {number} AS rule, l AS m, '{side}' AS side, {side[0]} AS n, 0 AS discount, 0 AS open_amount FROM ({query})"
        for number, query in board.pairs
        for side in SIDES
    ]
    placed = " UNION ALL ".join([*pairs, f"SELECT * FROM {board.name}_members"])
    keys = list(dict.fromkeys([*board.keys["left"], *board.keys["right"]]))
    sides = " UNION ALL ".join(
        f"SELECT '{side}' AS side, rowid AS n, id, date, currency, amount, "
        + "".join(f"{key if key in board.keys[side] else 'CAST(NULL AS VARCHAR)'} AS {key}, " for key in keys)
        + f"discount_percent FROM {board.name}_{side}"
        for side in SIDES
    )
    board.run(
        f"""
        CREATE TEMP VIEW {board.name}_rows AS
        SELECT s.*, coalesce(p.rule, a.rule) AS rule, coalesce(p.m, a.m) AS m,
               CASE WHEN p.n IS NOT NULL THEN 'matched' WHEN a.n IS NOT NULL THEN 'ambiguous' ELSE 'unmatched' END AS status,
               coalesce(p.discount, 0) AS discount,
               CAST(CASE WHEN p.n IS NULL THEN amount ELSE p.open_amount END AS DECIMAL(22,4)) AS open_amount
        FROM ({sides}) s LEFT JOIN ({placed}) p USING (side, n) LEFT JOIN {board.name}_ambiguous a USING (side, n)
        """
    )
    return f"{board.name}_rows"


def _no_books() -> Books:
    """A connection for an analyst who has populations, and no books."""
    return Books(Path(), {"tables": {}}, connect(), ())
