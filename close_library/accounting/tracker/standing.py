"""Where billing and payment stand at T: what is open and past due, what is unapplied, what is delivered and not billed yet."""

from __future__ import annotations

import pandas as pd

from close_library.accounting.currency import require_rates
from close_library.accounting.purchase_orders.review_deliveries import not_billed
from close_library.accounting.receivables.aging import COLUMNS, PAST_DUE, aged_items, aged_population
from close_library.accounting.sql import population, shown, texts
from close_library.evidence import Figure, Part, Population, Scope, Table
from close_library.money import ZERO

INVOICES_LISTED = 20
"""Past due invoices that the tracker lists; workpaper 70 holds all."""

PAST_DUE_CONDITION = f"aging_column IN {texts(PAST_DUE)}"


def standing_figures(scope: Scope) -> dict[str, Figure]:
    """`past_due`, `unapplied_cash` (negative, as in the aging) and `delivered_not_billed` at T, with their rows."""
    waiting = not_billed(scope)
    require_rates(scope, f"SELECT currency, priced_date AS rate_date FROM {waiting} WHERE functional IS NULL")
    aged = {
        "past_due": ("Receivables past due", PAST_DUE),
        "unapplied_cash": ("Unapplied cash", ("unapplied_cash",)),
    }
    figures = {
        id: Figure.of(id, label, scope.currency, aged_population(scope, scope.closing_date, *columns))
        for id, (label, columns) in aged.items()
    }
    seen = shown(delivery="delivery_id", line="contract_line_id", purchase_order="po_number", accepted="priced_date",
                 days="days", value="value::money", currency="currency", program="owner")  # fmt: skip
    query = f"{population(chr(39) + 'deliveries' + chr(39), 'source_file', 'source_row', 'functional', seen)} FROM {waiting}"
    id, label = "delivered_not_billed", "Delivered and accepted, not billed yet"
    return figures | {id: Figure.of(id, label, scope.currency, Population(scope.books, query))}


def payment_table(scope: Scope) -> Table:
    """The aging in plain lines: amount, items, the oldest and its days past due; the last line is the receivables."""
    rows = scope.books.rows(
        f"""
        SELECT aging_column, coalesce(sum(open_functional), 0) AS amount, count(*) AS items,
               min(coalesce(due_date, document_date)) AS oldest,
               max(days_past_due) FILTER (days_past_due > 0 AND {PAST_DUE_CONDITION}) AS days
        FROM {aged_items(scope, scope.closing_date)} GROUP BY GROUPING SETS ((aging_column), ())
        """
    )
    by_column = {row["aging_column"]: row for row in rows}
    empty = {"amount": ZERO, "items": 0, "oldest": None, "days": None}
    lines = [
        [label, *(by_column.get(column, empty)[each] for each in empty)]
        for column, label in [*COLUMNS.items(), (None, "Receivables")]
    ]
    frame = pd.DataFrame(lines, columns=["what_is_open", "amount", "items", "oldest", "days_past_due"], dtype=object)
    places = {column: row for row, column in enumerate(COLUMNS)}
    parts = (
        Part(name, ("receivables",), where={"age": column}, counts=name == "items", lines=(row,))
        for column, row in places.items()
        for name in ("amount", "items")
    )
    links = ((len(lines) - 1, 1, "receivables"), (places["unapplied_cash"], 1, "unapplied_cash"))
    types = {"amount": "money", "items": "int", "oldest": "date", "days_past_due": "int"}
    return Table("What customers owe, by age", frame, total_row=True, links=links, types=types, parts=tuple(parts))


def past_due_table(scope: Scope) -> Table:
    """The invoices past due, the longest first."""
    frame = scope.books.frame(
        f"""
        WITH names AS (SELECT customer_id, min(customer_name) AS customer_name FROM customers GROUP BY 1)
        SELECT document_number AS invoice, coalesce(customer_name, customer_id) AS customer, document_date AS invoice_date,
               due_date, days_past_due, open_functional AS open
        FROM {aged_items(scope, scope.closing_date)} LEFT JOIN names USING (customer_id) WHERE {PAST_DUE_CONDITION}
        ORDER BY days_past_due DESC, open_functional DESC, document_number, source_file, source_row LIMIT {INVOICES_LISTED}
        """
    )
    title = f"Invoices past due, the longest first (at most {INVOICES_LISTED})"
    part = Part("open", ("past_due",), {"document": "invoice"})
    return Table(title, frame, types={"days_past_due": "int"}, parts=(part,))


def unbilled_table(scope: Scope) -> Table:
    """Accepted deliveries on no posted invoice, by contract line: how many, their value, how long the oldest waits."""
    frame = scope.books.frame(
        f"""
        WITH waiting AS (SELECT * FROM {not_billed(scope)}),
        names AS (SELECT contract_line_id, min(product) AS product FROM contract_lines GROUP BY 1),
        lines AS (
            SELECT contract_line_id, product, count(*) AS deliveries, sum(functional) AS value, min(priced_date) AS oldest,
                   max(days) AS days_waiting, 0 AS last
            FROM waiting LEFT JOIN names USING (contract_line_id) GROUP BY ALL
            UNION ALL
            SELECT 'Total', NULL, count(*), coalesce(sum(functional), 0), min(priced_date), max(days), 1 FROM waiting
        )
        SELECT * EXCLUDE (last) FROM lines ORDER BY last, contract_line_id
        """
    )
    links = ((len(frame) - 1, 3, "delivered_not_billed"),)
    count = Part("deliveries", ("delivered_not_billed",), {"line": "contract_line_id"}, counts=True)
    return Table("Delivered and accepted, on no invoice yet", frame, total_row=True, links=links, parts=(count,))
