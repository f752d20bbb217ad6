"""The rules of matching that look at pairs: reference and amount, reference within a tolerance, amount and date, scores.

Each rule takes what the rules before it left, matches what qualifies alone, and sets aside what qualifies equally. A rule is
a frozen value; `matching_board` holds the rows. Rules by sum are in `matching_sums`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import pandas as pd
import pyarrow as pa

from close_library.accounting.matching_board import SIDES, Board

CANDIDATES = 10_000
"""Pairs of one reference that are compared within a tolerance; a reference with more is left to the other rules."""

_BUCKETS = 65_536
_ANY_DAYS = 10_000_000
_SAMPLED = 16
_CROWD = 2_000
"""A key that stands this often on both sides would make millions of pairs: its rows are counted instead of joined.
One row in `_SAMPLED` is looked at: it decides how the rule works, never what it finds."""


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
class SameReferenceAndAmount:
    """The strongest key: reference, amount and currency agree. Of rows that share all three, the nearest dates belong together."""

    left: str = "reference"
    right: str = "reference"
    name: str = "same_reference_and_amount"
    reason: str = "the same reference and amount"

    def keys(self, side: str) -> tuple[str, ...]:
        return (getattr(self, side),)

    def apply(self, board: Board, number: int) -> None:
        if self._crowded(board):
            self._counted(board, number)
        else:
            self._joined(board, number)

    def _crowded(self, board: Board) -> bool:
        """Whether some key stands so often on both sides that a join would multiply it."""
        counted = [
            f"""SELECT hash({getattr(self, side)}, amount) % {_BUCKETS} AS bucket, count(*) AS {side}s
                FROM {board.rest[side]} WHERE n % {_SAMPLED} = 0 AND {getattr(self, side)} IS NOT NULL GROUP BY bucket"""
            for side in SIDES
        ]
        crowd = (4 * max(board.counts.values()) // _BUCKETS + _CROWD) // _SAMPLED
        return bool(board.one(
            f"""SELECT count(*) FROM ({counted[0]}) JOIN ({counted[1]}) USING (bucket)
                WHERE lefts > {crowd} AND rights > {crowd}"""
        ))  # fmt: skip

    def _on(self) -> str:
        return f"l.{self.left} = r.{self.right} AND l.amount = r.amount AND l.currency = r.currency"

    def _joined(self, board: Board, number: int) -> None:
        left, right = (board.rest[side] for side in SIDES)
        rows = {side: board.one(f"SELECT count(*) FROM {board.rest[side]}") for side in SIDES}
        joined = board.temporary(f"joined_{number}", f"SELECT l.n AS l, r.n AS r FROM {left} l FULL JOIN {right} r ON {self._on()}")
        [held] = board.books.sql(
            f"""SELECT count(*) FILTER (l IS NOT NULL AND r IS NOT NULL) AS pairs, count(*) FILTER (r IS NULL) AS "left",
                       count(*) FILTER (l IS NULL) AS "right" FROM {joined}"""
        ).to_pylist()
        pairs = f"SELECT l, r FROM {joined} WHERE l IS NOT NULL AND r IS NOT NULL"
        leave = {side: f"(SELECT {side[0]} AS n FROM {joined} WHERE {other} IS NULL)" for side, other in zip(SIDES, "rl", strict=True)}
        if all(held["pairs"] == rows[side] - held[side] for side in SIDES):
            board.match_pairs(number, pairs, leave=leave)
            return
        often = " UNION ".join(
            f"SELECT l, r FROM ({pairs}) WHERE {side[0]} IN (SELECT {side[0]} FROM ({pairs}) GROUP BY 1 HAVING count(*) > 1)"
            for side in SIDES
            if held["pairs"] > rows[side] - held[side]
        )
        contested = board.temporary(f"contested_{number}", often)
        clean = f"{pairs} AND l NOT IN (SELECT l FROM {contested})"
        for side in SIDES:
            leave[side] = f"({leave[side][1:-1]} UNION ALL SELECT DISTINCT {side[0]} FROM {contested})"
        board.match_pairs(number, clean, leave=leave)
        self._settle(board, number, {side: f"SELECT DISTINCT {side[0]} AS n FROM {contested}" for side in SIDES})

    def _counted(self, board: Board, number: int) -> None:
        """The same without a join of rows: keys are counted, and only those that stand once on each side are pairs."""
        both = " UNION ALL ".join(
            f"SELECT '{side}' AS side, n, {getattr(self, side)} AS k, amount, currency FROM {board.rest[side]}"
            f" WHERE {getattr(self, side)} IS NOT NULL"
            for side in SIDES
        )
        counted = board.temporary(
            f"counted_{number}",
            f"""SELECT k, amount, currency, count(*) FILTER (side = 'left') AS lefts, count(*) FILTER (side = 'right') AS rights,
                       min(n) FILTER (side = 'left') AS l, min(n) FILTER (side = 'right') AS r
                FROM ({both}) GROUP BY k, amount, currency HAVING lefts > 0 AND rights > 0""",
        )
        pairs = board.temporary(f"joined_{number}", f"SELECT l, r FROM {counted} WHERE lefts = 1 AND rights = 1")
        leave = {
            side: f"(SELECT n FROM {board.rest[side]} ANTI JOIN (SELECT {side[0]} FROM {pairs}) p ON p.{side[0]} = n)"
            for side in SIDES
        }
        board.match_pairs(number, f"SELECT l, r FROM {pairs}", leave=leave)
        self._settle(board, number, {
            side: f"""SELECT n FROM {board.rest[side]} s SEMI JOIN {counted} c
                      ON s.{getattr(self, side)} = c.k AND s.amount = c.amount AND s.currency = c.currency"""
            for side in SIDES
        })  # fmt: skip

    def _settle(self, board: Board, number: int, contested: dict[str, str]) -> None:
        rows = " UNION ALL ".join(
            f"SELECT '{side}' AS side, n, row({getattr(self, side)}, amount, currency) AS key, date FROM {board.rest[side]}"
            f" WHERE n IN ({contested[side]})"
            for side in SIDES
        )
        nearest_dates(board, number, rows, None)


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
        given = self.scores if isinstance(self.scores, pa.Table) else pa.Table.from_pandas(self.scores, preserve_index=False)
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


def best_pairs(board: Board, number: int, candidates: str, margin: Decimal = Decimal(0)) -> None:
    """Match candidate pairs (l, r, far, farther), nearest first: a pair is taken when it is the best of both its rows.

    Where two pairs of a row are best (within the margin), all rows so bound together are set aside. The nearest pair of all
    is always decided, so the rounds end.
    """
    held = board.temporary("candidates", candidates)
    while board.one(f"SELECT count(*) FROM {held}"):
        best = board.temporary(
            "best",
            f"""
            WITH ranked AS (
                SELECT *, min(row(far, farther)) OVER (PARTITION BY l) AS of_l, min(row(far, farther)) OVER (PARTITION BY r) AS of_r
                FROM {held}
            ),
            mutual AS (
                SELECT l, r FROM ranked
                WHERE (row(far, farther) = of_l OR far <= of_l[1] + {margin} AND {margin} > 0)
                  AND (row(far, farther) = of_r OR far <= of_r[1] + {margin} AND {margin} > 0)
            )
            SELECT l, r, count(*) OVER (PARTITION BY l) AS of_this_l, count(*) OVER (PARTITION BY r) AS of_this_r FROM mutual
            """,
        )
        alone = f"SELECT l, r FROM {best} WHERE of_this_l = 1 AND of_this_r = 1"
        tied = bound_together(board, f"SELECT l, r FROM {best} WHERE of_this_l > 1 OR of_this_r > 1")
        board.match_groups(number, f"""SELECT l AS g, 'left' AS side, l AS n FROM ({alone})
                                       UNION ALL SELECT l, 'right', r FROM ({alone})""")  # fmt: skip
        board.set_aside(number, f"SELECT * FROM {tied}")
        board.run(f"DELETE FROM {held} WHERE l IN (SELECT l FROM {best}) OR r IN (SELECT r FROM {best})")


def bound_together(board: Board, pairs: str) -> str:
    """The rows of pairs with a number for each set that is connected: g, side, n."""
    tied = board.temporary(
        "tied",
        f"""WITH tied AS ({pairs}) SELECT l AS g, 'left' AS side, l AS n FROM tied
            UNION SELECT min(l), 'right', r FROM tied GROUP BY r""",
    )
    edges = board.temporary("edges", pairs)
    while board.one(
        f"""SELECT count(*) FROM {edges} e JOIN {tied} a ON a.side = 'left' AND a.n = l
            JOIN {tied} b ON b.side = 'right' AND b.n = r WHERE a.g <> b.g"""
    ):
        board.run(
            f"""UPDATE {tied} SET g = least({tied}.g, x.g) FROM (SELECT l, min(b.g) AS g FROM {edges}
                JOIN {tied} b ON b.side = 'right' AND b.n = r GROUP BY l) x WHERE side = 'left' AND n = x.l""",
            f"""UPDATE {tied} SET g = least({tied}.g, x.g) FROM (SELECT r, min(a.g) AS g FROM {edges}
                JOIN {tied} a ON a.side = 'left' AND a.n = l GROUP BY r) x WHERE side = 'right' AND n = x.r""",
        )
    return tied


def nearest_dates(board: Board, number: int, rows: str, days: int | None) -> None:
    """Match rows (side, n, key, date) of equal keys by their dates, at most `days` apart (None: any).

    Equally many rows on both sides, each within the days of its counterpart in order of date, are matched as one set: which
    belongs to which makes no difference. Otherwise the nearest dates go first, and rows that are equally near are set aside.
    """
    limit = _ANY_DAYS if days is None else days
    dated = board.temporary(
        "dated",
        f"""
        WITH given AS (SELECT side, n, key, coalesce(date, DATE '0001-01-01') AS date FROM ({rows})),
        shared AS (SELECT key, row_number() OVER () AS k FROM given GROUP BY key HAVING count(DISTINCT side) = 2),
        gaps AS (
            SELECT side, n, k, date,
                   date_diff('day', lag(date) OVER (PARTITION BY k ORDER BY date), date) > {limit} AS apart
            FROM given JOIN shared USING (key)
        ),
        chained AS (
            SELECT *, sum(CASE WHEN apart THEN 1 ELSE 0 END) OVER (PARTITION BY k ORDER BY date RANGE UNBOUNDED PRECEDING) AS c
            FROM gaps
        )
        SELECT *, row_number() OVER (PARTITION BY k, c, side ORDER BY date, n) AS place FROM chained
        """,
    )
    even = board.temporary(
        "even",
        f"""
        SELECT coalesce(l.k, r.k) AS k, coalesce(l.c, r.c) AS c, min(coalesce(l.n, -1)) AS g
        FROM (SELECT * FROM {dated} WHERE side = 'left') l
        FULL JOIN (SELECT * FROM {dated} WHERE side = 'right') r ON (l.k, l.c, l.place) = (r.k, r.c, r.place)
        GROUP BY ALL
        HAVING bool_and(coalesce(abs(date_diff('day', l.date, r.date)) <= {limit}, false))
        """,
    )
    board.match_groups(number, f"SELECT g, side, n FROM {dated} JOIN {even} USING (k, c)")
    rest = board.temporary("uneven", f"SELECT d.* FROM {dated} d ANTI JOIN {even} e ON (e.k, e.c) = (d.k, d.c)")
    _nearest_first(board, number, rest, limit)


def _nearest_first(board: Board, number: int, rows: str, limit: int) -> None:
    cells = board.temporary("cells", f"SELECT k, side, date, count(*) AS rows, min(n) AS g FROM {rows} GROUP BY ALL")
    while True:
        edges = board.temporary("edges", _mutual(cells, limit))
        if not board.one(f"SELECT count(*) FROM {edges}"):
            return
        decided = board.temporary(
            "decided",
            f"""
            WITH counted AS (
                SELECT *, count(*) OVER (PARTITION BY k, l) AS of_l, count(*) OVER (PARTITION BY k, r) AS of_r FROM {edges}
            ),
            tried AS (
                SELECT k, l, r, of_l = 1 AND of_r = 1 AND a.rows = b.rows AS alone,
                       CASE WHEN of_l = 1 AND of_r = 1 THEN a.g ELSE -k END AS g
                FROM counted JOIN {cells} a USING (k) JOIN {cells} b USING (k)
                WHERE a.side = 'left' AND a.date = l AND b.side = 'right' AND b.date = r
            )
            SELECT k, side, date, bool_and(alone) AS alone, min(g) AS g
            FROM (SELECT k, 'left' AS side, l AS date, alone, g FROM tried
                  UNION ALL SELECT k, 'right', r, alone, g FROM tried) GROUP BY k, side, date
            """,
        )
        found = f"SELECT d.g AS g, side, n FROM {rows} JOIN {decided} d USING (k, side, date)"
        board.match_groups(number, f"{found} WHERE alone")
        board.set_aside(number, f"{found} WHERE NOT alone")
        board.run(f"DELETE FROM {cells} USING {decided} d WHERE (d.k, d.side, d.date) = ({cells}.k, {cells}.side, {cells}.date)")


def _mutual(cells: str, limit: int) -> str:
    """Dates of equal keys that are each other's nearest: k, l, r. Only neighbours in time are looked at."""
    left, right = (f"(SELECT k, date FROM {cells} WHERE side = '{side}')" for side in SIDES)

    def neighbours(one: str, other: str, names: str) -> str:
        return " UNION ".join(
            f"SELECT a.k, {names} FROM {one} a ASOF JOIN {other} b ON a.k = b.k AND a.date {sign} b.date" for sign in (">=", "<=")
        )

    return f"""
        WITH of_left AS (
            SELECT *, abs(date_diff('day', l, r)) AS far FROM ({neighbours(left, right, "a.date AS l, b.date AS r")})
            QUALIFY far = min(far) OVER (PARTITION BY k, l)
        ),
        of_right AS (
            SELECT *, abs(date_diff('day', l, r)) AS far FROM ({neighbours(right, left, "b.date AS l, a.date AS r")})
            QUALIFY far = min(far) OVER (PARTITION BY k, r)
        )
        SELECT k, l, r FROM of_left JOIN of_right USING (k, l, r) WHERE of_left.far <= {limit}
    """
