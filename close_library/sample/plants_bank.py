"""Problems planted between card processor, bank and receipts (workpaper 21), and their near misses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.money import ZERO
from close_library.sample.cash import Payment, bank_line
from close_library.sample.events import Journal, JournalLine, Payout
from close_library.sample.history import History
from close_library.sample.planting import Plants, when
from close_library.sample.plants_cash import payment_of

Payments = list[Payment]


@when("payments")
def not_in_the_bank(plants: Plants, history: History, payments: Payments) -> None:
    """A receipt that never reached the bank, and one that the bank had before the books."""
    missing = payment_of(history, payments, "CT-EQX-02", 8)
    missing.day, missing.in_bank = date(2026, 10, 6), False
    plants.problem(
        "receipt_not_in_bank",
        "2026-10",
        "",
        "cash_receipts",
        lambda: missing.receipt.receipt_id if missing.receipt else "",
        "no such wire in the bank",
        lambda: missing.amount,
        "never_arrived",
    )
    early = payment_of(history, payments, "CT-ATL-01", 3)
    early.day, early.in_bank = date(2026, 5, 4), False
    plants.kept["in the bank first"] = early
    retried = payment_of(history, payments, "CT-HLX-06", 9)
    retried.day = date(2026, 10, 22)


@when("settled")
def unknown_money(plants: Plants, history: History, payments: Payments) -> None:
    """Money that came in and was recorded late, or not at all."""
    early: Payment = plants.kept["in the bank first"]
    assert early.receipt is not None
    first = bank_line(
        history, date(2026, 4, 28), early.amount, early.receipt.bank_reference, "Wire from Northwind Robotics, Inc."
    )
    plants.problem(
        "bank_receipt_not_recorded",
        "2026-04",
        "",
        "bank_transactions",
        lambda: first.bank_transaction_id,
        "in the bank on 2026-04-28, recorded on 2026-05-04",
        lambda: first.amount,
        "recorded_late",
    )
    second = bank_line(history, date(2026, 10, 14), Decimal("3260.00"), "REMIT 7781", "Incoming transfer")
    plants.problem(
        "bank_receipt_not_recorded",
        "2026-10",
        "",
        "bank_transactions",
        lambda: second.bank_transaction_id,
        "nobody knows whose money it is",
        lambda: second.amount,
        "nobodys_money",
    )


def _month(history: History, month: int, place: int = 0) -> Payout:
    return [one for one in history.payouts if one.arrival_date.month == month][place]


@when("processed")
def processor_slips(plants: Plants, history: History) -> None:
    """A fee that does not foot, a payout that is short, one that never arrived, one that arrives in time."""
    row = next(one for one in history.processor if one.created.month == 6 and one.fee)
    row.fee += Decimal("0.50")
    plants.problem(
        "processor_row_differs",
        "2026-06",
        "",
        "processor_transactions",
        lambda: row.transaction_id,
        "gross less fee is 0.50 below net",
        lambda: Decimal("-0.50"),
    )
    short = _month(history, 9)
    short.amount -= Decimal("25.00")
    line = next(one for one in history.bank if one.reference == short.bank_reference)
    line.amount = short.amount
    plants.problem(
        "payout_differs",
        "2026-09",
        "",
        "payouts",
        lambda: short.payout_id,
        "25.00 below the sum of its transactions",
        lambda: Decimal("-25.00"),
    )
    lost = _month(history, 10)
    history.bank = [one for one in history.bank if one.reference != lost.bank_reference]
    plants.problem(
        "payout_not_in_bank",
        "2026-10",
        "",
        "payouts",
        lambda: lost.payout_id,
        "paid out early in October and not in the bank",
        lambda: lost.amount,
    )
    late = _month(history, 10, -1)
    assert late.arrival_date == date(2026, 10, 26), "the retried card is paid out in the last week"
    next(one for one in history.bank if one.reference == late.bank_reference).value_date = date(2026, 11, 2)
    plants.near_miss(
        "five_days_of_grace",
        "payout_not_in_bank",
        "",
        "payouts",
        lambda: late.payout_id,
        "arrived on 2026-10-26, exactly five days before the month end",
    )
    manual = Payout("po_260814M01", date(2026, 8, 14), "USD", ZERO, "paid", "", False)
    manual.amount, manual.bank_reference = Decimal("410.00"), "STP20260814M01"
    history.payouts.append(manual)
    history.payouts.sort(key=lambda one: (one.arrival_date, one.payout_id))
    bank_line(history, manual.arrival_date, manual.amount, manual.bank_reference, "Card payout, manual")
    plants.near_miss(
        "manual_payout",
        "payout_differs",
        "",
        "payouts",
        lambda: manual.payout_id,
        "a rebate of fees, paid by hand: no transaction names it, so there is no sum to compare",
    )


@when("journals")
def fees_given_back(plants: Plants, history: History, journals: list[Journal]) -> None:
    """The rebate behind the manual payout."""
    amount = Decimal("410.00")
    journals.append(
        Journal(
            date(2026, 8, 14),
            "cash",
            "Rebate of card fees",
            [JournalLine("1050", amount, "", "", "po_260814M01"), JournalLine("6300", -amount, "helix")],
        )
    )
