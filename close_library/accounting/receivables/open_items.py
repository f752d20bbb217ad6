"""Open items of a scope at a date, and what the change of exchange rates did to them."""

from __future__ import annotations

from datetime import date

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.schedules import movements, open_items
from close_library.accounting.sql import day, owned, population, shown, text
from close_library.evidence import Population, Scope

_ITEM = {
    "document": "document_number",
    "kind": "kind",
    "customer": "customer_id",
    "date": "document_date",
    "due": "due_date",
    "currency": "currency",
    "open": "open_amount::money",
    "rate": "rate",
    "program": "owner",
}

ITEM_SHOWN = shown(**_ITEM)
"""What a reader sees of an open item."""

AGED_SHOWN = shown(**_ITEM, age="aging_column")
"""The same of an aged item, with the column of the aging in which it stands."""

MOVEMENT_SHOWN = shown(
    document="document_number",
    kind="kind",
    date="counts_from",
    currency="currency",
    amount="amount::money",
    program="owner",
)


def open_item_population(
    scope: Scope, as_of: date, condition: str = "true", amount: str = "open_functional"
) -> Population:
    """The open items of the scope at a date that meet a condition, in functional currency at the date's rate."""
    return Population(
        scope.books,
        f"""
        {population("source_table", "source_file", "source_row", amount, ITEM_SHOWN)}
        FROM {open_items(scope, as_of)} WHERE {owned(scope)} AND ({condition})
        """,
    )


def require_receivable_rates(scope: Scope, *dates: date) -> None:
    """Refuse to go on when a rate is missing for an open item or for a document that moved the subledger to T.

    Raises BooksError with each currency and date. The dates are the period's opening and closing unless given.
    """
    at = dates or (scope.opening_date, scope.closing_date)
    open_at = " UNION ALL ".join(
        f"SELECT currency, as_of AS rate_date FROM {open_items(scope, when)} "
        f"WHERE open_functional IS NULL AND {owned(scope)}"
        for when in at
    )
    require_rates(
        scope,
        f"""
        {open_at} UNION ALL
        SELECT currency, rate_date FROM {movements(scope)}
        WHERE functional IS NULL AND counts_from <= {day(max(at))} AND {owned(scope)}
        """,
    )


def fx_items(scope: Scope, as_of: date) -> str:
    """What exchange rates did to each foreign document to a date, realised and not: its open amount at the date's rate
    less what its movements booked at their own rates.

    Columns: currency, address of the document, open_amount, rate, value, seen. The values of a currency are its one
    document `fx:<currency>`.
    """
    at = day(as_of)
    value = functional("open_amount", "currency", "rate", scope.currency)
    seen = shown(currency="currency", open="open_amount::money", rate="rate", booked="booked::money", date=at)
    return f"""
        WITH items AS (
            SELECT currency, item_table AS source_table, item_file AS source_file, item_row AS source_row,
                   CAST(sum(amount) AS DECIMAL(22,4)) AS open_amount, sum(functional) AS booked
            FROM {movements(scope)}
            WHERE currency <> {text(scope.currency)} AND counts_from <= {at} AND {owned(scope)}
            GROUP BY ALL
        ),
        valued AS (
            SELECT i.*, s.rate FROM items i {at_spot("i.currency", at)}
        )
        SELECT currency, source_table, source_file, source_row, open_amount, rate,
               CAST({value} - booked AS DECIMAL(38,4)) AS value, {seen} AS seen
        FROM valued WHERE {value} <> booked OR open_amount <> 0
    """
