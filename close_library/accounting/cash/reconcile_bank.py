"""The bank reconciliation of workpaper 21: from the bank's lines by what is under way to the balance that the ledger should show.

Foreign accounts stand at T's rate, as the ledger's remeasured balance does. The bank's statement names no opening balance, so the
ledger's own, of the earliest period there is, stands for it.
"""

from __future__ import annotations

from close_library.accounting.cash.cash_rows import is_paid, receipt_rows
from close_library.accounting.cash.matching import Matching
from close_library.accounting.currency import at_spot
from close_library.accounting.ledger import ledger_lines, opening_rows
from close_library.accounting.sql import day, memoised, population, shown, text
from close_library.evidence import Figure, Part, Population, Scope, Table
from close_library.money import minor_unit

_KINDS = {
    "opening": "Opening balance of cash in the ledger",
    "bank": "Lines of the bank since then",
    "receipts": "Receipts that are not in the bank yet",
    "payouts": "Payouts that are not in the bank yet",
    "not_recorded": "Money in the bank that is not recorded",
    "tolerated": "Differences within the match tolerance",
}


def bank_adjusted(scope: Scope, matching: Matching, rows: str) -> Figure:
    """What the bank and what is under way say cash in the ledger should be at T."""
    seen = shown(line="kind", document="id", date="date", currency="currency", amount="amount::money")
    rows_of = population("source_table", "source_file", "source_row", "value", seen)
    query = f"{rows_of} FROM {_adjusted(scope, matching, rows)}"
    label = f"Bank with its reconciling items at {scope.closing_date}"
    return Figure.of("bank_adjusted", label, scope.currency, Population(scope.books, query))


def bank_reconciliation(scope: Scope, matching: Matching, rows: str, figures: dict[str, Figure]) -> Table:
    """The lines that lead from the bank to the ledger; what they leave is not explained."""
    whens = " ".join(f"WHEN {text(kind)} THEN {n}" for n, kind in enumerate(_KINDS))
    names = " ".join(f"WHEN {text(kind)} THEN {text(label)}" for kind, label in _KINDS.items())
    adjusted, ledger = figures["bank_adjusted"], figures["cash_general_ledger"]
    frame = scope.books.frame(
        f"""
        SELECT line, amount FROM (
            SELECT CASE kind {whens} END AS n, CASE kind {names} END AS line, sum(value) AS amount
            FROM {_adjusted(scope, matching, rows)} GROUP BY kind
            UNION ALL SELECT 10, {text(adjusted.label)}, {adjusted.money}
            UNION ALL SELECT 11, {text(ledger.label)}, {ledger.money}
            UNION ALL SELECT 12, 'Not explained', {ledger.money - adjusted.money}
        ) ORDER BY n
        """
    )
    last = len(frame)
    return Table(
        f"Bank reconciliation at {scope.closing_date}, foreign accounts at that day's rate",
        frame,
        links=((last - 3, 1, "bank_adjusted"), (last - 2, 1, "cash_general_ledger")),
        formulas=((last - 1, 1, f"[amount#{last - 2}] - [amount#{last - 3}]"),),
        parts=tuple(
            Part("amount", ("bank_adjusted",), where={"line": kind}, lines=tuple(frame.index[frame["line"] == label]))
            for kind, label in _KINDS.items()
        ),
    )


def receipts_against_ledger(scope: Scope) -> Table:
    """Receipts to T whose ledger lines of cash and clearing, to T, are not their amount: what the ledger has elsewhere."""
    at = day(scope.closing_date)
    held = (*scope.parameters.accounts.of("cash"), *scope.parameters.accounts.processor_clearing)
    frame = scope.books.frame(
        f"""
        WITH received AS (
            SELECT receipt_id, min(receipt_date) AS date, sum(functional) AS amount FROM {receipt_rows(scope)}
            WHERE receipt_date <= {at} GROUP BY ALL
        ),
        posted AS (
            SELECT document_number AS receipt_id, min(effective_date) AS posted, sum(amount) AS ledger FROM ({ledger_lines(held)})
            WHERE effective_date <= {at} AND document_number IN (SELECT receipt_id FROM cash_receipts) GROUP BY ALL
        )
        SELECT receipt_id AS receipt, date, posted, coalesce(amount, 0) AS amount, coalesce(ledger, 0) AS ledger,
               coalesce(ledger, 0) - coalesce(amount, 0) AS difference
        FROM received FULL JOIN posted USING (receipt_id)
        WHERE coalesce(amount, 0) <> coalesce(ledger, 0) ORDER BY receipt
        """
    )
    title = "Receipts to T that cash and clearing in the ledger show with another amount, or not yet"
    return Table(title, frame, relations={"difference": "[ledger] - [amount]"})


def _adjusted(scope: Scope, matching: Matching, rows: str) -> str:
    """The bank at T, made what the ledger should say: kind, id, date, currency, amount, value at T's rate, address.

    The statement names no opening balance, so the ledger's stands for it. A currency's rows are rounded so that they add up to
    its whole balance at T's rate.
    """
    at, accounts = day(scope.closing_date), scope.parameters.accounts.of("cash")
    began = f"coalesce((SELECT min(first_day) FROM ({opening_rows(accounts)})), DATE '0001-01-01')"
    item = "id, date, currency, amount, source_table, source_file, source_row"
    places = minor_unit(scope.currency)
    tolerated = f"SELECT number AS rule, m FROM ({matching.matches_query()}) WHERE tolerated <> 0"
    return memoised(
        scope.books,
        "bank_adjusted",
        f"""
        WITH items AS (
            SELECT 'bank' AS kind, bank_transaction_id AS id, value_date AS date, currency, amount,
                   'bank_transactions' AS source_table, source_file, source_row
            FROM bank_transactions WHERE value_date BETWEEN {began} AND {at}
            UNION ALL SELECT 'receipts', {item} FROM {rows} WHERE status <> 'matched' AND source_table = 'cash_receipts'
            UNION ALL SELECT 'payouts', {item} FROM {rows} r WHERE status <> 'matched' AND {is_paid(scope)}
            UNION ALL SELECT 'not_recorded', id, date, currency, -amount, source_table, source_file, source_row
            FROM {rows} WHERE status <> 'matched' AND side = 'right' AND amount > 0
            UNION ALL SELECT 'tolerated', id, date, currency, CASE side WHEN 'left' THEN amount ELSE -amount END, source_table,
                   source_file, source_row
            FROM {rows} SEMI JOIN ({tolerated}) t USING (rule, m) WHERE status = 'matched'
        ),
        valued AS (
            SELECT i.*, CASE WHEN i.currency = {text(scope.currency)} THEN amount
                             ELSE convert_money(sum(amount) OVER through, s.rate, {places})
                                  - convert_money(sum(amount) OVER through - amount, s.rate, {places}) END AS value
            FROM items i {at_spot("i.currency", at)}
            WINDOW through AS (PARTITION BY i.currency ORDER BY kind, date, id, source_file, source_row, amount
                               ROWS UNBOUNDED PRECEDING)
        )
        SELECT kind, id, date, currency, amount, CAST(value AS DECIMAL(38,4)) AS value, source_table, source_file, source_row
        FROM valued
        UNION ALL
        SELECT 'opening', account || ':' || period, first_day, {text(scope.currency)}, opening_balance, opening_balance,
               'account_balances', source_file, source_row
        FROM ({opening_rows(accounts)}) WHERE opening_balance <> 0 AND first_day <= {at}
        """,
    )
