"""The rows behind a comparison: ledger lines of two intervals, balances at two dates, budget rows.

Each relation has the columns COLUMNS. `side` is `current`, `comparison` or `change`: the rows of the last add up to the first
less the second. `amount` is in the natural sign of the account's type. A program sees its own rows, the company every row.
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.flux.account_types import BALANCE_SHEET, PROFIT_AND_LOSS, chart, natural
from close_library.accounting.flux.intervals import Comparison, Interval
from close_library.accounting.ledger import LINE_SHOWN
from close_library.accounting.sql import FILE_ORDER, day, memoised, owned, shown, text, texts, viewed
from close_library.evidence import Scope

KEYS = ("account", "account_name", "account_type", "caption", "owner", "customer_id", "journal_source", "document_number",
        "description")  # fmt: skip
"""What a row can be told apart by; NULL where it does not say."""

COLUMNS = ("side", *KEYS, "amount", "source_table", "source_file", "source_row", "seen")

_BUDGET_SHOWN = shown(scenario="scenario", period="period", account="account", program="owner")
_OPENING_SHOWN = shown(account="account", date="first_day", description="'opening balance ' || period")

OPENINGS = f"""
    SELECT account, period, opening_balance, TRY_CAST(period || '-01' AS DATE) AS first_day, source_file, source_row
    FROM account_balances QUALIFY row_number() OVER (PARTITION BY account ORDER BY period, {FILE_ORDER}) = 1
