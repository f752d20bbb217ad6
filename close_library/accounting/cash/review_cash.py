"""The findings of cash and payouts; their home is workpaper 21 (ACCOUNTING.md §7)."""

from __future__ import annotations

from typing import Any

from close_library.accounting.cash.cash_rows import payout_rows, processor_rows, within
from close_library.accounting.cash.matching import Matching
from close_library.accounting.sql import day
from close_library.evidence import Finding, Scope
from close_library.money import counted, show


def cash_findings(scope: Scope, matching: Matching, rows: str) -> list[Finding]:
    """Rows of the processor that don't foot, payouts that differ, and money that only one side knows.

    `rows`: the matched rows (`cash_rows.placed`).
    """
    reasons = {
        (row["side"], row["n"]): row["reason"]
        for row in scope.books.rows(f"SELECT side, n, reason FROM ({matching.open_items_query()})")
    }
    return [
        *_processor_rows(scope),
        *_payouts(scope),
        *_not_in_bank(scope, rows, reasons),
        *_not_recorded(scope, rows, reasons),
    ]


def _processor_rows(scope: Scope) -> list[Finding]:
    """`processor_row_differs`: gross − fee is not net, in the period in which the row was created."""
    found = scope.books.rows(
        f"""SELECT transaction_id, transaction_type, gross, fee, net, currency, differs FROM {processor_rows(scope)}
            WHERE gross - fee <> net AND {within("created", scope.period.first_day, scope.closing_date)}
            ORDER BY transaction_id, source_file, source_row"""
    )
    return [
        Finding(
            "processor_row_differs",
            "error",
            row["differs"],
            scope.currency,
            {"processor_transactions": (row["transaction_id"],)},
            f"The {row['transaction_type']} {row['transaction_id']} has gross {_money(row, 'gross')}, fee "
            f"{_money(row, 'fee')} and net {_money(row, 'net')} {row['currency']}: gross less fee is not net.",
        )
        for row in found
    ]


def _payouts(scope: Scope) -> list[Finding]:
    """`payout_differs`: an automatic payout is not the sum of the rows that name it, in the period in which it arrives."""
    found = scope.books.rows(
        f"""SELECT payout_id, arrival_date, amount, currency, transactions, net, same_currency,
                   difference_functional AS difference
            FROM {payout_rows(scope)}
            WHERE itemised AND difference <> 0 AND {within("arrival_date", scope.period.first_day, scope.closing_date)}
            ORDER BY payout_id, source_file, source_row"""
    )
    return [
        Finding(
            "payout_differs",
            "error",
            row["difference"],
            scope.currency,
            {"payouts": (row["payout_id"],)},
            f"Payout {row['payout_id']} of {row['arrival_date']} is {_money(row, 'amount')} {row['currency']}; its "
            f"{row['transactions']} transactions add up to "
            + (f"{_money(row, 'net')}." if row["same_currency"] else "another amount in several currencies."),
        )
        for row in found
    ]


def _not_in_bank(scope: Scope, rows: str, reasons: dict[tuple[str, int], str]) -> list[Finding]:
    """`payout_not_in_bank` (paid, and past the grace days) and `receipt_not_in_bank` (neither there nor in a payout), at T."""
    grace = scope.parameters.grace_days.payout_in_bank
    found = scope.books.rows(
        f"""
        SELECT r.side, r.n, r.source_table, r.document_id, r.date, r.amount, r.currency, r.functional, c.customer_id,
               date_diff('day', r.date, {day(scope.closing_date)}) AS days
        FROM {rows} r LEFT JOIN {payout_rows(scope)} p
          ON r.source_table = 'payouts' AND (p.source_file, p.source_row) = (r.source_file, r.source_row)
        LEFT JOIN cash_receipts c
          ON r.source_table = 'cash_receipts' AND (c.source_file, c.source_row) = (r.source_file, r.source_row)
        WHERE r.side = 'left' AND surplus
          AND (r.source_table = 'cash_receipts' OR p.paid AND date_diff('day', r.date, {day(scope.closing_date)}) > {grace})
        ORDER BY r.source_table, r.document_id, r.source_file, r.source_row
        """
    )
    return [
        Finding(
            "payout_not_in_bank" if row["source_table"] == "payouts" else "receipt_not_in_bank",
            "warning" if row["source_table"] == "payouts" else "error",
            row["functional"],
            scope.currency,
            {row["source_table"]: (row["document_id"],)}
            | ({"customers": (row["customer_id"],)} if row["customer_id"] else {}),
            f"{'Payout' if row['source_table'] == 'payouts' else 'Receipt'} {row['document_id']} of {row['date']} over "
            f"{_money(row, 'amount')} {row['currency']} is not in the bank by {scope.closing_date}, "
            f"{counted(row['days'], 'day') + ' later' if row['days'] else 'the same day'}: "
            f"{reasons[row['side'], row['n']]}.",
        )
        for row in found
    ]


def _not_recorded(scope: Scope, rows: str, reasons: dict[tuple[str, int], str]) -> list[Finding]:
    """`bank_receipt_not_recorded`: money in that no receipt or payout explains, at T."""
    found = scope.books.rows(
        f"""SELECT side, n, r.document_id, date, r.amount, r.currency, r.functional, b.reference, b.description
            FROM {rows} r JOIN bank_transactions b USING (source_file, source_row)
            WHERE side = 'right' AND surplus AND r.amount > 0 AND r.source_table = 'bank_transactions'
            ORDER BY r.document_id, r.source_file, r.source_row"""
    )
    return [
        Finding(
            "bank_receipt_not_recorded",
            "error",
            row["functional"],
            scope.currency,
            {"bank_transactions": (row["document_id"],)},
            f"The bank has {_money(row, 'amount')} {row['currency']} since {row['date']} ({row['reference'] or 'no reference'}, "
            f"{row['description'] or 'no description'}); no receipt or payout explains it: {reasons[row['side'], row['n']]}.",
        )
        for row in found
    ]


def _money(row: dict[str, Any], column: str) -> str:
    return show(row[column], row["currency"])
