"""The rules of matching that look at sums: one to many and many to one, agreed discounts, many to many.

A sum is found by a reference that its rows share, or else searched for among few rows within the date window. A search that
finds two sums sets all their rows aside.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from close_library.accounting.cash.matching_board import SIDES, Board
from close_library.accounting.cash.matching_nearest import bound_together
from close_library.accounting.cash.matching_rules import EXACT, Tolerance, by_reference
from close_library.money import MINOR_UNITS


@dataclass(frozen=True)
class SumOfSameReference:
    """One row is the sum of several that share its reference, on either side; the residual of the sum may be tolerated."""

    tolerance: Tolerance = EXACT
    left: str = "reference"
    right: str = "reference"
    name: str = "sum_of_same_reference"
    reason: str = "one row is the sum of the rows with its reference"

    def keys(self, side: str) -> tuple[str, ...]:
        return (getattr(self, side),)

    def apply(self, board: Board, number: int) -> None:
        one_side = "least(lefts, rights) = 1 AND greatest(lefts, rights) > 1"
        _match_whole(
            board, number, self.left, self.right, f"{one_side} AND {self.tolerance.holds('left_sum', 'right_sum')}"
        )


@dataclass(frozen=True)
class ManyOfSameReference:
    """Last and bounded: several rows on each side share a reference and add up to the same amount."""

    at_most: int = 20
    tolerance: Tolerance = EXACT
    left: str = "reference"
    right: str = "reference"
    name: str = "many_of_same_reference"
    reason: str = "the rows of both sides with the same reference add up to the same amount"

    def keys(self, side: str) -> tuple[str, ...]:
        return (getattr(self, side),)

    def apply(self, board: Board, number: int) -> None:
        few = f"least(lefts, rights) > 1 AND greatest(lefts, rights) <= {self.at_most}"
        _match_whole(board, number, self.left, self.right, f"{few} AND {self.tolerance.holds('left_sum', 'right_sum')}")


def _match_whole(board: Board, number: int, left: str, right: str, condition: str) -> None:
    """Match all rows of each reference whose sums meet a condition."""
    whole = f"SELECT *, row_number() OVER () AS g FROM ({by_reference(board, left, right)}) WHERE {condition}"
    groups = board.temporary("groups", whole)
    board.match_groups(number, " UNION ALL ".join(
        f"SELECT g, '{side}' AS side, n FROM {board.rest[side]} s JOIN {groups} g ON g.k = s.{key} AND g.currency = s.currency"
        for side, key in zip(SIDES, (left, right), strict=True)
    ))  # fmt: skip


@dataclass(frozen=True)
class AgreedDiscount:
    """A payment on the left settles the documents on the right that share its reference, less the discount that was agreed.

    `discount_percent` of each document says what was agreed. Only that much is written off; what the customer took beyond it
    stays open on the documents, the latest first. A payment that lacks more than `at_most_percent` of the documents is a part
    payment, and no match.
    """

    at_most_percent: Decimal = Decimal(5)
    left: str = "reference"
    right: str = "reference"
    name: str = "agreed_discount"
    reason: str = "the payment settles the documents with its reference, less the agreed discount"

    def keys(self, side: str) -> tuple[str, ...]:
        return (getattr(self, side),)

    def apply(self, board: Board, number: int) -> None:
        left, right = (board.rest[side] for side in SIDES)
        settled = board.temporary(
            "settled",
            f"""
            SELECT l.n AS g, r.n AS n, r.id AS id, r.date AS date, r.amount AS amount, {_rounded_discount("r")} AS agreed,
                   sum(r.amount) OVER same - l.amount AS lacking, sum(r.amount) OVER same AS total,
                   sum({_rounded_discount("r")}) OVER same AS agreed_in_all
            FROM {left} l JOIN {right} r ON l.{self.left} = r.{self.right} AND l.currency = r.currency
            JOIN ({by_reference(board, self.left, self.right)}) k ON k.k = l.{self.left} AND k.currency = l.currency
            WHERE lefts = 1 AND l.amount > 0
            WINDOW same AS (PARTITION BY l.n)
            """,
        )
        board.run(
            f"""DELETE FROM {settled} WHERE lacking <= 0 OR agreed_in_all <= 0 OR lacking * 100 > {self.at_most_percent} * total
                OR g IN (SELECT g FROM {settled} WHERE amount <= 0)"""
        )
        board.match_groups(
            number,
            f"""
            WITH shares AS (
                SELECT *, sum(agreed) OVER earlier - agreed AS agreed_before,
                       sum(amount - agreed) OVER later - (amount - agreed) AS open_before
                FROM {settled}
                WINDOW earlier AS (PARTITION BY g ORDER BY date, id, n ROWS UNBOUNDED PRECEDING),
                       later AS (PARTITION BY g ORDER BY date DESC, id DESC, n DESC ROWS UNBOUNDED PRECEDING)
            )
            SELECT g, 'left' AS side, g AS n, 0 AS discount, 0 AS open_amount FROM {settled} GROUP BY g
            UNION ALL
            SELECT g, 'right', n, greatest(least(agreed, lacking - agreed_before), 0),
                   greatest(least(amount - agreed, lacking - agreed_in_all - open_before), 0)
            FROM shares
            """,
        )


@dataclass(frozen=True)
class SumWithinDays:
    """One row is the exact sum of two or more rows of its sign, each at most `days` away; first on the right, then on the left.

    Bounded: up to `at_most` rows of up to `among` candidates. A row with more candidates is left open; where two sums are
    right, or two rows want the same one, all are set aside.
    """

    days: int
    at_most: int = 5
    among: int = 12
    name: str = "sum_within_days"

    @property
    def reason(self) -> str:
        return f"one row is the only sum of rows within {self.days} days"

    def keys(self, side: str) -> tuple[str, ...]:
        return ()

    def apply(self, board: Board, number: int) -> None:
        for one, many in (SIDES, SIDES[::-1]):
            found = self._sums(board, board.rest[one], board.rest[many])
            pairs = "SELECT t AS l, n AS r FROM {0} JOIN {1} p USING (t) WHERE (mask >> place) & 1 = 1"
            claims = board.temporary("claims", "SELECT s, " + pairs.format(*found).removeprefix("SELECT "))
            unclear = board.temporary(
                "unclear",
                f"""SELECT DISTINCT l FROM {claims} GROUP BY l HAVING count(DISTINCT s) > 1
                    UNION SELECT l FROM {claims} WHERE r IN (SELECT r FROM {claims} GROUP BY r HAVING count(DISTINCT l) > 1)""",
            )
            clear = f"SELECT DISTINCT l, r FROM {claims} WHERE l NOT IN (SELECT l FROM {unclear})"
            board.match_groups(number, f"""SELECT DISTINCT l AS g, '{one}' AS side, l AS n FROM ({clear})
                                           UNION ALL SELECT l, '{many}', r FROM ({clear})""")  # fmt: skip
            tied = bound_together(board, f"SELECT DISTINCT l, r FROM {claims} WHERE l IN (SELECT l FROM {unclear})")
            board.set_aside(
                number, f"SELECT g, CASE side WHEN 'left' THEN '{one}' ELSE '{many}' END AS side, n FROM {tied}"
            )

    def _sums(self, board: Board, one: str, many: str) -> tuple[str, str]:
        """Every right sum (s, t, mask of places in t's pool) and the pools (t, place, n, amount, target)."""
        near = f"SELECT currency, sign(amount) AS sign, date FROM {many} WHERE date IS NOT NULL AND amount <> 0"
        crowds = f"""
            SELECT t.n FROM {one} t JOIN (SELECT currency, sign, date, count(*) AS c FROM ({near}) GROUP BY ALL) d
              ON d.currency = t.currency AND d.sign = sign(t.amount)
             AND d.date BETWEEN t.date - {self.days} AND t.date + {self.days}
            GROUP BY t.n HAVING sum(c) BETWEEN 2 AND {20 * self.among}
        """
        pool = board.temporary(
            "pool",
            f"""
            SELECT t.n AS t, t.amount AS target, c.n AS n, c.amount AS amount,
                   row_number() OVER (PARTITION BY t.n ORDER BY c.date, c.id, c.amount, c.n) - 1 AS place
            FROM {one} t SEMI JOIN ({crowds}) x ON x.n = t.n
            JOIN {many} c ON c.currency = t.currency AND sign(c.amount) = sign(t.amount) AND abs(c.amount) < abs(t.amount)
             AND c.date BETWEEN t.date - {self.days} AND t.date + {self.days}
            QUALIFY count(*) OVER (PARTITION BY t.n) BETWEEN 2 AND {self.among}
            """,
        )
        sums = board.temporary(
            "sums", f"SELECT t, place AS last, 1 << place AS mask, amount AS total, 1 AS size FROM {pool}"
        )
        for size in range(2, self.at_most + 1):
            board.run(
                f"""INSERT INTO {sums} SELECT s.t, p.place, mask | (1 << p.place), total + amount, {size}
                    FROM {sums} s JOIN {pool} p ON p.t = s.t AND p.place > s.last
                    WHERE size = {size - 1} AND abs(total + amount) <= abs(target)"""
            )
        right = f"""SELECT row_number() OVER () AS s, t, mask FROM {sums}
                    WHERE size > 1 AND total = (SELECT any_value(target) FROM {pool} p WHERE p.t = {sums}.t)"""
        return board.temporary("right_sums", right), pool


def _rounded_discount(row: str) -> str:
    """The agreed discount of a document, rounded once to the minor unit of its currency."""
    share = f"{row}.amount * CAST({row}.discount_percent * 0.01 AS DECIMAL(14,10))"
    places: dict[int, list[str]] = {}
    for currency, digits in MINOR_UNITS.items():
        places.setdefault(digits, []).append(f"'{currency}'")
    cases = " ".join(
        f"WHEN {row}.currency IN ({', '.join(names)}) THEN to_minor_unit({share}, {digits})"
        for digits, names in places.items()
    )
    return f"CASE {cases} ELSE to_minor_unit({share}, 2) END"
