"""Contract balances rolled forward (workpapers 31 and 32).

ACCOUNTING.md §3. Deferred revenue: opening + billings − revenue + change in contract assets ± FX = closing. Contract assets:
opening + revenue − billings + change in contract liabilities ± FX = closing. Each term has the sign in which its formula
takes it. The opening balance is the prior closing as signed. Revenue that reaches back into a signed period is a catch-up of the
open one; what else changed there is the restatement, a line of its own (`roll`).
"""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.revenue.contract_balances import contract_balance
from close_library.accounting.revenue.contracts import (
    billing_rows,
    of_period,
    positions,
    require_contract_rates,
    revenue_sums,
)
from close_library.accounting.revenue.revenue_to_ledger import revenue_of_period
from close_library.accounting.roll import Formula, opening_of, roll_table, rolled, waterfall
from close_library.accounting.sql import population, shown
from close_library.evidence import Figure, Population, Result, Scope

DEFERRED_FORMULA = (
    ("opening_balance", 1), ("billings", 1), ("revenue", -1), ("change_in_contract_assets", 1), ("fx", 1),
)  # fmt: skip
ASSET_FORMULA = (
    ("opening_balance", 1), ("revenue", 1), ("billings", -1), ("change_in_contract_liabilities", 1), ("fx", 1),
)  # fmt: skip


def deferred_revenue_roll_forward(scope: Scope) -> Result:
    """Workpaper 31: deferred revenue from opening to closing, in functional currency.

    Figures: `opening_balance`, `billings`, `revenue`, `change_in_contract_assets`, `fx`, `closing_balance`, `restatement`
    where the prior closing was signed, and `revenue_from_opening_balance` (ASC 606-10-50-8b: over contracts, the smaller of
    the opening liability and the period's revenue, not below 0, first in first out). Raises BooksError where an exchange rate
    is missing.

    Example:
        from close_library.accounting import deferred_revenue_roll_forward
        from close_library.workpaper import open_scope

        deferred_revenue_roll_forward(open_scope("atlas", "2026-10")).table
    """
    return _roll(scope, "31", "Deferred revenue", "liability", "asset", DEFERRED_FORMULA)


def contract_asset_roll_forward(scope: Scope) -> Result:
    """Workpaper 32: unbilled receivables from opening to closing, in functional currency.

    Figures: `opening_balance`, `revenue`, `billings`, `change_in_contract_liabilities`, `fx`, `closing_balance`, and
    `restatement` where the prior closing was signed. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import contract_asset_roll_forward
        from close_library.workpaper import open_scope

        contract_asset_roll_forward(open_scope("atlas", "2026-10")).table
    """
    return _roll(scope, "32", "Contract assets", "asset", "liability", ASSET_FORMULA)


def rolled_contracts(roll: Result) -> Decimal:
    """The closing balance that the opening balance, its restatement and the movements add up to."""
    return rolled(roll, DEFERRED_FORMULA if "change_in_contract_assets" in roll.figures else ASSET_FORMULA)


def _roll(scope: Scope, ref: str, label: str, side: str, other: str, formula: Formula) -> Result:
    require_contract_rates(scope)
    change = "change_in_contract_assets" if other == "asset" else "change_in_contract_liabilities"
    balance = contract_balance(
        scope, "opening_balance", f"Opening balance at {scope.opening_date}", side, scope.opening_date
    )
    opening = opening_of(scope, ref, balance, "contract")
    moved = {
        "billings": _billings(scope),
        "revenue": revenue_of_period(scope),
        change: _change(scope, change, other),
        "fx": _fx(scope, 1 if side == "asset" else -1),
    }
    figures = {**opening.figures} | {id: moved[id] for id, _ in formula[1:]}
    figures["closing_balance"] = contract_balance(
        scope, "closing_balance", f"Closing balance at {scope.closing_date}", side, scope.closing_date
    )
    table = roll_table(f"Roll-forward: {label.lower()}", figures, formula)
    chart = waterfall(f"{ref}.c1", f"{label} from opening to closing", figures, formula, scope.currency)
    if side == "liability":
        figures["revenue_from_opening_balance"] = _revenue_from_opening(scope)
    return Result(tables=opening.schedules(ref, table), figures=figures, charts=(chart,))


def _billings(scope: Scope) -> Figure:
    """Billed in the period on contract lines; a line that names no contract moves no contract balance."""
    query = f"""
        {population("'invoice_lines'", "source_file", "source_row", "functional", "seen")}
        FROM {billing_rows(scope)} WHERE contract_id IS NOT NULL AND {of_period(scope, "invoice_date")}
    """
    return Figure.of("billings", "Billings", scope.currency, Population(scope.books, query))


def _change(scope: Scope, id: str, side: str) -> Figure:
    """What the other side of the contracts' positions changed by: closing less opening, contract by contract."""
    seen = shown(
        contract="contract_id", opening=f"before.{side}::money", closing=f"after.{side}::money", program="after.owner"
    )
    query = f"""
        {population("'contracts'", "after.source_file", "after.source_row", f"after.{side} - before.{side}", seen)}
        FROM {positions(scope, scope.closing_date)} after JOIN {positions(scope, scope.opening_date)} before USING (contract_id)
        WHERE after.{side} <> before.{side}
    """
    what = "contract assets" if side == "asset" else "contract liabilities"
    return Figure.of(id, f"Change in {what}", scope.currency, Population(scope.books, query))


def _fx(scope: Scope, sign: int) -> Figure:
    """What rates did to the positions of foreign contracts: the change of the balance less what moved it, with both rates."""
    moved = f"""
        SELECT contract_id, sum(functional) AS moved FROM (
            SELECT contract_id, functional FROM {revenue_sums(scope)} WHERE {of_period(scope)}
            UNION ALL
            SELECT contract_id, -functional FROM {billing_rows(scope)}
            WHERE contract_id IS NOT NULL AND {of_period(scope, "invoice_date")}
        ) GROUP BY 1
    """
    value = f"{sign} * (after.balance - before.balance - coalesce(m.moved, 0))"
    seen = shown(contract="contract_id", currency="after.currency", opening_position="before.position::money",
                 opening_rate="before.rate", closing_position="after.position::money", closing_rate="after.rate",
                 program="after.owner")  # fmt: skip
    query = f"""
        {population("'contracts'", "after.source_file", "after.source_row", value, seen)}
        FROM {positions(scope, scope.closing_date)} after JOIN {positions(scope, scope.opening_date)} before USING (contract_id)
        LEFT JOIN ({moved}) m USING (contract_id)
        WHERE after.currency <> '{scope.currency}' AND {value} <> 0
    """
    return Figure.of("fx", "Exchange rate differences", scope.currency, Population(scope.books, query))


def _revenue_from_opening(scope: Scope) -> Figure:
    earned = (
        f"SELECT contract_id, sum(functional) AS revenue FROM {revenue_sums(scope)} WHERE {of_period(scope)} GROUP BY 1"
    )
    amount = "greatest(least(before.liability, coalesce(e.revenue, 0)), 0)"
    seen = shown(contract="contract_id", opening_liability="before.liability::money", revenue="coalesce(e.revenue, 0)::money",
                 program="before.owner")  # fmt: skip
    query = f"""
        {population("'contracts'", "before.source_file", "before.source_row", amount, seen)}
        FROM {positions(scope, scope.opening_date)} before LEFT JOIN ({earned}) e USING (contract_id) WHERE {amount} <> 0
    """
    label = "Revenue from the opening contract liability"
    return Figure.of("revenue_from_opening_balance", label, scope.currency, Population(scope.books, query))
