"""Checks of deliveries against orders and invoices; their findings belong to workpaper 50.

ACCOUNTING.md §7. A delivery that names a contract line is worth what `priced_deliveries` says; one without a known line, and
a cost report, is worth 0.00.
"""

from __future__ import annotations

from typing import Any

from close_library.accounting.currency import require_rates
from close_library.accounting.purchase_orders.orders import new_ends, posted_documents
from close_library.accounting.revenue.pricing import LINES
from close_library.accounting.schedules import priced_deliveries
from close_library.accounting.sql import day, owned
from close_library.evidence import Finding, Scope
from close_library.money import show


def delivery_findings(scope: Scope) -> list[Finding]:
    """`delivered_not_billed` at T; `delivery_without_po`, `delivery_outside_po_dates` of deliveries dated in the period."""
    _require_rates(scope)
    return [*_not_billed(scope), *_without_order(scope), *_outside_dates(scope)]


def _require_rates(scope: Scope) -> None:
    """The worth of what is looked at: to T, and of the period's deliveries whenever they were accepted."""
    require_rates(
        scope,
        f"""
        SELECT p.currency, p.priced_date AS rate_date FROM {priced_deliveries(scope)} p
        WHERE p.functional IS NULL AND {owned(scope, "p.owner")} AND (p.priced_date <= {day(scope.closing_date)}
            OR (p.source_file, p.source_row) IN (SELECT (source_file, source_row) FROM deliveries WHERE {_of_period(scope)}))
        """,
    )


def _of_period(scope: Scope) -> str:
    return f"delivery_date BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}"


def not_billed(scope: Scope) -> str:
    """Accepted value whose delivery is on no posted invoice dated to T, however young: the columns of `priced_deliveries` and
    `days` from its acceptance to T."""
    at = day(scope.closing_date)
    return f"""
        (WITH billed AS (
            SELECT DISTINCT delivery_id FROM invoice_lines JOIN ({posted_documents(scope)}) i USING (invoice_id)
            WHERE i.document_type = 'invoice' AND delivery_id IS NOT NULL
        )
        SELECT *, date_diff('day', priced_date, {at}) AS days
        FROM {priced_deliveries(scope)} ANTI JOIN billed USING (delivery_id)
        WHERE basis = 'accepted' AND priced_date <= {at} AND value <> 0 AND {owned(scope)})
    """


def _not_billed(scope: Scope) -> list[Finding]:
    """What is not billed after more than `grace_days.unbilled` days."""
    rows = scope.books.sql(
        f"""
        SELECT delivery_id, contract_line_id, po_number, priced_date, days, functional FROM {not_billed(scope)}
        WHERE days > {scope.parameters.grace_days.unbilled} ORDER BY delivery_id, source_file, source_row
        """
    ).to_pylist()
    return [
        Finding(
            "delivered_not_billed",
            "warning",
            row["functional"],
            scope.currency,
            _keys(row),
            f"Delivery {row['delivery_id']} was accepted on {row['priced_date']}, {row['days']} days before "
            f"{scope.closing_date}; {show(row['functional'], scope.currency)} {scope.currency} is on no posted invoice.",
        )
        for row in rows
    ]


def _dated_in_period(scope: Scope, basis: str) -> str:
    """The scope's deliveries of the period with their worth on a basis, 0.00 where they have none."""
    return f"""
        SELECT d.*, coalesce(p.functional, 0) AS worth
        FROM (
            SELECT d.*, coalesce(l.owner, d.owner_program_id) AS owner
            FROM deliveries d LEFT JOIN ({LINES}) l USING (contract_line_id) WHERE {_of_period(scope)}
        ) d
        LEFT JOIN {priced_deliveries(scope)} p
          ON p.basis = '{basis}' AND p.source_file = d.source_file AND p.source_row = d.source_row
        WHERE {owned(scope, "d.owner")}
    """


def _without_order(scope: Scope) -> list[Finding]:
    """Accepted deliveries with no or an unknown order, where the program requires one. Whether a delivery is accepted is read
    as it stands in the books."""
    if not scope.parameters.purchase_orders.required:
        return []
    rows = scope.books.sql(
        f"""
        SELECT delivery_id, contract_line_id, po_number, delivery_date, worth
        FROM ({_dated_in_period(scope, "accepted")}) ANTI JOIN purchase_orders USING (po_number)
        WHERE status = 'accepted' ORDER BY delivery_id, source_file, source_row
        """
    ).to_pylist()
    return [
        Finding(
            "delivery_without_po",
            "error",
            row["worth"],
            scope.currency,
            _keys(row),
            f"Delivery {row['delivery_id']} of {row['delivery_date']}, accepted value {show(row['worth'], scope.currency)} "
            f"{scope.currency}, names "
            + (
                f"purchase order {row['po_number']}, which does not exist."
                if row["po_number"]
                else "no purchase order."
            ),
        )
        for row in rows
    ]


def _outside_dates(scope: Scope) -> list[Finding]:
    """Deliveries, not rejected, dated before the start or after the end of the order that they name."""
    rows = scope.books.sql(
        f"""
        WITH ends AS ({new_ends(scope)}),
        bounds AS (
            SELECT po_number, start_date, coalesce(new_end_date, end_date) AS end_date
            FROM ({scope.books.first_rows("purchase_orders")}) LEFT JOIN ends USING (po_number)
        )
        SELECT delivery_id, contract_line_id, po_number, delivery_date, worth, start_date, end_date
        FROM ({_dated_in_period(scope, "delivered")}) JOIN bounds USING (po_number)
        WHERE status <> 'rejected' AND (delivery_date < start_date OR delivery_date > end_date)
        ORDER BY delivery_id, source_file, source_row
        """
    ).to_pylist()
    return [
        Finding(
            "delivery_outside_po_dates",
            "warning",
            row["worth"],
            scope.currency,
            _keys(row),
            f"Delivery {row['delivery_id']} of {row['delivery_date']}, value {show(row['worth'], scope.currency)} "
            f"{scope.currency}, lies outside purchase order {row['po_number']}, which runs from "
            f"{row['start_date'] or 'the beginning'} to {row['end_date'] or 'no end'}.",
        )
        for row in rows
    ]


def _keys(row: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {"deliveries": (row["delivery_id"],)}
    if row["po_number"]:
        keys["purchase_orders"] = (row["po_number"],)
    return keys
