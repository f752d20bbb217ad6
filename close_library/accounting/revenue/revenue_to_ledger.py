"""Revenue to ledger (workpaper 23): what was delivered, accepted, billed, recognised and booked in the period, by contract line.

ACCOUNTING.md §3 and §7. Revenue follows the transfer of control (ASC 606-10-25-23), so its month is that of the delivery or of
the service, whatever the invoice's date is: `revenue_cutoff`.
"""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.currency import require_rates
from close_library.accounting.ledger import LINE_SHOWN
from close_library.accounting.revenue.contract_balances import by_program, differing
from close_library.accounting.revenue.contracts import (
    billing_rows,
    contract_lines,
    of_period,
    require_contract_rates,
    revenue_population,
    revenue_sums,
)
from close_library.accounting.schedules import priced_deliveries
from close_library.accounting.sql import FILE_ORDER, day, known_by, memoised, owned, population, shown, texts
from close_library.evidence import Figure, Finding, Part, Population, Result, Scope, Table
from close_library.money import show
from close_library.parameters import COMPANY


def revenue_to_ledger(scope: Scope) -> Result:
    """Revenue of the period against billing and the ledger, in functional currency and natural sign.

    Figures, all of the period: `delivered_value`, `accepted_value`, `billed` (lines of posted documents, tax excluded),
    `revenue`, `revenue_general_ledger`. Tables: by contract line. Findings: `revenue_differs` by program (ledger − computed),
    `revenue_cutoff`. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import revenue_to_ledger
        from close_library.workpaper import open_scope

        revenue_to_ledger(open_scope("atlas", "2026-10")).table
    """
    require_contract_rates(scope)
    require_rates(
        scope, f"SELECT currency, priced_date AS rate_date FROM {_valued_rows(scope)} WHERE functional IS NULL"
    )
    figures = {
        "delivered_value": _value(scope, "delivered_value", "Delivered value", "delivered"),
        "accepted_value": _value(scope, "accepted_value", "Accepted value", "accepted"),
        "billed": billed(scope),
        "revenue": revenue_of_period(scope),
        "revenue_general_ledger": booked_revenue(scope),
    }
    return Result(
        tables={"23.1": _by_line(scope)},
        figures=figures,
        findings=(*_differences(scope, figures), *_cutoff(scope)),
    )


def revenue_of_period(scope: Scope) -> Figure:
    """Revenue of the period: to date at T less to date at the prior T as signed, else as computed."""
    return Figure.of("revenue", "Revenue of the period", scope.currency, revenue_population(scope, of_period(scope)))


def billed(scope: Scope) -> Figure:
    """Billed in the period: lines of posted documents dated in it, tax excluded, credit memos negative."""
    query = f"""
        {population("'invoice_lines'", "source_file", "source_row", "functional", "seen")}
        FROM {billing_rows(scope)} WHERE {of_period(scope, "invoice_date")}
    """
    return Figure.of("billed", "Billed in the period, tax excluded", scope.currency, Population(scope.books, query))


def booked_revenue(scope: Scope) -> Figure:
    """Revenue of the period in the ledger, positive in the normal case."""
    accounts = texts(scope.parameters.accounts.held("revenue"))
    query = f"""
        {population("'gl_entries'", "source_file", "source_row", "-amount", LINE_SHOWN)}
        FROM (SELECT *, owner_program_id AS owner FROM gl_entries)
        WHERE account IN {accounts} AND {of_period(scope, "effective_date")} AND {owned(scope)}
    """
    return Figure.of(
        "revenue_general_ledger", "Revenue in the general ledger", scope.currency, Population(scope.books, query)
    )


def _value(scope: Scope, id: str, label: str, basis: str) -> Figure:
    seen = shown(delivery="delivery_id", line="contract_line_id", date="priced_date", quantity="quantity",
                 value="value::money", currency="currency", program="owner")  # fmt: skip
    condition = f"basis = '{basis}'"
    query = f"""
        {population("'deliveries'", "source_file", "source_row", "functional", seen)} FROM {_valued_rows(scope)} WHERE {condition}
    """
    rows = Population(scope.books, query, known=known_by(scope, _valued_sums(scope), condition))
    return Figure.of(id, f"{label} of the period", scope.currency, rows)


def _valued_rows(scope: Scope) -> str:
    """The scope's deliveries priced in the period, on each basis."""
    return f"(SELECT * FROM {priced_deliveries(scope)} WHERE {of_period(scope, 'priced_date')} AND {owned(scope)})"


def _valued_sums(scope: Scope) -> str:
    """What they add up to by contract line and basis: contract_line_id, basis, rows, functional."""
    return memoised(
        scope.books,
        "valued_sums",
        f"""
        SELECT contract_line_id, basis, count(*) AS rows, CAST(sum(functional) AS DECIMAL(38,4)) AS functional
        FROM {_valued_rows(scope)} GROUP BY ALL
        """,
    )


