"""What proves a flux: lines and drivers foot to the ledger's change, balances are the trial balance's, the sheet balances.

The ledger's side is read from the ledger anew, not from the lines.
"""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.flux.account_types import BALANCE_SHEET, chart, natural
from close_library.accounting.flux.compared_rows import OPENINGS, holds
from close_library.accounting.flux.driven import REVENUE, VENDOR_COST
from close_library.accounting.flux.drivers import PARTS, REST
from close_library.accounting.flux.intervals import Comparison, scenario_comparisons
from close_library.accounting.flux.threshold import Limits, limits_of
from close_library.accounting.flux.workpapers import compared_with
from close_library.accounting.ledger import natural_sign
from close_library.accounting.sql import FILE_ORDER, day, owned, text, texts
from close_library.evidence import Computed, Figure, Result, Scope
from close_library.money import ZERO


def lines_changed(flux: Result, account_type: str) -> Decimal:
    """What the changes of all lines of a type add up to, over all comparisons."""
    changes: list[Computed] = []
    for id, table in flux.tables.items():
        if "threshold" in table.frame:
            of_type = [line for line, kind in enumerate(table.frame["type"]) if kind == account_type]
            changes += [flux.added_up(id, ["change"], of_type)] if of_type else []
    return Computed(sum(changes, ZERO), " + ".join(change.formula for change in changes))


def ledger_changed(scope: Scope, account_type: str) -> Decimal:
    """What the ledger's accounts of a type changed between the intervals, or the dates, of all comparisons of 40 or 41."""
    total = ZERO
    of_balances = account_type in BALANCE_SHEET
    limits = Limits(scope.parameters.flux, {}) if of_balances else limits_of(scope)
    for comparison in compared_with(scope, limits):
        assert comparison.against
        if of_balances:
            between = (
                f"effective_date > {day(comparison.against.last_day)} AND effective_date <= {day(scope.closing_date)}"
            )
            total += _booked(scope, account_type, between)
        else:
            total += _booked(scope, account_type, _month(comparison)) - _booked(
                scope, account_type, _before(comparison)
            )
    return total


def ledger_less_scenarios(scope: Scope, account_type: str) -> Decimal:
    """What the ledger's accounts of a type have in the period less what is budgeted, over all scenarios of 42."""
    total = ZERO
    for comparison in scenario_comparisons(scope):
        budgeted = _sum(
            scope, "budgets", account_type, f"scenario = {text(comparison.name)} AND period = '{scope.period}'"
        )
        total += _booked(scope, account_type, _month(comparison)) - budgeted
    return total


def drivers_added_up(scope: Scope, flux: Result, role: str) -> tuple[Decimal, Decimal]:
    """The parts of the change of revenue or vendor cost, and the changes of its accounts' lines, over all comparisons."""
    driven = {each.role: each for each in (REVENUE, VENDOR_COST)}[role]
    accounts = scope.parameters.accounts.held(role)
    parts: list[tuple[int, Figure]] = []
    changes: list[tuple[int, Figure]] = []
    for comparison in compared_with(scope, limits_of(scope)) if accounts else ():
        ids = [f"{driven.ids[part]}:{comparison.name}" for part in (*PARTS, REST)]
        parts += [(1, flux.figures[id]) for id in ids]
        lines = [f"change:{account}:{comparison.name}" for account in accounts]
        changes += [(1, flux.figures[id]) for id in lines if id in flux.figures]
    return Computed.of(parts), Computed.of(changes)


def current_of(scope: Scope, flux: Result, role: str) -> Decimal:
    """The current figures of a role's accounts, added up."""
    accounts = scope.parameters.accounts.held(role)
    name = next((id.split(":")[-1] for id in flux.figures if id.startswith("current:")), "")
    figures = (flux.figures.get(f"current:{account}:{name}") for account in accounts)
    return Computed.of((1, figure) for figure in figures if figure)


def accounts_with_a_type(flux: Result) -> tuple[Decimal, Decimal]:
    """How many accounts with a line have a type, and how many there are."""
    frames = [table.frame for table in flux.tables.values() if "threshold" in table.frame]
    kinds = {account: kind for frame in frames for account, kind in zip(frame["account"], frame["type"], strict=True)}
    return Decimal(sum(kind != "no type" for kind in kinds.values())), Decimal(len(kinds))


def balances_as_printed(scope: Scope, flux: Result) -> tuple[Decimal, Decimal]:
    """How many balance sheet accounts have the closing balance that the ledger's trial balance printed, and how many it has."""
    rows = scope.books.rows(
        f"""
        SELECT account, {natural("closing_balance")} AS printed
        FROM (SELECT * FROM account_balances WHERE period = '{scope.period}'
              QUALIFY row_number() OVER (PARTITION BY account ORDER BY {FILE_ORDER}) = 1)
        JOIN ({chart(scope)}) c USING (account) WHERE account_type IN {texts(BALANCE_SHEET)}
        """
    )
    name = next((id.split(":")[-1] for id in flux.figures if id.startswith("current:")), "")
    computed = {row["account"]: flux.figures.get(f"current:{row['account']}:{name}") for row in rows}
    agreeing = sum((f.money if (f := computed[row["account"]]) else ZERO) == row["printed"] for row in rows)
    return Decimal(agreeing), Decimal(len(rows))


def sheet_balances(scope: Scope, flux: Result) -> tuple[Decimal, Decimal]:
    """Assets less liabilities and equity at T, and what the ledger's other accounts hold: the result not closed yet."""
    id, lead = next(iter(flux.tables.items()))
    own = [line for line, caption in enumerate(lead.frame["caption"]) if caption.startswith("Assets less")]
    held = scope.books.rows(
        f"""
        WITH balances AS (
            SELECT account, opening_balance AS amount FROM ({OPENINGS})
            UNION ALL
            SELECT account, amount * {holds(scope.closing_date)} FROM (
                SELECT g.*, coalesce(o.first_day, DATE '0001-01-01') AS first_day
                FROM gl_entries g LEFT JOIN ({OPENINGS}) o USING (account)
            )
        )
        SELECT coalesce(sum(amount), 0) AS amount FROM balances
        WHERE account NOT IN (SELECT account FROM ({chart(scope)}) WHERE account_type IN {texts(BALANCE_SHEET)})
        """
    )[0]["amount"]
    return flux.added_up(id, ["current"], own), -held


def _month(comparison: Comparison) -> str:
    return f"effective_date BETWEEN {day(comparison.current.first_day)} AND {day(comparison.current.last_day)}"


def _before(comparison: Comparison) -> str:
    assert comparison.against
    return f"effective_date BETWEEN {day(comparison.against.first_day)} AND {day(comparison.against.last_day)}"


def _booked(scope: Scope, account_type: str, condition: str) -> Decimal:
    return _sum(scope, "gl_entries", account_type, condition)


def _sum(scope: Scope, table: str, account_type: str, condition: str) -> Decimal:
    """Rows of a table on accounts of a type, in its natural sign."""
    of_type = f"SELECT account FROM ({chart(scope)}) WHERE account_type = '{account_type}'"
    row = scope.books.rows(
        f"""
        SELECT coalesce(sum(amount), 0) AS amount FROM {table}
        WHERE account IN ({of_type}) AND {condition} AND {owned(scope, "owner_program_id")}
        """
    )[0]
    sign = natural_sign("revenue") if account_type in ("liability", "equity", "revenue") else 1
    amount: Decimal = row["amount"]
    return sign * amount
