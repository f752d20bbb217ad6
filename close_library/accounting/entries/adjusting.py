"""How the differences of one program become balanced entries: an accrual that reverses, and a correction that stays.

Amounts here have the ledger's sign, debit positive. Pure arithmetic; what supports a line is said as a sum of differences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from close_library.evidence import Scope
from close_library.money import ZERO
from close_library.parameters import COMPANY

ACCRUAL, CORRECTION = "accrual", "correction"
CONTRACTS, VENDORS = "contract balances and revenue", "vendor cost"
"""What an entry is about."""

_ORDER = ("accounts_receivable", "unbilled_receivable", "deferred_revenue", "revenue")


def named(program: str) -> str:
    """How a reader calls a program, or what belongs to none."""
    return "no program" if program == COMPANY else program


@dataclass(frozen=True)
class Line:
    """One line of an entry; `support` says which roles' differences add up to it, with which sign."""

    role: str
    amount: Decimal
    support: Mapping[str, int]

    @property
    def debit(self) -> Decimal | None:
        """The amount where it is a debit."""
        return self.amount if self.amount > 0 else None

    @property
    def credit(self) -> Decimal | None:
        """The amount where it is a credit, positive."""
        return -self.amount if self.amount < 0 else None


@dataclass(frozen=True)
class Entry:
    """One proposed entry. `first_day`: from which day the rows of revenue support it."""

    number: str
    program: str
    about: str
    kind: str
    lines: tuple[Line, ...]
    first_day: date

    def reversal_date(self, scope: Scope) -> date | None:
        """The first day of the next period for an accrual, none for a correction."""
        return scope.period.next.first_day if self.kind == ACCRUAL else None

    def memo(self, scope: Scope) -> str:
        """What the entry is, for the journal's header."""
        what = "Accrual" if self.kind == ACCRUAL else "Correction"
        reverses = f", reverses on {self.reversal_date(scope)}" if self.kind == ACCRUAL else ""
        return f"{what} of {self.about} {scope.period}, {named(self.program)}{reverses}"


@dataclass
class _Side:
    """What is still to be booked of a role, and the differences that make it up."""

    role: str
    amount: Decimal
    support: dict[str, int] = field(default_factory=dict)

    def take(self, other: _Side) -> None:
        self.amount += other.amount
        for role, factor in other.support.items():
            self.support[role] = self.support.get(role, 0) + factor


def adjusting_entries(adjustments: Mapping[str, Decimal]) -> list[tuple[str, tuple[Line, ...]]]:
    """The entries that book the adjustments of unbilled receivable, deferred revenue and revenue: at most one of a kind.

    What the three do not offset stands on receivables. Revenue earned and not billed, and billing that the ledger lacks, are
    accruals: the billing system's own posting will take their place. The rest corrects the ledger and stays.
    """
    sides = {role: _Side(role, amount, {role: 1}) for role, amount in adjustments.items() if amount}
    rest = -sum(adjustments.values(), ZERO)
    if rest:
        sides["accounts_receivable"] = _Side("accounts_receivable", rest, dict.fromkeys(sides, -1))
    accrued: dict[str, _Side] = {}
    for one, other in _accruals(sides):
        _offset(one, other, accrued)
    entries = [(ACCRUAL, _lines(accrued)), (CORRECTION, _lines(sides))]
    return [(kind, lines) for kind, lines in entries if lines]


def vendor_entry(adjustment: Decimal) -> tuple[str, tuple[Line, ...]]:
    """The entry that books the adjustment of the vendor accrual against vendor cost.

    Cost that the ledger lacks accrues, and reverses: the vendor's invoice will take its place. An accrual that the ledger has
    beyond the work still to be billed, or did not reverse, is corrected and stays so.
    """
    accrual = Line("vendor_accrual", adjustment, {"vendor_accrual": 1})
    cost = Line("vendor_cost", -adjustment, {"vendor_accrual": -1})
    return (ACCRUAL, (cost, accrual)) if adjustment < 0 else (CORRECTION, (accrual, cost))


def _accruals(sides: Mapping[str, _Side]) -> list[tuple[_Side, _Side]]:
    """The pairs that accrue, in the order in which they take from each other."""
    rest, unbilled = sides.get("accounts_receivable"), sides.get("unbilled_receivable")
    revenue = sides.get("revenue")
    pairs = []
    if rest:
        pairs += [
            (sides[role], rest) for role in ("deferred_revenue", "unbilled_receivable", "revenue") if role in sides
        ]
    if unbilled and revenue and unbilled.amount > 0:
        pairs.append((unbilled, revenue))
    return pairs


def _offset(one: _Side, other: _Side, into: dict[str, _Side]) -> None:
    """Move what two sides offset into an entry; the smaller side supports both lines, for it is used up whole."""
    if one.amount * other.amount >= 0:
        return
    small, large = (one, other) if abs(one.amount) <= abs(other.amount) else (other, one)
    opposite = _Side(large.role, -small.amount, {role: -factor for role, factor in small.support.items()})
    for moved in (_Side(small.role, small.amount, dict(small.support)), opposite):
        into.setdefault(moved.role, _Side(moved.role, ZERO)).take(moved)
    large.take(small)
    small.amount, small.support = ZERO, {}


def _lines(sides: Mapping[str, _Side]) -> tuple[Line, ...]:
    """The lines of an entry, debits first."""
    held = [sides[role] for role in _ORDER if role in sides and sides[role].amount]
    lines = [Line(s.role, s.amount, {role: factor for role, factor in s.support.items() if factor}) for s in held]
    assert sum((line.amount for line in lines), ZERO) == 0, "an entry balances"
    return tuple(sorted(lines, key=lambda line: line.amount < 0))
