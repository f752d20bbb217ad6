"""Stories and problems planted in customers' payments (workpapers 20 and 70), and their near misses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from close_library.money import ZERO, round_money
from close_library.sample.cash import Part, Payment
from close_library.sample.events import Invoice
from close_library.sample.history import History
from close_library.sample.planting import Plants, when

Payments = list[Payment]


def invoice_of(history: History, contract_id: str, month: int) -> Invoice:
    """The posted invoice of a contract that a month ends with."""
    found = [
        one
        for one in history.posted()
        if one.contract_id == contract_id and one.invoice_date.month == month and one.document_type == "invoice"
    ]
    return max(found, key=lambda one: (one.total_amount, one.invoice_id))


def payment_of(history: History, payments: Payments, contract_id: str, month: int) -> Payment:
    """The payment of that invoice."""
    invoice = invoice_of(history, contract_id, month)
    return next(one for one in payments if one.parts and one.parts[0].invoice is invoice)


def receipt_key(payment: Payment) -> str:
    """The id of the receipt that a payment became."""
    assert payment.receipt is not None, "the payment has been carried out"
    return payment.receipt.receipt_id


def application_key(part: Part) -> str:
    """The id of the application that a part of a payment became."""
    assert part.application is not None, "the payment has been carried out"
    return part.application.application_id


@when("payments")
def partial_payments(plants: Plants, history: History, payments: Payments) -> None:
    """Two invoices are paid in two parts, one of them foreign; a difference of cents is written off."""
    for contract_id, month, percent in (("CT-BOR-01", 4, 60), ("CT-CYG-01", 5, 50)):
        first = payment_of(history, payments, contract_id, month)
        part = first.parts[0]
        early = round_money(part.amount * percent / 100, part.invoice.currency)
        rest = part.amount - early
        payments.append(
            replace(first, day=first.day + timedelta(days=21), amount=rest, parts=[Part(part.invoice, rest)])
        )
        first.amount = part.amount = early
    short = payment_of(history, payments, "CT-FOR-01", 3)
    short.amount = short.parts[0].amount = short.amount - Decimal("312.40")
    gone = Part(short.parts[0].invoice, ZERO, write_off=Decimal("312.40"))
    payments.append(Payment(short.customer_id, date(2026, 8, 31), ZERO, [gone], kind="none"))


@when("payments")
def credits_applied(plants: Plants, history: History, payments: Payments) -> None:
    """Credit memos are set against their invoices; the customers pay the rest."""
    for name, day, amount in (
        ("its credit", date(2026, 3, 31), None),
        ("rework", date(2026, 7, 20), None),
        ("euro credit", date(2026, 8, 20), Decimal("500.00")),
        ("credit of the quarter", date(2026, 9, 10), None),
    ):
        memo: Invoice = plants.kept[name]
        invoice = memo.applies_to
        assert invoice is not None
        applied = amount or -memo.total_amount
        payment = next(one for one in payments if one.parts and one.parts[0].invoice is invoice)
        payment.amount -= applied
        payment.parts[0].amount -= applied
        if not payment.amount:
            payments.remove(payment)
        payments.append(
            Payment(memo.customer_id, day, ZERO, [Part(invoice, applied)], memo.currency, kind="memo", memo=memo)
        )


@when("payments")
def five_invoices(plants: Plants, history: History, payments: Payments) -> None:
    """One receipt pays five invoices of two programs."""
    chosen = [
        payment_of(history, payments, *key)
        for key in (("CT-DRA-02", 3), ("CT-DRA-02", 4), ("CT-DRA-01", 4), ("CT-EQX-02", 3), ("CT-EQX-02", 4))
    ]
    for payment in chosen:
        payments.remove(payment)
    parts = [part for payment in chosen for part in payment.parts]
    payments.append(Payment("CU-1004", date(2026, 5, 29), sum((part.amount for part in parts), ZERO), parts))


@when("payments")
def paid_without_a_word(plants: Plants, history: History, payments: Payments) -> None:
    """A wire of the customer with two programs comes without a remittance and is applied seven weeks later."""
    payment = payment_of(history, payments, "CT-DRA-02", 6)
    payment.day, payment.parts[0].day = date(2026, 5, 18), date(2026, 7, 8)
    plants.problem(
        "receipt_unapplied",
        "2026-06",
        "",
        "cash_receipts",
        lambda: receipt_key(payment),
        "came without a remittance on 2026-05-18; applied to draco on 2026-07-08",
        lambda: payment.amount,
        "paid_without_a_word",
    )


@when("payments")
def overpaid_and_refunded(plants: Plants, history: History, payments: Payments) -> None:
    """A customer pays 1,200.00 too much and gets it back under the same reference."""
    payment = payment_of(history, payments, "CT-ATL-01", 6)
    payment.amount += Decimal("1200.00")
    payment.reference = "NWR-REMIT-20617"
    payments.append(
        Payment("CU-1001", payment.day + timedelta(days=14), Decimal("-1200.00"), [], reference=payment.reference)
    )
    plants.near_miss(
        "refunded",
        "receipt_unapplied",
        "atlas",
        "cash_receipts",
        lambda: receipt_key(payment),
        "the refund carries the receipt's reference, so nothing is left unapplied",
    )


@when("payments")
def thirty_days_old(plants: Plants, history: History, payments: Payments) -> None:
    """Two receipts that nobody can place: one 31 days old at the end of October, one 30."""
    older = Payment("CU-1005", date(2026, 9, 30), Decimal("1940.00"), reference="PELAGOS SEPT")
    newer = Payment("CU-1006", date(2026, 10, 1), Decimal("850.00"), reference="TESSERA 4471")
    payments += [older, newer]
    plants.problem(
        "receipt_unapplied",
        "2026-10",
        "fornax",
        "cash_receipts",
        lambda: receipt_key(older),
        "31 days old and not applied",
        lambda: older.amount,
        "thirty_one_days_old",
    )
    plants.near_miss(
        "thirty_days_old",
        "receipt_unapplied",
        "gaia",
        "cash_receipts",
        lambda: receipt_key(newer),
        "exactly 30 days old on 2026-10-31",
    )


@when("payments")
def entered_twice(plants: Plants, history: History, payments: Payments) -> None:
    """A receipt is entered again two days later; the bank knows it once."""
    first = payment_of(history, payments, "CT-GAI-01", 8)
    first.day, first.reference = date(2026, 9, 28), "TESSERA-ACH-90412"
    second = Payment(first.customer_id, date(2026, 9, 30), first.amount, [], reference=first.reference, in_bank=False)
    payments.append(second)
    plants.problem(
        "receipt_duplicate",
        "2026-09",
        "gaia",
        "cash_receipts",
        lambda: receipt_key(second),
        "the same wire entered again two days later",
        lambda: second.amount,
    )
    plants.problem(
        "receipt_unapplied",
        "2026-10",
        "gaia",
        "cash_receipts",
        lambda: receipt_key(second),
        "the second entry has nothing to pay",
        lambda: second.amount,
        "entered_twice_unapplied",
    )
    plants.problem(
        "receipt_not_in_bank",
        "2026-09 2026-10",
        "",
        "cash_receipts",
        lambda: receipt_key(second),
        "the bank knows the wire once",
        lambda: second.amount,
        "entered_twice_not_in_bank",
    )


@when("payments")
def two_of_one_amount(plants: Plants, history: History, payments: Payments) -> None:
    """Two instalments of one amount are paid a day apart under two references."""
    first, second = (payment_of(history, payments, "CT-FOR-01", month) for month in (5, 6))
    first.day, second.day = date(2026, 8, 20), date(2026, 8, 21)
    plants.near_miss(
        "same_amount_other_reference",
        "receipt_duplicate",
        "fornax",
        "cash_receipts",
        lambda: receipt_key(second),
        "two instalments of 55,000.00, each with its own reference",
    )
