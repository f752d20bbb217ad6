"""The general ledger seen by role: its lines, its opening balance, its balance at a date.

Ledger sign (debit positive) in the queries; a balance sheet figure is shown in natural sign, so a liability is turned.
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.sql import FILE_ORDER, day, owned, population, shown, texts
from close_library.evidence import Figure, Population, Scope

CREDIT_ROLES = ("deferred_revenue", "revenue", "vendor_payable", "vendor_accrual")
"""Roles whose natural balance is a credit."""


def natural_sign(role: str) -> int:
    """1 for a role whose natural balance is a debit, -1 for one whose natural balance is a credit."""
    return -1 if role in CREDIT_ROLES else 1


def opening_rows(accounts: tuple[str, ...]) -> str:
    """The opening balance of each account in the earliest period there is: account, opening_balance, first_day, address."""
    return f"""
        SELECT account, period, opening_balance, CAST(period || '-01' AS DATE) AS first_day, source_file, source_row
        FROM account_balances WHERE account IN {texts(accounts)}
        QUALIFY row_number() OVER (PARTITION BY account ORDER BY period, {FILE_ORDER}) = 1
    """


def ledger_lines(accounts: tuple[str, ...]) -> str:
    """The accounts' ledger lines that their opening balance does not hold yet, with `owner` and every column.

    A line dated before the first day of the earliest period of its account is part of that opening balance.
    """
    return f"""
        SELECT g.*, g.owner_program_id AS owner
        FROM gl_entries g LEFT JOIN ({opening_rows(accounts)}) o USING (account)
        WHERE g.account IN {texts(accounts)} AND (o.first_day IS NULL OR g.effective_date >= o.first_day)
    """


LINE_SHOWN = shown(
    journal="journal_id",
    line="line_number",
    date="effective_date",
    account="account",
    document="document_number",
    description="description",
    program="owner",
)


def balance_population(scope: Scope, role: str, as_of: date) -> Population:
    """The rows behind a role's balance at a date, in natural sign: opening balances (company only) and lines to the date."""
    named = scope.parameters.accounts
    accounts = named.of(role) if role == "accounts_receivable" else named.held(role)
    sign = natural_sign(role)
    lines = f"""
        {population("'gl_entries'", "source_file", "source_row", f"{sign} * amount", LINE_SHOWN)}
        FROM ({ledger_lines(accounts)}) WHERE effective_date <= {day(as_of)} AND {owned(scope)}
    """
    if not scope.is_company:
        return Population(scope.books, lines)
    opening_shown = shown(account="account", date="first_day", description="'opening balance ' || period")
    return Population(
        scope.books,
        f"""
        {lines} UNION ALL
        {population("'account_balances'", "source_file", "source_row", f"{sign} * opening_balance", opening_shown)}
        FROM ({opening_rows(accounts)}) WHERE opening_balance <> 0 AND first_day <= {day(as_of)}
        """,
    )


def ledger_balance(scope: Scope, role: str, id: str, label: str, as_of: date | None = None) -> Figure:
    """A role's balance in the ledger at a date (T unless given), in natural sign.

    The opening balance of the earliest period there is, plus the entries to the date. A program's balance is its own
    lines; opening balances belong to no program.
    """
    return Figure.of(id, label, scope.currency, balance_population(scope, role, as_of or scope.closing_date))
