"""Revenue of contract lines that have a price of their own: milestones, subscriptions, fixed fees (ASC 606).

ACCOUNTING.md §3. Every such line has a *measure of progress* between 0 and 1: a milestone is reached or not, a ratable line
counts days or months of service, a cost-to-cost line its cost against the estimate. Revenue to date = price × progress,
rounded to date, so that the periods add up to the price to the cent. A cumulative change alters the price from its date on,
back to the beginning (ASC 606-10-25-13b); a prospective one is spread over what remains (ASC 606-10-25-13a), so that a
cumulative change after it reaches back to the prospective one and no further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from close_library.money import minor_unit
from close_library.period import Period, months_between

Measure = Callable[[date], Fraction]
"""The progress of a line at the end of a day, between 0 and 1."""


@dataclass(frozen=True)
class Change:
    """A change of a line's price from a date on."""

    change_date: date
    amount: Decimal
    prospective: bool


@dataclass(frozen=True)
class PricedLine:
    """A contract line with a price of its own, and what its progress is measured by."""

    contract_line_id: str
    contract_id: str
    recognition: str
    currency: str
    price: Decimal
    service_start: date | None = None
    service_end: date | None = None
    accepted_date: date | None = None
    estimated_cost: Decimal | None = None
    costs: Sequence[tuple[date, Decimal]] = ()
    changes: Sequence[Change] = ()


def revenue_to_date(line: PricedLine, day: date) -> Decimal:
    """Revenue of the line to the end of a day, in the contract's currency, rounded to date (half away from zero)."""
    measure = measure_of(line)
    settled, pool, begun = Fraction(0), Fraction(line.price), Fraction(0)
    for change in sorted(
        (c for c in line.changes if c.change_date <= day), key=lambda c: (c.change_date, c.prospective)
    ):
        if change.prospective:
            before = max(begun, measure(_last_day_before(line, change.change_date)))
            earned = pool * _since(begun, before)
            settled, pool, begun = settled + earned, pool - earned + Fraction(change.amount), before
        else:
            pool += Fraction(change.amount)
    return rounded(settled + pool * _since(begun, measure(day)), line.currency)


def _last_day_before(line: PricedLine, change_date: date) -> date:
    """The last day of service at the old price. A month is the unit of a line that is ratable by months, so a change counts
    for the whole of its month."""
    first = Period.of(change_date).first_day if line.recognition == "ratable_monthly" else change_date
    return first - timedelta(days=1)


def measure_of(line: PricedLine) -> Measure:
    """How the line's progress is measured: by acceptance, by days, by months, or by cost."""
    if line.recognition in ("ratable_daily", "ratable_monthly"):
        if line.service_start is None or line.service_end is None or line.service_end < line.service_start:
            return lambda day: Fraction(0)
        start, end = line.service_start, line.service_end
        served = _days if line.recognition == "ratable_daily" else _months
        whole = served(start, end)
        return lambda day: Fraction(0) if day < start else served(start, min(day, end)) / whole
    if line.recognition == "cost_to_cost":
        estimate = Fraction(line.estimated_cost or 0)
        if estimate <= 0:
            return lambda day: Fraction(0)
        return lambda day: min(
            Fraction(1), sum((Fraction(c) for d, c in line.costs if d <= day), Fraction(0)) / estimate
        )
    return lambda day: Fraction(int(line.accepted_date is not None and line.accepted_date <= day))


def _since(begun: Fraction, measured: Fraction) -> Fraction:
    """The part of what remained at `begun` that is done at `measured`; all of it where nothing remained."""
    return Fraction(1) if begun >= 1 else (measured - begun) / (1 - begun)


def _days(first: date, last: date) -> Fraction:
    return Fraction((last - first).days + 1)


def _months(first: date, last: date) -> Fraction:
    """Months of service, each calendar month counting as the share of its days in service."""
    begins, ends = Period.of(first), Period.of(last)
    if begins == ends:
        return _days(first, last) / begins.days
    between = (ends.year - begins.year) * 12 + ends.month - begins.month - 1
    return _days(first, begins.last_day) / begins.days + between + Fraction(last.day, ends.days)


def rounded(amount: Fraction, currency: str) -> Decimal:
    """An exact fraction rounded half away from zero to the minor unit of its currency."""
    places = minor_unit(currency)
    doubled = abs(amount) * 2 * 10**places
    units = (doubled.numerator // doubled.denominator + 1) // 2
    return Decimal(units if amount >= 0 else -units).scaleb(-places)


def allocated(
    amounts: Mapping[str, Decimal], selling_prices: Mapping[str, Decimal], currency: str
) -> dict[str, Decimal]:
    """The price of each line of one contract, allocated by standalone selling price (ASC 606-10-32-31).

    The lines with a selling price share the sum of their amounts in its proportion; each share is rounded half up, the last
    line by id takes the rest. Lines without a selling price keep their amount.
    """
    sharing = sorted(line for line, price in selling_prices.items() if price is not None)
    whole = sum((amounts[line] for line in sharing), Decimal(0))
    prices = sum((Fraction(selling_prices[line]) for line in sharing), Fraction(0))
    shares = dict(amounts)
    if not sharing or prices <= 0:
        return shares
    rest = whole
    for line in sharing[:-1]:
        shares[line] = rounded(Fraction(whole) * Fraction(selling_prices[line]) / prices, currency)
        rest -= shares[line]
    shares[sharing[-1]] = rest
    return shares


def revenue_by_month(line: PricedLine, to: date) -> list[tuple[date, Decimal]]:
    """What each month to a day adds to the revenue to date: (recognition date, amount), months without any left out.

    The date is the day of acceptance, or of a change after it, for a milestone; the month's end, or the day itself, else.
    """
    first = min(_begins(line), default=None)
    if first is None or first > to:
        return []
    rows, before = [], Decimal(0)
    for month in months_between(Period.of(first), Period.of(to)):
        day = min(month.last_day, to)
        now = revenue_to_date(line, day)
        if now != before:
            rows.append((_recognised_on(line, month, day), now - before))
        before = now
    return rows


def _begins(line: PricedLine) -> Iterable[date]:
    if line.recognition == "cost_to_cost":
        yield from (day for day, _ in line.costs)
    elif line.recognition in ("ratable_daily", "ratable_monthly"):
        if line.service_start is not None:
            yield line.service_start
    elif line.accepted_date is not None:
        yield line.accepted_date


def _recognised_on(line: PricedLine, month: Period, day: date) -> date:
    if line.accepted_date is None or line.recognition in ("ratable_daily", "ratable_monthly", "cost_to_cost"):
        return day
    events = [line.accepted_date, *(change.change_date for change in line.changes)]
    return max((event for event in events if month.first_day <= event <= day), default=day)
