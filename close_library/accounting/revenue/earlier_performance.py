"""Revenue of the period from performance in earlier periods (ASC 606-10-50-12A): catch-ups, and changes of a price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pyarrow as pa

from close_library.accounting.currency import require_rates
from close_library.accounting.revenue.contracts import revenue_rows
from close_library.accounting.revenue.recognised import priced_lines
from close_library.accounting.revenue.recognition import PricedLine, revenue_to_date
from close_library.accounting.revenue.remaining import rates_at_closing
from close_library.accounting.sql import day, population, shown
from close_library.evidence import Figure, Population, Scope
from close_library.money import round_money

SCHEMA = pa.schema(
    [
        ("contract_line_id", pa.string()),
        ("owner", pa.string()),
        ("currency", pa.string()),
        ("amount", pa.decimal128(22, 4)),
        ("functional", pa.decimal128(38, 4)),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
    ]
)
"""The effect of the period's changes on one line, in its currency and at T's rate (NULL: missing)."""


def earlier_performance(scope: Scope) -> Figure:
    """Revenue of the period that earlier periods' performance earned.

    Catch-ups of signed periods (late deliveries, corrected prices), and what the period's cumulative contract changes add to
    the progress made to the prior T. Raises BooksError where T's rate is missing.
    """
    changed = _changed(scope)
    seen = shown(line="contract_line_id", effect="amount::money", currency="currency", program="owner",
                 why="'change of the price, on progress to the prior period'")  # fmt: skip
    query = f"""
        {population("source_table", "source_file", "source_row", "functional", "seen")}
        FROM {revenue_rows(scope)} WHERE catch_up
        UNION ALL
        {population("'contract_lines'", "source_file", "source_row", "functional", seen)} FROM {changed}
    """
    label = "Revenue from performance in earlier periods"
    return Figure.of("revenue_from_earlier_performance", label, scope.currency, Population(scope.books, query))


def _changed(scope: Scope) -> str:
    """The table of the effects, one row a contract line that has one."""
    rates, rows = rates_at_closing(scope), []
    for line, about in priced_lines(scope.books, scope.parameters):
        effect = _effect(scope, line) if scope.is_company or about["owner"] == scope.program else None
        if effect:
            rate = rates.get(line.currency)
            functional = None if rate is None else round_money(effect * rate, scope.currency)
            rows.append({**about, "amount": effect, "functional": functional})
    name = f"changed_{scope.period.year}_{scope.period.month}_{scope.program.encode().hex()}"
    scope.books.take(name, pa.Table.from_pylist(rows, schema=SCHEMA))
    require_rates(
        scope, f"SELECT currency, {day(scope.closing_date)} AS rate_date FROM {name} WHERE functional IS NULL"
    )
    return name


def _effect(scope: Scope, line: PricedLine) -> Decimal:
    """Revenue to the prior T had the period's cumulative changes been known then, less what it was."""
    before = scope.opening_date
    known = tuple(change for change in line.changes if change.change_date <= before)
    early = tuple(
        replace(change, change_date=before)
        for change in line.changes
        if before < change.change_date <= scope.closing_date and not change.prospective
    )
    now, then = replace(line, changes=(*known, *early)), replace(line, changes=known)
    return revenue_to_date(now, before) - revenue_to_date(then, before)
