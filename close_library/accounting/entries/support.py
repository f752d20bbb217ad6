"""The rows behind computed − booked, by role and program: what supports a line of a proposed entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from close_library.accounting.ledger import LINE_SHOWN, balance_population, natural_sign
from close_library.accounting.revenue.contract_balances import BALANCES
from close_library.accounting.revenue.contracts import contract_lines, positions, revenue_rows
from close_library.accounting.revenue.signed import signed_line_revenue
from close_library.accounting.sql import day, population, shown, text, texts
from close_library.accounting.vendors.vendor_rows import vendor_rows
from close_library.evidence import Scope
from close_library.money import ZERO
from close_library.parameters import COMPANY
from close_library.period import Period

CONTRACT_ROLES = ("unbilled_receivable", "deferred_revenue", "revenue")
VENDOR_ROLE = "vendor_accrual"
"""The roles that this room proposes entries for."""


def roles(scope: Scope) -> tuple[str, ...]:
    """The roles whose differences are booked; the vendor accrual only where vendors' work is in the books."""
    return (*CONTRACT_ROLES, VENDOR_ROLE) if scope.books.has("vendor_work") else CONTRACT_ROLES


@dataclass(frozen=True)
class Difference:
    """What one program's roles differ by: computed and booked in natural sign, and the ledger amounts that close the gap."""

    program: str
    computed: dict[str, Decimal]
    booked: dict[str, Decimal]
    adjustments: dict[str, Decimal]
    first_day: date
    """From which day the revenue adjustment counts: the period's first, or the fiscal year's where earlier months differ."""


def differences(scope: Scope) -> list[Difference]:
    """Every program that has a computed or booked amount, the company's own rows last."""
    month, year = scope.period.first_day, revenue_window(scope)
    sums = {(role, month): by_program(scope, role, month) for role in roles(scope)}
    of_year_so_far = by_program(scope, "revenue", year)
    known = {program for each in (*sums.values(), of_year_so_far) for program in each}
    found = []
    for program in sorted(known, key=lambda p: (p == COMPANY, p)):
        computed, booked, gap = {}, {}, {}
        for role in roles(scope):
            computed[role], booked[role] = sums[role, month].get(program, (ZERO, ZERO))
            counted = of_year_so_far if role == "revenue" else sums[role, month]
            wanted, held = counted.get(program, (ZERO, ZERO))
            gap[role] = natural_sign(role) * (wanted - held)
        same = gap["revenue"] == booked["revenue"] - computed["revenue"]
        found.append(Difference(program, computed, booked, gap, month if same else year))
    return found


def by_program(scope: Scope, role: str, first_day: date) -> dict[str, tuple[Decimal, Decimal]]:
    """Program → (computed, booked) in natural sign; revenue counts from a day on, balances stand at T.

    `_company` is what belongs to no program.
    """
    rows = scope.books.rows(
        f"""
        SELECT coalesce(shown['program'], {text(COMPANY)}) AS program,
               coalesce(sum(amount) FILTER (source_table NOT IN ('gl_entries', 'account_balances')), 0) AS computed,
               coalesce(-sum(amount) FILTER (source_table IN ('gl_entries', 'account_balances')), 0) AS booked
        FROM ({_difference(scope, role, first_day)}) GROUP BY 1
        """
    )
    return {row["program"]: (row["computed"], row["booked"]) for row in rows}


def signed_support(scope: Scope, role: str, program: str, first_day: date, factor: int) -> str:
    """The rows of a role's difference of one program; they add up to `factor` × the adjustment in the ledger's sign."""
    sign = factor * natural_sign(role)
    return f"""
        SELECT source_table, source_file, source_row, CAST({sign} * amount AS DECIMAL(38,4)) AS amount, shown
        FROM ({_difference(scope, role, first_day)})
        WHERE coalesce(shown['program'], {text(COMPANY)}) = {text(program)}
    """


def revenue_window(scope: Scope) -> date:
    """The first day of the fiscal year, or of the ledger where it begins later: revenue is closed out every year."""
    starts = scope.parameters.fiscal_year_starts
    year = scope.period.shift(-((scope.period.month - starts) % 12))
    found = scope.books.rows(
        """
        SELECT min(period) AS first FROM (
            SELECT strftime(min(effective_date), '%Y-%m') AS period FROM gl_entries
            UNION ALL SELECT min(period) FROM account_balances
        )
        """
    )[0]["first"]
    ledger = Period.parse(found) if found else scope.period
    return min(max(year, ledger), scope.period).first_day


def _difference(scope: Scope, role: str, first_day: date) -> str:
    """Computed rows positive, booked rows negative, natural sign; `shown['program']` says whose they are."""
    if role == "revenue":
        return f"{_earned(scope, first_day)} UNION ALL {_booked_revenue(scope, first_day)}"
    booked = balance_population(scope, role, scope.closing_date).query
    return f"{_computed(scope, role)} UNION ALL SELECT source_table, source_file, source_row, -amount, shown FROM ({booked})"


def _computed(scope: Scope, role: str) -> str:
    """The rows behind a computed balance at T."""
    if role == VENDOR_ROLE:
        return f"""
            {population("source_table", "source_file", "source_row", "functional", "seen")}
            FROM {vendor_rows(scope)} WHERE figure = '{VENDOR_ROLE}'
        """
    side = BALANCES[role][1]
    seen = shown(contract="contract_id", currency="currency", revenue_to_date="revenue_to_date::money",
                 billed_to_date="billed_to_date::money", rate="rate", program="owner")  # fmt: skip
    return f"""
        {population("'contracts'", "source_file", "source_row", side, seen)}
        FROM {positions(scope, scope.closing_date)} WHERE {side} <> 0
    """


def _earned(scope: Scope, first_day: date) -> str:
    """Revenue from a day to T on today's books, and what the days before it differ from what was signed then."""
    first, at = day(first_day), day(scope.closing_date)
    rows = f"""
        {population("source_table", "source_file", "source_row", "functional", "seen")}
        FROM {revenue_rows(scope)} WHERE NOT catch_up AND recognised_date BETWEEN {first} AND {at}
    """
    signed = signed_line_revenue(replace(scope, period=Period.of(first_day)))
    if signed is None:
        return rows
    seen = shown(line="l.contract_line_id", signed="s.amount::money", computed="coalesce(c.computed, 0)::money",
                 program="l.owner")  # fmt: skip
    return f"""
        {rows} UNION ALL
        {population("'contract_lines'", "l.source_file", "l.source_row", "coalesce(c.computed, 0) - s.amount", seen)}
        FROM ({signed}) s JOIN {contract_lines(scope)} l USING (contract_line_id)
        LEFT JOIN (SELECT contract_line_id, sum(functional) AS computed FROM {revenue_rows(scope)}
                   WHERE NOT catch_up AND recognised_date < {first} GROUP BY 1) c USING (contract_line_id)
        WHERE coalesce(c.computed, 0) <> s.amount
    """


def _booked_revenue(scope: Scope, first_day: date) -> str:
    accounts = texts(scope.parameters.accounts.held("revenue"))
    return f"""
        {population("'gl_entries'", "source_file", "source_row", "amount", LINE_SHOWN)}
        FROM (SELECT *, owner_program_id AS owner FROM gl_entries)
        WHERE account IN {accounts} AND effective_date BETWEEN {day(first_day)} AND {day(scope.closing_date)}
    """
