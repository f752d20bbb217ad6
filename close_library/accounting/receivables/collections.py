"""Collections (workpaper 70): how fast customers pay, and whom to call first.

Days sales outstanding and its kin follow ACCOUNTING.md §1: credit sales are posted invoices and credit memos dated in the
interval, tax excluded; a ratio with a denominator ≤ 0 is not defined. CEI after the Credit Research Foundation.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.receivables.aging import PAST_DUE, aged_items, aged_population, aging
from close_library.accounting.receivables.open_items import open_item_population, require_receivable_rates
from close_library.accounting.receivables.review_applications import unapplied_receipts
from close_library.accounting.sql import day, memoised, owned, population, shown
from close_library.evidence import Figure, Finding, Part, Population, Result, Scope, Table
from close_library.money import counted, ratio, show

CONVENTIONS = {
    "dso": "closing receivables ÷ credit sales × days",
    "best_possible_dso": "closing receivables not due ÷ credit sales × days",
    "average_days_delinquent": "days sales outstanding − best possible",
    "collection_effectiveness": "(opening + credit sales − closing) ÷ (opening + credit sales − closing not due) × 100",
    "past_due_percent": "past due ÷ open invoices × 100",
    "weighted_days_past_due": "Σ (past due × days past due) ÷ past due",
    "largest_customer_share": "largest customer's receivables ÷ closing receivables × 100",
}
"""How each ratio is computed, printed beside it."""


def collections(scope: Scope, from_date: date, to_date: date) -> Result:
    """The collections ratios over any interval, both days included; amounts in functional currency.

    Figures: `opening_receivables`, `credit_sales`, `closing_receivables`, `closing_not_due`, and the ratios `dso`,
    `best_possible_dso`, `average_days_delinquent` (days), `collection_effectiveness`, `past_due_percent`,
    `largest_customer_share` (percent), `weighted_days_past_due` (days), with four decimals, None where not defined.
    Credit sales = posted invoices and credit memos dated in the interval, tax excluded. Raises BooksError where an
    exchange rate is missing.

    Example:
        from datetime import date

        from close_library.accounting import collections
        from close_library.workpaper import open_scope

        collections(open_scope("atlas", "2026-10"), date(2026, 7, 1), date(2026, 9, 30)).table
    """
    before = from_date - timedelta(days=1)
    require_receivable_rates(scope, before, to_date)
    days = Decimal((to_date - before).days)
    opening = _balance(scope, "opening_receivables", f"Receivables at {before}", before)
    closing = _balance(scope, "closing_receivables", f"Receivables at {to_date}", to_date)
    not_due = Figure.of(
        "closing_not_due", f"Not due at {to_date}", scope.currency, aged_population(scope, to_date, "not_due")
    )
    sales = credit_sales(scope, from_date, to_date)
    figures = {f.id: f for f in (opening, sales, closing, not_due)}
    figures |= _ratios(opening, sales, closing, not_due, days)
    figures |= _past_due_ratios(scope, to_date, closing.money)
    return Result(tables={"70.3": _ratio_table(figures, days)}, figures=figures)


def aging_and_collections(scope: Scope) -> Result:
    """Workpaper 70: the aging at T, the month's collections ratios, whom to call first, and what is overdue or unapplied.

    Figures: the aging columns and `total`, `credit_sales`, `dso`, `best_possible_dso`, `average_days_delinquent`,
    `collection_effectiveness` and the other ratios of `collections`. Findings: `invoice_past_due`, `receipt_unapplied`,
    `receipt_duplicate`.
    """
    aged = aging(scope)
    ratios = collections(scope, scope.period.first_day, scope.closing_date)
    same = {"closing_receivables": "total", "closing_not_due": "not_due"}
    kept = {id: _over(figure, same) for id, figure in ratios.figures.items() if id not in same}
    return Result(
        tables={**aged.tables, **ratios.tables, "70.4": _call_list(scope)},
        figures={**aged.figures, **kept},
        findings=(*_past_due(scope), *_unapplied(scope), *_duplicates(scope)),
        charts=aged.charts,
    )


def credit_sales(scope: Scope, from_date: date, to_date: date) -> Figure:
    """Posted invoices and credit memos dated in the interval, tax excluded, each at its own date's rate."""
    net = functional("i.total_amount - coalesce(i.tax_amount, 0)", "i.currency", "s.rate", scope.currency)
    rows = memoised(
        scope.books,
        "credit_sales",
        f"""
        SELECT i.*, i.total_amount - coalesce(i.tax_amount, 0) AS net, {net} AS functional
        FROM invoices i {at_spot("i.currency", "i.invoice_date")}
        WHERE status = 'posted' AND invoice_date BETWEEN {day(from_date)} AND {day(to_date)}
          AND {owned(scope, "owner_program_id")}
        """,
    )
    require_rates(scope, f"SELECT currency, invoice_date AS rate_date FROM {rows} WHERE functional IS NULL")
    seen = shown(
        document="invoice_number",
        kind="document_type",
        customer="customer_id",
        date="invoice_date",
        currency="currency",
        net_of_tax="net::money",
    )
    query = f"{population(chr(39) + 'invoices' + chr(39), 'source_file', 'source_row', 'functional', seen)} FROM {rows}"
    return Figure.of("credit_sales", "Credit sales, tax excluded", scope.currency, Population(scope.books, query))


