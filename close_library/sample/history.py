"""What has happened so far: the events of the company in order, and the few sums that outlive streamed rows.

Deliveries, invoice lines, vendor work and vendor invoice lines grow with the scale: they are written as they
arise and only their sums stay here. Everything else is as long as a company's documents and is kept.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from close_library.money import EXACT, ZERO, round_money
from close_library.period import Period
from close_library.sample.events import (
    Application,
    BankTransaction,
    Invoice,
    Journal,
    Misposting,
    Payout,
    ProcessorTransaction,
    Receipt,
    VendorInvoice,
    VendorPayment,
)
from close_library.sample.programs import FIRST, FUNCTIONAL, LAST_DAY

Sums = dict[tuple[str, Period], Decimal]


def _sums() -> Sums:
    return defaultdict(lambda: ZERO)


@dataclass
class History:
    """The events of one generated company."""

    seed: int
    scale: Decimal
    rates: dict[date, Decimal] = field(default_factory=dict)
    invoices: list[Invoice] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    disputes: list[dict[str, object]] = field(default_factory=list)
    bank: list[BankTransaction] = field(default_factory=list)
    processor: list[ProcessorTransaction] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    vendor_invoices: list[VendorInvoice] = field(default_factory=list)
    vendor_payments: list[VendorPayment] = field(default_factory=list)
    journals: list[Journal] = field(default_factory=list)
    mispostings: dict[str, Misposting] = field(default_factory=dict)
    recognised: Sums = field(default_factory=_sums)
    """Revenue by contract line and month, in the contract's currency."""
    revenue: Sums = field(default_factory=_sums)
    """The same in functional currency."""
    billed: Sums = field(default_factory=_sums)
    """Invoice lines of posted documents by contract line and month, in the contract's currency."""
    delivered_value: Sums = field(default_factory=_sums)
    accepted_value: Sums = field(default_factory=_sums)
    """By contract line and month, in the contract's currency."""
    cost_to_date: Sums = field(default_factory=_sums)
    owed: Sums = field(default_factory=_sums)
    """Approved work by program and month of work."""
    _counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def dice(self, *names: object) -> random.Random:
        """Chance that depends on the seed and these names alone, so that one stream never disturbs another."""
        return random.Random("/".join(str(part) for part in (self.seed, *names)))

    def number(self, kind: str) -> int:
        """The next number of a kind of document, from 1."""
        self._counters[kind] += 1
        return self._counters[kind]

    def rate(self, currency: str, day: date) -> Decimal:
        """Units of functional currency for one unit on a day."""
        return Decimal(1) if currency == FUNCTIONAL else self.rates[day]

    def functional(self, amount: Decimal, currency: str, day: date) -> Decimal:
        """An amount in functional currency at the rate of a day, rounded once."""
        if currency == FUNCTIONAL:
            return amount
        return round_money(EXACT.multiply(amount, self.rates[day]), FUNCTIONAL)

    def posted(self) -> list[Invoice]:
        """Posted invoices and credit memos; drafts and voids are no documents."""
        return [invoice for invoice in self.invoices if invoice.status == "posted"]


def spot_rates(dice: random.Random) -> dict[date, Decimal]:
    """The euro's rate for every calendar day; Saturdays and Sundays carry Friday's."""
    day, rate = FIRST.first_day, Decimal("1.0835")
    rates = {}
    while day <= LAST_DAY:
        if day.weekday() < 5:
            rate += Decimal(dice.randint(-58, 60)).scaleb(-4)
        rates[day] = rate
        day += timedelta(days=1)
    return rates
