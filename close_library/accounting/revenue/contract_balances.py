"""Contract balances to ledger (workpaper 22): deferred revenue and unbilled receivable agree to the ledger.

ACCOUNTING.md §3: the position of each contract is net over its lines; contract liabilities are deferred revenue, contract
assets unbilled receivables (ASC 606-10-45-1).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.accounting.ledger import ledger_balance
from close_library.accounting.revenue.contracts import (
    billing_rows,
    contract_lines,
    positions,
    require_contract_rates,
    revenue_sums,
)
from close_library.accounting.sql import day, population, shown
from close_library.evidence import Figure, Finding, Part, Population, Result, Scope, Table
from close_library.money import ZERO, agrees, show
from close_library.parameters import COMPANY

BALANCES = {
    "deferred_revenue": ("Deferred revenue", "liability", "deferred_revenue_differs"),
    "unbilled_receivable": ("Unbilled receivable", "asset", "unbilled_differs"),
}
"""Role → what it is called, which side of a position it is, and the finding of a difference."""


def contract_balances_to_ledger(scope: Scope) -> Result:
    """The contract balances at T against the ledger, in functional currency and natural sign.

    Figures: `deferred_revenue`, `unbilled_receivable` (positive), and each with `_general_ledger`. Tables: by contract, gross
    by line. Findings: `deferred_revenue_differs`, `unbilled_differs` by program (ledger − computed). Raises BooksError where
    an exchange rate is missing.

    Example:
        from close_library.accounting import contract_balances_to_ledger
        from close_library.workpaper import open_scope

        contract_balances_to_ledger(open_scope("atlas", "2026-10")).table
    """
    require_contract_rates(scope)
    figures = {}
    for role, (label, side, _) in BALANCES.items():
        figures[role] = contract_balance(scope, role, label, side, scope.closing_date)
        ledger = f"{role}_general_ledger"
        figures[ledger] = ledger_balance(scope, role, ledger, f"{label} in the general ledger")
    return Result(
        tables={"22.1": _by_contract(scope), "22.2": _by_line(scope)},
        figures=figures,
        findings=tuple(finding for role in BALANCES for finding in _differences(scope, role)),
    )


def contract_balance(scope: Scope, id: str, label: str, side: str, as_of: date) -> Figure:
    """The contract assets or contract liabilities of the scope at a date; the population is the contracts behind them."""
    columns = {"contract": "contract_id", "currency": "currency", "revenue_to_date": "revenue_to_date::money",
               "billed_to_date": "billed_to_date::money", "rate": "rate", "program": "owner"}  # fmt: skip
    if as_of == scope.opening_date:
        columns["not_signed_yet"] = "catch_up::money"
    seen = shown(**columns)
    query = f"""
        {population("'contracts'", "source_file", "source_row", side, seen)}
        FROM {positions(scope, as_of)} WHERE {side} <> 0
    """
    return Figure.of(id, label, scope.currency, Population(scope.books, query))


_POSITION = {"position": "[revenue_to_date] - [billed_to_date]"}


def _by_contract(scope: Scope) -> Table:
    frame = scope.books.frame(
        f"""
        WITH lines AS (
            SELECT contract_id, owner AS program, currency, revenue_to_date, billed_to_date, position, rate,
                   liability AS deferred_revenue, asset AS unbilled_receivable
            FROM {positions(scope, scope.closing_date)} WHERE revenue_to_date <> 0 OR billed_to_date <> 0
        )
        SELECT * FROM lines ORDER BY program, contract_id
        """
    )
    lines, own = {"contract_id": "contract_id"}, {"contract": "contract_id"}
    parts = (
        Part("revenue_to_date", table="22.2", of=("revenue_to_date",), by=lines),
        Part("billed_to_date", table="22.2", of=("billed_to_date",), by=lines),
        Part("deferred_revenue", ("deferred_revenue",), own),
        Part("unbilled_receivable", ("unbilled_receivable",), own),
    )
    title = "Contract positions: revenue to date less billed to date"
    return Table(title, frame, types={"rate": "ratio"}, parts=parts, relations=_POSITION)


def _by_line(scope: Scope) -> Table:
    at = day(scope.closing_date)
    frame = scope.books.frame(
        f"""
        WITH earned AS (SELECT contract_line_id, sum(amount) AS revenue FROM {revenue_sums(scope)} GROUP BY 1),
        billed AS (SELECT contract_line_id, sum(amount) AS billed FROM {billing_rows(scope)}
                   WHERE invoice_date <= {at} GROUP BY 1)
        SELECT contract_id, contract_line_id, product, currency, coalesce(revenue, 0) AS revenue_to_date,
               coalesce(billed, 0) AS billed_to_date, coalesce(revenue, 0) - coalesce(billed, 0) AS position
        FROM {contract_lines(scope)} LEFT JOIN earned USING (contract_line_id) LEFT JOIN billed USING (contract_line_id)
        ORDER BY contract_id, contract_line_id
        """
    )
    return Table("Gross by contract line, in the contract's currency", frame, relations=_POSITION)


def by_program(scope: Scope, figure: Figure) -> dict[str, Decimal]:
    """A figure of the ledger by program; `_company` is what belongs to no program."""
    assert figure.population is not None
    if not scope.is_company:
        return {scope.program: figure.money}
    rows = scope.books.rows(
        f"""
        SELECT coalesce(shown['program'], '{COMPANY}') AS program, sum(amount) AS amount
        FROM ({figure.population.query}) GROUP BY 1
        """
    )
    return {row["program"]: row["amount"] for row in rows}


def booked_by_program(scope: Scope, role: str) -> dict[str, Decimal]:
    """The ledger's balance of a role at T by program, natural sign."""
    return by_program(scope, ledger_balance(scope, role, role, role))


def computed_by_program(scope: Scope, role: str) -> dict[str, Decimal]:
    """The computed balance of a role at T by program, natural sign."""
    side = BALANCES[role][1]
    rows = scope.books.rows(
        f"""
        SELECT coalesce(owner, '{COMPANY}') AS program, sum({side}) AS amount
        FROM {positions(scope, scope.closing_date)} GROUP BY 1
        """
    )
    return {row["program"]: row["amount"] for row in rows}


def _differences(scope: Scope, role: str) -> list[Finding]:
    label, _, finding = BALANCES[role]
    booked, computed = booked_by_program(scope, role), computed_by_program(scope, role)
    return differing(scope, finding, f"{label} at {scope.closing_date}", booked, computed)


def differing(
    scope: Scope, finding: str, label: str, booked: dict[str, Decimal], computed: dict[str, Decimal]
) -> list[Finding]:
    """One finding a program whose ledger differs from what was computed beyond the tie-out tolerance."""
    found = []
    for program in sorted({*booked, *computed}):
        ledger, own = booked.get(program, ZERO), computed.get(program, ZERO)
        if agrees(ledger - own, scope.parameters.tolerances.tie_out):
            continue
        name = "no program" if program == COMPANY else program
        message = f"{label}, {name}: ledger {show(ledger)}, computed {show(own)}: {show(ledger - own)} {scope.currency} apart."
        found.append(Finding(finding, "error", ledger - own, scope.currency, {"programs": (program,)}, message))
    return found
