"""Purchase order trace (workpaper 50): each order to cash, and one status for every cent.

ACCOUNTING.md §4. Figures are to T, in functional currency, by order; the statuses are those of the program's own rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pandas as pd

from close_library.accounting.currency import at_spot, functional
from close_library.accounting.purchase_orders.orders import (
    VALUES,
    applications,
    funded,
    order_numbers,
    orders,
    require_order_rates,
    value_sums,
    valued,
)
from close_library.accounting.purchase_orders.review_deliveries import delivery_findings
from close_library.accounting.purchase_orders.value_status import STANDINGS, STATUSES, status_sums
from close_library.accounting.revenue.contracts import billing_rows, revenue_population
from close_library.accounting.schedules import priced_deliveries
from close_library.accounting.sql import day, owned, population, shown
from close_library.evidence import Figure, Population, Result, Scope, Table, cells_of
from close_library.money import ZERO


def purchase_order_trace(scope: Scope) -> Result:
    """Each order with what it funds and what was delivered, accepted, invoiced, recognised and collected; cents by status.

    Figures, to T: by order `funded:<po>`, `delivered_value:<po>`, `accepted_value:<po>`, `invoiced:<po>` (tax excluded),
    `recognised:<po>`, `collected:<po>` (tax included); and the five values of the program without `:<po>`. Tables: 50.1 by order,
    with the rows that name no order, an unknown one or another program's, and less those of other programs; 50.2 by status.
    Findings: `delivered_not_billed`, `delivery_without_po`, `delivery_outside_po_dates`. Raises BooksError where an exchange rate
    is missing.

    Example, in a notebook: `purchase_order_trace(scope).figures["collected:PO-17"].amount`
    """
    require_order_rates(scope)
    numbers = order_numbers(scope)
    figures = {f.id: f for f in _figures(scope, numbers)}
    return Result(
        tables={"50.1": _by_order(scope, figures, numbers), "50.2": _by_status(scope, figures)},
        figures=figures,
        findings=tuple(delivery_findings(scope)),
    )


def status_total(scope: Scope, value: str) -> Decimal:
    """A value of the program's own rows as the sum of its statuses: it must be the program's value."""
    rows = scope.books.sql(
        f"SELECT coalesce(sum(amount), 0) AS total FROM {status_sums(scope)} WHERE value = '{value}' AND {owned(scope)}"
    )
    total: Decimal = rows.to_pylist()[0]["total"]
    return total


def _figures(scope: Scope, numbers: list[str]) -> Iterable[Figure]:
    for number in numbers:
        yield funded(scope, number)
        yield from (valued(scope, value, number) for value in VALUES)
    for value, label in VALUES.items():
        at_t = revenue_population(scope, "NOT catch_up") if value == "recognised" else None
        rows = at_t or Population(scope.books, _program_query(scope, value))
        yield Figure.of(value, f"{label}, of the program", scope.currency, rows)


def _program_query(scope: Scope, value: str) -> str:
    """A value of the program, read from where workpapers 23, 60 and 90 read it, not from the orders."""
    at = day(scope.closing_date)
    if value == "invoiced":
        return f"""
            {population("'invoice_lines'", "source_file", "source_row", "functional", "seen")}
            FROM {billing_rows(scope)} WHERE invoice_date <= {at}
        """
    if value == "collected":
        seen = shown(application="application_id", receipt="receipt.document_id", invoice="invoice.document_number",
                     date="application_date", amount="amount::money", currency="receipt.currency",
                     program="invoice.owner")  # fmt: skip
        worth = functional("amount", "receipt.currency", "s.rate", scope.currency)
        return f"""
            {population("'cash_applications'", "source_file", "source_row", worth, seen)}
            FROM {applications(scope)}
            {at_spot("receipt.currency", "application_date")}
            WHERE receipt.document_id IS NOT NULL AND counts_from <= {at} AND {owned(scope, "invoice.owner")}
        """
    seen = shown(delivery="delivery_id", line="contract_line_id", purchase_order="po_number", date="priced_date",
                 quantity="quantity", value="value::money", currency="currency", program="owner")  # fmt: skip
    return f"""
        {population("'deliveries'", "source_file", "source_row", "functional", seen)}
        FROM {priced_deliveries(scope)} WHERE basis || '_value' = '{value}' AND priced_date <= {at} AND {owned(scope)}
    """


def _by_order(scope: Scope, figures: dict[str, Figure], numbers: list[str]) -> Table:
    """The orders, what stands with none of them, and less what is another program's; the total is the program's."""
    about = {row["po_number"]: row for row in scope.books.rows(f"SELECT * FROM {orders(scope)}")}
    columns = ("funded", *VALUES)
    lines: list[list[Any]] = []
    for number in numbers:
        order = about[number]
        amounts = [figures[f"{column}:{number}"].money for column in columns]
        lines.append([number, order["contract_id"], order["status"], order["end_date"], *amounts])
    beside = _beside_the_orders(scope)
    for standing, sums in beside.items():
        lines.append([standing, None, None, None, ZERO, *(sums.get(value, ZERO) for value in VALUES)])
    totals = [sum((line[n + 4] for line in lines), ZERO) for n in range(len(columns))]
    lines.append(["Total of the program", None, None, None, *totals])
    frame = pd.DataFrame(lines, columns=["purchase_order", "contract", "status", "end_date", *columns], dtype=object)
    links = [
        (row, n + 4, f"{column}:{number}") for row, number in enumerate(numbers) for n, column in enumerate(columns)
    ]
    links += [(len(lines) - 1, n + 5, value) for n, value in enumerate(VALUES)]
    title = f"From order to cash, to {scope.closing_date}"
    first, last = len(numbers), len(lines) - 2
    # What stands with no order is what the program has beyond its orders and the lines that follow.
    others = [line for line in range(last + 1) if line != first]
    formulas = tuple((first, n + 5, f"{{{value}}} - ({cells_of(value, others)})") for n, value in enumerate(VALUES))
    types = {"end_date": "date"}
    return Table(title, frame, total_row=True, links=tuple(links), types=types, formulas=formulas)


def _beside_the_orders(scope: Scope) -> dict[str, dict[str, Decimal]]:
    """What leads from the orders to the program: rows that name none of its orders, less other programs' rows that do."""
    rows = scope.books.rows(
        f"""
        WITH own AS (SELECT po_number AS number FROM {orders(scope)}),
        known AS (SELECT DISTINCT po_number AS number FROM purchase_orders),
        rows AS (
            SELECT value, functional, CASE WHEN own.number IS NOT NULL THEN 'less: rows of other programs'
                   WHEN po_number IS NULL THEN 'no purchase order' WHEN known.number IS NULL THEN 'unknown purchase order'
                   ELSE 'purchase order of another program' END AS standing
            FROM {value_sums(scope)} LEFT JOIN own ON own.number = po_number LEFT JOIN known ON known.number = po_number
            WHERE own.number IS NULL OR NOT coalesce({owned(scope)}, false)
        )
        SELECT standing, value, CAST(sum(CASE standing WHEN 'less: rows of other programs' THEN -functional ELSE functional END)
               AS DECIMAL(38,4)) AS amount
        FROM rows GROUP BY ALL
        """
    )
    found: dict[str, dict[str, Decimal]] = {
        standing: {} for standing in (*STANDINGS[1:], "less: rows of other programs")
    }
    for row in rows:
        found[row["standing"]][row["value"]] = row["amount"]
    return found


def _by_status(scope: Scope, figures: dict[str, Figure]) -> Table:
    """The program's own rows by what their order is and by status; each column adds up to the program's value."""
    rows = scope.books.rows(
        f"""
        SELECT standing, status, value, CAST(sum(amount) AS DECIMAL(38,4)) AS amount
        FROM {status_sums(scope)} WHERE {owned(scope)} GROUP BY ALL
        """
    )
    cells = {(row["standing"], row["status"], row["value"]): row["amount"] for row in rows}
    lines: list[list[Any]] = [
        [standing, status, *(cells.get((standing, status, value), ZERO) for value in VALUES), says]
        for standing in STANDINGS
        for status, says in STATUSES.items()
        if any((standing, status, value) in cells for value in VALUES)
    ]
    totals = [sum((amount for (_, _, its), amount in cells.items() if its == value), ZERO) for value in VALUES]
    lines.append(["Total of the program", None, *totals, None])
    frame = pd.DataFrame(lines, columns=["purchase_order", "status", *VALUES, "meaning"], dtype=object)
    links = tuple((len(lines) - 1, n + 2, value) for n, value in enumerate(VALUES))
    return Table("Every cent by status", frame, total_row=True, links=links)
