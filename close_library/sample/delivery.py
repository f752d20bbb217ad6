"""What is delivered: the month's deliveries of each contract line, accepted or rejected some days later."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from close_library.money import ZERO, round_half_up
from close_library.period import Period
from close_library.sample.events import Delivery
from close_library.sample.history import History
from close_library.sample.programs import CONTRACT_OF, LAST_DAY, Line

MILESTONES = {
    "DRA-01-M1": (date(2026, 2, 13), date(2026, 2, 18)),
    "DRA-01-M2": (date(2026, 4, 9), date(2026, 4, 15)),
    "DRA-01-M3": (date(2026, 5, 22), date(2026, 5, 28)),
    "DRA-01-M4": (date(2026, 6, 26), date(2026, 7, 3)),
    "DRA-01-M5": (date(2026, 9, 3), date(2026, 9, 10)),
}
"""Delivered, accepted. The sixth milestone is billed in advance and still to come."""

FEWEST = 6


def deliveries_of(history: History, line: Line, period: Period) -> list[Delivery]:
    """The deliveries of a contract line whose delivery date lies in the month, in order of date."""
    if line.model == "milestone":
        return _milestone(line, period)
    if line.recognition == "cost_to_cost":
        return _cost_reports(history, line, period)
    if not line.monthly:
        return []
    dice = history.dice("deliveries", line.line_id, period)
    count = max(FEWEST, int(round_half_up(line.monthly * history.scale, 0)))
    workdays = [day for day in _days(period) if day.weekday() < 5]
    days = sorted(dice.choice(workdays) for _ in range(count))
    return [_delivery(dice, line, period, number, day) for number, day in enumerate(days, start=1)]


def _days(period: Period) -> list[date]:
    return [period.first_day + timedelta(days=n) for n in range(period.days)]


def _delivery(dice: Random, line: Line, period: Period, number: int, day: date) -> Delivery:
    quantity = _quantity(dice, line)
    delivery = _new(line, period, number, day, quantity)
    accepted = _workday(day + timedelta(days=dice.randint(1, 6)))
    rejected = dice.random() < 0.015
    refused = dice.random() < 0.12 and line.recognition == "on_acceptance"
    if accepted > LAST_DAY:
        return delivery
    if rejected:
        delivery.status = "rejected"
        return delivery
    delivery.status, delivery.accepted_date = "accepted", accepted
    delivery.quantity_accepted = quantity - (int(quantity) // 50 if refused else 0)
    return delivery


def _quantity(dice: Random, line: Line) -> Decimal:
    if line.model == "staffing":
        return Decimal(dice.randint(line.low * 4, line.high * 4)) / 4
    return Decimal(dice.randint(line.low, line.high))


def _new(line: Line, period: Period, number: int, day: date, quantity: Decimal) -> Delivery:
    contract = CONTRACT_OF[line.contract_id]
    return Delivery(
        delivery_id=f"DLV-{line.line_id}-{period.year}{period.month:02d}-{number:05d}",
        program_id=contract.program_id,
        contract_line_id=line.line_id,
        po_number=contract.po_number,
        delivery_date=day,
        accepted_date=None,
        unit=line.unit,
        quantity_delivered=quantity,
        quantity_accepted=None,
        milestone="",
        status="delivered",
    )


def _milestone(line: Line, period: Period) -> list[Delivery]:
    delivered, accepted = MILESTONES.get(line.line_id, (None, None))
    if delivered is None or Period.of(delivered) != period:
        return []
    delivery = _new(line, period, 1, delivered, Decimal(1))
    delivery.status, delivery.accepted_date, delivery.quantity_accepted = "accepted", accepted, Decimal(1)
    delivery.milestone = line.product
    return [delivery]


def _cost_reports(history: History, line: Line, period: Period) -> list[Delivery]:
    """A cost report every Friday of the service; it carries a cost and no value."""
    dice = history.dice("costs", line.line_id, period)
    assert line.start, "a fixed-fee line has service dates"
    reports = []
    fridays = [day for day in _days(period) if day.weekday() == 4 and day >= line.start]
    for number, day in enumerate(fridays, start=1):
        report = _new(line, period, number, day, Decimal(1))
        report.unit, report.status = "cost report", "accepted"
        report.accepted_date, report.quantity_accepted = day, Decimal(1)
        report.cost = Decimal(dice.randint(640000, 1010000)).scaleb(-2)
        reports.append(report)
    return reports


def _workday(day: date) -> date:
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def cost_of(rows: list[Delivery]) -> Decimal:
    """The cost of the reports among these rows that are not rejected."""
    return sum((row.cost for row in rows if row.cost is not None and row.status != "rejected"), ZERO)
