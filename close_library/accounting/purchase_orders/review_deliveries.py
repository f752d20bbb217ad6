"""Checks of deliveries against orders and invoices; their findings belong to workpaper 50.

ACCOUNTING.md §7. A delivery that names a contract line is worth what `priced_deliveries` says; one without a known line, and
a cost report, is worth 0.00.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from close_library.accounting.currency import require_rates
from close_library.accounting.purchase_orders.orders import new_ends, posted_documents
from close_library.accounting.revenue.pricing import LINES
from close_library.accounting.schedules import priced_deliveries
from close_library.accounting.sql import day, owned
from close_library.evidence import Finding, Scope
from close_library.money import counted, show

FINDINGS_AT_MOST = 10_000
"""Findings of one kind that stand one by one; where deliveries are billed by month and line, there can be millions."""


def delivery_findings(scope: Scope) -> list[Finding]:
    """`delivered_not_billed` at T; `delivery_without_po`, `delivery_outside_po_dates` of deliveries dated in the period."""
    _require_rates(scope)
    return [*_not_billed(scope), *_without_order(scope), *_outside_dates(scope)]


def _require_rates(scope: Scope) -> None:
    """The worth of what is looked at: to T, and of the period's deliveries whenever they were accepted."""
    missing = f"SELECT count(*) AS n FROM {priced_deliveries(scope)} WHERE functional IS NULL AND {owned(scope)}"
    if not scope.books.rows(missing)[0]["n"]:
        return
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
    rows = f"""
        SELECT delivery_id, contract_line_id, po_number, priced_date AS dated, days, functional AS worth, source_file, source_row
        FROM {not_billed(scope)} WHERE days > {scope.parameters.grace_days.unbilled}
    """
    return _findings(
        scope,
        "delivered_not_billed",
        "warning",
        rows,
        lambda row: (
            f"Delivery {row['delivery_id']} was accepted on {row['dated']}, {counted(row['days'], 'day')} before "
            f"{scope.closing_date}; {_worth(scope, row)} is on no posted invoice."
        ),
        lambda row: (
            f"{_many(row)} were accepted from {row['first']} to {row['last']}; {_worth(scope, row)} is on no posted "
            "invoice."
        ),
    )


def _findings(
    scope: Scope,
    finding: str,
    severity: str,
    rows: str,
    each: Callable[[dict[str, Any]], str],
    together: Callable[[dict[str, Any]], str],
) -> list[Finding]:
    """One finding a row of a query, with the message that `each` gives; of more rows than a person can look at, one a contract
    line and order, with what `together` says.

    Columns of the query: delivery_id, contract_line_id, po_number, dated, worth, address.
    """
    count = scope.books.rows(f"SELECT count(*) AS n FROM ({rows})")[0]["n"]
    if count <= FINDINGS_AT_MOST:
        found = scope.books.rows(f"SELECT * FROM ({rows}) ORDER BY delivery_id, source_file, source_row")
        return [Finding(finding, severity, row["worth"], scope.currency, _keys(row), each(row)) for row in found]
    groups = scope.books.rows(
        f"""
        SELECT contract_line_id, po_number, count(*) AS deliveries, min(dated) AS first, max(dated) AS last,
               CAST(sum(worth) AS DECIMAL(38,4)) AS worth
        FROM ({rows}) GROUP BY ALL ORDER BY ALL
        """
    )
    return [
        Finding(
            finding,
            severity,
            row["worth"],
            scope.currency,
            {
                "contract_lines": (row["contract_line_id"],),
                **({"purchase_orders": (row["po_number"],)} if row["po_number"] else {}),
            },
            together(row),
            aspect=row["po_number"] or "",
        )
        for row in groups
    ]


def _worth(scope: Scope, row: dict[str, Any]) -> str:
    return f"{show(row['worth'], scope.currency)} {scope.currency}"


def _many(row: dict[str, Any]) -> str:
    order = f" of purchase order {row['po_number']}" if row["po_number"] else ""
    return f"{row['deliveries']:,} deliveries of contract line {row['contract_line_id']}{order}"


def _with_worth(scope: Scope, deliveries: str, basis: str) -> str:
    """Deliveries with what they are worth on a basis, 0.00 where they have no worth."""
    return f"""
        SELECT d.*, d.delivery_date AS dated, coalesce(p.functional, 0) AS worth
        FROM ({deliveries}) d LEFT JOIN {priced_deliveries(scope)} p
          ON p.basis = '{basis}' AND p.source_file = d.source_file AND p.source_row = d.source_row
    """


def _dated_in_period(scope: Scope, condition: str) -> str:
    """The scope's deliveries of the period that meet a condition."""
    return f"""
        SELECT d.delivery_id, d.contract_line_id, d.po_number, d.delivery_date, d.source_file, d.source_row
        FROM (SELECT * FROM deliveries WHERE {_of_period(scope)} AND {condition}) d
        LEFT JOIN ({LINES}) l USING (contract_line_id)
        WHERE {owned(scope, "coalesce(l.owner, d.owner_program_id)")}
    """


def _without_order(scope: Scope) -> list[Finding]:
    """Accepted deliveries with no or an unknown order, where the program requires one. Whether a delivery is accepted is read
    as it stands in the books."""
    if not scope.parameters.purchase_orders.required:
        return []
    accepted = _dated_in_period(scope, "status = 'accepted'")

    def names(row: dict[str, Any]) -> str:
        return f"purchase order {row['po_number']}, which does not exist." if row["po_number"] else "no purchase order."

    return _findings(
        scope,
        "delivery_without_po",
        "error",
        _with_worth(scope, f"SELECT * FROM ({accepted}) ANTI JOIN purchase_orders USING (po_number)", "accepted"),
        lambda row: (
            f"Delivery {row['delivery_id']} of {row['delivery_date']}, accepted value {_worth(scope, row)}, names "
            + names(row)
        ),
        lambda row: (
            f"{_many({**row, 'po_number': None})} of {row['first']} to {row['last']}, accepted value "
            f"{_worth(scope, row)}, name {names(row)}"
        ),
    )


def _outside_dates(scope: Scope) -> list[Finding]:
    """Deliveries, not rejected, dated before the start or after the end of the order that they name."""
    rows = f"""
        WITH ends AS ({new_ends(scope)}),
        bounds AS (
            SELECT po_number, start_date, coalesce(new_end_date, end_date) AS end_date
            FROM ({scope.books.first_rows("purchase_orders")}) LEFT JOIN ends USING (po_number)
        )
        SELECT d.*, start_date, end_date
        FROM ({_dated_in_period(scope, "status <> 'rejected'")}) d JOIN bounds USING (po_number)
        WHERE d.delivery_date < start_date OR d.delivery_date > end_date
    """

    def lies(row: dict[str, Any]) -> str:
        return (
            f"outside purchase order {row['po_number']}, which runs from {row['start_date'] or 'the beginning'} to "
            f"{row['end_date'] or 'no end'}."
        )

    return _findings(
        scope,
        "delivery_outside_po_dates",
        "warning",
        _with_worth(scope, rows, "delivered"),
        lambda row: (
            f"Delivery {row['delivery_id']} of {row['delivery_date']}, value {_worth(scope, row)}, lies {lies(row)}"
        ),
        lambda row: f"{_many(row)}, dated {row['first']} to {row['last']}, value {_worth(scope, row)}, lie outside it.",
    )


def _keys(row: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    keys: dict[str, tuple[str, ...]] = {"deliveries": (row["delivery_id"],)}
    if row["po_number"]:
        keys["purchase_orders"] = (row["po_number"],)
    return keys
