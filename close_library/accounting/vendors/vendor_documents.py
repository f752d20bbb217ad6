"""What vendors billed and were paid: invoice lines with their invoice, payments with theirs, and what is open at a date.

An invoice counts when it is approved or paid, as it stands in the books today. Documents with a doubled key all count; a line or
a payment looks its invoice up by the first. What does not belong here: what work is owed (`vendor_work`).
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.currency import at_spot, functional
from close_library.accounting.revenue.pricing import rounded
from close_library.accounting.sql import FILE_ORDER, day, memoised, text, viewed
from close_library.evidence import Scope

COUNTED = "status IN ('approved', 'paid')"
"""Invoices that are a payable: approved, and paid ones, which were."""

FIRST_INVOICES = f"""
    SELECT * FROM vendor_invoices QUALIFY row_number() OVER (PARTITION BY vendor_invoice_id ORDER BY {FILE_ORDER}) = 1
"""
"""One row a vendor invoice, for look-ups."""


def vendor_lines(scope: Scope) -> str:
    """Every line of every vendor invoice, of all programs: the line's columns, owner, and its invoice's vendor_id,
    vendor_invoice_number, invoice_date, currency, status; `functional` is the amount at the invoice's rate (NULL: missing)."""
    value = functional("l.amount", "i.currency", "s.rate", scope.currency)
    return viewed(
        scope.books,
        "vendor_lines",
        f"""
        SELECT l.vendor_invoice_id, l.line_number, l.work_id, l.work_type, l.quantity, l.rate, l.amount, l.source_file,
               l.source_row, l.owner_program_id AS owner, i.vendor_id, i.vendor_invoice_number, i.invoice_date, i.currency,
               i.status, {value} AS functional
        FROM vendor_invoice_lines l JOIN ({FIRST_INVOICES}) i USING (vendor_invoice_id)
        {at_spot("i.currency", "i.invoice_date")}
        """,
    )


def billed_work(scope: Scope, as_of: date) -> str:
    """The work that stands on an approved or paid invoice dated by a day: work_id."""
    return f"""
        SELECT DISTINCT work_id FROM {vendor_lines(scope)}
        WHERE work_id IS NOT NULL AND {COUNTED} AND invoice_date <= {day(as_of)}
    """


def vendor_payments(scope: Scope) -> str:
    """Every vendor payment of all programs, with owner and `functional` at the payment's rate (NULL: missing).

    `settled` is what it takes from its invoice, in the invoice's currency: the amount, or its worth at the payment's rates
    where the two currencies differ. The invoice's address is invoice_file and invoice_row; NULL: it has none.
    """
    value = functional("p.amount", "p.currency", "s.rate", scope.currency)
    worth = f"CASE WHEN i.currency = {text(scope.currency)} THEN 1 ELSE r.rate END"
    return memoised(
        scope.books,
        "vendor_payments",
        f"""
        WITH valued AS (
            SELECT p.*, p.owner_program_id AS owner, i.source_file AS invoice_file, i.source_row AS invoice_row,
                   i.vendor_invoice_number, i.currency AS invoice_currency, {value} AS functional, {worth} AS invoice_rate
            FROM vendor_payments p LEFT JOIN ({FIRST_INVOICES}) i USING (vendor_invoice_id)
            {at_spot("p.currency", "p.payment_date")}
            {at_spot("i.currency", "p.payment_date", "r")}
        ),
        divided AS MATERIALIZED (
            SELECT *, CASE WHEN coalesce(invoice_currency, currency) <> currency AND amount <> 0
                           THEN divide_exact(functional, invoice_rate, 12) END AS quotient
            FROM valued
        )
        SELECT * EXCLUDE (quotient),
               CASE WHEN coalesce(invoice_currency, currency) = currency OR amount = 0 THEN amount
               WHEN functional IS NOT NULL AND invoice_rate IS NOT NULL
               THEN {rounded("quotient", "invoice_currency")} END AS settled
        FROM divided
        """,
    )


def open_vendor_documents(scope: Scope, as_of: date) -> str:
    """What is payable at a date, one row an invoice, and a payment that names no known invoice, of all programs.

    Columns: address, document, vendor_invoice_id, vendor_id, owner, document_date, currency, status, holds (the invoice's
    amount, 0 when void), counted (its amount when it counts at the date), paid (to the date), open_amount (counted − paid),
    open_functional (at the date's rate; NULL: missing), at_rate (an amount of the document's currency, one unit). Nothing is
    clipped at zero: an overpaid invoice is negative.
    """
    at = day(as_of)
    value = functional("open_amount", "d.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "open_vendor_documents",
        f"""
        WITH paid AS (
            SELECT invoice_file, invoice_row, sum(settled) AS paid FROM {vendor_payments(scope)}
            WHERE payment_date <= {at} AND invoice_file IS NOT NULL GROUP BY ALL
        ),
        documents AS (
            SELECT 'vendor_invoices' AS source_table, source_file, source_row, vendor_invoice_number AS document,
                   vendor_invoice_id, vendor_id, owner_program_id AS owner, invoice_date AS document_date, currency, status,
                   CASE WHEN status = 'void' THEN 0 ELSE amount END AS holds,
                   CASE WHEN {COUNTED} AND invoice_date <= {at} THEN amount ELSE 0 END AS counted, coalesce(paid, 0) AS paid
            FROM vendor_invoices LEFT JOIN paid ON invoice_file = source_file AND invoice_row = source_row
            UNION ALL
            SELECT 'vendor_payments', source_file, source_row, vendor_payment_id, NULL, vendor_id, owner, payment_date, currency,
                   NULL, 0, 0, settled
            FROM {vendor_payments(scope)} WHERE invoice_file IS NULL AND payment_date <= {at}
        ),
        d AS (SELECT *, CAST(counted - paid AS DECIMAL(22,4)) AS open_amount FROM documents WHERE counted <> 0 OR paid <> 0)
        SELECT d.*, s.rate, {value} AS open_functional
        FROM d {at_spot("d.currency", at)}
        """,
    )


def rates_of_payments(scope: Scope) -> str:
    """The rates that payments to T lack to be set against invoices of another currency: currency, rate_date, owner."""
    unsettled = f"FROM {vendor_payments(scope)} WHERE settled IS NULL AND payment_date <= {day(scope.closing_date)}"
    return f"""
        SELECT currency, payment_date AS rate_date, owner {unsettled} AND functional IS NULL
        UNION ALL SELECT invoice_currency, payment_date, owner {unsettled} AND invoice_rate IS NULL
    """
