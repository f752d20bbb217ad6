"""What every cent of delivered, accepted, invoiced, recognised and collected value has come to by T: exactly one status.

Delivered, accepted and recognised cents stand at the furthest point that they have reached: accepted, billed, collected. What is
billed for a delivery are the lines naming it, for a milestone and for revenue that no delivery earns the lines of the contract
line; cash is shared among an invoice's lines in proportion, credits and discounts set aside. Shares are rounded cumulatively
over the lines of an invoice and cut out of each row, so they add up to the invoice's and to the row's cents.
"""

from __future__ import annotations

from close_library.accounting.purchase_orders.orders import (
    applications,
    of_scope,
    own_orders,
    posted_documents,
    value_rows,
)
from close_library.accounting.revenue.pricing import LINES, QUANTITY_MODELS
from close_library.accounting.schedules import deliveries_worth
from close_library.accounting.sql import day, memoised, texts, viewed
from close_library.evidence import Scope
from close_library.money import minor_unit

STATUSES = {
    "delivered_not_accepted": "delivered, neither accepted nor billed",
    "accepted_not_billed": "accepted, not billed",
    "recognised_not_billed": "recognised, not billed",
    "billed_not_collected": "billed, not collected",
    "billed_without_delivery": "billed for work without a delivery",
    "credited": "credited: credit memos, and what they settled",
    "settled_without_cash": "settled by discount or write-off",
    "collected": "collected",
    "tax_collected": "collected as tax",
    "overpaid": "collected beyond the invoice",
}
"""Status → what it says, along the way from delivery to cash."""

STANDINGS = (
    "purchase order of the program",
    "no purchase order",
    "unknown purchase order",
    "purchase order of another program",
)
"""What the order that a row names is to the program."""


def value_statuses(scope: Scope) -> str:
    """The cents of the program's values by status, and of other programs' rows that name its orders.

    Columns: value, status, po_number, standing (one of STANDINGS), owner, amount (functional currency, never 0), address.
    Revenue that no delivery earns is one row a contract line. The amounts of a row add up to its value. There are as many rows as
    deliveries, so they are read and not held.
    """
    _add_words(scope)
    reached = f"""
        SELECT value, part.status AS status, po_number, owner, CAST(part.amount AS DECIMAL(38,4)) AS amount, source_table,
               source_file, source_row
        FROM (SELECT *, {_unnested("c", "b - c", "a - b", "whole - a")} AS part FROM ({_reached(scope)}))
    """
    parts = " UNION ALL ".join((reached, _invoiced(scope), _collected(scope)))
    return viewed(scope.books, "value_statuses", f"{_with_standing(scope, parts)} WHERE p.amount <> 0")


def status_sums(scope: Scope) -> str:
    """What the cents by status add up to: value, status, po_number, standing, owner, amount."""
    _add_words(scope)
    sums = "sum(c) AS c, sum(b - c) AS b, sum(a - b) AS a, sum(whole - a) AS rest"
    reached = f"""
        SELECT value, part.status AS status, po_number, owner, CAST(part.amount AS DECIMAL(38,4)) AS amount
        FROM (SELECT *, {_unnested("c", "b", "a", "rest")} AS part
              FROM (SELECT value, po_number, owner, {sums} FROM ({_reached(scope)}) GROUP BY ALL))
    """
    others = [
        f"SELECT value, status, po_number, owner, CAST(sum(amount) AS DECIMAL(38,4)) FROM ({part}) t({_PART}) GROUP BY ALL"
        for part in (_invoiced(scope), _collected(scope))
    ]
    return memoised(
        scope.books,
        "status_sums",
        f"{_with_standing(scope, ' UNION ALL '.join((reached, *others)))} WHERE p.amount <> 0",
    )


_PART = "value, status, po_number, owner, amount, source_table, source_file, source_row"


def _unnested(*amounts: str) -> str:
    """SQL for one row a status of what was reached, from the furthest to the nearest."""
    collected, billed, accepted, rest = amounts
    return f"""unnest([
        {{'status': 'collected', 'amount': {collected}}}, {{'status': 'billed_not_collected', 'amount': {billed}}},
        {{'status': CASE value WHEN 'recognised' THEN 'recognised_not_billed' ELSE 'accepted_not_billed' END,
          'amount': {accepted}}},
        {{'status': CASE value WHEN 'recognised' THEN 'recognised_not_billed' ELSE 'delivered_not_accepted' END,
          'amount': {rest}}}])"""


