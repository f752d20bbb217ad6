"""Pricing ten million deliveries against a hand-written query for the same total; the ratio is printed, not judged."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import duckdb
import pytest

from close_library.accounting.revenue.worth import priced_deliveries_query
from close_library.books import Books, seal
from tests.ledgers import Folder

ROWS = 10_000_000
MEMORY = "3GB"
LIMIT = 4 << 30

TABLES = {
    "programs": "SELECT 'p' || i AS program_id, 'Program' AS program_name FROM range(8) t(i)",
    "contracts": """
        SELECT 'c' || i AS contract_id, 'p' || (i % 8) AS program_id, 'acme' AS customer_id, DATE '2026-01-01' AS start_date,
               'USD' AS currency FROM range(100) t(i)
    """,
    "contract_lines": """
        SELECT 'l' || i AS contract_line_id, 'c' || (i % 100) AS contract_id, 'task' AS product, 'usage' AS billing_model,
               CAST(0.05 + 0.01 * (i % 7) - 0.005 * tier + 0.002 * span AS DECIMAL(18,12)) AS unit_price,
               CAST([0, 10000, 50000][tier + 1] AS DECIMAL(18,6)) AS tier_from,
               [NULL, DATE '2026-04-16', DATE '2026-08-01'][span + 1] AS price_from,
               [DATE '2026-04-15', DATE '2026-07-31', NULL][span + 1] AS price_to,
               CASE WHEN i % 2 = 0 THEN 'as_delivered' ELSE 'on_acceptance' END AS recognition
        FROM range(400) t(i), range(3) u(tier), range(3) v(span) WHERE i % 4 <> 0 OR tier = 0
    """,
    "deliveries": """
        SELECT 'DEL-' || lpad(((i * 7919) % {rows})::VARCHAR, 9, '0') AS delivery_id, 'p' || (i % 8) AS program_id,
               'l' || (i % 400) AS contract_line_id, 'PO-' || (i % 331) AS po_number,
               DATE '2026-01-01' + ((i * 31) % 300)::INT AS delivery_date,
               DATE '2026-01-03' + ((i * 31) % 300)::INT AS accepted_date,
               CAST((i % 5000) / 100.0 AS DECIMAL(24,6)) AS quantity_delivered,
               CAST((i % 5000) / 100.0 AS DECIMAL(24,6)) AS quantity_accepted,
               CASE WHEN i % 50 = 0 THEN 'rejected' WHEN i % 20 = 0 THEN 'delivered' ELSE 'accepted' END AS status
        FROM range({rows}) t(i)
    """,
}
"""400 lines: a quarter without tiers, the others with three; two price changes, one of them in mid-month."""

BY_HAND = """
    WITH prices AS (
        SELECT contract_line_id, price_from, price_to, tier_from, unit_price,
               lead(tier_from) OVER (PARTITION BY contract_line_id, price_from ORDER BY tier_from) AS tier_to
        FROM contract_lines
    ),
    accumulated AS (
        SELECT row_number() OVER () AS id, contract_line_id, {date} AS day, {quantity} AS quantity,
               sum({quantity}) OVER (PARTITION BY contract_line_id, month({date}) ORDER BY {date}, delivery_id
                                     ROWS UNBOUNDED PRECEDING) AS upto
        FROM deliveries WHERE {counts}
    )
    SELECT sum(value) AS total FROM (
        SELECT round(sum((least(upto, coalesce(tier_to, upto)) - greatest(upto - quantity, tier_from)) * unit_price), 2) AS value
        FROM accumulated a JOIN prices p
          ON p.contract_line_id = a.contract_line_id AND coalesce(day >= price_from, true) AND coalesce(day <= price_to, true)
             AND tier_from < upto AND coalesce(tier_to > upto - quantity, true)
        GROUP BY id
    )
"""
BASES = {
    "delivered": BY_HAND.format(date="delivery_date", quantity="quantity_delivered", counts="status <> 'rejected'"),
    "accepted": BY_HAND.format(date="accepted_date", quantity="quantity_accepted", counts="status = 'accepted'"),
}


def write_tables(folder: Path) -> None:
    """The tables as Parquet, as a warehouse exports them."""
    folder.mkdir()
    with duckdb.connect() as connection:
        for name, query in TABLES.items():
            connection.execute(f"COPY ({query.format(rows=ROWS)}) TO '{folder / name}.parquet'")


@pytest.mark.benchmark
def test_pricing_against_a_hand_written_query(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The schedule keeps every address, currency and basis; the query by hand keeps nothing but the total."""
    write_tables(tmp_path / "tables")
    seal(tmp_path / "books", [Folder(tmp_path / "tables")])
    books = Books.open(tmp_path / "books", memory_limit=MEMORY)
    ours = f"SELECT basis, sum(functional) AS total FROM ({priced_deliveries_query(books, 'USD')}) GROUP BY basis"
    began = time.perf_counter()
    by_hand = {basis: books.sql(query).to_pylist()[0]["total"] for basis, query in BASES.items()}
    hand_seconds = time.perf_counter() - began
    began = time.perf_counter()
    priced = {row["basis"]: row["total"] for row in books.sql(ours).to_pylist()}
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    rows = sum(batch.num_rows for batch in books.stream(priced_deliveries_query(books, "USD")))
    whole_seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert priced == by_hand
    assert peak < LIMIT
    with capsys.disabled():
        print(
            f"\n{ROWS:,} deliveries, both bases: by hand {hand_seconds:.1f} s; the total of the schedule {seconds:.1f} s "
            f"({seconds / hand_seconds:.1f}×), its {rows:,} rows whole {whole_seconds:.1f} s "
            f"({whole_seconds / hand_seconds:.1f}×); peak {peak / (1 << 30):.1f} GiB"
        )
