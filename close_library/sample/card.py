"""What the card processor does: charges with their fees, a payout each Friday, its arrival in the bank."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from close_library.money import ZERO, round_money
from close_library.sample.cash import Payment, bank_line, workday
from close_library.sample.events import Payout, ProcessorTransaction
from close_library.sample.history import History
from close_library.sample.programs import LAST_DAY

_FEE_PERCENT = Decimal("0.029")
_FEE_FIXED = Decimal("0.30")


def process(history: History, payments: list[Payment]) -> None:
    """Charge the card payments and pay them out, week by week."""
    weeks: dict[date, list[Payment]] = {}
    for payment in sorted((p for p in payments if p.kind == "card"), key=lambda one: one.day):
        friday = payment.day + timedelta(days=(4 - payment.day.weekday()) % 7)
        weeks.setdefault(friday, []).append(payment)
    for friday, members in sorted(weeks.items()):
        _pay_out(history, friday, members)


def _pay_out(history: History, friday: date, members: list[Payment]) -> None:
    count = history.number("payout")
    payout_id = f"po_{friday:%y%m%d}{count:03d}"
    net = ZERO
    for payment in members:
        net += _charge(history, payment, payout_id)
    arrival = workday(friday + timedelta(days=3))
    reference = f"STP{friday:%Y%m%d}{count:03d}"
    status = "paid" if arrival <= LAST_DAY else "in_transit"
    history.payouts.append(Payout(payout_id, arrival, "USD", net, status, reference, True))
    history.processor.append(
        ProcessorTransaction(
            f"txn_{history.number('processor'):06d}",
            "payout",
            friday,
            arrival,
            "USD",
            -net,
            ZERO,
            -net,
            payout_id,
            payout_id,
            "",
        )
    )
    if arrival <= LAST_DAY:
        bank_line(history, arrival, net, reference, "Card payout")


def _charge(history: History, payment: Payment, payout_id: str) -> Decimal:
    receipt = payment.receipt
    assert receipt is not None, "a card payment has been received"
    receipt.payout_id = payout_id
    fee = round_money(payment.amount * _FEE_PERCENT + _FEE_FIXED, "USD")
    number = payment.parts[0].invoice.invoice_number if payment.parts else ""
    count = history.number("processor")
    history.processor.append(
        ProcessorTransaction(
            f"txn_{count:06d}",
            "charge",
            payment.day,
            payment.day + timedelta(days=2),
            "USD",
            payment.amount,
            fee,
            payment.amount - fee,
            payout_id,
            f"ch_{count:06d}",
            number,
        )
    )
    return payment.amount - fee
