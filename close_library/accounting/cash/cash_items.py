"""The reconciling items of cash: what is not in the bank or not recorded at T, and what became of what was open before.

An item is known by the table and the key of its row, whatever keeps it open. Amounts stand at the rate of the row's own date, so
an item keeps its amount until it is cleared.
"""

from __future__ import annotations

from close_library.accounting.cash.cash_rows import is_paid, match_cash, placed
from close_library.accounting.cash.matching import Matching
from close_library.accounting.reconciling_items import item_tables, opening_items
from close_library.accounting.sql import memoised, money_text, population, shown
from close_library.evidence import Figure, Part, Population, Scope, Table

REF, CLOSING = "21", "21.4"
"""The workpaper, and its schedule of the items at T."""

_COLUMNS = (
    "item", "class", "document", "first_date", "age_days", "currency", "document_amount", "amount", "reason",
)  # fmt: skip


def closing_cash_items(scope: Scope, id: str, matching: Matching, rows: str) -> dict[str, Table]:
    """What is open at T as schedules; `rows`: the matched rows (`cash_rows.placed`)."""
    title = f"Open at {scope.closing_date}: not in the bank, or not recorded"
    order = "side, i.first_date, item"
    parts = (Part("amount", ("unmatched_bank", "unmatched_receipts", "unmatched_payouts"), {"document": "document"}),)
    return item_tables(scope, REF, id, title, _open(scope, matching, rows), _COLUMNS, order, parts)


def opening_cash_items(
    scope: Scope, id: str, matching: Matching, rows: str
) -> tuple[dict[str, Table], dict[str, Figure]]:
    """What was open at the prior T, matched again on today's books, against what was signed, and what cleared it."""
    before = match_cash(scope, scope.opening_date)
    opening = _open(scope, before, placed(scope, before))
    before.close()
    seen = shown(
        document="document", date="first_date", currency="currency", amount="document_amount::money", status="class",
        item="item",
    )  # fmt: skip
    rows_of = population("source_table", "source_file", "source_row", "amount", seen)
    table, figures = opening_items(
        scope,
        REF,
        id,
        opening=opening,
        closing=_open(scope, matching, rows),
        behind=_matched_with(scope, matching, rows),
        rows=Population(scope.books, f"{rows_of} FROM {opening} WHERE amount IS NOT NULL"),
        at_close=CLOSING,
    )
    return {id: table}, figures


def _item(row: str) -> str:
    copy = f"CASE WHEN {row}.copy > 1 THEN '#' || {row}.copy ELSE '' END"
    return f"'{REF}:' || {row}.source_table || ':' || {row}.document_id || {copy}"


def _numbered(rows: str) -> str:
    """The matched rows with `copy`: rows that share a doubled key are told apart by their order."""
    copies = "PARTITION BY source_table, document_id ORDER BY date, source_file, source_row"
    return f"(SELECT *, row_number() OVER ({copies}) AS copy FROM {rows})"


def _open(scope: Scope, matching: Matching, rows: str) -> str:
    """Every open row: item, side, class, document, first_date, currency, document_amount, amount (functional), reason,
    address."""
    return memoised(
        scope.books,
        "cash_items",
        f"""
        SELECT {_item("r")} AS item, r.side,
               CASE WHEN r.source_table = 'cash_receipts' THEN 'unmatched_receipts' WHEN r.side = 'right' THEN 'unmatched_bank'
                    WHEN {is_paid(scope)} THEN 'unmatched_payouts' ELSE 'payout_not_paid' END AS class,
               r.document_id AS document, o.first_date, o.currency, o.open_amount AS document_amount, r.functional AS amount,
               o.reason, r.source_table, r.source_file, r.source_row
        FROM ({matching.open_items_query()}) o JOIN {_numbered(rows)} r USING (side, n)
        WHERE r.side = 'left' OR o.open_amount > 0
        """,
    )


def _matched_with(scope: Scope, matching: Matching, rows: str) -> str:
    """Item, date, what: each matched row with a row of the other side that it was matched with, and by which rule."""
    other = (
        "CASE b.source_table WHEN 'bank_transactions' THEN 'bank ' WHEN 'payouts' THEN 'payout ' ELSE 'receipt ' END"
    )
    what = (
        f"{other} || b.document_id || ' of ' || b.date || ' over ' || {money_text('b.amount')} || ' (' || m.rule || ')'"
    )
    return f"""
        SELECT {_item("a")} AS item, greatest(a.date, b.date) AS date, {what} AS what
        FROM {_numbered(rows)} a JOIN {rows} b ON b.rule = a.rule AND b.m = a.m AND b.side <> a.side
        JOIN ({matching.matches_query()}) m ON m.number = a.rule AND m.m = a.m
        WHERE a.status = 'matched' AND b.status = 'matched'
    """
