"""What kind of account a ledger account is: its type decides its statement and its sign.

`gl_accounts` says it; an account that it lacks has the type of the role that it plays in the parameters. An account without
either has no type: its rows are shown apart in debit-positive sign and are not tested, and workpaper 10 names them.
"""

from __future__ import annotations

from close_library.accounting.sql import text
from close_library.evidence import Scope

PROFIT_AND_LOSS = ("revenue", "expense")
BALANCE_SHEET = ("asset", "liability", "equity")
TYPES = (*BALANCE_SHEET, *PROFIT_AND_LOSS)
"""In the order of the statements."""

CREDIT_TYPES = ("liability", "equity", "revenue")
"""Types whose natural balance is a credit. A contra account has its type's sign and so a negative balance."""

HEADINGS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "revenue": "Revenue",
    "expense": "Expenses",
}

_ROLE_TYPES = {
    "accounts_receivable": "asset",
    "unbilled_receivable": "asset",
    "deferred_revenue": "liability",
    "revenue": "revenue",
    "cash": "asset",
    "processor_clearing": "asset",
    "discounts": "revenue",
    "bad_debt": "expense",
    "vendor_payable": "liability",
    "vendor_accrual": "liability",
    "vendor_cost": "expense",
}


def chart(scope: Scope) -> str:
    """The query of the chart of accounts, one row an account: account, account_name, account_type, caption."""
    by_role = {account: kind for role, kind in _ROLE_TYPES.items() for account in scope.parameters.accounts.held(role)}
    rows = ", ".join(f"({text(account)}, {text(kind)})" for account, kind in sorted(by_role.items()))
    lacking = f"""
        UNION ALL
        SELECT account, account, account_type, NULL FROM (VALUES {rows}) AS roles(account, account_type)
        WHERE account NOT IN (SELECT account FROM gl_accounts)
    """
    return f"""
        SELECT account, account_name, account_type, caption FROM ({scope.books.first_rows("gl_accounts")})
        {lacking if rows else ""}
    """


def natural(amount: str, account_type: str = "account_type") -> str:
    """SQL for an amount of the ledger in the natural sign of its account's type."""
    credit = ", ".join(f"'{kind}'" for kind in CREDIT_TYPES)
    return f"CASE WHEN {account_type} IN ({credit}) THEN -{amount} ELSE {amount} END"
