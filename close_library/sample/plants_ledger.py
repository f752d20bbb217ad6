"""Problems planted in the general ledger (workpapers 10, 20, 22 and 23), and their near misses."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from close_library.money import ZERO
from close_library.sample.cash import Payment
from close_library.sample.events import Invoice, Journal, JournalLine, Misposting
from close_library.sample.history import History
from close_library.sample.planting import Plants, always, from_until, later, when
from close_library.sample.plants_cash import invoice_of, payment_of
from close_library.sample.plants_orders import Tables
from close_library.sample.programs import CUSTOMERS
from close_library.sample.writer import Writer

Journals = list[Journal]


def _debits(journal: Journal) -> Decimal:
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


@when("journals")
def revenue_journals(plants: Plants, history: History, journals: Journals) -> None:
    """Revenue of another month, and revenue by hand that is taken back a month later."""
    july = invoice_of(history, "CT-EQX-02", 7)
    amount = Decimal("1850.00")
    cutoff = Journal(
        date(2026, 10, 31),
        "revenue",
        f"Late usage of {july.invoice_number}",
        [
            JournalLine("2400", amount, "equinox", "CU-1004", july.invoice_number),
            JournalLine("4000", -amount, "equinox", "CU-1004", july.invoice_number),
        ],
    )
    journals.append(cutoff)
    plants.problem(
        "revenue_cutoff",
        "2026-10",
        "equinox",
        "gl_entries",
        lambda: f"{cutoff.journal_id}:2",
        "October revenue that names an invoice of July",
        lambda: amount,
    )
    plants.problem(
        "revenue_differs",
        "2026-10",
        "equinox",
        "programs",
        lambda: "equinox",
        "the same 1,850.00",
        lambda: amount,
        "revenue_of_july",
    )
    by_hand = Decimal("4500.00")
    for day, sign, words in ((date(2026, 5, 29), 1, "Revenue estimate"), (date(2026, 6, 15), -1, "Reverse estimate")):
        journal = Journal(
            day,
            "manual",
            words,
            [JournalLine("2400", sign * by_hand, "borealis"), JournalLine("4000", -sign * by_hand, "borealis")],
        )
        journals.append(journal)
        plants.problem(
            "manual_entry_to_control_account",
            f"{day:%Y-%m}",
            "borealis",
            "gl_entries",
            later(journal, "journal_id"),
            words + " on deferred revenue by hand",
            name=words.lower().replace(" ", "_"),
        )
        plants.problem(
            "revenue_differs",
            f"{day:%Y-%m}",
            "borealis",
            "programs",
            lambda: "borealis",
            words,
            always(sign * by_hand),
            words.lower().replace(" ", "_") + "_revenue",
        )
    plants.problem(
        "deferred_revenue_differs",
        "2026-05",
        "borealis",
        "programs",
        lambda: "borealis",
        "the estimate stands against deferred revenue until June",
        lambda: -by_hand,
        "estimate_deferred",
    )


@when("journals")
def shown_too_high(plants: Plants, history: History, journals: Journals) -> None:
    """The contract balances of July are shown 2,700.00 too high on both sides, and mended in August."""
    amount = Decimal("2700.00")
    for day, sign, words in (
        (date(2026, 7, 31), 1, "Contract balances, estimate"),
        (date(2026, 8, 3), -1, "Reverse contract balances, estimate"),
    ):
        journals.append(
            Journal(
                day,
                "revenue",
                words,
                [JournalLine("1250", sign * amount, "fornax"), JournalLine("2400", -sign * amount, "fornax")],
            )
        )
    for finding in ("unbilled_differs", "deferred_revenue_differs"):
        plants.problem(
            finding,
            "2026-07",
            "fornax",
            "programs",
            lambda: "fornax",
            "2,700.00 too high on both sides until August",
            lambda: amount,
            f"shown_too_high_{finding}",
        )


@when("journals")
def careless_journals(plants: Plants, history: History, journals: Journals) -> None:
    """Journals that do not balance, approve themselves, come too late, or name another month."""
    unbalanced = _expense(date(2026, 9, 16), "6400", "412.60", "Travel claim 338")
    unbalanced.lines[1].amount = Decimal("-412.06")
    unbalanced.journal_source = "payables"
    plants.problem(
        "journal_unbalanced",
        "2026-09",
        "",
        "gl_entries",
        lambda: unbalanced.journal_id,
        "412.60 against 412.06",
        lambda: Decimal("0.54"),
    )
    alone = _expense(date(2026, 10, 30), "6200", "12500.00", "Cloud accrual")
    alone.entered_by = alone.approved_by = "j.lindqvist"
    backdated = _expense(date(2026, 8, 31), "6400", "2180.00", "Travel of August")
    backdated.entered_at = datetime(2026, 9, 9, 10, 12)
    again = _expense(date(2026, 10, 29), "6000", "18400.00", "Overtime of October")
    again.entered_at = datetime(2026, 11, 10, 9, 41)
    other = _expense(date(2026, 7, 1), "6200", "3300.00", "Cloud support July")
    other.period = "2026-06"
    intime = _expense(date(2026, 9, 30), "6400", "1475.00", "Travel of September")
    intime.entered_at = datetime(2026, 10, 7, 22, 41)
    journals += [unbalanced, alone, backdated, again, other, intime]
    for journal, finding, periods, story in (
        (alone, "journal_self_approved", "2026-10", "entered and approved by the same person"),
        (backdated, "journal_backdated", "2026-08", "entered on 2026-09-09 for August"),
        (again, "journal_backdated", "2026-10", "entered on 2026-11-10 for October"),
        (other, "journal_period_differs", "2026-07", "dated 2026-07-01, said to be 2026-06"),
    ):
        plants.problem(
            finding,
            periods,
            "",
            "gl_entries",
            later(journal, "journal_id"),
            story,
            always(_debits(journal)),
            f"{finding}_{journal.effective_date:%m}",
        )
    plants.near_miss(
        "fifth_working_day",
        "journal_backdated",
        "",
        "gl_entries",
        lambda: intime.journal_id,
        "entered on the fifth working day after September, late in the evening",
    )
    plants.near_miss(
        "manual_expense",
        "manual_entry_to_control_account",
        "",
        "gl_entries",
        lambda: alone.journal_id,
        "made by hand, but on no control account",
    )


def _expense(day: date, account: str, amount: str, words: str) -> Journal:
    value = Decimal(amount)
    return Journal(day, "manual", words, [JournalLine(account, value), JournalLine("2300", -value)])


@when("tables")
def balances_that_do_not_roll(plants: Plants, history: History, tables: Tables) -> None:
    """Two printed balances with a wrong digit."""
    for account, period, slip in (("6400", "2026-05", "90.00"), ("6200", "2026-10", "-270.00")):
        row = next(one for one in tables["account_balances"] if (one["account"], one["period"]) == (account, period))
        closing = row["closing_balance"]
        assert isinstance(closing, Decimal)
        row["closing_balance"] = closing + Decimal(slip)
        plants.problem(
            "balance_does_not_roll",
            period,
            "",
            "account_balances",
            always(account),
            f"the printed closing balance is off by {slip}",
            always(Decimal(slip)),
            f"balance_does_not_roll_{account}",
        )


@when("written")
def customer_twice(plants: Plants, writer: Writer) -> None:
    """A customer stands twice in the export."""
    customer = next(one for one in CUSTOMERS if one.customer_id == "CU-1006")
    writer.row(
        "customers",
        {
            "customer_id": customer.customer_id,
            "customer_name": customer.name,
            "currency": customer.currency,
            "payment_terms_days": customer.terms,
        },
    )
    plants.problem(
        "duplicate_key",
        from_until("2026-01"),
        "",
        "customers",
        lambda: "CU-1006",
        "exported twice, the same both times",
    )
