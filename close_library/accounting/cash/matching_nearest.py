"""How matching decides: which candidates belong together, and which qualify equally so that none does.

Two ways: pairs by how far apart they are (`best_pairs`), and rows of equal keys by their dates (`nearest_dates`). Both look only
at contents, never at the order in which rows stand.
"""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.cash.matching_board import SIDES, Board

_ANY_DAYS = 10_000_000


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
                SELECT *, min(row(far, farther)) OVER (PARTITION BY l) AS of_l,
                       min(row(far, farther)) OVER (PARTITION BY r) AS of_r
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
        board.run(
            f"DELETE FROM {cells} USING {decided} d WHERE (d.k, d.side, d.date) = ({cells}.k, {cells}.side, {cells}.date)"
        )


def _mutual(cells: str, limit: int) -> str:
    """Dates of equal keys that are each other's nearest: k, l, r. Only neighbours in time are looked at."""
    left, right = (f"(SELECT k, date FROM {cells} WHERE side = '{side}')" for side in SIDES)

    def neighbours(one: str, other: str, names: str) -> str:
        return " UNION ".join(
            f"SELECT a.k, {names} FROM {one} a ASOF JOIN {other} b ON a.k = b.k AND a.date {sign} b.date"
            for sign in (">=", "<=")
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
