"""The two-way walk: purchase order → contract → deliveries → invoice lines → revenue → journal lines → receipts, and back.

It starts at any row of the way. Towards the order and towards the cash it takes what the row is connected with, never a sibling:
a receipt leads to the invoices that it paid, their lines, deliveries and orders, not to the orders' other invoices.
"""

from __future__ import annotations

import pandas as pd

from close_library.accounting.purchase_orders.orders import (
    delivered_rows,
    order_numbers,
    orders,
    recognised_otherwise_rows,
    value_rows,
)
from close_library.accounting.schedules import deliveries_worth
from close_library.accounting.sql import day, memoised, text, viewed
from close_library.errors import BooksError, Fault
from close_library.evidence import Result, Scope, Table

COLUMNS = ("step", "table", "key", "date", "amount", "currency", "status", "file", "line")
"""What a walk says of each row. `revenue` is no table: its rows stand at the delivery or contract line that earns them."""

STEP_ROWS = 100
"""Rows of one table that a step of a walk shows in a report."""

_COLUMNS = ", ".join(f'"{column}"' for column in COLUMNS)
_ORDER = 'ORDER BY step, date, "table", key, amount, file, line'

_WORK = {
    "purchase_orders": "delivery_po = {key} OR invoice_po = {key}",
    "contracts": "contract_id = {key}",
    "contract_lines": "contract_line_id = {key}",
    "deliveries": "delivery_id = {key}",
    "invoice_lines": "invoice_id || ':' || line_number = {key}",
    "invoices": "invoice_id = {key} OR invoice_number = {key}",
}
"""Table → which pieces of work a key of it names."""

_CASH = {"cash_applications": "application_id = {key}", "cash_receipts": "receipt_id = {key}"}

STARTS = (*_WORK, *_CASH, "gl_entries")
"""The tables in which a walk can start; a journal line is known by its journal_id or `journal_id:line_number`."""


def trace(scope: Scope, table: str, key: str) -> pd.DataFrame:
    """Everything to T that a row leads to, from the order to the cash, in the order of COLUMNS.

    `table` is one of STARTS, `key` the row's key (an invoice also by its number). Amounts stand in the row's own currency and
    sign; a delivery's is its delivered value. Drafts, voids and rejected rows are shown with their status. The walk crosses
    programs where documents do. Raises BooksError for a table where no walk can start, and for a key that it does not hold.

    Example, in a notebook: `trace(scope, "cash_receipts", "R-9")`
    """
    if table not in STARTS:
        raise BooksError(f"no walk starts in {table}.", [Fault("trace", table, ", ".join(STARTS))])
    found = _walk(scope, table, key, f"SELECT {_COLUMNS} FROM found {_ORDER}")
    if found.empty:
        fault = Fault(
            f"{table}, to {scope.closing_date}", key, "a key that the table holds", "look the key up in the table"
        )
        raise BooksError(f"nothing leads from {key}.", [fault])
    return found


def _walk(scope: Scope, table: str, key: str, asked: str) -> pd.DataFrame:
    """What a query asks of the rows that a walk reaches, the table `found`."""
    work, cash = _picked(scope, table, key)
    return scope.books.frame(
        f"""
        WITH work AS (SELECT * FROM {work}), cash AS (SELECT * FROM {cash}), {_reached(scope, table, key)},
        found AS ({_rows(scope, table, key)})
        {asked}
        """
    )