def _with_standing(scope: Scope, parts: str) -> str:
    return f"""
        WITH numbers AS (SELECT DISTINCT po_number AS number FROM purchase_orders),
        own AS (SELECT po_number AS number FROM {own_orders(scope)}),
        parts AS ({parts})
        SELECT p.*, CASE WHEN p.po_number IS NULL THEN 'no purchase order'
                    WHEN numbers.number IS NULL THEN 'unknown purchase order'
                    WHEN own.number IS NULL THEN 'purchase order of another program'
                    ELSE 'purchase order of the program' END AS standing
        FROM parts p LEFT JOIN numbers ON numbers.number = p.po_number LEFT JOIN own ON own.number = p.po_number
    """


def _add_words(scope: Scope) -> None:
    """SQL words: `cut_to(x, whole)` cuts x to the interval from 0 to the whole; `share_of(amount, part, whole)` is the part's
    share of an amount, rounded to the minor unit, the amount itself where the part is the whole."""
    places = minor_unit(scope.currency)
    unit = f"CAST({'0.' + '0' * (places - 1) + '1' if places else '1'} AS DECIMAL(5,4))"
    scope.books.execute(
        """
        CREATE OR REPLACE TEMP MACRO cut_to(x, whole) AS
        CASE WHEN whole >= 0 THEN least(greatest(x, 0), whole) ELSE greatest(least(x, 0), whole) END
        """
    )
    scope.books.execute("CREATE OR REPLACE TEMP MACRO in_units(x) AS CAST(abs(x) * 10000 AS HUGEINT)")
    # The product of two amounts of more than twelve digits would not fit: the proportion is then taken in coarser units.
    coarse = f"CASE WHEN abs(whole) < {10**12} THEN 1 ELSE {10**8} END"
    scope.books.execute(f"CREATE OR REPLACE TEMP MACRO coarse(whole) AS {coarse}")
    product = "in_units(amount) * (in_units(cut_to(part, whole)) // coarse(whole))"
    divisor = f"(in_units(whole) // coarse(whole)) * {10 ** (4 - places)}"
    scope.books.execute(
        f"""
        CREATE OR REPLACE TEMP MACRO share_of(amount, part, whole) AS CAST(CASE
            WHEN whole = 0 OR part = 0 THEN 0 WHEN cut_to(part, whole) = whole THEN amount
            ELSE CAST(sign(amount) * ((2 * {product} + {divisor}) // (2 * {divisor})) AS DECIMAL(38,0)) * {unit}
            END AS DECIMAL(38,4))
        """
    )


def _settled_lines(scope: Scope) -> str:
    """Lines of posted documents with what settled their document to T: cash, credited, otherwise (its currency)."""
    return memoised(
        scope.books,
        "settled_lines",
        f"""
        WITH settled AS (
            SELECT invoice.source_file AS f, invoice.source_row AS r,
                   coalesce(sum(amount) FILTER (receipt.document_id IS NOT NULL), 0) AS cash,
                   coalesce(sum(amount) FILTER (memo.document_id IS NOT NULL), 0) AS credited,
                   sum(discount + write_off)
                   + coalesce(sum(amount) FILTER (receipt.document_id IS NULL AND memo.document_id IS NULL), 0) AS otherwise
            FROM {applications(scope)} WHERE counts_from <= {day(scope.closing_date)} GROUP BY ALL
        ),
        worked AS (
            SELECT DISTINCT delivery_id FROM deliveries
            WHERE status <> 'rejected' AND delivery_date <= {day(scope.closing_date)}
              AND delivery_id IN (SELECT delivery_id FROM invoice_lines WHERE delivery_id IS NOT NULL)
        )
        SELECT v.*, i.document_type = 'credit_memo' AS is_memo, i.total_amount AS total, coalesce(i.tax_amount, 0) AS tax,
               coalesce(s.cash, 0) AS cash, coalesce(s.credited, 0) AS credited, coalesce(s.otherwise, 0) AS otherwise,
               coalesce(c.billing_model IN {texts(QUANTITY_MODELS)} AND c.recognition <> 'cost_to_cost', false)
                   AND w.delivery_id IS NULL AS without_delivery,
               sum(v.functional) OVER lines AS functional_through, sum(v.amount) OVER lines AS amount_through
        FROM {value_rows(scope)} v JOIN ({posted_documents(scope)}) i USING (invoice_id)
        LEFT JOIN settled s ON s.f = i.source_file AND s.r = i.source_row
        LEFT JOIN ({LINES}) c ON c.contract_line_id = v.contract_line_id
        LEFT JOIN worked w ON w.delivery_id = v.delivery_id
        WHERE v.value = 'invoiced'
        WINDOW lines AS (PARTITION BY v.invoice_id ORDER BY v.line_number, v.functional, v.source_file, v.source_row
                         ROWS UNBOUNDED PRECEDING)
        """,
    )


