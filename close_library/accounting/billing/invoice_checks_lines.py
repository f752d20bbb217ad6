"""Checks of the lines of an invoice: price, quantity, delivered at all, delivered once. Lines of credit memos are not tested.

The queries have the columns of `invoice_checks`. ACCOUNTING.md §7.
"""

from __future__ import annotations

from close_library.accounting.billing.invoice_checks import tested
from close_library.accounting.billing.invoice_documents import lines_under_review
from close_library.accounting.revenue.pricing import rounded
from close_library.accounting.sql import day, money_text
from close_library.evidence import Scope

_LINE_KEY = "invoice_id || ':' || line_number"
_DELIVERY = "CASE WHEN delivered THEN [delivery_id] END"


def line_checks(scope: Scope, drafts: bool = False) -> list[str]:
    """The queries of the checks of single lines."""
    lines = lines_under_review(scope, drafts)
    undelivered = _undelivered(scope)
    return [
        _rate(lines),
        _graduated_rate(scope, lines),
        _quantity(lines, undelivered),
        _not_delivered(lines, undelivered, scope),
        _twice(scope, lines, drafts),
    ]


def _quantity_text(number: str) -> str:
    return rf"regexp_replace(CAST({number} AS VARCHAR), '\.?0+$', '')"


def _undelivered(scope: Scope) -> str:
    """SQL: a line names no delivery, an unknown one, one that was rejected, or one dated after T."""
    unknown = "OR NOT delivered" if scope.books.has("deliveries") else ""
    late = f"delivery_date > {day(scope.closing_date)}"
    return (
        f"(delivery_id IS NULL {unknown} OR coalesce(delivery_status = 'rejected', false) OR coalesce({late}, false))"
    )


def _rate(lines: str) -> str:
    """`invoice_rate_differs` of lines without tiers: the price in force at the service's end, else the invoice date.

    Not tested: a line without a price, and one on whose day the contract line has none."""
    query = tested(
        "invoice_rate_differs",
        "unit_price <> price",
        f"{money_text('unit_price')} || ' a unit'",
        f"{money_text('price')} || ' a unit on ' || price_date",
        rounded("(unit_price - price) * coalesce(quantity, 1)", "currency"),
        line="line_number",
        key=_LINE_KEY,
        others="[contract_line_id]",
    )
    return (
        f"{query} FROM {lines} WHERE kind = 'invoice' AND NOT tiered AND unit_price IS NOT NULL AND price IS NOT NULL"
    )


def _graduated_rate(scope: Scope, lines: str) -> str:
    """`invoice_rate_differs` of lines with tiers: the amount against the delivery's graduated value."""
    query = tested(
        "invoice_rate_differs",
        f"abs(amount - value) > {scope.parameters.tolerances.tie_out}",
        f"'amount ' || {money_text('amount')}",
        f"{money_text('value')} || ', the graduated value of ' || delivery_id",
        "amount - value",
        line="line_number",
        key=_LINE_KEY,
        others="[contract_line_id]",
    )
    return f"{query} FROM {lines} WHERE kind = 'invoice' AND tiered AND value IS NOT NULL"


def _quantity(lines: str, undelivered: str) -> str:
    """`invoice_quantity_differs`: billed against accepted (or delivered, by the line's recognition), × the contract's price."""
    worth = rounded("(quantity - counted) * coalesce(price, unit_price)", "currency")
    query = tested(
        "invoice_quantity_differs",
        "quantity <> counted",
        f"{_quantity_text('quantity')} || ' billed'",
        f"{_quantity_text('counted')} || CASE recognition WHEN 'as_delivered' THEN ' delivered' ELSE ' accepted' END "
        "|| ' in ' || delivery_id",
        f"CASE WHEN coalesce(price, unit_price) IS NOT NULL THEN {worth} END",
        line="line_number",
        key=_LINE_KEY,
        others=_DELIVERY,
    )
    return f"""
        {query} FROM {lines}
        WHERE kind = 'invoice' AND by_quantity AND delivered AND quantity IS NOT NULL AND NOT {undelivered}
    """


