"""Cash collected: what customers' receipts paid on invoices, by the day from which it counts."""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.purchase_orders.orders import applications
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.sql import day, memoised, owned, population, shown
from close_library.evidence import Figure, Population, Scope


def collected_rows(scope: Scope) -> str:
    """What counted applications took from receipts to T, tax included, without discounts, write-offs and memos.

    Columns: application_id, owner (the invoice's program), collected_date (the day from which it counts: the latest of the
    application's, the receipt's and the invoice's), rate_date, currency, amount, functional (at the rate of the application's
    own date; NULL: missing), invoice_number, receipt_id, address.
    """
    value = functional("a.amount", "a.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "collected",
        f"""
        WITH applied AS (
            SELECT application_id, invoice.owner AS owner, counts_from AS collected_date, application_date AS rate_date,
                   receipt.currency AS currency, amount, invoice.document_number AS invoice_number,
                   receipt.document_id AS receipt_id, source_file, source_row
            FROM {applications(scope)} WHERE receipt.document_id IS NOT NULL AND counts_from <= {day(scope.closing_date)}
        )
        SELECT a.*, {value} AS functional
        FROM applied a {at_spot("a.currency", "a.rate_date")}
        WHERE {owned(scope)}
        """,
    )


def collected(scope: Scope) -> Figure:
    """Collected in the period: applications from receipts to invoices, tax included. Raises BooksError where a rate is missing.

    Example: `collected(scope).population.rows()`
    """
    rows = f"{collected_rows(scope)} WHERE {of_period(scope, 'collected_date')}"
    require_rates(scope, f"SELECT currency, rate_date FROM {rows} AND functional IS NULL")
    seen = shown(application="application_id", date="collected_date", receipt="receipt_id", invoice="invoice_number",
                 amount="amount::money", currency="currency", program="owner")  # fmt: skip
    query = f"{population(chr(39) + 'cash_applications' + chr(39), 'source_file', 'source_row', 'functional', seen)} FROM {rows}"
    return Figure.of(
        "collected", "Collected in the period, tax included", scope.currency, Population(scope.books, query)
    )