def _balance(scope: Scope, id: str, label: str, at: date) -> Figure:
    return Figure.of(id, label, scope.currency, open_item_population(scope, at))


def _over(ratio_figure: Figure, names: dict[str, str]) -> Figure:
    """The same ratio over figures that go by other names."""
    formula = ratio_figure.formula
    for old, new in names.items():
        formula = formula.replace(f"{{{old}}}", f"{{{new}}}")
    return replace(ratio_figure, formula=formula)


def _ratios(opening: Figure, sales: Figure, closing: Figure, not_due: Figure, days: Decimal) -> dict[str, Figure]:
    first, sold, last, good = opening.money, sales.money, closing.money, not_due.money
    overdue = "({closing_receivables} - {closing_not_due})"
    collected = "({opening_receivables} + {credit_sales} - %s)"
    return {
        id: Figure.ratio(id, label, unit, amount, CONVENTIONS[id], formula)
        for id, label, unit, amount, formula in (
            ("dso", "Days sales outstanding", "days", ratio(last * days, sold),
             f"{{closing_receivables}} / {{credit_sales}} * {days}"),
            ("best_possible_dso", "Best possible DSO", "days", ratio(good * days, sold),
             f"{{closing_not_due}} / {{credit_sales}} * {days}"),
            ("average_days_delinquent", "Average days delinquent", "days", ratio((last - good) * days, sold),
             f"{overdue} / {{credit_sales}} * {days}"),
            ("collection_effectiveness", "Collection effectiveness index", "percent",
             ratio((first + sold - last) * 100, first + sold - good),
             f"{collected % '{closing_receivables}'} / {collected % '{closing_not_due}'} * 100"),
        )
    }  # fmt: skip


def _past_due_ratios(scope: Scope, at: date, closing: Decimal) -> dict[str, Figure]:
    past_due = ", ".join(f"'{column}'" for column in PAST_DUE)
    row = scope.books.rows(
        f"""
        WITH aged AS (SELECT * FROM {aged_items(scope, at)})
        SELECT coalesce(sum(open_functional) FILTER (aging_column IN ({past_due})), 0) AS past_due,
               coalesce(sum(open_functional) FILTER (kind = 'invoice'), 0) AS invoices,
               coalesce(sum(CAST(open_functional AS DECIMAL(28,4)) * days_past_due) FILTER (aging_column IN ({past_due})), 0)
                   AS weighted,
               (SELECT coalesce(max(total), 0) FROM (SELECT sum(open_functional) AS total FROM aged GROUP BY customer_id))
                   AS largest
        FROM aged
        """
    )[0]
    return {
        id: Figure.ratio(id, label, unit, amount, CONVENTIONS[id])
        for id, label, unit, amount in (
            ("past_due_percent", "Past due", "percent", ratio(row["past_due"] * 100, row["invoices"])),
            ("weighted_days_past_due", "Weighted days past due", "days", ratio(row["weighted"], row["past_due"])),
            ("largest_customer_share", "Largest customer's share", "percent", ratio(row["largest"] * 100, closing)),
        )
    }


def _ratio_table(figures: dict[str, Figure], days: Decimal) -> Table:
    frame = pd.DataFrame(
        {
            "measure": [figure.label for figure in figures.values()],
            "amount": [figure.amount for figure in figures.values()],
            "unit": [figure.unit for figure in figures.values()],
            "convention": [
                f.convention or (f"{days} days in the interval" if f.id == "credit_sales" else "")
                for f in figures.values()
            ],
        }
    )
    # Beside the aging, two of these are its figures.
    of_aging = {"closing_receivables": "{total}", "closing_not_due": "{not_due}"}
    formulas = tuple((line, 1, of_aging[id]) for line, id in enumerate(figures) if id in of_aging)
    return Table("Collections", frame, types={"amount": "ratio"}, formulas=formulas)


