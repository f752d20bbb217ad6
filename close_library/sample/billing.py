"""What is billed: a month's recognised deliveries, milestones, instalments and subscriptions become invoices.

Usage and hours are billed on the last day of the month in which they are recognised, a milestone on the day of
its acceptance (less what was billed in advance), subscriptions and fixed fees by their schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from close_library.period import Period
from close_library.sample.events import Delivery, Invoice, InvoiceLine
from close_library.sample.history import History
from close_library.sample.pricing import price_on
from close_library.sample.programs import CONTRACTS, CUSTOMER_OF, LINE_OF, LINES, Contract, Line

ADVANCES = {
    "DRA-01-M1": (date(2026, 1, 12), Decimal("34000.00")),
    "DRA-01-M6": (date(2026, 10, 5), Decimal("25600.00")),
}
"""Milestones billed in part before the work: the day and the amount."""

_QUARTERS = (date(2026, 2, 1), date(2026, 5, 1), date(2026, 8, 1))
_INSTALMENT = Decimal("55000.00")
_PREPAID = ("CT-HLX-04", "CT-HLX-08", "CT-HLX-12")
"""Small customers that pay the year at once."""

Recognised = dict[str, list[tuple[Delivery, date, Decimal]]]
"""Contract line → its deliveries recognised in the month, with day and value."""


def invoices_of(period: Period, recognised: Recognised) -> list[Invoice]:
    """The month's invoices in order of date, not yet numbered."""
    drawn: list[Invoice] = []
    for contract in CONTRACTS:
        drawn += list(_milestones(contract, period, recognised))
        drawn += list(_scheduled(contract, period))
        monthly = _month_end(contract, period, recognised)
        if monthly.lines:
            drawn.append(monthly)
    return drawn


def number(history: History, invoices: list[Invoice]) -> None:
    """Give the month's documents their ids and numbers in order of date, and keep them."""
    for invoice in sorted(invoices, key=lambda one: one.invoice_date):
        count = history.number("invoice")
        prefix = "CM" if invoice.document_type == "credit_memo" else "INV"
        invoice.invoice_id = f"in_{count:05d}"
        invoice.invoice_number = invoice.invoice_number or f"{prefix}-2026-{count:04d}"
        history.invoices.append(invoice)


def draft(contract: Contract, day: date, lines: list[InvoiceLine]) -> Invoice:
    """An invoice under a contract, due after the contract's terms."""
    invoice = Invoice(
        "",
        "",
        contract.program_id,
        contract.customer_id,
        contract.contract_id,
        contract.po_number,
        day,
        day + timedelta(days=contract.terms),
        contract.currency,
        lines=lines,
    )
    refoot(invoice)
    return invoice


def refoot(invoice: Invoice) -> None:
    """Total an invoice again after a line has changed."""
    invoice.foot(CUSTOMER_OF[invoice.customer_id].tax_rate)


def _lines_of(contract: Contract) -> list[Line]:
    return [line for line in LINES if line.contract_id == contract.contract_id]


def _month_end(contract: Contract, period: Period, recognised: Recognised) -> Invoice:
    lines = []
    for line in _lines_of(contract):
        if line.monthly:
            lines += [_delivered(line, *row) for row in recognised.get(line.line_id, [])]
        elif line.product == "Helix workspace" and contract.contract_id not in _PREPAID:
            assert line.amount is not None
            lines.append(_plain(line, line.amount / 12, period.first_day, period.last_day))
    return draft(contract, period.last_day, lines)


def _delivered(line: Line, delivery: Delivery, day: date, value: Decimal) -> InvoiceLine:
    accepted = line.recognition == "on_acceptance"
    quantity = delivery.quantity_accepted if accepted else delivery.quantity_delivered
    # A delivery across two tiers has no single price, so a tiered line states its amount alone.
    price = None if line.tiered else price_on(line, day)
    return InvoiceLine(line.line_id, line.product, quantity, price, value, day, day, delivery.delivery_id)


def _plain(
    line: Line, amount: Decimal, start: date | None, end: date | None, delivery_id: str = "", words: str = ""
) -> InvoiceLine:
    amount = amount.quantize(Decimal("0.01"))
    return InvoiceLine(line.line_id, words or line.product, Decimal(1), None, amount, start, end, delivery_id)


def _milestones(contract: Contract, period: Period, recognised: Recognised) -> Iterator[Invoice]:
    for line in (line for line in _lines_of(contract) if line.model == "milestone"):
        day, advance = ADVANCES.get(line.line_id, (None, Decimal(0)))
        if day and Period.of(day) == period:
            yield draft(contract, day, [_plain(line, advance, day, day, words=f"{line.product}, advance")])
        for delivery, accepted, value in recognised.get(line.line_id, []):
            rest = value - (advance if day and day < accepted else 0)
            yield draft(contract, accepted, [_plain(line, rest, accepted, accepted, delivery.delivery_id)])


def _scheduled(contract: Contract, period: Period) -> Iterator[Invoice]:
    if contract.contract_id == "CT-EQX-01":
        for day in (day for day in _QUARTERS if Period.of(day) == period):
            end = period.shift(2).last_day
            lines = [_plain(line, (line.amount or Decimal(0)) / 4, day, end) for line in _lines_of(contract)]
            yield draft(contract, day, lines)
    if contract.contract_id == "CT-FOR-01" and period.month >= 2:
        day = date(period.year, period.month, 20)
        line = LINE_OF["FOR-01-FIX"]
        yield draft(contract, day, [_plain(line, _INSTALMENT, period.first_day, period.last_day, words="Instalment")])
    if contract.contract_id in _PREPAID and period.month == 1:
        line = next(line for line in _lines_of(contract) if line.amount)
        yield draft(contract, date(2026, 1, 5), [_plain(line, line.amount or Decimal(0), line.start, line.end)])
