"""Who enters and approves the journals and when, the company's own expenses, and the trial balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from close_library.money import ZERO
from close_library.period import Period, working_day
from close_library.sample.accounts import ACCOUNTS, OPENING
from close_library.sample.cash import bank_line, workday
from close_library.sample.events import Journal, JournalLine
from close_library.sample.history import History
from close_library.sample.programs import PERIODS

PREPARERS = ("m.okafor", "j.lindqvist", "r.castillo")
APPROVERS = ("d.whitfield", "a.sandoval")
_MONTH_END = {"revenue", "accrual", "revaluation", "manual"}
_EXPENSES = (
    ("6000", "Payroll", 28, 248000, 276000),
    ("6100", "Office rent", 1, 24500, 24500),
    ("6200", "Cloud services", 12, 38000, 51000),
    ("6400", "Travel", 18, 4200, 9800),
)


def expenses(history: History) -> Iterator[Journal]:
    """Payroll, rent, cloud and travel, paid as they arise."""
    for period in PERIODS:
        dice = history.dice("expenses", period)
        for account, words, day_of_month, low, high in _EXPENSES:
            day = workday(period.first_day.replace(day=day_of_month))
            cents = 0 if low == high else dice.randint(0, 99)
            amount = Decimal(dice.randint(low, high) * 100 + cents).scaleb(-2)
            bank_line(history, day, -amount, f"{account}-{period}", words)
            yield _paid(day, f"{words} {period}", account, amount)
        yield from _tax_paid(history, period)


def _tax_paid(history: History, period: Period) -> Iterator[Journal]:
    """Sales tax of the prior month, paid on the twentieth."""
    due = sum((one.tax_amount for one in history.posted() if Period.of(one.invoice_date) == period.prior), ZERO)
    if due:
        day = workday(period.first_day.replace(day=20))
        bank_line(history, day, -due, f"TAX-{period.prior}", "Sales tax")
        yield _paid(day, f"Sales tax {period.prior}", "2200", due)


def _paid(day: date, words: str, account: str, amount: Decimal) -> Journal:
    return Journal(day, "payables", words, [JournalLine(account, amount), JournalLine("1000", -amount)])


def enter(history: History, journals: list[Journal]) -> None:
    """Number the journals in order of date and say who entered and approved them, and when."""
    dice = history.dice("bookkeepers")
    for journal in sorted(journals, key=lambda one: one.effective_date):
        journal.journal_id = f"JE-2026-{history.number('journal'):05d}"
        journal.period = journal.period or str(Period.of(journal.effective_date))
        _sign(journal, dice)
        history.journals.append(journal)


def _sign(journal: Journal, dice: Random) -> None:
    preparer, approver = dice.choice(PREPARERS), dice.choice(APPROVERS)
    lag = dice.randint(1, 3) if journal.journal_source in _MONTH_END else 1
    day = working_day(journal.effective_date, lag)
    entered = datetime.combine(day, time(dice.randint(8, 16), dice.randint(0, 59)))
    journal.entered_by = journal.entered_by or preparer
    journal.approved_by = journal.approved_by or approver
    journal.entered_at = journal.entered_at or entered
    journal.approved_at = journal.approved_at or journal.entered_at + timedelta(minutes=dice.randint(25, 300))


def trial_balance(journals: list[Journal]) -> list[dict[str, object]]:
    """Every account's opening and closing balance, month by month, as the ledger prints it."""
    moved: dict[tuple[str, Period], Decimal] = defaultdict(lambda: ZERO)
    for journal in journals:
        for line in journal.lines:
            moved[line.account, Period.of(journal.effective_date)] += line.amount
    rows: list[dict[str, object]] = []
    for account, *_ in ACCOUNTS:
        balance = OPENING.get(account, ZERO)
        for period in PERIODS:
            opening, balance = balance, balance + moved[account, period]
            rows.append(
                {"account": account, "period": str(period), "opening_balance": opening, "closing_balance": balance}
            )
    return rows
