"""What a rule of matching is, and the rules that look at pairs: reference within a tolerance, amount and date, scores.

Each rule takes what the rules before it left, matches what qualifies alone, and sets aside what qualifies equally. A rule is
a frozen value; `matching_board` holds the rows, `matching_nearest` decides what is best. The
strongest rule is in `matching_exact`, rules by sum are in `matching_sums`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import pandas as pd
import pyarrow as pa

from close_library.accounting.cash.matching_board import SIDES, Board
from close_library.accounting.cash.matching_nearest import best_pairs, nearest_dates

CANDIDATES = 10_000
"""Pairs of one reference that are compared within a tolerance; a reference with more is left to the other rules."""


@dataclass(frozen=True)
class Tolerance:
    """A difference that may be left over: up to `amount`, or up to `percent` of the smaller side, whichever is larger."""

    amount: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)

    def __bool__(self) -> bool:
        return bool(self.amount or self.percent)

    def holds(self, left: str, right: str) -> str:
        """SQL: whether the residual of two amounts is tolerated. Both have the same sign: a residual never turns it."""
        smaller = f"least(abs({left}), abs({right}))"
        within = f"abs({left} - {right}) <= {self.amount} OR abs({left} - {right}) * 100 <= {self.percent} * {smaller}"
        return f"(({left} = {right}) OR (sign({left}) = sign({right}) AND ({within})))"


EXACT = Tolerance()
"""No difference at all."""


class Rule(Protocol):
    """A way to match: what it says of its matches, which reference columns it reads, and how it is applied."""

    @property
    def name(self) -> str:
        """The rule in one word, as every match carries it."""

    @property
    def reason(self) -> str:
        """Why its rows belong together, for a reader."""

    def keys(self, side: str) -> tuple[str, ...]:
        """The reference columns of a side that it reads."""

    def apply(self, board: Board, number: int) -> None:
        """Match what qualifies among what is left."""


@dataclass(frozen=True)
class SameReferenceWithinTolerance:
    """The references agree and the residual is tolerated; it becomes a line of the bridge. The smallest residual goes first."""

    tolerance: Tolerance
    left: str = "reference"
    right: str = "reference"
    name: str = "same_reference_within_tolerance"
    reason: str = "the same reference; the difference lies within the tolerance"

    def keys(self, side: str) -> tuple[str, ...]:
        return (getattr(self, side),)

    def apply(self, board: Board, number: int) -> None:
        if not self.tolerance:
            return
        left, right = (board.rest[side] for side in SIDES)
        few = f"SELECT k, currency FROM ({by_reference(board, self.left, self.right)}) WHERE lefts * rights <= {CANDIDATES}"
        best_pairs(
            board,
            number,
            f"""
            SELECT l.n AS l, r.n AS r, abs(l.amount - r.amount) AS far, {_DAYS_APART} AS farther
            FROM {left} l JOIN {right} r ON l.{self.left} = r.{self.right} AND l.currency = r.currency
            JOIN ({few}) f ON f.k = l.{self.left} AND f.currency = l.currency
            WHERE {self.tolerance.holds("l.amount", "r.amount")}
            """,
        )


@dataclass(frozen=True)
class SameAmountWithinDays:
    """Amount and currency agree and the dates lie at most `days` apart; the nearest dates belong together."""

    days: int
    name: str = "same_amount_within_days"

    @property
    def reason(self) -> str:
        return f"the same amount within {self.days} days"

    def keys(self, side: str) -> tuple[str, ...]:
        return ()

    def apply(self, board: Board, number: int) -> None:
        rows = " UNION ALL ".join(
            f"SELECT '{side}' AS side, n, row(amount, currency) AS key, date FROM {board.rest[side]} WHERE date IS NOT NULL"
            for side in SIDES
        )
        nearest_dates(board, number, rows, self.days)


@dataclass(frozen=True)
class BestScore:
    """Pairs by a score of the analyst's own: the best goes first, where it is the best of both its rows.

    `scores`: left_id, right_id, score. Pairs below `at_least` don't qualify; scores within `margin` of each other qualify
    equally. So of a1b1 .95, a1b2 .94, a2b1 .93, a2b2 .01 the pair a1b1 is matched and a2, b2 stay open; with a margin of
    .01 nothing is matched.
    """

    scores: pa.Table | pd.DataFrame
    at_least: Decimal = Decimal("0.5")
    margin: Decimal = Decimal(0)
    name: str = "best_score"

    @property
    def reason(self) -> str:
        return f"the best score of both, at least {self.at_least}"

    def keys(self, side: str) -> tuple[str, ...]:
        return ()

    def apply(self, board: Board, number: int) -> None:
        given = (
            self.scores
            if isinstance(self.scores, pa.Table)
            else pa.Table.from_pandas(self.scores, preserve_index=False)
        )
        scores = board.books.take(f"{board.name}_scores_{number}", given)
        left, right = (board.rest[side] for side in SIDES)
        best_pairs(
            board,
            number,
            f"""
            SELECT l.n AS l, r.n AS r, -max(CAST(score AS DECIMAL(18,9))) AS far, 0 AS farther
            FROM {scores} s JOIN {left} l ON l.id = s.left_id JOIN {right} r ON r.id = s.right_id
            WHERE CAST(score AS DECIMAL(18,9)) >= {self.at_least} GROUP BY ALL
            """,
            self.margin,
        )


def by_reference(board: Board, left: str, right: str) -> str:
    """What is left, by a reference that stands on both sides: k, currency, and count and sum of each side."""
    one, other = (
        f"""SELECT {key} AS k, currency, count(*) AS {side}s, sum(amount) AS {side}_sum FROM {board.rest[side]}
            WHERE {key} IS NOT NULL GROUP BY ALL"""
        for side, key in zip(SIDES, (left, right), strict=True)
    )
    return f"SELECT * FROM ({one}) JOIN ({other}) USING (k, currency)"


_DAYS_APART = "coalesce(abs(date_diff('day', l.date, r.date)), 1000000)"
