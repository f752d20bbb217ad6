"""Significant financing: a customer who pays long before delivery also lends money (ASC 606-10-32-15).

A pure calculation beside the schedules: the canonical tables hold no rate of interest, so an analyst works it out here and books
the interest by hand. The liability grows by compound interest at the rate of the contract's inception (ASC 606-10-32-19);
revenue is what it has grown to when control passes. Interest is an expense of its own, never less revenue (ASC 606-10-32-20).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from close_library.accounting.revenue.recognition import rounded
from close_library.money import ZERO


@dataclass(frozen=True)
class FinancedAdvance:
    """What an advance turns into: interest expense by year (the first year first) and revenue by delivery."""

    advance: Decimal
    interest: tuple[Decimal, ...]
    revenue: Mapping[str, Decimal]

    @property
    def total_interest(self) -> Decimal:
        """Interest over all years."""
        return sum(self.interest, ZERO)

    @property
    def total_revenue(self) -> Decimal:
        """Revenue of all deliveries: the advance and its interest."""
        return sum(self.revenue.values(), ZERO)


def financed_advance(
    advance: Decimal, annual_rate_percent: Decimal, years: int, currency: str = "USD"
) -> FinancedAdvance:
    """An advance for one delivery after some years: interest by year, compound, and the revenue at delivery.

    >>> financed = financed_advance(Decimal(4000), Decimal(6), years=2)
    >>> financed.interest, financed.total_revenue
    ((Decimal('240.00'), Decimal('254.40')), Decimal('4494.40'))
    """
    return financed_deliveries({"delivery": (advance, years)}, annual_rate_percent, currency)


def financed_deliveries(
    deliveries: Mapping[str, tuple[Decimal, int]], annual_rate_percent: Decimal, currency: str = "USD"
) -> FinancedAdvance:
    """An advance for several deliveries: name → (its part of the advance, years until it is delivered).

    A part bears interest until its delivery. What all have grown to is rounded to date, so a year's interest is a difference
    of rounded amounts, and advance and interest are the revenue to the cent; the delivery that comes last takes the rest.
    """
    assert deliveries and all(years >= 0 for _, years in deliveries.values()), (
        "a delivery does not come before its advance"
    )
    growth = 1 + Fraction(annual_rate_percent) / 100

    def grown(year: int) -> Decimal:
        exact = (Fraction(part) * growth ** min(year, years) for part, years in deliveries.values())
        return rounded(sum(exact, Fraction(0)), currency)

    in_order = sorted(deliveries, key=lambda name: (deliveries[name][1], name))
    last = deliveries[in_order[-1]][1]
    revenue = {}
    for name in in_order[:-1]:
        part, years = deliveries[name]
        revenue[name] = rounded(Fraction(part) * growth**years, currency)
    revenue[in_order[-1]] = grown(last) - sum(revenue.values(), ZERO)
    return FinancedAdvance(grown(0), tuple(grown(year) - grown(year - 1) for year in range(1, last + 1)), revenue)
