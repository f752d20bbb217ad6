"""The schedule `recognised`: revenue of lines with a price of their own, month by month, read from the books.

As long as a report (contract lines × months), so it is computed line by line with exact fractions; what grows with the
deliveries is `priced_deliveries`, in SQL.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from close_library.accounting.currency import SPOT_RATES
from close_library.accounting.revenue.pricing import LINES
from close_library.accounting.revenue.recognition import Change, PricedLine, allocated, revenue_by_month
from close_library.accounting.sql import FILE_ORDER
from close_library.books import Books
from close_library.money import round_money
from close_library.parameters import Settings
from close_library.period import Period

SCHEMA = pa.schema(
    [
        ("contract_line_id", pa.string()),
        ("contract_id", pa.string()),
        ("owner", pa.string()),
        ("currency", pa.string()),
        ("recognised_date", pa.date32()),
        ("amount", pa.decimal128(22, 4)),
        ("functional", pa.decimal128(38, 4)),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
    ]
)
"""`amount` in the contract's currency; `functional` at the rate of the recognition date, NULL where it is missing."""


def recognised_rows(books: Books, period: Period, settings: Settings) -> pa.Table:
    """Every month's revenue to T of milestone, subscription and fixed-fee lines, one row a line and month."""
    rates = _rates(books)
    rows = []
    for line, about in priced_lines(books, settings):
        for recognised_date, amount in revenue_by_month(line, period.last_day):
            if line.currency == settings.functional_currency:
                functional: Decimal | None = amount
            else:
                rate = rates.get((line.currency, recognised_date))
                functional = None if rate is None else round_money(amount * rate, settings.functional_currency)
            rows.append({**about, "recognised_date": recognised_date, "amount": amount, "functional": functional})
    rows.sort(key=lambda row: (row["owner"] or "", row["contract_line_id"], row["recognised_date"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def priced_lines(books: Books, settings: Settings) -> Iterable[tuple[PricedLine, dict[str, Any]]]:
    """Each contract line with a price of its own, its share of its contract's price taken, and what rows say of it."""
    lines = books.rows(f"SELECT * FROM ({LINES}) ORDER BY contract_line_id")
    changes, costs, reached = _changes(books, settings), _costs(books), _reached(books)
    prices = _prices(lines)
    for line in lines:
        if line["by_quantity"]:
            continue
        id = line["contract_line_id"]
        about = {
            key: line[key]
            for key in ("contract_line_id", "contract_id", "owner", "currency", "source_file", "source_row")
        }
        yield (
            PricedLine(
                contract_line_id=id,
                contract_id=line["contract_id"],
                recognition="on_acceptance" if line["billing_model"] == "milestone" else line["recognition"],
                currency=line["currency"],
                price=prices[id],
                service_start=line["service_start"],
                service_end=line["service_end"],
                accepted_date=reached.get(id),
                estimated_cost=line["estimated_cost"],
                costs=costs[id],
                changes=changes[id],
            ),
            about,
        )


def _prices(lines: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Line → its share of its contract's price; its own amount where the contract is not allocated.

    A line by quantity has no price to share: its selling price takes nothing from the others (ASC 606-10-32-40).
    """
    contracts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        contracts[line["contract_id"]].append(line)
    prices: dict[str, Decimal] = {}
    for members in contracts.values():
        amounts = {line["contract_line_id"]: line["amount"] or Decimal(0) for line in members}
        selling = {
            line["contract_line_id"]: line["standalone_selling_price"]
            for line in members
            if line["standalone_selling_price"] is not None and not line["by_quantity"]
        }
        prices |= allocated(amounts, selling, members[0]["currency"])
    return prices


def _changes(books: Books, settings: Settings) -> dict[str, list[Change]]:
    """Line → its changes; where a change is silent, the program's parameter says how it is treated."""
    of_program = treatments(books.directory)
    found: dict[str, list[Change]] = defaultdict(list)
    query = f"SELECT * FROM contract_changes ORDER BY contract_line_id, change_date, {FILE_ORDER}"
    for row in books.rows(query):
        treatment = row["treatment"] or of_program.get(row["owner_program_id"], settings.contract_changes)
        found[row["contract_line_id"]].append(
            Change(row["change_date"], row["amount_change"], treatment == "prospective")
        )
    return found


def treatments(books_dir: Path) -> dict[str | None, str]:
    """Program → how contract changes are treated, from the parameters that the run wrote beside the books."""
    path = books_dir / "parameters.json"
    if not path.is_file():
        return {}
    scopes = json.loads(path.read_text(encoding="utf-8"))["scopes"]
    return {program: scope["values"]["contract_changes"] for program, scope in scopes.items()}


def _costs(books: Books) -> dict[str, list[tuple[date, Decimal]]]:
    found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    rows = books.sql(
        f"""
        SELECT contract_line_id, delivery_date, CAST(sum(cost) AS DECIMAL(38,4)) AS cost
        FROM deliveries JOIN ({LINES}) l USING (contract_line_id)
        WHERE l.recognition = 'cost_to_cost' AND status <> 'rejected' AND cost IS NOT NULL
        GROUP BY ALL ORDER BY ALL
        """
    )
    for row in rows.to_pylist():
        found[row["contract_line_id"]].append((row["delivery_date"], row["cost"]))
    return found


def _reached(books: Books) -> dict[str, date]:
    """Line → the day of its first accepted delivery; of its first delivery where a fixed fee is earned as delivered."""
    rows = books.sql(
        f"""
        SELECT contract_line_id,
               CASE WHEN l.billing_model <> 'milestone' AND l.recognition = 'as_delivered'
                    THEN min(delivery_date) FILTER (status <> 'rejected')
                    ELSE min(accepted_date) FILTER (status = 'accepted') END AS reached_date
        FROM deliveries JOIN ({LINES}) l USING (contract_line_id)
        WHERE NOT l.by_quantity GROUP BY contract_line_id, l.billing_model, l.recognition
        """
    )
    return {row["contract_line_id"]: row["reached_date"] for row in rows.to_pylist()}


def _rates(books: Books) -> dict[tuple[str, date], Decimal]:
    rows = books.rows(SPOT_RATES)
    return {(row["currency"], row["rate_date"]): row["rate"] for row in rows}