"""
"""The opening balance of each account in the earliest period that it has one for."""


def flow_rows(scope: Scope, comparison: Comparison, accounts: tuple[str, ...] | None = None) -> str:
    """Profit and loss accounts: what was booked in the interval, against another interval or a scenario of its months.

    `accounts` narrows them. Accounts without a type are in it.
    """
    entries = _entries(scope, comparison, accounts)
    current = _booked(entries, comparison.current)
    against = comparison.against
    compared = _booked(entries, against) if against else _budgeted(scope, comparison, accounts)
    return viewed(scope.books, "flux_flows", _sides(current, compared, (current, 1), (compared, -1)))


def balance_rows(scope: Scope, comparison: Comparison, accounts: tuple[str, ...] | None = None) -> str:
    """Balance sheet accounts: the balance at the end of the interval against that at the end of the other.

    A balance is the account's opening balance in the earliest period there is, and its entries from then on; before that
    period it is the opening balance less the entries in between. Opening balances belong to no program. The rows of the
    change are those dated between the two days. `accounts` narrows them; accounts without a type are in it.
    """
    assert comparison.against, "a scenario has no balances"
    at, before = holds(comparison.current.last_day), holds(comparison.against.last_day)
    entries = viewed(
        scope.books,
        "flux_balance_entries",
        f"""
        SELECT {_entry_columns()}, coalesce(o.first_day, DATE '0001-01-01') AS first_day
        FROM gl_entries g LEFT JOIN ({chart(scope)}) c USING (account) LEFT JOIN ({OPENINGS}) o USING (account)
        WHERE {owned(scope, "g.owner_program_id")} AND {_of_types(BALANCE_SHEET)} AND {_among("g.account", accounts)}
        """,
    )
    opening = f"""
        SELECT account, account_name, account_type, caption, NULL AS owner, NULL AS customer_id, NULL AS journal_source,
               NULL AS document_number, 'opening balance' AS description, {natural("opening_balance")} AS amount,
               'account_balances' AS source_table, o.source_file, o.source_row, {_OPENING_SHOWN} AS seen
        FROM ({OPENINGS}) o LEFT JOIN ({chart(scope)}) c USING (account)
        WHERE opening_balance <> 0 AND {_of_types(BALANCE_SHEET)} AND {_among("account", accounts)} AND {_belongs_to_none(scope)}
    """
    current, compared, moved = (
        f"SELECT {', '.join(KEYS)}, {factor} * {natural('ledger_amount')} AS amount, 'gl_entries' AS source_table, "
        f"source_file, source_row, {LINE_SHOWN} AS seen FROM {entries} WHERE {factor} <> 0"
        for factor in (at, before, f"({at} - {before})")
    )
    query = _sides(f"{current} UNION ALL {opening}", f"{compared} UNION ALL {opening}", (moved, 1))
    return viewed(scope.books, "flux_balances", query)


def _entries(scope: Scope, comparison: Comparison, accounts: tuple[str, ...] | None) -> str:
    """The ledger lines of both intervals, held: few months, asked by every line."""
    intervals = [comparison.current, *([comparison.against] if comparison.against else [])]
    within = " OR ".join(_within(interval, "effective_date") for interval in intervals)
    return memoised(
        scope.books,
        "flux_entries",
        f"""
        SELECT {_entry_columns()} FROM gl_entries g LEFT JOIN ({chart(scope)}) c USING (account)
        WHERE ({within}) AND {owned(scope, "g.owner_program_id")} AND {_of_types(PROFIT_AND_LOSS)}
          AND {_among("g.account", accounts)}
        """,
    )


def _entry_columns() -> str:
    return """
        account, account_name, account_type, caption, g.owner_program_id AS owner, customer_id, journal_source,
        document_number, description, journal_id, line_number, effective_date, g.amount AS ledger_amount, g.source_file,
        g.source_row
    """


def _booked(entries: str, interval: Interval) -> str:
    return f"""
        SELECT {", ".join(KEYS)}, {natural("ledger_amount")} AS amount, 'gl_entries' AS source_table, source_file, source_row,
               {LINE_SHOWN} AS seen
        FROM {entries} WHERE {_within(interval, "effective_date")}
    """


def _budgeted(scope: Scope, comparison: Comparison, accounts: tuple[str, ...] | None) -> str:
    return f"""
        SELECT account, account_name, account_type, caption, owner, NULL AS customer_id, NULL AS journal_source,
               NULL AS document_number, scenario AS description, {natural("b.amount")} AS amount,
               'budgets' AS source_table, b.source_file, b.source_row, {_BUDGET_SHOWN} AS seen
        FROM (SELECT *, owner_program_id AS owner FROM budgets) b LEFT JOIN ({chart(scope)}) c USING (account)
        WHERE scenario = {text(comparison.name)} AND period IN {texts(map(str, comparison.current.months))}
          AND {owned(scope)} AND {_of_types(PROFIT_AND_LOSS)} AND {_among("b.account", accounts)}
    """


def _sides(current: str, compared: str, *change: tuple[str, int]) -> str:
    parts = [("current", current, 1), ("comparison", compared, 1), *(("change", rows, sign) for rows, sign in change)]
    return " UNION ALL ".join(
        f"SELECT '{side}' AS side, {', '.join(KEYS)}, CAST({sign} * amount AS DECIMAL(38,4)) AS amount, source_table, "
        f"source_file, source_row, seen FROM ({rows})"
        for side, rows, sign in parts
    )


def holds(as_of: date) -> str:
    """SQL for how often a balance at a day holds an entry beside its opening balance: once, not at all, or less once.

    `first_day` is that of the earliest period that the entry's account has an opening balance for.
    """
    at = day(as_of)
    return f"""(CASE WHEN effective_date >= first_day AND effective_date <= {at} THEN 1
                WHEN effective_date < first_day AND effective_date > {at} THEN -1 ELSE 0 END)"""


def _within(interval: Interval, column: str) -> str:
    return f"{column} BETWEEN {day(interval.first_day)} AND {day(interval.last_day)}"


def _of_types(types: tuple[str, ...]) -> str:
    return f"(account_type IS NULL OR account_type IN {texts(types)})"


def _among(column: str, accounts: tuple[str, ...] | None) -> str:
    return "true" if accounts is None else f"{column} IN {texts(accounts)}"


def _belongs_to_none(scope: Scope) -> str:
    return "true" if scope.is_company else "false"
