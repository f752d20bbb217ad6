"""Purchase orders at T: what each is funded with, and every row that was delivered, accepted, invoiced, recognised or collected.

ACCOUNTING.md §4. The orders of a scope are its program's; a value belongs to the order that its document names, whatever the
document's program. What does not belong here: what the cents have come to (`value_status`), how fast an order is used
(`purchase_order_burn`).
"""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.receivables.subledger import applications_query
from close_library.accounting.revenue.pricing import LINES
from close_library.accounting.schedules import priced_deliveries, recognised
from close_library.accounting.sql import (
    day,
    known_by,
    memoised,
    names_asked,
    owned,
    population,
    shown,
    text,
    texts,
    viewed,
)
from close_library.evidence import Figure, Population, Scope

VALUES = {
    "delivered_value": "Delivered value",
    "accepted_value": "Accepted value",
    "invoiced": "Invoiced, tax excluded",
    "recognised": "Recognised",
    "collected": "Collected, tax included",
}
"""What is followed from an order to cash, in the order in which it happens."""

_NOTHING = ", ".join(
    f"CAST(NULL AS {kind}) AS {column}"
    for kind, columns in {
        "VARCHAR": "value po_number owner currency document invoice_id delivery_id contract_line_id source_table source_file",
        "DATE": "dated rate_date",
        "DECIMAL(38,4)": "amount",
        "BIGINT": "line_number source_row",
    }.items()
    for column in columns.split()
)
"""The columns of a value row, typed: a kind of value leaves out what it has not."""


def own_orders(scope: Scope) -> str:
    """The program's orders whatever their date, one row a number: the columns of `purchase_orders`, the first row's."""
    orders = scope.books.first_rows("purchase_orders")
    return memoised(scope.books, "own_orders", f"SELECT * FROM ({orders}) WHERE {owned(scope, 'owner_program_id')}")


def value_rows(scope: Scope) -> str:
    """Every row to T that has a value and belongs to the program, or names one of its orders.

    Columns: value (a key of VALUES), po_number (as named; NULL: none), owner, dated, currency, amount, functional (at the rate of
    its own date; an application's at its application date), document, invoice_id, line_number, delivery_id,
    contract_line_id, address.
    Recognised revenue of a delivery stands with the order that the delivery names; revenue of lines that are not recognised by
    delivery, and of cost-to-cost lines, with the first issued order of the contract.
    """
    return viewed(
        scope.books,
        "value_rows",
        f"""
        SELECT * FROM {_without_delivery(scope)}
        UNION ALL BY NAME
        SELECT * FROM ({delivered_rows(scope)}) r WHERE {of_scope(scope)}
        """,
    )


def _without_delivery(scope: Scope) -> str:
    """The value rows that are not those of deliveries."""
    none = f"SELECT {_NOTHING} WHERE false"
    kinds = (none, recognised_otherwise_rows(scope), _invoiced(scope), _collected(scope))
    rows = " UNION ALL BY NAME ".join(f"SELECT * FROM ({kind})" for kind in kinds)
    value = functional("r.amount", "r.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "value_rows_without_delivery",
        f"""
        WITH rows AS ({rows})
        SELECT r.*, {value} AS functional
        FROM rows r {at_spot("r.currency", "r.rate_date")}
        WHERE {of_scope(scope)}
        """,
    )


def of_scope(scope: Scope) -> str:
    """The condition that a row `r` belongs to the program, or names one of its orders."""
    if scope.is_company:
        return "true"
    numbers = names_asked(scope.books, f"SELECT po_number AS name FROM {own_orders(scope)} ORDER BY 1")
    return f"({owned(scope, 'r.owner')} OR r.po_number IN {texts(numbers)})"


def value_sums(scope: Scope) -> str:
    """What the value rows add up to by value, order, owner and month: what adds them up reads these.

    Columns: value, po_number, owner, dated (the last day of the month), rows (how many), functional, missing (how many have no
    rate).
    """
    return memoised(
        scope.books,
        "value_sums",
        f"""
        SELECT value, po_number, owner, CAST(last_day(dated) AS DATE) AS dated, count(*) AS rows,
               CAST(coalesce(sum(functional), 0) AS DECIMAL(38,4)) AS functional,
               count(*) FILTER (functional IS NULL) AS missing
        FROM {value_rows(scope)} GROUP BY ALL
        """,
    )


def require_order_rates(scope: Scope) -> None:
    """Refuse to go on when a rate is missing for a value or for what funds an order. Raises BooksError with currency and date."""
    missing = scope.books.rows(f"SELECT coalesce(sum(missing), 0) AS n FROM {value_sums(scope)}")[0]["n"]
    values = (
        f"SELECT currency, rate_date FROM {value_rows(scope)} WHERE functional IS NULL UNION ALL" if missing else ""
    )
    require_rates(
        scope, f"{values} SELECT currency, dated AS rate_date FROM {funding_rows(scope)} WHERE functional IS NULL"
    )