def _shortened(scope: Scope, table: str, key: str) -> pd.DataFrame:
    """A walk as a report shows it: of the rows of a step with one table and currency the first, and beyond STEP_ROWS a line for
    all the others with their number and sum. The others are added up as they come and not held."""
    return _walk(
        scope,
        table,
        key,
        f"""
        , counted AS (
            SELECT step, "table", currency, count(*) AS rows, sum(amount) AS amount, count(date) AS dated, max(date) AS latest,
                   arg_min(found, (date, key, amount, file, line), {STEP_ROWS}) AS first
            FROM found GROUP BY ALL
        ),
        shown AS (SELECT *, CASE WHEN rows > {STEP_ROWS} THEN first[:{STEP_ROWS - 1}] ELSE first END AS each FROM counted)
        SELECT {_COLUMNS} FROM (
            SELECT {_COLUMNS}, 0 AS last FROM (SELECT unnest(each, recursive := true) FROM (SELECT each FROM shown))
            UNION ALL
            SELECT step, "table", 'and ' || (rows - len(each)) || ' more', CASE WHEN dated > len(each) THEN latest END,
                   CAST(amount - list_sum(list_transform(each, lambda one: one.amount)) AS DECIMAL(38,4)), currency,
                   NULL, NULL, NULL, 1
            FROM shown WHERE rows > len(each)
        )
        ORDER BY step, last, date, "table", key, amount, file, line
        """,
    )


def walk_through(scope: Scope) -> Result:
    """One order walked to its cash, and the cash of one receipt walked back: the order and the receipt of the largest collection.

    Tables: 50.3 from the order, 50.4 from the receipt, both as `trace` gives them, long steps shortened. Without a collection to
    T the order is the first one, and nothing is walked back.
    """
    largest = scope.books.rows(
        f"""
        SELECT v.po_number, a.receipt_id
        FROM {value_rows(scope)} v JOIN cash_applications a ON a.source_file = v.source_file AND a.source_row = v.source_row
        WHERE v.value = 'collected' AND v.po_number IN (SELECT po_number FROM {orders(scope)})
        ORDER BY v.functional DESC, v.po_number, a.receipt_id, v.document LIMIT 1
        """
    )
    numbers = order_numbers(scope)
    order = largest[0]["po_number"] if largest else numbers[0] if numbers else None
    tables = {}
    if order:
        tables["50.3"] = Table(f"Purchase order {order} to cash", _shortened(scope, "purchase_orders", order))
    if largest:
        receipt = largest[0]["receipt_id"]
        tables["50.4"] = Table(f"Receipt {receipt} back to its orders", _shortened(scope, "cash_receipts", receipt))
    return Result(tables=tables, figures={})


def _picked(scope: Scope, table: str, key: str) -> tuple[str, str]:
    """The tables that hold the pieces of work and of cash that a start is connected with."""
    work, billed_work, cash, literal = _work(scope), _billed_work(scope), _cash(scope), text(key)
    if table in _WORK:
        work = billed_work if table in ("invoices", "invoice_lines") else work
        work_of = f"SELECT * FROM {work} WHERE {_WORK[table].format(key=literal)}"
        billed = f"SELECT invoice_id FROM ({work_of})"
        cash_of = f"SELECT * FROM {cash} WHERE invoice_id IN ({billed}) OR credit_memo_id IN ({billed})"
    elif table in _CASH:
        cash_of = f"SELECT * FROM {cash} WHERE {_CASH[table].format(key=literal)}"
        work_of = f"SELECT * FROM {billed_work} WHERE invoice_id IN (SELECT invoice_id FROM ({cash_of}))"
    else:
        named = f"SELECT document_number FROM gl_entries WHERE {_journal(key)} AND document_number IS NOT NULL"
        invoices = f"SELECT invoice_id FROM invoices WHERE invoice_number IN ({named})"
        cash_of = f"""SELECT * FROM {cash}
                      WHERE invoice_id IN ({invoices}) OR receipt_id IN ({named}) OR application_id IN ({named})"""
        named_or_paid = f"{invoices} UNION ALL SELECT invoice_id FROM ({cash_of})"
        work_of = f"SELECT * FROM {billed_work} WHERE invoice_id IN ({named_or_paid})"
    return memoised(scope.books, "walk_work", work_of), memoised(scope.books, "walk_cash", cash_of)


def _journal(key: str) -> str:
    return f"(journal_id = {text(key)} OR journal_id || ':' || line_number = {text(key)})"


