"""What the receivables workpapers (20, 30, 70) must show, by the generator's own events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from close_library.money import ZERO, ratio
from close_library.period import Period
from close_library.sample.events import Invoice
from close_library.sample.history import History
from close_library.sample.programs import FIRST, FOREIGN, FOREIGN_PROGRAM, LAST_DAY
from close_library.sample.receivables import Movement, OpenItem, Receivables

COMPANY = "_company"
CLASSES = ("in_subledger_not_in_gl", "in_gl_not_in_subledger", "amount_differs", "timing")
AGING_COLUMNS = (
    "not_due",
    "days_1_30",
    "days_31_60",
    "days_61_90",
    "over_90",
    "no_due_date",
    "credit_memos",
    "unapplied_cash",
)
Figures = dict[str, Decimal | None]


@dataclass(frozen=True)
class Posting:
    """A ledger line on the receivables account."""

    document: str
    numbered: bool
    program_id: str
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Difference:
    """A document on which ledger and subledger disagree at a month end."""

    kind: str
    table: str
    document: str
    amount: Decimal


@dataclass
class _Sides:
    """One document in the subledger and in the ledger, at a day and over all dates."""

    subledger: Decimal = ZERO
    ledger: Decimal = ZERO
    subledger_ever: Decimal = ZERO
    ledger_ever: Decimal = ZERO
    in_subledger: bool = False
    in_ledger: bool = False


class ReceivablesFigures:
    """The figures of the three workpapers for any scope and period."""

    def __init__(self, history: History, receivables: Receivables) -> None:
        self.history, self.receivables = history, receivables
        self.postings = [
            Posting(
                line.document_number or journal.journal_id,
                bool(line.document_number),
                line.program_id,
                journal.effective_date,
                line.amount,
            )
            for journal in history.journals
            for line in journal.lines
            if line.account == "1200"
        ]
        self._open: dict[date, list[OpenItem]] = {}
        self._fx: dict[date, Decimal] = {}
        self._tables = (
            {invoice.invoice_number: "invoices" for invoice in history.invoices}
            | dict.fromkeys(receivables.receipts, "cash_receipts")
            | {one.application_id: "cash_applications" for one in history.applications}
        )

    def open_items(self, day: date, scope: str) -> list[OpenItem]:
        """The open items of a scope on a day."""
        if day not in self._open:
            self._open[day] = self.receivables.open_items(day)
        return [item for item in self._open[day] if scope in (COMPANY, item.program_id)]

    def balance(self, day: date, scope: str) -> Decimal:
        """The receivables subledger of a scope on a day."""
        return sum((item.amount for item in self.open_items(day, scope)), ZERO)

    def remeasured(self, day: date, scope: str) -> Decimal:
        """The remeasurement to date of a scope."""
        if scope not in (COMPANY, FOREIGN_PROGRAM) or day < FIRST.first_day:
            return ZERO
        if day not in self._fx:
            self._fx[day] = self.receivables.remeasurement(day)
        return self._fx[day]

    def _of_scope(self, scope: str) -> list[Movement]:
        return [one for one in self.receivables.movements if scope in (COMPANY, one.program_id)]

    def differences(self, period: Period, scope: str) -> list[Difference]:
        """The documents on which ledger and subledger disagree at the end of a period, each in its class."""
        day = period.last_day
        sides: dict[str, _Sides] = defaultdict(_Sides)
        for movement in self._of_scope(scope):
            side = sides[movement.document]
            side.in_subledger = True
            side.subledger_ever += movement.amount
            side.subledger += movement.amount if movement.day <= day else ZERO
        fx_ever = self.remeasured(LAST_DAY, scope)
        if fx_ever or self.remeasured(day, scope):
            sides[f"fx:{FOREIGN}"] = _Sides(self.remeasured(day, scope), ZERO, fx_ever, ZERO, in_subledger=True)
        for posting in self.postings:
            if scope in (COMPANY, posting.program_id):
                side = sides[posting.document]
                side.in_ledger = True
                side.ledger_ever += posting.amount
                side.ledger += posting.amount if posting.day <= day else ZERO
        return [
            # A number that the ledger alone knows in this scope may still be a void invoice's or another program's.
            Difference(
                _class_of(side), self._tables.get(document, "gl_entries"), document, side.ledger - side.subledger
            )
            for document, side in sorted(sides.items())
            if side.ledger != side.subledger
        ]

    def receivables_to_ledger(self, period: Period, scope: str) -> Figures:
        """The figures of 20."""
        day = period.last_day
        subledger = self.balance(day, scope)
        ledger = sum((p.amount for p in self.postings if p.day <= day and scope in (COMPANY, p.program_id)), ZERO)
        found: Figures = {"ar_subledger": subledger, "ar_general_ledger": ledger, "difference": ledger - subledger}
        differences = self.differences(period, scope)
        for kind in CLASSES:
            found[kind] = sum((one.amount for one in differences if one.kind == kind), ZERO)
        explained = sum((one.amount for one in differences), ZERO)
        found["unexplained"] = ledger - subledger - explained
        return found

    def roll_forward(self, period: Period, scope: str) -> Figures:
        """The figures of 30."""
        now = [one for one in self._of_scope(scope) if Period.of(one.day) == period]

        def total(kind: str) -> Decimal:
            return sum((one.amount for one in now if one.kind == kind), ZERO)

        before, day = period.prior.last_day, period.last_day
        return {
            "opening_balance": self.balance(before, scope),
            "invoices": total("invoice"),
            "credit_memos": -total("credit_memo"),
            "cash_received": -total("receipt"),
            "discounts": -total("discount"),
            "write_offs": -total("write_off"),
            "fx": self.remeasured(day, scope) - self.remeasured(before, scope),
            "closing_balance": self.balance(day, scope),
        }

    def aging(self, period: Period, scope: str) -> Figures:
        """The figures of 70: the columns, then the indicators."""
        day = period.last_day
        columns = dict.fromkeys(AGING_COLUMNS, ZERO)
        for item in self.open_items(day, scope):
            columns[_column(item, day)] += item.amount
        total = sum(columns.values(), ZERO)
        sales = self._credit_sales(period, scope)
        opening, not_due, days = self.balance(period.prior.last_day, scope), columns["not_due"], period.days
        return {
            **columns,
            "total": total,
            "credit_sales": sales,
            "dso": ratio(total * days, sales),
            "best_possible_dso": ratio(not_due * days, sales),
            "average_days_delinquent": ratio((total - not_due) * days, sales),
            "collection_effectiveness": ratio((opening + sales - total) * 100, opening + sales - not_due),
        }

    def _credit_sales(self, period: Period, scope: str) -> Decimal:
        return sum(
            (
                self.history.functional(one.total_amount - one.tax_amount, one.currency, one.invoice_date)
                for one in self.receivables.invoices.values()
                if Period.of(one.invoice_date) == period and scope in (COMPANY, one.program_id)
            ),
            ZERO,
        )


def _class_of(side: _Sides) -> str:
    if not side.in_ledger:
        return "in_subledger_not_in_gl"
    if not side.in_subledger:
        return "in_gl_not_in_subledger"
    return "timing" if side.ledger_ever == side.subledger_ever else "amount_differs"


def _column(item: OpenItem, day: date) -> str:
    document = item.document
    if not isinstance(document, Invoice):
        return "unapplied_cash"
    if document.document_type == "credit_memo":
        return "credit_memos"
    if document.due_date is None:
        return "no_due_date"
    late = (day - document.due_date).days
    bounds: tuple[tuple[int, str], ...] = ((0, "not_due"), (30, "days_1_30"), (60, "days_31_60"), (90, "days_61_90"))
    return next((name for bound, name in bounds if late <= bound), "over_90")


FIGURES: dict[str, Callable[[ReceivablesFigures, Period, str], Figures]] = {
    "20": ReceivablesFigures.receivables_to_ledger,
    "30": ReceivablesFigures.roll_forward,
    "70": ReceivablesFigures.aging,
}
