"""How problems are planted: named functions tied to a moment of the company's year, each with its story.

A plant is a function marked `@when(moment, owner, period)`; it changes the events at hand and notes what it did.
A near miss is noted in the same way: it looks like a problem and is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from close_library.period import Period

Hook = Callable[..., None]
Value = TypeVar("Value")
_HOOKS: dict[tuple[str, str, str], list[Hook]] = defaultdict(list)

HOMES = {
    "10": "duplicate_key unknown_reference balance_does_not_roll journal_unbalanced journal_self_approved "
    "journal_backdated journal_period_differs",
    "20": "in_subledger_not_in_gl in_gl_not_in_subledger amount_differs timing manual_entry_to_control_account "
    "application_exceeds_document application_before_receipt",
    "21": "processor_row_differs payout_differs payout_not_in_bank receipt_not_in_bank bank_receipt_not_recorded",
    "22": "deferred_revenue_differs unbilled_differs",
    "23": "revenue_differs revenue_cutoff",
    "24": "vendor_overpaid vendor_payment_duplicate",
    "50": "delivered_not_billed delivery_without_po delivery_outside_po_dates",
    "51": "po_overbilled po_over_delivered po_underfunded",
    "70": "receipt_unapplied receipt_duplicate invoice_past_due",
    "71": "invoice_duplicate invoice_does_not_foot invoice_rate_differs invoice_quantity_differs invoice_terms_differ "
    "invoice_without_po invoice_po_mismatch invoice_outside_po_dates billed_not_delivered delivery_billed_twice",
    "72": "vendor_rate_differs vendor_quantity_differs vendor_work_not_approved vendor_work_billed_twice "
    "vendor_invoice_duplicate",
    "73": "task_late task_not_reviewed task_self_reviewed",
}
HOME_OF = {finding: home for home, findings in HOMES.items() for finding in findings.split()}

WARNINGS = {
    "timing",
    "journal_backdated",
    "journal_period_differs",
    "po_underfunded",
    "receipt_unapplied",
    "invoice_past_due",
    "invoice_terms_differ",
    "invoice_outside_po_dates",
    "delivery_outside_po_dates",
    "delivered_not_billed",
    "payout_not_in_bank",
    "task_late",
    "task_not_reviewed",
    "task_self_reviewed",
}


def severity(finding: str) -> str:
    """Whether a finding is a warning or an error."""
    return "warning" if finding in WARNINGS else "error"


@dataclass(frozen=True)
class Note:
    """What a plant did. `key` and `amount` are asked for at the end, when every document has its number."""

    name: str
    finding: str
    near_miss: bool
    periods: tuple[str, ...]
    program_id: str
    table: str
    key: Callable[[], str]
    amount: Callable[[], Decimal | None]
    story: str


@dataclass
class Plants:
    """The plants of one company: calls each at its moment and keeps what they note."""

    notes: list[Note] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    """Events that a later plant needs again, by name."""

    def call(self, moment: str, owner: str, period: Period | str, *events: Any) -> None:
        """Run the plants of a moment."""
        for hook in _HOOKS.get((moment, owner, str(period)), ()):
            hook(self, *events)

    def problem(
        self,
        finding: str,
        periods: str,
        program_id: str,
        table: str,
        key: Callable[[], str],
        story: str,
        amount: Callable[[], Decimal | None] = lambda: None,
        name: str = "",
    ) -> None:
        """Note a planted problem and the periods (separated by spaces) in which it must be found."""
        self._note(name or finding, finding, False, periods, program_id, table, key, amount, story)

    def near_miss(
        self, name: str, finding: str, program_id: str, table: str, key: Callable[[], str], story: str
    ) -> None:
        """Note a row that looks like a problem and must not be found."""
        self._note(name, finding, True, "", program_id, table, key, lambda: None, story)

    def _note(self, name: str, finding: str, near_miss: bool, periods: str, *rest: Any) -> None:
        assert finding in HOME_OF, f"{finding} is no finding"
        self.notes.append(Note(name, finding, near_miss, tuple(periods.split()), *rest))


def when(moment: str, owner: str = "", period: str = "") -> Callable[[Hook], Hook]:
    """Mark a plant: the moment, the line, contract or vendor that it concerns, and the month."""

    def mark(hook: Hook) -> Hook:
        _HOOKS[moment, owner, period].append(hook)
        return hook

    return mark


def always(value: Value) -> Callable[[], Value]:
    """A key or an amount that is known already."""
    return lambda: value


def later(event: object, name: str) -> Callable[[], str]:
    """A key that an event gets later, such as a journal's id."""
    return lambda: str(getattr(event, name))


def from_until(first: str, last: str = "2026-10") -> str:
    """The periods from one to another, for findings that come again until they are cleared."""
    months = range(int(first[-2:]), int(last[-2:]) + 1)
    return " ".join(f"2026-{month:02d}" for month in months)
