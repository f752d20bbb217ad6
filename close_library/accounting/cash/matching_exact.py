"""The strongest rule of matching: the same reference, amount and currency. It carries the load, so it is one join of all rows."""

from __future__ import annotations

from dataclasses import dataclass

from close_library.accounting.cash.matching_board import SIDES, Board
from close_library.accounting.cash.matching_nearest import nearest_dates

_BUCKETS = 65_536
_SAMPLED = 16
_CROWD = 2_000
"""A key that stands this often on both sides would make millions of pairs: its rows are counted instead of joined.
One row in `_SAMPLED` is looked at: it decides how the rule works, never what it finds."""


@dataclass(frozen=True)
class SameReferenceAndAmount:
    """The strongest key: reference, amount and currency agree. Where rows share all three, the nearest dates go together."""

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

    def _on(self, board: Board) -> str:
        same = f"l.{self.left} = r.{self.right} AND l.amount = r.amount"
        return same if board.same_currency else f"{same} AND l.currency = r.currency"

    def _joined(self, board: Board, number: int) -> None:
        left, right = (board.rest[side] for side in SIDES)
        rows = {side: board.one(f"SELECT count(*) FROM {board.rest[side]}") for side in SIDES}
        full = f"SELECT l.n AS l, r.n AS r FROM {left} l FULL JOIN {right} r ON {self._on(board)}"
        joined = board.temporary(f"joined_{number}", full)
        [held] = board.books.rows(
            f"""SELECT count(*) FILTER (l IS NOT NULL AND r IS NOT NULL) AS pairs, count(*) FILTER (r IS NULL) AS "left",
                       count(*) FILTER (l IS NULL) AS "right" FROM {joined}"""
        )
        pairs = f"SELECT l, r FROM {joined} WHERE l IS NOT NULL AND r IS NOT NULL"
        leave = {
            side: f"(SELECT {side[0]} AS n FROM {joined} WHERE {other} IS NULL)"
            for side, other in zip(SIDES, "rl", strict=True)
        }
        if all(held["pairs"] == rows[side] - held[side] for side in SIDES):
            board.match_pairs(number, pairs, leave=leave)
            return
        often = " UNION ".join(
            f"SELECT l, r FROM ({pairs}) WHERE {side[0]} IN ({_standing_twice(board, joined, side)})"
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


def _standing_twice(board: Board, joined: str, side: str) -> str:
    """Rows of a side that the full join gives more than once.

    Counted by blocks of rows first: in a block without such a row the join has as many rows as the side.
    """
    n = side[0]
    blocks = f"""
        SELECT b FROM (SELECT {n} >> 8 AS b, count(*) AS c FROM {joined} WHERE {n} IS NOT NULL GROUP BY b)
        JOIN (SELECT n >> 8 AS b, count(*) AS once FROM {board.rest[side]} GROUP BY b) USING (b) WHERE c > once
    """
    return f"SELECT {n} FROM {joined} WHERE {n} >> 8 IN ({blocks}) GROUP BY {n} HAVING count(*) > 1"
