"""Proposed journal entries (workpaper 61): what to book so that the ledger shows the computed balances and revenue.

Computed − booked, by role and program: unbilled receivable, deferred revenue, revenue, vendor accrual. Because position =
revenue − billed, what the first three do not offset among themselves is billing that the ledger lacks or has twice: it stands on
the receivables control account, in a line of its own that workpaper 20 keeps open until it is cleared. The vendor accrual is
booked against vendor cost, in an entry of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from close_library.accounting.entries.adjusting import (
    CONTRACTS,
    VENDORS,
    Entry,
    Line,
    adjusting_entries,
    named,
    vendor_entry,
)
from close_library.accounting.entries.entry_schedules import (
    LINE_TABLE,
    entries_table,
    line_tables,
    proof,
    receivables_side,
)
from close_library.accounting.entries.support import (
    CONTRACT_ROLES,
    VENDOR_ROLE,
    Difference,
    differences,
    roles,
    signed_support,
)
from close_library.accounting.ledger import ledger_balance, natural_sign
from close_library.accounting.revenue.contracts import require_contract_rates
from close_library.accounting.vendors.vendor_payables import vendor_figure
from close_library.accounting.vendors.vendor_rows import require_vendor_rates
from close_library.evidence import Computed, Figure, Population, Result, Scope
from close_library.money import ZERO, agrees


def proposed_journal_entries(scope: Scope) -> Result:
    """The adjusting entries of the period: balanced, numbered without gaps, each with the rows that support it.

    Figures: `debits:<entry>` and `credits:<entry>`, positive, in functional currency. Tables: 61.1 the entries, 61.2 their
    lines, 61.3 booked + proposed = computed by program and role, 61.4 what stands on receivables. An accrual (revenue earned and
    not billed, billing not in the ledger, vendors' work that no invoice names) reverses on the first day of the next period; a
    correction does not. Revenue is
    adjusted for the fiscal year to date, so that an error that an earlier month holds the other way is not booked twice; what is
    left of the month's difference is in 61.3. A program within the tie-out tolerance gets no entry. Raises BooksError where an
    exchange rate is missing. An entry on a role without an account is not proposed.

    Example:
        from close_library.accounting import proposed_journal_entries
        from close_library.workpaper import open_scope

        proposed_journal_entries(open_scope(period="2026-10")).tables["61.3"].frame
    """
    require_contract_rates(scope)
    if VENDOR_ROLE in roles(scope):
        require_vendor_rates(scope, VENDOR_ROLE)
    found = differences(scope)
    entries: list[Entry] = []
    taken = _numbers_taken(scope)
    for each in found:
        for about, kind, lines in _entries(scope, each):
            if not all(scope.parameters.accounts.held(line.role) for line in lines):
                continue  # there is no account to book on: what is left stays open in 61.3
            number = f"PJE-{scope.period}-{taken + len(entries) + 1:03d}"
            entries.append(Entry(number, each.program, about, kind, lines, each.first_day))
    figures: dict[str, Figure] = {}
    for entry in entries:
        for side, label in (("debits", "Debits"), ("credits", "Credits")):
            figure = _figure(scope, entry, side, label)
            figures[figure.id] = figure
    tables = {"61.1": entries_table(scope, entries, figures), **line_tables(scope, entries)}
    tables["61.3"] = proof(scope, found, entries)
    tables["61.4"] = receivables_side(scope, entries)
    return Result(tables=tables, figures=figures)


def total_debits(proposed: Result) -> Decimal:
    """The debits of all proposed entries."""
    return Computed.of((1, figure) for id, figure in proposed.figures.items() if id.startswith("debits:"))


def total_credits(proposed: Result) -> Decimal:
    """The credits of all proposed entries."""
    return Computed.of((1, figure) for id, figure in proposed.figures.items() if id.startswith("credits:"))


def after_booking(proposed: Result, booked: Figure, role: str) -> Decimal:
    """What the ledger shows of a role, natural sign, once the proposed entries are booked."""
    moved = ZERO
    for id, table in proposed.tables.items():
        if id.startswith(LINE_TABLE):
            lines = table.frame[table.frame["role"] == role]
            moved += sum(lines["debit"].dropna(), ZERO) - sum(lines["credit"].dropna(), ZERO)
    return booked.money + natural_sign(role) * moved


def accrual_once_booked(scope: Scope, proposed: Result) -> tuple[Decimal, Figure | None]:
    """What the ledger shows of the vendor accrual once the entries are booked, and the accrual of workpaper 24.

    None where the books hold no work of vendors: then nothing is computed, and nothing to be compared.
    """
    label = "Accrued vendor cost in the general ledger"
    booked = after_booking(proposed, ledger_balance(scope, VENDOR_ROLE, VENDOR_ROLE, label), VENDOR_ROLE)
    return booked, vendor_figure(scope, VENDOR_ROLE) if VENDOR_ROLE in roles(scope) else None


def _entries(scope: Scope, difference: Difference) -> Iterator[tuple[str, str, tuple[Line, ...]]]:
    """What a program's differences beyond the tie-out tolerance come to: what it is about, the kind, the lines."""
    tolerance = scope.parameters.tolerances.tie_out
    contracts = {role: difference.adjustments[role] for role in CONTRACT_ROLES}
    if not all(agrees(amount, tolerance) for amount in contracts.values()):
        for kind, lines in adjusting_entries(contracts):
            yield CONTRACTS, kind, lines
    accrual = difference.adjustments.get(VENDOR_ROLE, ZERO)
    if not agrees(accrual, tolerance):
        yield VENDORS, *vendor_entry(accrual)


def _numbers_taken(scope: Scope) -> int:
    """The last number of this period's entries that the ledger holds already: a number is given once."""
    found = scope.books.rows(
        f"""
        SELECT max(CAST(regexp_extract(name, '([0-9]+)$', 1) AS INTEGER)) AS last
        FROM (SELECT unnest([journal_id, document_number]) AS name FROM gl_entries)
        WHERE regexp_full_match(name, 'PJE-{scope.period}-[0-9]{{3,6}}')
        """
    )[0]["last"]
    return int(found or 0)


def _figure(scope: Scope, entry: Entry, side: str, label: str) -> Figure:
    sign = 1 if side == "debits" else -1
    rows = [
        signed_support(scope, role, entry.program, entry.first_day, sign * factor)
        for line in entry.lines
        if sign * line.amount > 0
        for role, factor in line.support.items()
    ]
    words = f"{label} of {entry.number}, {named(entry.program)}"
    return Figure.of(f"{side}:{entry.number}", words, scope.currency, Population(scope.books, " UNION ALL ".join(rows)))