def _call_list(scope: Scope) -> Table:
    past_due = ", ".join(f"'{column}'" for column in PAST_DUE)
    at = day(scope.closing_date)
    frame = scope.books.frame(
        f"""
        WITH names AS (SELECT customer_id, min(customer_name) AS customer_name FROM customers GROUP BY customer_id),
        aged AS (SELECT * FROM {aged_items(scope, scope.closing_date)}),
        disputed AS (
            SELECT i.customer_id, sum(d.amount) AS disputed
            FROM disputes d JOIN (SELECT DISTINCT invoice_id, customer_id FROM invoices) i USING (invoice_id)
            WHERE d.opened_date <= {at} AND (d.closed_date IS NULL OR d.closed_date > {at})
              AND {owned(scope, "d.owner_program_id")}
            GROUP BY ALL
        )
        SELECT customer_id, customer_name, sum(open_functional) AS past_due, max(days_past_due) AS oldest_days,
               count(*) AS invoices, coalesce(any_value(disputed), 0) AS in_dispute
        FROM aged LEFT JOIN names USING (customer_id) LEFT JOIN disputed USING (customer_id)
        WHERE aging_column IN ({past_due})
        GROUP BY ALL ORDER BY past_due DESC, customer_id
        """
    )
    by = {"customer": "customer_id"}
    parts = (Part("past_due", PAST_DUE, by), Part("invoices", PAST_DUE, by, counts=True))
    title = "Whom to call first: past due by customer, disputed amounts in their own currency"
    return Table(title, frame, parts=parts)


def _past_due(scope: Scope) -> list[Finding]:
    """`invoice_past_due`: open at T and more than `grace_days.past_due` days past due."""
    rows = scope.books.rows(
        f"""
        SELECT document_id, document_number, customer_id, days_past_due, due_date, open_functional
        FROM {aged_items(scope, scope.closing_date)}
        WHERE kind = 'invoice' AND open_amount > 0 AND days_past_due > {scope.parameters.grace_days.past_due}
        ORDER BY document_id, source_file, source_row
        """
    )
    return [
        Finding(
            "invoice_past_due",
            "warning",
            row["open_functional"],
            scope.currency,
            {"invoices": (row["document_id"],), "customers": (row["customer_id"],)},
            f"Invoice {row['document_number']} was due on {row['due_date']}, {counted(row['days_past_due'], 'day')} ago; "
            f"{show(row['open_functional'])} {scope.currency} is open.",
        )
        for row in rows
    ]


def _unapplied(scope: Scope) -> list[Finding]:
    """`receipt_unapplied`: unapplied at T after refunds, received more than `grace_days.unapplied` days before."""
    value = functional("unapplied", "u.currency", "s.rate", scope.currency)
    at = day(scope.closing_date)
    rows = scope.books.rows(
        f"""
        SELECT receipt_id, customer_id, receipt_date, date_diff('day', receipt_date, {at}) AS days, {value} AS amount
        FROM {unapplied_receipts(scope)} u {at_spot("u.currency", at)}
        WHERE unapplied > 0 AND date_diff('day', receipt_date, {at}) > {scope.parameters.grace_days.unapplied}
          AND {owned(scope)}
        ORDER BY receipt_id
        """
    )
    return [
        Finding(
            "receipt_unapplied",
            "warning",
            row["amount"],
            scope.currency,
            {"cash_receipts": (row["receipt_id"],), "customers": (row["customer_id"],)},
            f"Receipt {row['receipt_id']} of {row['receipt_date']} has {show(row['amount'])} {scope.currency} unapplied "
            f"after {counted(row['days'], 'day')}.",
        )
        for row in rows
    ]


DUPLICATE_RECEIPT_DAYS = 5
"""Two receipts of one customer with the same reference and amount this many days apart, or fewer, are duplicates."""


def _duplicates(scope: Scope) -> list[Finding]:
    """`receipt_duplicate`: the later of two receipts of one customer with the same reference and amount."""
    value = functional("later.amount", "later.currency", "s.rate", scope.currency)
    rows = scope.books.rows(
        f"""
        WITH receipts AS (SELECT *, row_number() OVER (ORDER BY receipt_date, receipt_id, source_file, source_row) AS n
                          FROM cash_receipts WHERE reference IS NOT NULL)
        SELECT later.receipt_id, later.receipt_date, later.reference, max(earlier.receipt_id) AS earlier_id,
               max(earlier.receipt_date) AS earlier_date, {value} AS amount
        FROM receipts later JOIN receipts earlier
          ON (earlier.customer_id, earlier.reference, earlier.amount, earlier.currency)
           = (later.customer_id, later.reference, later.amount, later.currency) AND earlier.n < later.n
         AND date_diff('day', earlier.receipt_date, later.receipt_date) <= {DUPLICATE_RECEIPT_DAYS}
        {at_spot("later.currency", "later.receipt_date")}
        WHERE later.receipt_date BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}
          AND {owned(scope, "later.owner_program_id")}
        GROUP BY ALL ORDER BY later.receipt_id
        """
    )
    return [
        Finding(
            "receipt_duplicate",
            "error",
            row["amount"],
            scope.currency,
            {"cash_receipts": (row["receipt_id"], row["earlier_id"])},
            f"Receipt {row['receipt_id']} of {row['receipt_date']} repeats {row['earlier_id']} of {row['earlier_date']}: "
            f"same customer, reference {row['reference']} and amount {show(row['amount'])} {scope.currency}.",
        )
        for row in rows
    ]