def _line_share(column: str, part: str, whole: str) -> str:
    """SQL for a line's share of what settled its document: the lines' shares add up to the share of their sum."""
    return f"(share_of({column}_through, {part}, {whole}) - share_of({column}_through - {column}, {part}, {whole}))"


def _billed_by(scope: Scope, column: str) -> str:
    """What was billed, and of it collected, by delivery or contract line, in the document's currency: key, billed, collected."""
    return memoised(
        scope.books,
        "billed_by",
        f"""
        SELECT {column} AS key, CAST(sum(amount) AS DECIMAL(38,4)) AS billed, CAST(coalesce(
                   sum({_line_share("amount", "cash", "total - credited - otherwise")}) FILTER (NOT is_memo), 0)
                   AS DECIMAL(38,4)) AS collected
        FROM {_settled_lines(scope)} WHERE {column} IS NOT NULL GROUP BY 1
        """,
    )


def _reached(scope: Scope) -> str:
    """Delivered, accepted and recognised value by the furthest point reached: of each row's `whole` what is collected (`c`),
    billed (`b`) and accepted (`a`). How far a row has come is measured in its own currency, so that a change of rates leaves
    nothing unbilled."""
    by_delivery = _billed_by(scope, "delivery_id")
    # Where no invoice line names a delivery, the deliveries' ids need not be read.
    names = scope.books.rows(f"SELECT count(*) AS n FROM {by_delivery}")[0]["n"]
    joined = f"LEFT JOIN {by_delivery} d ON d.key = r.delivery_id" if names else ""
    measured = ("d.billed", "d.collected") if names else ("0", "0")
    return f"""
        WITH milestones AS (SELECT contract_line_id AS milestone FROM ({LINES}) WHERE billing_model = 'milestone'),
        rows AS (
            SELECT r.*, milestone IS NOT NULL AS by_line
            FROM ({_worked(scope)}) r LEFT JOIN milestones ON milestone = r.contract_line_id
            UNION ALL BY NAME
            SELECT value, po_number, owner, contract_line_id, sum(amount) AS own, sum(functional) AS whole,
                   sum(amount) AS accepted, source_table, min(source_file) AS source_file, min(source_row) AS source_row,
                   true AS by_line
            FROM {value_rows(scope)} WHERE value = 'recognised' AND source_table = 'contract_lines' GROUP BY ALL
        ),
        measured AS (
            SELECT r.*, cut_to(coalesce(CASE WHEN by_line THEN l.billed ELSE {measured[0]} END, 0), own) AS billed,
                   coalesce(CASE WHEN by_line THEN l.collected ELSE {measured[1]} END, 0) AS cash
            FROM rows r {joined} LEFT JOIN {_billed_by(scope, "contract_line_id")} l ON l.key = r.contract_line_id
        )
        SELECT *, share_of(whole, cut_to(cash, billed), own) AS c, share_of(whole, billed, own) AS b,
               share_of(whole, CASE WHEN own >= 0 THEN greatest(accepted, billed) ELSE least(accepted, billed) END, own) AS a
        FROM measured
    """


