"""Checks of vendor payments; their findings belong to workpaper 24."""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.sql import FILE_ORDER, day, owned
from close_library.accounting.vendors.vendor_documents import open_vendor_documents, vendor_payments
from close_library.evidence import Finding, Scope
from close_library.money import show

DUPLICATE_PAYMENT_DAYS = 30
"""Two payments to one vendor of the same amount and reference this many days apart, or fewer, are duplicates."""


def payment_findings(scope: Scope) -> list[Finding]:
    """Invoices overpaid at T, and payments of the period that look like an earlier one."""
    return [*_overpaid(scope), *_duplicates(scope)]


def _overpaid(scope: Scope) -> list[Finding]:
    """`vendor_overpaid`: the payments of an invoice to T exceed it; a void invoice is worth nothing. Amounts at T's rate."""
    at = day(scope.closing_date)
    value = functional("o.excess", "o.currency", "s.rate", scope.currency)
    excess = f"""
        SELECT o.*, s.rate AS rate_at, {value} AS amount
        FROM (SELECT *, CAST(paid - holds AS DECIMAL(22,4)) AS excess FROM {open_vendor_documents(scope, scope.closing_date)}
              WHERE source_table = 'vendor_invoices' AND paid > 0 AND {owned(scope)}) o
        {at_spot("o.currency", at)}
        WHERE excess > {scope.parameters.tolerances.match}
    """
    require_rates(scope, f"SELECT currency, {at} AS rate_date FROM ({excess}) WHERE amount IS NULL")
    rows = scope.books.rows(f"SELECT * FROM ({excess}) ORDER BY vendor_invoice_id, {FILE_ORDER}")
    return [
        Finding(
            "vendor_overpaid",
            "error",
            row["amount"],
            scope.currency,
            {"vendor_invoices": (row["vendor_invoice_id"],), "vendors": (row["vendor_id"],)},
            f"Invoice {row['document']} of vendor {row['vendor_id']}"
            + (
                " is void"
                if row["status"] == "void"
                else f" is {show(row['holds'], row['currency'])} {row['currency']}"
            )
            + f"; {show(row['paid'], row['currency'])} {row['currency']} was paid by {scope.closing_date}.",
        )
        for row in rows
    ]


def _duplicates(scope: Scope) -> list[Finding]:
    """`vendor_payment_duplicate`: the later of two payments of one vendor, amount and reference within thirty days."""
    rows = scope.books.rows(
        f"""
        WITH payments AS (
            SELECT *, lag(vendor_payment_id) OVER same AS earlier_id, lag(payment_date) OVER same AS earlier_date
            FROM {vendor_payments(scope)} WHERE reference IS NOT NULL
            WINDOW same AS (PARTITION BY vendor_id, amount, currency, reference
                            ORDER BY payment_date, vendor_payment_id, {FILE_ORDER})
        )
        SELECT * FROM payments
        WHERE date_diff('day', earlier_date, payment_date) <= {DUPLICATE_PAYMENT_DAYS}
          AND {of_period(scope, "payment_date")} AND {owned(scope)}
        ORDER BY vendor_payment_id, {FILE_ORDER}
        """
    )
    return [
        Finding(
            "vendor_payment_duplicate",
            "error",
            row["functional"],
            scope.currency,
            {
                "vendor_payments": tuple(dict.fromkeys((row["vendor_payment_id"], row["earlier_id"]))),
                "vendors": (row["vendor_id"],),
            },
            f"Payment {row['vendor_payment_id']} of {row['payment_date']} repeats {row['earlier_id']} of {row['earlier_date']}: "
            f"{show(row['amount'], row['currency'])} {row['currency']} with reference {row['reference']}.",
        )
        for row in rows
    ]