def _work(scope: Scope) -> str:
    """Deliveries and invoice lines to T, brought together where a line names a delivery; read and not held."""
    return viewed(
        scope.books,
        "work",
        f"""
        SELECT delivery_id, d.po_number AS delivery_po, NULL AS invoice_po, contract_line_id, contract_id, NULL AS invoice_id,
               NULL AS line_number, NULL AS invoice_number
        FROM (SELECT * FROM ({_delivered(scope)})
              ANTI JOIN (SELECT delivery_id FROM {_billed_work(scope)} WHERE delivery_id IS NOT NULL) USING (delivery_id)) d
        LEFT JOIN ({_CONTRACT_OF}) c ON c.id = contract_line_id
        UNION ALL SELECT * FROM {_billed_work(scope)}
        """,
    )


def _billed_work(scope: Scope) -> str:
    """The pieces of work that an invoice line to T is for."""
    at = day(scope.closing_date)
    return memoised(
        scope.books,
        "billed_work",
        f"""
        SELECT l.delivery_id, d.po_number AS delivery_po, i.po_number AS invoice_po,
               coalesce(l.contract_line_id, d.contract_line_id) AS contract_line_id,
               coalesce(c.contract_id, i.contract_id) AS contract_id, l.invoice_id, l.line_number, i.invoice_number
        FROM invoice_lines l JOIN ({scope.books.first_rows("invoices")}) i USING (invoice_id)
        LEFT JOIN ({_delivered(scope)}) d ON d.delivery_id = l.delivery_id
        LEFT JOIN ({_CONTRACT_OF}) c ON c.id = coalesce(l.contract_line_id, d.contract_line_id)
        WHERE i.invoice_date <= {at}
        """,
    )


_CONTRACT_OF = "SELECT contract_line_id AS id, min(contract_id) AS contract_id FROM contract_lines GROUP BY 1"


def _delivered(scope: Scope) -> str:
    at = day(scope.closing_date)
    return f"SELECT delivery_id, po_number, contract_line_id FROM deliveries WHERE delivery_date <= {at}"


def _cash(scope: Scope) -> str:
    """Applications to T with what they connect."""
    return memoised(
        scope.books,
        "cash",
        f"""
        SELECT invoice_id, application_id, receipt_id, credit_memo_id FROM cash_applications
        WHERE application_date <= {day(scope.closing_date)}
        """,
    )


def _reached(scope: Scope, table: str, key: str) -> str:
    """The keys that the walk reaches, table by table; the start itself is always there."""

    def start(name: str) -> str:
        return f"UNION SELECT {text(key)}" if table == name else ""

    is_order = table == "purchase_orders"
    memos = "UNION SELECT credit_memo_id FROM cash WHERE credit_memo_id IS NOT NULL"
    of_lines = "contract_line_id IN (SELECT id FROM lines_of)"
    otherwise = f"delivery_id IS NULL AND {f'po_number = {text(key)}' if is_order else of_lines}"
    return f"""
        lines_of AS (SELECT contract_line_id AS id FROM work {start("contract_lines")}),
        deliveries_of AS (SELECT delivery_id AS id FROM work {start("deliveries")}),
        revenue_of AS (
            SELECT * FROM ({delivered_rows(scope)}) WHERE value = 'recognised' AND delivery_id IN (SELECT id FROM deliveries_of)
            UNION ALL BY NAME
            SELECT * FROM ({recognised_otherwise_rows(scope)})
            WHERE delivery_id IN (SELECT id FROM deliveries_of) OR ({otherwise})
        ),
        orders_of AS (
            SELECT delivery_po AS id FROM work UNION SELECT invoice_po FROM work
            {"" if is_order else "UNION SELECT po_number FROM revenue_of WHERE delivery_id IS NULL"}
            {start("purchase_orders")}
        ),
        contracts_of AS (
            SELECT contract_id AS id FROM work {start("contracts")}
            UNION SELECT contract_id FROM purchase_orders WHERE po_number = {text(key) if is_order else "NULL"}
        ),
        receipts_of AS (SELECT receipt_id AS id FROM cash {start("cash_receipts")}),
        invoices_of AS (
            SELECT invoice_id AS id FROM work UNION SELECT invoice_id FROM cash {memos} {start("invoices")}
        ),
        documents_of AS (
            SELECT invoice_number AS id FROM invoices WHERE invoice_id IN (SELECT id FROM invoices_of)
            UNION SELECT id FROM receipts_of UNION SELECT application_id FROM cash
        )
    """


