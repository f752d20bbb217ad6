"""Problems planted in the application of receipts and in what is not collected (workpapers 20 and 70), with near misses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.money import ZERO, round_money
from close_library.sample.cash import Part, Payment
from close_library.sample.history import History
from close_library.sample.planting import Plants, when
from close_library.sample.plants_cash import Payments, application_key, invoice_of, payment_of, receipt_key


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
        lambda: application_key(part),
        "applied to in_90417, which does not exist",
        lambda: part.amount,
        "unknown_invoice",
    )
    plants.problem(
        "receipt_unapplied",
        "2026-09 2026-10",
        "gaia",
        "cash_receipts",
        lambda: receipt_key(payment),
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
        lambda: application_key(beyond),
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
        lambda: application_key(short.parts[0]),
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
        lambda: application_key(payment.parts[0]),
        "applied on 2026-07-31, received on 2026-08-03",
        lambda: payment.amount,
    )
    same_day = payment_of(history, payments, "CT-BOR-01", 3)
    plants.near_miss(
        "applied_on_its_day",
        "application_before_receipt",
        "borealis",
        "cash_applications",
        lambda: application_key(same_day.parts[0]),
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