def _worked(scope: Scope) -> str:
    """Deliveries once for each value: what they are worth in their own currency (`own`) and in functional (`whole`), and how much
    of it is accepted (`accepted`)."""
    at, columns = day(scope.closing_date), "po_number, owner, delivery_id, contract_line_id, source_file, source_row"
    accepted = f"CASE WHEN accepted_date <= {at} THEN accepted_value ELSE 0 END"
    recognises = "CASE recognition WHEN 'as_delivered' THEN delivered_{0} ELSE accepted_{0} END"
    kinds = {
        "delivered_value": ("delivered_date", "delivered_value", "delivered_functional", f"cut_to({accepted}, delivered_value)"),
        "accepted_value": ("accepted_date", "accepted_value", "accepted_functional", "accepted_value"),
        "recognised": tuple(recognises.format(measure) for measure in ("date", "value", "functional", "value")),
    }  # fmt: skip
    return " UNION ALL ".join(
        f"""
        SELECT '{value}' AS value, {columns}, 'deliveries' AS source_table, {own} AS own, {whole} AS whole, {reached} AS accepted
        FROM {deliveries_worth(scope)} r
        WHERE {dated} <= {at} AND {of_scope(scope)} AND {"by_quantity" if value == "recognised" else "true"}
        """
        for value, (dated, own, whole, reached) in kinds.items()
    )


def _invoiced(scope: Scope) -> str:
    """Invoiced lines by what settled them; a memo's lines are credits, and so is what a memo settled."""
    return f"""
        SELECT value, part.status, po_number, owner, CAST(part.amount AS DECIMAL(38,4)), source_table, source_file, source_row
        FROM (
            SELECT *, unnest(CASE
                WHEN is_memo THEN [{{'status': 'credited', 'amount': functional}}]
                WHEN without_delivery THEN [{{'status': 'credited', 'amount': c2 - c1}},
                                            {{'status': 'billed_without_delivery', 'amount': functional - (c2 - c1)}}]
                ELSE [{{'status': 'collected', 'amount': c1}}, {{'status': 'credited', 'amount': c2 - c1}},
                      {{'status': 'settled_without_cash', 'amount': c3 - c2}},
                      {{'status': 'billed_not_collected', 'amount': functional - c3}}] END) AS part
            FROM (SELECT *, {_line_share("functional", "cash", "total")} AS c1,
                         {_line_share("functional", "cash + credited", "total")} AS c2,
                         {_line_share("functional", "cash + credited + otherwise", "total")} AS c3 FROM {_settled_lines(scope)})
        )
    """


def _collected(scope: Scope) -> str:
    """Cash by what it paid: tax, lines without a delivery, more than the invoice, and the rest."""
    return f"""
        SELECT value, part.status, po_number, owner, CAST(part.amount AS DECIMAL(38,4)), source_table, source_file, source_row
        FROM (
            WITH bare AS (
                SELECT invoice_id, sum(amount) AS without FROM {_settled_lines(scope)}
                WHERE without_delivery AND NOT is_memo GROUP BY 1
            ),
            running AS (
                SELECT v.*, i.total_amount AS total, coalesce(i.tax_amount, 0) AS tax, coalesce(bare.without, 0) AS without,
                       sum(v.amount) OVER (PARTITION BY v.invoice_id ORDER BY v.dated, v.document, v.source_file, v.source_row
                                           ROWS UNBOUNDED PRECEDING) AS to_here
                FROM {value_rows(scope)} v JOIN ({posted_documents(scope)}) i USING (invoice_id) LEFT JOIN bare USING (invoice_id)
                WHERE v.value = 'collected'
            ),
            cut AS (SELECT *, share_of(functional, cut_to(to_here - total, amount), amount) AS over FROM running WHERE amount > 0
                    UNION ALL SELECT *, CAST(0 AS DECIMAL(38,4)) FROM running WHERE amount <= 0),
            shared AS (SELECT *, share_of(functional - over, tax, total) AS of_tax,
                              share_of(functional - over, tax + without, total) AS of_both FROM cut)
            SELECT *, unnest([
                {{'status': 'overpaid', 'amount': over}}, {{'status': 'tax_collected', 'amount': of_tax}},
                {{'status': 'billed_without_delivery', 'amount': of_both - of_tax}},
                {{'status': 'collected', 'amount': functional - over - of_both}}]) AS part
            FROM shared
        )
    """
