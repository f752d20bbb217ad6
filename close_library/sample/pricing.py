"""What a quantity is worth under a contract line, and how much of a line's price is earned by a day.

The generator's own arithmetic, kept apart from the product's: graduated tiers over a calendar month, the
price in force on the day, one rounding a delivery; ratable and cost-to-cost lines rounded to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from close_library.money import EXACT, ZERO, round_money
from close_library.period import Period, months_between
from close_library.sample.programs import CONTRACT_CHANGE, LINES, Line

Priced = tuple[date, str, Decimal]
"""The day, the delivery's id, the quantity."""


def price_on(line: Line, day: date) -> Decimal:
    """The price of the first tier in force on a day."""
    return _tiers(line, day)[0][1]


def _tiers(line: Line, day: date) -> list[tuple[Decimal, Decimal]]:
    in_force = [
        (price.tier_from or Decimal(0), price.price)
        for price in line.prices
        if (price.price_from is None or price.price_from <= day) and (price.price_to is None or day <= price.price_to)
    ]
    return sorted(in_force)


def graduated(line: Line, day: date, before: Decimal, quantity: Decimal) -> Decimal:
    """The exact worth of a quantity that comes after `before` in its month."""
    tiers = _tiers(line, day)
    ends = [start for start, _ in tiers[1:]] + [before + quantity]
    worth = Decimal(0)
    for (start, price), end in zip(tiers, ends, strict=True):
        part = min(before + quantity, end) - max(before, start)
        if part > 0:
            worth = EXACT.add(worth, EXACT.multiply(part, price))
    return worth


def values(line: Line, currency: str, rows: Iterable[Priced]) -> dict[str, Decimal]:
    """The value of each delivery of one month, in date order and then by id."""
    before, found = Decimal(0), {}
    for day, delivery_id, quantity in sorted(rows):
        found[delivery_id] = round_money(graduated(line, day, before, quantity), currency)
        before += quantity
    return found


def share(line: Line) -> Decimal:
    """The part of its contract's price that a line earns, by standalone selling prices where they are given."""
    amount = line.amount or ZERO
    if line.selling_price is None:
        return amount
    siblings = sorted((other for other in LINES if other.contract_id == line.contract_id), key=lambda o: o.line_id)
    whole = sum((other.amount or ZERO for other in siblings), ZERO)
    prices = sum((other.selling_price or ZERO for other in siblings), ZERO)
    shares: dict[str, Decimal] = {}
    for other in siblings:
        exact = EXACT.divide(EXACT.multiply(whole, other.selling_price or ZERO), prices)
        shares[other.line_id] = round_money(exact, "USD")
    shares[siblings[-1].line_id] = whole - sum((shares[other.line_id] for other in siblings[:-1]), ZERO)
    return shares[line.line_id]


def ratable_to_date(line: Line, day: date) -> Decimal:
    """What a subscription has earned by a day, rounded to date."""
    start, end = line.start, line.end
    assert start and end, "a subscription has service dates"
    if day < start:
        return ZERO
    served, whole = (_days, _days) if line.recognition == "ratable_daily" else (_months, _months)
    earned = EXACT.multiply(share(line), served(start, min(day, end)))
    return round_money(EXACT.divide(earned, whole(start, end)), "USD")


def _days(first: date, last: date) -> Decimal:
    return Decimal((last - first).days + 1)


def _months(first: date, last: date) -> Decimal:
    total = Decimal(0)
    for period in months_between(Period.of(first), Period.of(last)):
        inside = _days(max(first, period.first_day), min(last, period.last_day))
        total = EXACT.add(total, EXACT.divide(inside, Decimal(period.days)))
    return total


def cost_to_cost_to_date(line: Line, cost: Decimal, day: date) -> Decimal:
    """What a fixed-fee line has earned at a cost to date: never above its price, with its changes to the day."""
    changed, change_date, change = CONTRACT_CHANGE
    price = (line.amount or ZERO) + (change if changed == line.line_id and change_date <= day else ZERO)
    assert line.estimated_cost, "a cost-to-cost line has an estimate"
    return min(price, round_money(EXACT.divide(EXACT.multiply(price, cost), line.estimated_cost), "USD"))
