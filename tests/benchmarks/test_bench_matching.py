"""Matching against pandas, polars and datacompy in the same run, beside DuckDB's raw full join; printed, not judged.

    pytest -m benchmark tests/benchmarks/test_bench_matching.py -k 2000000      (CLOSE_BENCH_ROWS=10000000 for more)

All get the same two populations of text references and exact decimals: most rows agree in reference and amount, one in fifty
has no partner, a few references stand twice. polars and datacompy are no dependencies of the product: one that is not
installed is skipped, and the line says so.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from close_library.accounting.cash.matching import match, standard_rules
from close_library.accounting.cash.matching_board import Board
from close_library.accounting.cash.matching_exact import SameReferenceAndAmount
from close_library.accounting.cash.matching_rules import Rule
from close_library.books import Books
from close_library.books.connection import connect
from close_library.books.sql import add_macros
from tests.benchmarks.test_bench_books import seconds

KEYS = ["reference", "amount"]
ROWS = [200_000, 2_000_000] + [int(n) for n in os.environ.get("CLOSE_BENCH_ROWS", "").split() if n]
RUNS = 3

_SIDE = """
    SELECT '{side}' || i AS id,
           CASE WHEN i % 50 = 0 THEN '{side}' || i ELSE 'REF-' || lpad(CAST(k AS VARCHAR), 9, '0') END AS reference,
           CAST(CAST(k * 7919 % 1000003 AS DECIMAL(20,0)) * 0.01 AS DECIMAL(22,4)) AS amount,
           DATE '2026-01-01' + CAST(k % 28 AS INTEGER) AS date, 'USD' AS currency
    FROM (SELECT i, (CASE WHEN i % {twice} = 1 AND '{side}' = 'r' THEN i + 1 ELSE i END * {step}) % {rows} AS k
          FROM range({rows}) t(i))
"""


def books(rows: int) -> Books:
    """A connection with the two populations as tables, as sealed books would give them."""
    connection = connect()
    add_macros(connection)
    for side, step in (("l", 1), ("r", 7)):
        query = _SIDE.format(side=side, step=step, rows=rows, twice=rows // 4)
        connection.execute(f"CREATE TABLE {side}_rows AS {query}")
    return Books(None, {"tables": {}}, connection, ())  # type: ignore[arg-type]


Took = tuple[float, float]
"""Seconds by the clock and of the processor; the second says more on a machine that others use too."""


def best(function: Callable[[], object], runs: int = RUNS) -> Took:
    """The fastest of some runs: the one that other work on the machine disturbed least."""
    took = []
    for _ in range(runs):
        before = time.process_time()
        took.append((seconds(function), time.process_time() - before))
    return min(clock for clock, _ in took), min(processor for _, processor in took)


def exact_part(held: Books) -> Took:
    """The strongest rule alone, on populations that are held already: pairs, duplicates, what is left."""
    took = []
    for _ in range(RUNS):
        board = Board(held, "l_rows", "r_rows", {"left": ["reference"], "right": ["reference"]}, None)
        took.append(best(lambda board=board: SameReferenceAndAmount().apply(board, 0), 1))  # type: ignore[misc]
        board.drop()
    return min(clock for clock, _ in took), min(processor for _, processor in took)


def whole(held: Books, left: Any, right: Any, rules: Sequence[Rule]) -> None:
    """Read both populations, match them by all rules, and give the memory back."""
    match(left, right, rules, books=held).close()


def with_datacompy(left: pd.DataFrame, right: pd.DataFrame) -> int:
    compare = importlib.import_module("datacompy")
    kind = getattr(compare, "PandasCompare", None) or compare.Compare
    return len(kind(left, right, join_columns=KEYS).intersect_rows)


def with_polars(left: Any, right: Any) -> int:
    return int(left.join(right, on=KEYS, how="full").height)


@pytest.mark.benchmark
@pytest.mark.parametrize("rows", ROWS)
def test_matching_against_the_alternatives(rows: int, capsys: pytest.CaptureFixture[str]) -> None:
    held = books(rows)
    arrow: list[pa.Table] = [held.sql(f"SELECT * FROM {side}_rows") for side in "lr"]
    left, right = (table.to_pandas(types_mapper=pd.ArrowDtype) for table in arrow)
    raw_query = f"""CREATE OR REPLACE TEMP TABLE raw AS SELECT l.id AS l, r.id AS r, l.amount AS a, r.amount AS b
                    FROM l_rows l FULL JOIN r_rows r USING ({", ".join(KEYS)})"""
    times = {
        "DuckDB's raw full join": best(lambda: held.execute(raw_query)),
        "ours, the exact key": exact_part(held),
        "ours, read and exact key": best(lambda: whole(held, "l_rows", "r_rows", [SameReferenceAndAmount()])),
        "ours, all rules": best(lambda: whole(held, "l_rows", "r_rows", standard_rules())),
        "ours, from pandas frames": best(lambda: whole(held, left, right, [SameReferenceAndAmount()])),
        "pandas outer merge": best(lambda: left.merge(right, on=KEYS, how="outer", indicator=True), 1),
    }
    missing = []
    if importlib.util.find_spec("polars"):
        polars = importlib.import_module("polars")
        frames = [polars.from_arrow(table) for table in arrow]
        times["polars full join"] = best(lambda: with_polars(*frames))
    else:
        missing.append("polars is not installed")
    if importlib.util.find_spec("datacompy"):
        plain = [table.to_pandas() for table in arrow]
        times["datacompy"] = best(lambda: with_datacompy(*plain), 1)
    else:
        missing.append("datacompy is not installed")
    ours, raw = times["ours, the exact key"], times["DuckDB's raw full join"]
    with capsys.disabled():
        print(f"\n{rows:,} × {rows:,} rows, text key and exact decimals")
        print(f"  {'':<26} {'clock':>9}  × ours  × raw {'processor':>13}  × ours  × raw")
        for name, took in times.items():
            parts = [f"{t:9.2f} {t / o:7.1f} {t / r:6.1f}" for t, o, r in zip(took, ours, raw, strict=True)]
            print(f"  {name:<26} {'       '.join(parts)}")
        for line in missing:
            print(f"  {line}: skipped")
