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


def _receipt_key(payment: Payment) -> str:
    assert payment.receipt is not None, "the payment has been carried out"
    return payment.receipt.receipt_id


def _application_key(part: Part) -> str:
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
        lambda: _receipt_key(payment),
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
        lambda: _receipt_key(payment),
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
        lambda: _receipt_key(older),
        "31 days old and not applied",
        lambda: older.amount,
        "thirty_one_days_old",
    )
    plants.near_miss(
        "thirty_days_old",
        "receipt_unapplied",
        "gaia",
        "cash_receipts",
        lambda: _receipt_key(newer),
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
        lambda: _receipt_key(second),
        "the same wire entered again two days later",
        lambda: second.amount,
    )
    plants.problem(
        "receipt_unapplied",
        "2026-10",
        "gaia",
        "cash_receipts",
        lambda: _receipt_key(second),
        "the second entry has nothing to pay",
        lambda: second.amount,
        "entered_twice_unapplied",
    )
    plants.problem(
        "receipt_not_in_bank",
        "2026-09 2026-10",
        "",
        "cash_receipts",
        lambda: _receipt_key(second),
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
        lambda: _receipt_key(second),
        "two instalments of 55,000.00, each with its own reference",
    )


@when("payments")
def unknown_invoice(plants: Plants, history: History, payments: Payments) -> None:
    """A receipt is applied to an invoice that does not exist."""
    part = Part(invoice_of(history, "CT-GAI-01", 7), Decimal("500.00"), invoice_id="in_90417")
    payment = Payment("CU-1006", date(2026, 8, 19), Decimal("500.00"), [part], reference="TESSERA DEPOSIT")
    payments.append(payment)
    plants.problem(
        "unknown_reference",
        "2026-08",
        "",
        "cash_applications",
        lambda: _application_key(part),
        "applied to in_90417, which does not exist",
        lambda: part.amount,
        "unknown_invoice",
    )
    plants.problem(
        "receipt_unapplied",
        "2026-09 2026-10",
        "gaia",
        "cash_receipts",
        lambda: _receipt_key(payment),
        "so its receipt stays unapplied",
        lambda: payment.amount,
        "unknown_invoice_unapplied",
    )


@when("payments")
def too_much_applied(plants: Plants, history: History, payments: Payments) -> None:
    """An invoice is paid beyond its total, and a receipt is applied beyond its amount."""
    first = payment_of(history, payments, "CT-ATL-01", 8)
    first.day = date(2026, 10, 1)
    beyond = Part(first.parts[0].invoice, Decimal("1500.00"))
    payments.append(Payment("CU-1001", date(2026, 10, 9), beyond.amount, [beyond]))
    plants.problem(
        "application_exceeds_document",
        "2026-10",
        "atlas",
        "cash_applications",
        lambda: _application_key(beyond),
        "1,500.00 applied to an invoice that was already paid",
        lambda: beyond.amount,
        "invoice_overpaid",
    )
    short = payment_of(history, payments, "CT-GAI-01", 6)
    short.day, short.amount = date(2026, 8, 5), short.amount - Decimal("300.00")
    plants.problem(
        "application_exceeds_document",
        "2026-08",
        "gaia",
        "cash_applications",
        lambda: _application_key(short.parts[0]),
        "the wire was 300.00 short, applied as if in full",
        lambda: Decimal("300.00"),
        "receipt_over_applied",
    )


@when("payments")
def applied_too_early(plants: Plants, history: History, payments: Payments) -> None:
    """A receipt of August is applied with a date in July; another on its own day."""
    payment = payment_of(history, payments, "CT-BOR-01", 5)
    payment.day, payment.parts[0].day = date(2026, 8, 3), date(2026, 7, 31)
    plants.problem(
        "application_before_receipt",
        "2026-07",
        "borealis",
        "cash_applications",
        lambda: _application_key(payment.parts[0]),
        "applied on 2026-07-31, received on 2026-08-03",
        lambda: payment.amount,
    )
    same_day = payment_of(history, payments, "CT-BOR-01", 3)
    plants.near_miss(
        "applied_on_its_day",
        "application_before_receipt",
        "borealis",
        "cash_applications",
        lambda: _application_key(same_day.parts[0]),
        "applied on the day of the receipt",
    )


@when("payments")
def discount_too_large(plants: Plants, history: History, payments: Payments) -> None:
    """A customer takes 3 % where 2 % is agreed; only 2 % is given and the rest written off in August."""
    payment = payment_of(history, payments, "CT-GAI-02", 4)
    invoice = payment.parts[0].invoice
    extra = round_money(invoice.total_amount / 100, "USD")
    payment.amount = payment.parts[0].amount = payment.amount - extra
    gone = Part(invoice, ZERO, write_off=extra)
    payments.append(Payment("CU-1007", date(2026, 8, 25), ZERO, [gone], kind="none"))
    plants.near_miss(
        "discount_beyond_terms",
        "invoice_past_due",
        "gaia",
        "invoices",
        lambda: invoice.invoice_id,
        "the customer took 3 %; the 1 % beyond the agreed discount was written off before it was 90 days "
        "past due at a month end",
    )


@when("payments")
def never_paid(plants: Plants, history: History, payments: Payments) -> None:
    """A disputed rest and a declined card grow old; a milestone is exactly 90 days past due."""
    disputed = payment_of(history, payments, "CT-GAI-01", 5)
    disputed.amount = disputed.parts[0].amount = disputed.amount - Decimal("6480.00")
    invoice = disputed.parts[0].invoice
    plants.problem(
        "invoice_past_due",
        "2026-09 2026-10",
        "gaia",
        "invoices",
        lambda: invoice.invoice_id,
        "6,480.00 in dispute since July, due on 2026-06-30",
        lambda: Decimal("6480.00"),
        "in_dispute",
    )
    declined = payment_of(history, payments, "CT-HLX-11", 6)
    payments.remove(declined)
    unpaid = declined.parts[0].invoice
    plants.problem(
        "invoice_past_due",
        "2026-10",
        "helix",
        "invoices",
        lambda: unpaid.invoice_id,
        "the card was declined in July and never charged again",
        lambda: unpaid.total_amount,
        "card_declined",
    )
    milestone = payment_of(history, payments, "CT-DRA-01", 7)
    payments.remove(milestone)
    plants.near_miss(
        "ninety_days_past_due",
        "invoice_past_due",
        "draco",
        "invoices",
        lambda: milestone.parts[0].invoice.invoice_id,
        "exactly 90 days past due on 2026-10-31",
    )
    for dispute_id, invoice_id, opened, closed, amount, reason, status in (
        ("DP-0001", invoice.invoice_id, date(2026, 7, 9), None, "6480.00", "quality of cuboids", "open"),
        (
            "DP-0002",
            invoice_of(history, "CT-BOR-01", 2).invoice_id,
            date(2026, 3, 18),
            date(2026, 4, 2),
            "1850.00",
            "hours of a public holiday",
            "resolved",
        ),
        ("DP-0003", "in_90388", date(2026, 6, 17), None, "2750.00", "unknown", "open"),
    ):
        history.disputes.append(
            {
                "dispute_id": dispute_id,
                "invoice_id": invoice_id,
                "opened_date": opened,
                "closed_date": closed,
                "amount": Decimal(amount),
                "reason": reason,
                "status": status,
            }
        )
    plants.problem(
        "unknown_reference",
        "2026-06",
        "",
        "disputes",
        lambda: "DP-0003",
        "a dispute about in_90388, which does not exist",
        lambda: Decimal("2750.00"),
        "unknown_dispute",
    )
