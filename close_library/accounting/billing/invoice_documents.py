"""The invoices under review and their lines, with everything that the checks compare them with.

The documents of a review are the posted ones of the period, or the drafts that still wait at T. What does not belong here: the
checks themselves (`invoice_checks`, `invoice_checks_lines`).
"""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.revenue.pricing import QUANTITY_MODELS
from close_library.accounting.schedules import priced_deliveries
from close_library.accounting.sql import FILE_ORDER, day, memoised, owned, texts
from close_library.evidence import Scope


def documents_under_review(scope: Scope, drafts: bool = False) -> str:
    """The table of invoices and credit memos under review: the posted ones dated in the period, or the drafts dated to T.

    Columns: document (a number of ours), address, invoice_id, invoice_number, kind, program_id, customer_id, contract_id,
    po_number, invoice_date, due_date, currency, total_amount, tax, rate, functional (the total at its date's rate), terms (the
    contract's days, else the customer's), first_copy (false for a further row of a doubled invoice_id, to whose lines the first
    row answers). Raises BooksError where a posted document lacks its rate; a draft without one has no functional amount.
    """
    first = "true" if drafts else f"invoice_date >= {day(scope.period.first_day)}"
    table = memoised(
        scope.books,
        "documents_under_review",
        f"""
        WITH reviewed AS (
            SELECT row_number() OVER (ORDER BY invoice_date, invoice_id, {FILE_ORDER}) AS document, source_file, source_row,
                   invoice_id, invoice_number, document_type AS kind, program_id, customer_id, contract_id, po_number,
                   invoice_date, due_date, currency, total_amount, coalesce(tax_amount, 0) AS tax,
                   row_number() OVER (PARTITION BY invoice_id ORDER BY {FILE_ORDER}) = 1 AS first_copy
            FROM invoices
            WHERE status = '{"draft" if drafts else "posted"}' AND invoice_date <= {day(scope.closing_date)} AND {first}
              AND {owned(scope, "owner_program_id")}
        )
        SELECT r.*, s.rate, {functional("total_amount", "r.currency", "s.rate", scope.currency)} AS functional,
               coalesce(c.payment_terms_days, k.payment_terms_days) AS terms
        FROM reviewed r
        LEFT JOIN ({scope.books.first_rows("contracts")}) c ON c.contract_id = r.contract_id
        LEFT JOIN ({scope.books.first_rows("customers")}) k ON k.customer_id = r.customer_id
        {at_spot("r.currency", "r.invoice_date")}
        """,
    )
    if not drafts:
        require_rates(scope, f"SELECT currency, invoice_date AS rate_date FROM {table} WHERE functional IS NULL")
    return table


_BY_LINE = f"""
    SELECT contract_line_id, billing_model IN {texts(QUANTITY_MODELS)} AS by_quantity, recognition,
           bool_or(coalesce(tier_from, 0) <> 0) OVER (PARTITION BY contract_line_id) AS tiered
    FROM contract_lines QUALIFY row_number() OVER (PARTITION BY contract_line_id ORDER BY {FILE_ORDER}) = 1
"""
"""One row a contract line: whether it is billed by quantity, how it is recognised, whether it has tiers."""

_PRICES = """
    SELECT contract_line_id, coalesce(tier_from, 0) AS tier_from, coalesce(price_from, DATE '0001-01-01') AS price_from,
           coalesce(price_to, DATE '9999-12-31') AS price_to, unit_price, source_file, source_row
    FROM contract_lines WHERE unit_price IS NOT NULL
"""