def delivered_rows(scope: Scope) -> str:
    """Deliveries on both bases, and the revenue of the lines that are recognised by delivery."""
    columns = """
        po_number, owner, priced_date AS dated, priced_date AS rate_date, currency, value AS amount, functional,
        delivery_id AS document, delivery_id, contract_line_id, 'deliveries' AS source_table, source_file, source_row
    """
    at = day(scope.closing_date)
    return f"""
        SELECT basis || '_value' AS value, {columns} FROM {priced_deliveries(scope)} WHERE priced_date <= {at}
        UNION ALL
        SELECT 'recognised' AS value, {columns} FROM {priced_deliveries(scope)} WHERE priced_date <= {at} AND recognises
    """


def recognised_otherwise_rows(scope: Scope) -> str:
    """Revenue of lines with a price of their own: on acceptance it stands with the delivery's order, else with the contract's."""
    return f"""
        SELECT 'recognised' AS value, CASE WHEN l.by_acceptance THEN d.po_number ELSE o.po_number END AS po_number, r.owner,
               recognised_date AS dated, recognised_date AS rate_date, r.currency, r.amount, contract_line_id AS document,
               CASE WHEN l.by_acceptance THEN d.delivery_id END AS delivery_id, contract_line_id,
               'contract_lines' AS source_table, r.source_file, r.source_row
        FROM {recognised(scope)} r
        JOIN (SELECT contract_line_id, billing_model = 'milestone' OR recognition IN ('as_delivered', 'on_acceptance')
                         AS by_acceptance FROM ({LINES})) l USING (contract_line_id)
        LEFT JOIN (SELECT contract_line_id, delivery_id, po_number FROM deliveries
                   WHERE status = 'accepted' AND accepted_date IS NOT NULL
                   QUALIFY row_number() OVER (PARTITION BY contract_line_id
                                              ORDER BY accepted_date, delivery_id, source_file, source_row) = 1) d
        USING (contract_line_id)
        LEFT JOIN ({first_orders(scope)}) o ON o.contract_id = r.contract_id
        WHERE recognised_date <= {day(scope.closing_date)}
    """


def first_orders(scope: Scope) -> str:
    """The first issued order of each contract: contract_id, po_number."""
    return f"""
        SELECT contract_id, po_number FROM ({scope.books.first_rows("purchase_orders")}) WHERE contract_id IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY contract_id ORDER BY issue_date, po_number) = 1
    """


def posted_documents(scope: Scope) -> str:
    """Posted invoices and credit memos dated to T, one row an invoice_id."""
    return f"""
        SELECT * FROM ({scope.books.first_rows("invoices")})
        WHERE status = 'posted' AND invoice_date <= {day(scope.closing_date)}
    """


def _invoiced(scope: Scope) -> str:
    """Lines of posted documents, tax excluded, credit memos negative; a line belongs to its contract's program, else to its
    invoice's."""
    return f"""
        SELECT 'invoiced' AS value, i.po_number,
               CASE WHEN c.contract_line_id IS NULL THEN l.owner_program_id ELSE c.owner END AS owner,
               i.invoice_date AS dated, i.invoice_date AS rate_date, i.currency, l.amount, i.invoice_number AS document,
               l.invoice_id, l.line_number, l.delivery_id, l.contract_line_id,
               'invoice_lines' AS source_table, l.source_file, l.source_row
        FROM invoice_lines l JOIN ({posted_documents(scope)}) i USING (invoice_id)
        LEFT JOIN ({LINES}) c ON c.contract_line_id = l.contract_line_id
    """


def applications(scope: Scope) -> str:
    """The table of counted applications (`receivables.applications_query`)."""
    return memoised(scope.books, "applications", applications_query())


def _collected(scope: Scope) -> str:
    """What counted applications took from receipts, by the order that the invoice names."""
    return f"""
        SELECT 'collected' AS value, i.po_number, a.invoice.owner AS owner, a.counts_from AS dated,
               a.application_date AS rate_date, a.receipt.currency AS currency, a.amount, a.application_id AS document,
               i.invoice_id, 'cash_applications' AS source_table, a.source_file, a.source_row
        FROM {applications(scope)} a
        JOIN invoices i ON i.source_file = a.invoice.source_file AND i.source_row = a.invoice.source_row
        WHERE a.receipt.document_id IS NOT NULL AND a.counts_from <= {day(scope.closing_date)}
    """


