"""The lines of the period's vendor invoices beside the work that they name: billed, approved, owed. What workpaper 72 reviews.

Lines of void invoices are none. A line is reviewed in the period of its invoice's date; foreign amounts, billed and owed alike,
stand at that date's rate, so a difference is never one of exchange rates.
"""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.revenue.pricing import rounded
from close_library.accounting.schedules import owed_work
from close_library.accounting.sql import FILE_ORDER, memoised, owned
from close_library.accounting.vendors.vendor_documents import vendor_lines
from close_library.evidence import Scope


def reviewed_lines(scope: Scope) -> str:
    """Lines of vendor invoices of the period, not void, one row a line.

    Columns: those of `vendor_documents.vendor_lines`; of the work that it names (first row of the key): known, work_file,
    work_row, work_date, work_vendor_id, kind (of work), approved, approved_quantity, base_rate, own_base, bonus, incentive,
    owed_rate, work_currency; nth (which line, of all lines that name the work, in date order), earlier_id (the invoice of the
    line before); same_currency; and in functional currency owed (0 while not approved, and from the second line on),
    rate_stake, quantity_stake (what a difference of rate or quantity is worth).
    """
    lines, works = _lines(scope), _works(scope)
    billed_more = "(rate - owed_rate) * coalesce(quantity, nullif(approved_quantity, 0), work_quantity)"
    rates = at_spot("l.currency", "l.invoice_date")
    work_rates = at_spot("l.work_currency", "l.invoice_date", "r")
    rows = memoised(
        scope.books,
        "reviewed_lines",
        f"""
        WITH numbered AS (
            SELECT source_file, source_row, row_number() OVER same AS nth, lag(vendor_invoice_id) OVER same AS earlier_id
            FROM {vendor_lines(scope)} WHERE status <> 'void' AND work_id IN (SELECT work_id FROM {lines})
            WINDOW same AS (PARTITION BY work_id ORDER BY invoice_date, vendor_invoice_id, line_number, {FILE_ORDER})
        ),
        compared AS (
            SELECT l.*, w.work_id IS NOT NULL AS known, w.source_file AS work_file, w.source_row AS work_row, w.work_date,
                   w.vendor_id AS work_vendor_id, coalesce(w.work_type, l.work_type) AS kind,
                   coalesce(w.approved, false) AS approved,
                   w.quantity AS work_quantity, w.approved_quantity, w.base_rate, w.own_base, w.bonus, w.incentive, w.owed_rate,
                   w.currency AS work_currency, coalesce(w.currency = l.currency, false) AS same_currency, n.nth, n.earlier_id,
                   CASE WHEN w.approved AND n.nth = 1 THEN w.owed ELSE CAST(0 AS DECIMAL(22,4)) END AS owed_amount
            FROM {lines} l LEFT JOIN numbered n USING (source_file, source_row) LEFT JOIN {works} w ON w.work_id = l.work_id
        ),
        staked AS (
            SELECT *, {rounded(billed_more, "currency")} AS rate_difference,
                   {rounded("(quantity - approved_quantity) * coalesce(rate, owed_rate)", "currency")} AS quantity_difference
            FROM compared
        )
        SELECT l.*, {functional("owed_amount", "coalesce(l.work_currency, l.currency)", "r.rate", scope.currency)} AS owed,
               {functional("rate_difference", "l.currency", "s.rate", scope.currency)} AS rate_stake,
               {functional("quantity_difference", "l.currency", "s.rate", scope.currency)} AS quantity_stake
        FROM staked l {rates} {work_rates}
        """,
    )
    require_rates(
        scope,
        f"SELECT currency, invoice_date AS rate_date FROM {rows} WHERE functional IS NULL "
        f"UNION ALL SELECT work_currency, invoice_date FROM {rows} WHERE owed IS NULL",
    )
    return rows


def _lines(scope: Scope) -> str:
    """The scope's lines of the period; void invoices have none."""
    condition = f"status <> 'void' AND {of_period(scope, 'invoice_date')} AND {owned(scope)}"
    return memoised(scope.books, "lines_of_period", f"SELECT * FROM {vendor_lines(scope)} WHERE {condition}")


def _works(scope: Scope) -> str:
    """The work that the scope's lines of the period name, the first row of each key, whichever program did it."""
    return f"""(
        SELECT * FROM {owed_work(scope)} WHERE work_id IN (SELECT work_id FROM {_lines(scope)})
        QUALIFY row_number() OVER (PARTITION BY work_id ORDER BY {FILE_ORDER}) = 1
    )"""