def _not_delivered(lines: str, undelivered: str, scope: Scope) -> str:
    """`billed_not_delivered`: a line of usage or staffing without a delivery that stands by T."""
    query = tested(
        "billed_not_delivered",
        undelivered,
        """CASE WHEN delivery_id IS NULL THEN 'no delivery' WHEN NOT delivered THEN delivery_id || ', which does not exist'
                WHEN delivery_status = 'rejected' THEN delivery_id || ', which was rejected'
                ELSE delivery_id || ' of ' || delivery_date END""",
        f"'a delivery by {scope.closing_date}'",
        "amount",
        line="line_number",
        key=_LINE_KEY,
        others=_DELIVERY,
    )
    return f"{query} FROM {lines} WHERE kind = 'invoice' AND by_quantity"


def _twice(scope: Scope, lines: str, drafts: bool) -> str:
    """`delivery_billed_twice`: an earlier posted line bills the same delivery, and neither was credited away by T.

    A line is credited away when posted memo lines dated ≤ T with its delivery, applied to its invoice, bring it to 0. A memo is
    applied to the invoice that it names; one that names none to those that its applications name. Where an invoice bills a
    delivery on several lines, its credit takes them by size, the smallest first. A draft's line comes after every posted one.
    """
    at = day(scope.closing_date)
    return f"""
        SELECT * FROM (
            WITH named AS (SELECT DISTINCT delivery_id FROM {lines} WHERE kind = 'invoice' AND delivery_id IS NOT NULL),
            billing AS (
                SELECT * FROM invoice_lines WHERE delivery_id IN (SELECT delivery_id FROM named)
            ),
            headers AS (
                SELECT invoice_id, document_type, status, applies_to_invoice_id, invoice_date
                FROM invoices WHERE invoice_id IN (SELECT invoice_id FROM billing)
                  AND status IN ('posted'{", 'draft'" if drafts else ""}) AND invoice_date <= {at}
                QUALIFY row_number() OVER (PARTITION BY invoice_id ORDER BY source_file, source_row) = 1
            ),
            applied AS (
                SELECT DISTINCT credit_memo_id, invoice_id FROM cash_applications
                WHERE credit_memo_id IS NOT NULL AND application_date <= {at}
            ),
            credits AS (
                SELECT coalesce(m.applies_to_invoice_id, a.invoice_id) AS invoice_id, b.delivery_id, sum(b.amount) AS credited
                FROM billing b JOIN headers m ON m.invoice_id = b.invoice_id
                LEFT JOIN applied a ON m.applies_to_invoice_id IS NULL AND a.credit_memo_id = m.invoice_id
                WHERE m.document_type = 'credit_memo' AND m.status = 'posted' GROUP BY ALL
            ),
            billed AS (
                SELECT b.*, h.status, h.invoice_date, coalesce(c.credited, 0) AS credited,
                       sum(b.amount) OVER (PARTITION BY b.invoice_id, b.delivery_id
                                           ORDER BY b.amount, b.line_number DESC, b.source_file DESC, b.source_row DESC
                                           ROWS UNBOUNDED PRECEDING) AS smallest_first
                FROM billing b JOIN headers h ON h.invoice_id = b.invoice_id AND h.document_type = 'invoice'
                LEFT JOIN credits c ON c.invoice_id = b.invoice_id AND c.delivery_id = b.delivery_id
            ),
            standing AS (
                SELECT *, lag(invoice_id || ':' || line_number) OVER in_order AS earlier
                FROM billed WHERE credited = 0 OR smallest_first + credited > 0
                WINDOW in_order AS (PARTITION BY delivery_id ORDER BY status = 'draft', invoice_date, invoice_id, line_number,
                                    source_file, source_row)
            )
            {tested(
                "delivery_billed_twice", "s.earlier IS NOT NULL",
                "CASE WHEN s.earlier IS NULL THEN 'once' ELSE l.delivery_id || ' again, after ' || s.earlier END",
                "'one billing'", "l.amount", document="l.document", line="l.line_number", key="l.delivery_id",
                others="CASE WHEN s.earlier IS NOT NULL THEN [l.invoice_id || ':' || l.line_number, s.earlier] END")}
            FROM {lines} l LEFT JOIN standing s
              ON s.invoice_id = l.invoice_id AND s.line_number = l.line_number AND s.source_file = l.source_file
             AND s.source_row = l.source_row
            WHERE l.kind = 'invoice' AND l.delivery_id IS NOT NULL
        )
    """  # fmt: skip