def _rows(scope: Scope, table: str, key: str) -> str:
    """Every row that the walk reaches, with its step along the way."""
    at = day(scope.closing_date)
    worth = f"""(SELECT p.delivered_value FROM {deliveries_worth(scope)} p WHERE p.delivered_date IS NOT NULL
                 AND p.delivery_id IN (SELECT id FROM deliveries_of)
                 AND p.source_file = deliveries.source_file AND p.source_row = deliveries.source_row)"""
    start = _journal(key) if table == "gl_entries" else "false"
    steps = (
        ("purchase_orders", "po_number", "issue_date", "authorized_amount", "currency", "status",
         "po_number IN (SELECT id FROM orders_of)"),
        ("po_amendments", "po_number || ':' || amendment_number", "amendment_date", "amount_change", "NULL", "NULL",
         f"po_number IN (SELECT id FROM orders_of) AND amendment_date <= {at}"),
        ("contracts", "contract_id", "start_date", "NULL", "currency", "NULL", "contract_id IN (SELECT id FROM contracts_of)"),
        ("contract_lines", "contract_line_id", "coalesce(price_from, service_start)", "amount", "NULL", "billing_model",
         "contract_line_id IN (SELECT id FROM lines_of UNION SELECT contract_line_id FROM revenue_of)"),
        ("deliveries", "delivery_id", "delivery_date", worth, "NULL", "status",
         f"delivery_id IN (SELECT id FROM deliveries_of) AND delivery_date <= {at}"),
        ("invoices", "invoice_id", "invoice_date", "total_amount", "currency", "status",
         f"invoice_id IN (SELECT id FROM invoices_of) AND invoice_date <= {at}"),
        ("invoice_lines", "invoice_id || ':' || line_number", "service_start", "amount", "NULL", "NULL",
         "(invoice_id, line_number) IN (SELECT (invoice_id, line_number) FROM work)"),
        ("gl_entries", "journal_id || ':' || line_number", "effective_date", "amount", text(scope.currency), "account",
         f"effective_date <= {at} AND (document_number IN (SELECT id FROM documents_of) OR {start})"),
        ("cash_applications", "application_id", "application_date", "amount", "NULL", "NULL",
         "application_id IN (SELECT application_id FROM cash)"),
        ("cash_receipts", "receipt_id", "receipt_date", "amount", "currency", "NULL",
         f"receipt_id IN (SELECT id FROM receipts_of) AND receipt_date <= {at}"),
    )  # fmt: skip
    numbered = [(n + 1 + (n > 6), *step) for n, step in enumerate(steps)]
    selects = [
        f"""
        SELECT {step} AS step, '{name}' AS "table", CAST({id} AS VARCHAR) AS key, {date} AS date,
               CAST({amount} AS DECIMAL(38,4)) AS amount, CAST({currency} AS VARCHAR) AS currency,
               CAST({status} AS VARCHAR) AS status, source_file AS file, source_row AS line
        FROM {name} WHERE {condition}
        """
        for step, name, id, date, amount, currency, status, condition in numbered
    ]
    revenue = """
        SELECT 8, 'revenue', coalesce(delivery_id, contract_line_id), dated, amount, currency, source_table, source_file,
               source_row FROM revenue_of
    """
    return " UNION ALL ".join((*selects, revenue))
