"""Problems planted where receivables meet the general ledger (workpaper 20), and their near misses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.money import ZERO
from close_library.sample.cash import Payment
from close_library.sample.events import Invoice, Journal, JournalLine, Misposting
from close_library.sample.history import History
from close_library.sample.planting import Plants, always, from_until, when
from close_library.sample.plants_cash import invoice_of, payment_of

Journals = list[Journal]


def debits(journal: Journal) -> Decimal:
    """What a journal debits in all."""
    return sum((line.amount for line in journal.lines if line.amount > 0), ZERO)


@when("payments")
def days_of_receipts(plants: Plants, history: History, payments: list[Payment]) -> None:
    """Receipts at the turn of a month, for the ledger to stumble over."""
    for name, contract_id, month, day in (
        ("posted next day", "CT-FOR-01", 4, date(2026, 6, 30)),
        ("wrong program", "CT-DRA-02", 8, date(2026, 10, 1)),
        ("digits exchanged", "CT-BOR-01", 6, date(2026, 9, 7)),
        ("mended later", "CT-FOR-01", 5, date(2026, 8, 20)),
    ):
        payment = payment_of(history, payments, contract_id, month)
        payment.day = day
        plants.kept[name] = payment


@when("settled")
def postings_that_stray(plants: Plants, history: History, payments: list[Payment]) -> None:
    """Documents that the ledger has not, has elsewhere, has later, or has at another amount."""
    missing = invoice_of(history, "CT-HLX-02", 10)
    history.mispostings[missing.invoice_number] = Misposting(skip=True)
    plants.problem(
        "in_subledger_not_in_gl",
        "2026-10",
        "helix",
        "invoices",
        lambda: missing.invoice_number,
        "never posted",
        name="invoice_not_posted",
    )
    discount = next(
        one
        for one in history.applications
        if one.discount_amount and one.invoice_id == invoice_of(history, "CT-GAI-02", 7).invoice_id
    )
    history.mispostings[discount.application_id] = Misposting(skip=True)
    plants.problem(
        "in_subledger_not_in_gl",
        from_until("2026-08"),
        "gaia",
        "cash_applications",
        lambda: discount.application_id,
        "the agreed discount was never posted",
        name="discount_not_posted",
    )
    late = invoice_of(history, "CT-HLX-07", 10)
    history.mispostings[late.invoice_number] = Misposting(effective_date=date(2026, 11, 2))
    plants.problem(
        "timing",
        "2026-10",
        "helix",
        "invoices",
        lambda: late.invoice_number,
        "dated 2026-10-31, posted on 2026-11-02",
        name="invoice_posted_late",
    )
    for name, strays, finding, periods, program, story in (
        (
            "posted next day",
            Misposting(effective_date=date(2026, 7, 1)),
            "timing",
            "2026-06",
            "fornax",
            "received on 2026-06-30, posted on 2026-07-01",
        ),
        (
            "wrong program",
            Misposting(program_id="equinox"),
            "in_subledger_not_in_gl",
            "2026-10",
            "draco",
            "credited to equinox, for the customer has both programs; the company agrees",
        ),
        (
            "digits exchanged",
            Misposting(excess=Decimal("1800.00")),
            "amount_differs",
            "2026-09 2026-10",
            "borealis",
            "posted 1,800.00 too high, two digits exchanged",
        ),
        (
            "mended later",
            Misposting(excess=Decimal("90.00")),
            "timing",
            "2026-08 2026-09",
            "fornax",
            "posted 90.00 too high in August, mended on 2026-10-06: over all dates the amounts agree",
        ),
    ):
        receipt = plants.kept[name].receipt
        history.mispostings[receipt.receipt_id] = strays
        plants.problem(
            finding, periods, program, "cash_receipts", always(receipt.receipt_id), story, name=name.replace(" ", "_")
        )
    wrong = plants.kept["wrong program"].receipt
    plants.problem(
        "in_gl_not_in_subledger",
        "2026-10",
        "equinox",
        "cash_receipts",
        lambda: wrong.receipt_id,
        "credited here instead of draco",
        name="wrong_program_other_side",
    )


@when("journals")
def receivables_journals(plants: Plants, history: History, journals: Journals) -> None:
    """A void that is reversed late, one reversed in time, a correction, a deposit by hand, a wrong remeasurement."""
    void: Invoice = plants.kept["voided print"]
    journals += _voided(
        void.invoice_number, "draco", "CU-1004", void.total_amount, date(2026, 9, 10), date(2026, 9, 14)
    )
    plants.near_miss(
        "void_reversed_in_time",
        "in_gl_not_in_subledger",
        "draco",
        "invoices",
        lambda: void.invoice_number,
        "posted and reversed within September",
    )
    journals += _voided("INV-2026-X117", "atlas", "CU-1001", Decimal("4210.00"), date(2026, 8, 28), date(2026, 10, 5))
    plants.problem(
        "in_gl_not_in_subledger",
        "2026-08 2026-09",
        "atlas",
        "gl_entries",
        lambda: "INV-2026-X117",
        "posted for an invoice that was never made; reversed on 2026-10-05",
        lambda: Decimal("4210.00"),
        "no_such_invoice",
    )
    receipt = plants.kept["mended later"].receipt
    excess = Decimal("90.00")
    journals.append(
        Journal(
            date(2026, 10, 6),
            "cash",
            f"Correct {receipt.receipt_id}",
            [
                JournalLine("1200", excess, "fornax", receipt.customer_id, receipt.receipt_id),
                JournalLine("1000", -excess, "", receipt.customer_id, receipt.receipt_id),
            ],
        )
    )
    deposit = Journal(
        date(2026, 10, 20),
        "manual",
        "Deposit, to be cleared",
        [JournalLine("2300", Decimal("975.00")), JournalLine("1200", Decimal("-975.00"), "atlas", "CU-1001")],
    )
    journals.append(deposit)
    plants.problem(
        "in_gl_not_in_subledger",
        "2026-10",
        "atlas",
        "gl_entries",
        lambda: deposit.journal_id,
        "credited to receivables by hand, without a document",
        name="deposit_by_hand",
    )
    plants.problem(
        "manual_entry_to_control_account",
        "2026-10",
        "atlas",
        "gl_entries",
        lambda: deposit.journal_id,
        "a manual journal on receivables",
        name="deposit_by_hand_manual",
    )
    october = next(one for one in journals if one.name == "fx 2026-10")
    for line, sign in zip(october.lines, (1, -1), strict=True):
        line.amount += sign * Decimal("640.00")
    plants.problem(
        "amount_differs",
        "2026-10",
        "cygnus",
        "gl_entries",
        lambda: "fx:EUR",
        "the remeasurement of October is 640.00 too high",
        lambda: Decimal("640.00"),
        "wrong_remeasurement",
    )


def _voided(number: str, program: str, customer: str, amount: Decimal, made: date, reversed_on: date) -> Journals:
    def lines(sign: int) -> list[JournalLine]:
        return [
            JournalLine("1200", sign * amount, program, customer, number),
            JournalLine("2400", -sign * amount, program, customer, number),
        ]

    return [
        Journal(made, "billing", f"Invoice {number}", lines(1)),
        Journal(reversed_on, "billing", f"Void {number}", lines(-1)),
    ]
