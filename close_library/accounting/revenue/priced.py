"""The schedule `priced_deliveries`: what each delivery is worth, written program by program, so that no more is held than one
program's deliveries of lines with tiers.

The rows of a program stand in this order: lines without tiers and days that lie in one tier as the books have them (by date),
then what crosses tiers, then milestones, both by date and address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from close_library.accounting.revenue.pricing import priced_lines
from close_library.accounting.revenue.worth import PARTS, worth_query
from close_library.accounting.sql import text
from close_library.books import Books

SORTED_AT_MOST = 200_000
"""Deliveries of a program that are sorted; more come as the books have them, which are sorted by date and key."""

_ORDER = "ORDER BY delivery_date, delivery_id, source_file, source_row"


def priced_by_owner(books: Books, functional_currency: str) -> pa.RecordBatchReader:
    """Every delivery with what it is worth (`worth.worth_query`), by owner, in one order whatever the machine."""
    nothing = worth_query(books, functional_currency, ("flat",), "false", "false")
    schema = books.sql(f"SELECT * FROM ({nothing}) LIMIT 0").schema
    return pa.RecordBatchReader.from_batches(schema, _batches(books, functional_currency))


def _batches(books: Books, functional_currency: str) -> Iterator[pa.RecordBatch]:
    [threads] = books.sql("SELECT current_setting('threads') AS n")["n"].to_pylist()
    for owner in _owners(books):
        lines = _is("owner", owner["owner"])
        rows = f"({' OR '.join(_is('d.owner_program_id', each) for each in owner['of_rows'])})"
        for part in PARTS:
            if not owner[part]:
                continue
            streamed = part in ("flat", "quiet") and owner["deliveries"] > SORTED_AT_MOST
            query = worth_query(books, functional_currency, (part,), lines, rows)
            # One thread keeps the order in which the books hold the rows, where they are so many that a join reads them in
            # their order; sorting these again would cost more than pricing.
            books.execute(f"SET threads = {1 if streamed else int(threads)}")
            yield from books.stream(query if streamed else f"SELECT * FROM ({query}) {_ORDER}")
            books.execute(f"SET threads = {int(threads)}")


def _owners(books: Books) -> list[dict[str, Any]]:
    """The programs that own contract lines with deliveries: which programs own these deliveries, which parts there are."""
    owners: list[dict[str, Any]] = books.rows(
        f"""
        SELECT l.owner, list(DISTINCT coalesce(d.owner, '')) AS of_rows, bool_or(NOT l.tiered) AS flat,
               bool_or(l.tiered) AS quiet, bool_or(l.tiered) AS graduated, bool_or(l.billing_model = 'milestone') AS milestones,
               CAST(sum(d.n) AS BIGINT) AS deliveries
        FROM (SELECT contract_line_id, owner_program_id AS owner, count(*) AS n FROM deliveries GROUP BY ALL) d
        JOIN {priced_lines(books)} l USING (contract_line_id)
        GROUP BY 1 ORDER BY 1 NULLS FIRST
        """
    )
    return owners


def _is(column: str, value: str | None) -> str:
    return f"{column} = {text(value)}" if value else f"{column} IS NULL"