def orders(scope: Scope) -> str:
    """The program's orders at T: those issued by then, and those that a row to T names already.

    Columns: po_number, program, customer_id, contract_id, issue_date, start_date, end_date (the `new_end_date` of the last
    amendment dated to T that has one, else the order's; NULL does not bound), currency, status, funded (functional currency),
    address.
    """
    return memoised(
        scope.books,
        "orders",
        f"""
        WITH ends AS ({new_ends(scope)}),
        funds AS (SELECT po_number, CAST(sum(functional) AS DECIMAL(38,4)) AS funded FROM {funding_rows(scope)} GROUP BY 1)
        SELECT po_number, o.owner_program_id AS program, o.customer_id, o.contract_id, o.issue_date, o.start_date,
               coalesce(new_end_date, o.end_date) AS end_date, o.currency, o.status, funded, o.source_file, o.source_row
        FROM {own_orders(scope)} o JOIN funds USING (po_number) LEFT JOIN ends USING (po_number)
        """,
    )


def new_ends(scope: Scope) -> str:
    """The `new_end_date` of each order's last amendment dated to T that has one: po_number, new_end_date."""
    return f"""
        SELECT po_number, new_end_date FROM po_amendments
        WHERE amendment_date <= {day(scope.closing_date)} AND new_end_date IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY po_number ORDER BY amendment_date DESC, length(amendment_number) DESC,
                                   amendment_number DESC, source_file DESC, source_row DESC) = 1
    """


def funding_rows(scope: Scope) -> str:
    """What funds the program's orders at T: each order at its issue date's rate, each amendment dated to T at its own.

    Columns: po_number, dated, currency, amount, functional, amendment_number, address.
    """
    at = day(scope.closing_date)
    value = functional("f.amount", "f.currency", "s.rate", scope.currency)
    return memoised(
        scope.books,
        "funding",
        f"""
        WITH listed AS (
            SELECT * FROM {own_orders(scope)}
            WHERE issue_date <= {at} OR po_number IN (SELECT po_number FROM {value_sums(scope)} WHERE po_number IS NOT NULL)
        ),
        funds AS (
            SELECT po_number, issue_date AS dated, currency, authorized_amount AS amount, NULL AS amendment_number,
                   'purchase_orders' AS source_table, source_file, source_row FROM listed
            UNION ALL
            SELECT po_number, a.amendment_date, o.currency, a.amount_change, a.amendment_number, 'po_amendments',
                   a.source_file, a.source_row
            FROM po_amendments a JOIN listed o USING (po_number) WHERE a.amendment_date <= {at}
        )
        SELECT f.*, {value} AS functional
        FROM funds f {at_spot("f.currency", "f.dated")}
        """,
    )


FUND = {"purchase_order": "po_number", "amendment": "amendment_number", "date": "dated", "amount": "amount::money",
        "currency": "currency"}  # fmt: skip
"""What a reader sees of a row that funds an order."""


VALUE_SHOWN = shown(purchase_order="po_number", document="document", delivery="delivery_id", contract_line="contract_line_id",
                    date="dated", amount="amount::money", currency="currency", program="owner")  # fmt: skip


def funded_query(scope: Scope, po_number: str, sign: int = 1) -> str:
    """The rows that fund an order, as a population's query."""
    return f"""
        {population("source_table", "source_file", "source_row", f"{sign} * functional", shown(**FUND))}
        FROM {funding_rows(scope)} WHERE po_number = {text(po_number)}
    """


def value_query(scope: Scope, value: str, po_number: str, condition: str = "true", sign: int = 1) -> str:
    """The rows of a value that name an order, as a population's query."""
    return f"""
        {population("source_table", "source_file", "source_row", f"{sign} * functional", VALUE_SHOWN)}
        FROM {value_rows(scope)} WHERE value = '{value}' AND po_number = {text(po_number)} AND ({condition})
    """


def funded(scope: Scope, po_number: str) -> Figure:
    """The figure `funded:<po_number>`."""
    rows = Population(scope.books, funded_query(scope, po_number))
    return Figure.of(f"funded:{po_number}", f"{po_number}: funded", scope.currency, rows)


def valued(scope: Scope, value: str, po_number: str) -> Figure:
    """A value of an order to T: the figure `<value>:<po_number>`."""
    condition = f"value = '{value}' AND po_number = {text(po_number)}"
    known = known_by(scope, value_sums(scope), condition)
    rows = Population(scope.books, value_query(scope, value, po_number), known=known)
    return Figure.of(f"{value}:{po_number}", f"{po_number}: {VALUES[value].lower()}", scope.currency, rows)


def order_numbers(scope: Scope) -> list[str]:
    """The numbers of the program's orders at T, in order."""
    return [row["po_number"] for row in scope.books.rows(f"SELECT po_number FROM {orders(scope)} ORDER BY 1")]