def lines_under_review(scope: Scope, drafts: bool = False) -> str:
    """The table of the lines of the documents under review, each with its delivery, its contract line and its price.

    Columns: document, kind, invoice_id, invoice_date, currency, line_number, address, quantity, unit_price, amount,
    service_start, service_end, delivery_id, contract_line_id (the line's, else its delivery's), by_quantity (usage and
    staffing), recognition, tiered, delivered (the delivery exists), delivery_status, delivery_date, counted (what was accepted,
    or delivered where the line is recognised as delivered), value (the delivery's graduated value; tiered lines only),
    price_date, price (in force on that date; on a tiered line the price of the tier that the delivery reaches).
    """
    return memoised(
        scope.books,
        "lines_under_review",
        f"""
        WITH lines AS (
            SELECT d.document, d.kind, d.invoice_date, d.currency, l.*
            FROM invoice_lines l JOIN {documents_under_review(scope, drafts)} d ON d.invoice_id = l.invoice_id AND d.first_copy
        ),
        deliveries_named AS (
            SELECT * FROM deliveries WHERE delivery_id IN (SELECT delivery_id FROM lines)
            QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY {FILE_ORDER}) = 1
        ),
        joined AS (
            SELECT row_number() OVER () AS n, l.document, l.kind, l.invoice_id, l.invoice_date, l.currency, l.line_number,
                   l.source_file, l.source_row, l.quantity, l.unit_price, l.amount, l.service_start, l.service_end,
                   l.delivery_id, k.contract_line_id, coalesce(k.by_quantity, false) AS by_quantity, k.recognition,
                   coalesce(k.tiered, false) AS tiered, d.delivery_id IS NOT NULL AS delivered, d.status AS delivery_status,
                   d.delivery_date,
                   CASE WHEN k.recognition = 'as_delivered' THEN d.quantity_delivered
                        WHEN d.status = 'accepted' THEN coalesce(d.quantity_accepted, 0) ELSE 0 END AS counted,
                   coalesce(l.service_end, l.invoice_date) AS price_date
            FROM lines l LEFT JOIN deliveries_named d ON d.delivery_id = l.delivery_id
            LEFT JOIN ({_BY_LINE}) k ON k.contract_line_id = coalesce(l.contract_line_id, d.contract_line_id)
        ),
        valued AS (
            SELECT j.*, g.value, g.reached
            FROM joined j LEFT JOIN ({_graduated(scope)}) g
              ON j.tiered AND g.delivery_id = j.delivery_id
             AND g.basis = CASE WHEN j.recognition = 'as_delivered' THEN 'delivered' ELSE 'accepted' END
        )
        SELECT v.*, p.unit_price AS price
        FROM valued v LEFT JOIN ({_PRICES}) p
          ON p.contract_line_id = v.contract_line_id AND v.price_date BETWEEN p.price_from AND p.price_to
         AND (p.tier_from = 0 OR p.tier_from < v.reached)
        QUALIFY row_number() OVER (
            PARTITION BY v.n ORDER BY p.tier_from DESC NULLS LAST, p.price_from DESC, p.source_file, p.source_row) = 1
        """,
    )


def _graduated(scope: Scope) -> str:
    """Deliveries of lines with tiers: basis, delivery_id, value, and the quantity of the month that it reaches.

    Nothing is priced where no line has tiers: an analyst without stored schedules would wait for it in vain."""
    tiered = "SELECT contract_line_id FROM contract_lines WHERE coalesce(tier_from, 0) <> 0"
    if not scope.books.sql(f"{tiered} LIMIT 1").num_rows:
        return "SELECT NULL::VARCHAR AS basis, NULL::VARCHAR AS delivery_id, 0 AS value, 0 AS reached WHERE false"
    return f"""
        SELECT basis, delivery_id, value,
               sum(quantity) OVER (PARTITION BY basis, contract_line_id, date_trunc('month', priced_date)
                                   ORDER BY priced_date, delivery_id, {FILE_ORDER} ROWS UNBOUNDED PRECEDING) AS reached
        FROM {priced_deliveries(scope)} WHERE contract_line_id IN ({tiered})
        QUALIFY row_number() OVER (PARTITION BY basis, delivery_id ORDER BY {FILE_ORDER}) = 1
    """