def _by_line(scope: Scope) -> Table:
    frame = scope.books.frame(
        f"""
        WITH valued AS (
            SELECT contract_line_id, sum(functional) FILTER (basis = 'delivered') AS delivered_value,
                   sum(functional) FILTER (basis = 'accepted') AS accepted_value
            FROM {_valued_sums(scope)} GROUP BY 1
        ),
        billed AS (SELECT contract_line_id, sum(functional) AS billed FROM {billing_rows(scope)}
                   WHERE {of_period(scope, "invoice_date")} GROUP BY 1),
        earned AS (SELECT contract_line_id, sum(functional) AS revenue FROM {revenue_sums(scope)}
                   WHERE {of_period(scope)} GROUP BY 1),
        lines AS (
            SELECT contract_line_id, product, billing_model, recognition, delivered_value, accepted_value, billed, revenue
            FROM {contract_lines(scope)} LEFT JOIN valued USING (contract_line_id) LEFT JOIN billed USING (contract_line_id)
            LEFT JOIN earned USING (contract_line_id)
            UNION ALL
            SELECT 'no contract line', NULL, NULL, NULL, NULL, NULL, sum(functional), NULL FROM {billing_rows(scope)}
            WHERE contract_id IS NULL AND {of_period(scope, "invoice_date")} HAVING count(*) > 0
        )
        SELECT contract_line_id, product, billing_model, recognition, coalesce(delivered_value, 0) AS delivered_value,
               coalesce(accepted_value, 0) AS accepted_value, coalesce(billed, 0) AS billed, coalesce(revenue, 0) AS revenue
        FROM lines
        UNION ALL
        SELECT 'Total', NULL, NULL, NULL, coalesce(sum(delivered_value), 0), coalesce(sum(accepted_value), 0),
               coalesce(sum(billed), 0), coalesce(sum(revenue), 0) FROM lines
        ORDER BY contract_line_id = 'Total', contract_line_id
        """
    )
    last = len(frame) - 1
    ids = ("delivered_value", "accepted_value", "billed", "revenue")
    links = tuple((last, n + 4, id) for n, id in enumerate(ids))
    parts = tuple(Part(id, (id,), {"contract_line" if id == "billed" else "line": "contract_line_id"}) for id in ids)
    return Table("By contract line", frame, total_row=True, links=links, parts=parts)


def _differences(scope: Scope, figures: dict[str, Figure]) -> list[Finding]:
    booked = by_program(scope, figures["revenue_general_ledger"])
    computed = revenue_by_program(scope)
    return differing(scope, "revenue_differs", f"Revenue of {scope.period}", booked, computed)


def revenue_by_program(scope: Scope) -> dict[str, Decimal]:
    """Computed revenue of the period by program."""
    rows = scope.books.rows(
        f"SELECT coalesce(owner, '{COMPANY}') AS program, sum(functional) AS amount FROM {revenue_sums(scope)} "
        f"WHERE {of_period(scope)} GROUP BY 1"
    )
    return {row["program"]: row["amount"] for row in rows}


def _cutoff(scope: Scope) -> list[Finding]:
    """`revenue_cutoff`: a revenue line of the ledger names an invoice none of whose lines touches the ledger line's month.

    A line's date is its delivery's recognition date, else its service dates. An invoice whose lines have no date is not tested;
    nor is a credit memo, which takes back revenue of months before it.
    """
    accounts = texts(scope.parameters.accounts.held("revenue"))
    rows = scope.books.rows(
        f"""
        WITH entries AS (
            SELECT journal_id, line_number, effective_date, amount, document_number, source_file, source_row FROM gl_entries
            WHERE account IN {accounts} AND {of_period(scope, "effective_date")} AND {owned(scope, "owner_program_id")}
              AND document_number IS NOT NULL
        ),
        billed AS (
            SELECT i.invoice_number, l.service_start, l.service_end, l.delivery_id
            FROM invoices i JOIN invoice_lines l USING (invoice_id)
            WHERE i.status = 'posted' AND i.document_type = 'invoice'
              AND i.invoice_number IN (SELECT document_number FROM entries)
        ),
        recognised_on AS (
            SELECT d.delivery_id,
                   CASE WHEN l.recognition = 'as_delivered' THEN d.delivery_date ELSE d.accepted_date END AS recognised_date
            FROM (SELECT * FROM deliveries WHERE delivery_id IN (SELECT delivery_id FROM billed)
                  QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY {FILE_ORDER}) = 1) d
            LEFT JOIN (SELECT * FROM contract_lines
                       QUALIFY row_number() OVER (PARTITION BY contract_line_id ORDER BY {FILE_ORDER}) = 1) l
            USING (contract_line_id)
        ),
        dated AS (
            SELECT b.invoice_number, coalesce(r.recognised_date, b.service_start, b.service_end) AS first_date,
                   coalesce(r.recognised_date, b.service_end, b.service_start) AS last_date
            FROM billed b LEFT JOIN recognised_on r USING (delivery_id)
        ),
        touched AS (
            SELECT invoice_number,
                   bool_or(first_date <= {day(scope.closing_date)} AND last_date >= {day(scope.period.first_day)}) AS touches
            FROM dated WHERE first_date IS NOT NULL GROUP BY 1
        )
        SELECT e.* FROM entries e JOIN touched t ON t.invoice_number = e.document_number AND NOT t.touches
        ORDER BY journal_id, line_number, {FILE_ORDER}
        """
    )
    return [
        Finding(
            "revenue_cutoff",
            "error",
            -row["amount"],
            scope.currency,
            {"gl_entries": (f"{row['journal_id']}:{row['line_number']}",)},
            f"Journal {row['journal_id']}, line {row['line_number']} books {show(-row['amount'])} {scope.currency} of revenue in "
            f"{scope.period} for invoice {row['document_number']}, none of whose lines touches that month.",
        )
        for row in rows
    ]
