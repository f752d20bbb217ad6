"""Aging of receivables (workpaper 70): every open item stands in exactly one column, and the columns add up to the subledger.

ACCOUNTING.md §1: by days past due at the date: not due (≤ 0), 1–30, 31–60, 61–90, over 90; documents without a due date,
credit memos and unapplied cash have columns of their own, and credit memos and unapplied cash are negative there.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.accounting.receivables.open_items import ITEM_SHOWN, open_item_population, require_receivable_rates
from close_library.accounting.schedules import open_items
from close_library.accounting.sql import day, owned, population, texts
from close_library.evidence import Chart, Computed, Figure, Part, Population, Result, Scope, Table
from close_library.money import spell

COLUMNS = {
    "not_due": "Not due",
    "days_1_30": "1–30 days",
    "days_31_60": "31–60 days",
    "days_61_90": "61–90 days",
    "over_90": "Over 90 days",
    "no_due_date": "No due date",
    "credit_memos": "Credit memos",
    "unapplied_cash": "Unapplied cash",
}
"""The aging columns and what they are called."""

PAST_DUE = ("days_1_30", "days_31_60", "days_61_90", "over_90")


def aged_items(scope: Scope, as_of: date) -> str:
    """The open items of the scope at a date with `days_past_due` and `aging_column`."""
    return f"""
        (SELECT *, date_diff('day', due_date, {day(as_of)}) AS days_past_due,
               CASE WHEN kind = 'receipt' THEN 'unapplied_cash'
                    WHEN kind = 'credit_memo' THEN 'credit_memos'
                    WHEN due_date IS NULL THEN 'no_due_date'
                    WHEN due_date >= {day(as_of)} THEN 'not_due'
                    WHEN date_diff('day', due_date, {day(as_of)}) <= 30 THEN 'days_1_30'
                    WHEN date_diff('day', due_date, {day(as_of)}) <= 60 THEN 'days_31_60'
                    WHEN date_diff('day', due_date, {day(as_of)}) <= 90 THEN 'days_61_90'
                    ELSE 'over_90' END AS aging_column
        FROM {open_items(scope, as_of)} WHERE {owned(scope)})
    """


def aged_population(scope: Scope, as_of: date, *columns: str, seen: str = ITEM_SHOWN) -> Population:
    """The open items in these columns of the aging at a date, in functional currency at the date's rate."""
    return Population(
        scope.books,
        f"""
        {population("source_table", "source_file", "source_row", "open_functional", seen)}
        FROM {aged_items(scope, as_of)} WHERE aging_column IN {texts(columns)}
        """,
    )


def aging(scope: Scope, as_of: date | None = None) -> Result:
    """The aging of receivables at a date (T unless given), in functional currency.

    Figures: one a column (`not_due`, `days_1_30` … `unapplied_cash`) and `total`. Tables: by customer with a total row,
    and the open items, oldest first. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import aging
        from close_library.workpaper import open_scope

        aging(open_scope("atlas", "2026-10")).table
    """
    at = as_of or scope.closing_date
    require_receivable_rates(scope, at)
    figures = {
        column: Figure.of(column, label, scope.currency, aged_population(scope, at, column))
        for column, label in COLUMNS.items()
    }
    figures["total"] = Figure.of("total", "Total receivables", scope.currency, open_item_population(scope, at))
    return Result(
        tables={"70.1": _by_customer(scope, at), "70.2": _items(scope, at)},
        figures=figures,
        charts=(_picture(figures, scope.currency),),
    )


def columns_total(aged: Result) -> Decimal:
    """The sum of the aging columns."""
    return Computed.of((1, aged.figures[column]) for column in COLUMNS)


def _by_customer(scope: Scope, at: date) -> Table:
    sums = ", ".join(
        f"coalesce(sum(open_functional) FILTER (aging_column = '{column}'), 0) AS {column}" for column in COLUMNS
    )
    frame = scope.books.frame(
        f"""
        WITH names AS (SELECT customer_id, min(customer_name) AS customer_name FROM customers GROUP BY customer_id),
        aged AS (SELECT * FROM {aged_items(scope, at)}),
        lines AS (
            SELECT customer_id, customer_name, {sums}, sum(open_functional) AS total, 0 AS last
            FROM aged LEFT JOIN names USING (customer_id) GROUP BY ALL
            UNION ALL
            SELECT 'Total', NULL, {sums}, coalesce(sum(open_functional), 0), 1 FROM aged
        )
        SELECT * EXCLUDE (last) FROM lines ORDER BY last, total DESC, customer_id
        """
    )
    last = len(frame) - 1
    links = tuple((last, n + 2, id) for n, id in enumerate([*COLUMNS, "total"]))
    parts = tuple(Part(column, (column,), {"customer": "customer_id"}) for column in (*COLUMNS, "total"))
    return Table("Aging by customer", frame, total_row=True, links=links, parts=parts)


def _items(scope: Scope, at: date) -> Table:
    frame = scope.books.frame(
        f"""
        SELECT document_number AS document, kind, customer_id, document_date, due_date, days_past_due, currency,
               open_amount, open_functional, aging_column
        FROM {aged_items(scope, at)}
        ORDER BY days_past_due DESC NULLS LAST, open_functional DESC, document, source_file, source_row
        """
    )
    of_item = Part("open_functional", ("total",), {"document": "document", "kind": "kind", "customer": "customer_id"})
    return Table("Open items, oldest first", frame, parts=(of_item,))


def _picture(figures: dict[str, Figure], currency: str) -> Chart:
    data = [{"label": label, "amount": spell(figures[column].money, currency)} for column, label in COLUMNS.items()]
    return Chart("70.c1", "bars", "Receivables by age", currency, data)
