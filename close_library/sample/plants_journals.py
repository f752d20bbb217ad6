"""Problems planted in journals and printed balances of the general ledger (workpapers 10, 22 and 23), and near misses."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from close_library.sample.events import Journal, JournalLine
from close_library.sample.history import History
from close_library.sample.planting import Plants, always, from_until, later, when
from close_library.sample.plants_cash import invoice_of
from close_library.sample.plants_ledger import Journals, debits
from close_library.sample.plants_orders import Tables
from close_library.sample.programs import CUSTOMERS
from close_library.sample.reference import write_customer
from close_library.sample.writer import Writer


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
            always(debits(journal)),
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
    write_customer(writer, customer)
    plants.problem(
        "duplicate_key",
        from_until("2026-01"),
        "",
        "customers",
        lambda: "CU-1006",
        "exported twice, the same both times",
    )
