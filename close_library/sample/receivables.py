"""What customers owe, by the events: movements of each document by program, and open items on any day.

The generator's own arithmetic: it serves the sample's ledger (remeasurement) and its expected figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from close_library.money import ZERO
from close_library.sample.events import Application, Invoice, Receipt
from close_library.sample.history import History
from close_library.sample.programs import FOREIGN, FOREIGN_PROGRAM, FUNCTIONAL, only_program


@dataclass(frozen=True)
class Movement:
    """One document's effect on receivables, in functional currency at the rate of its own day."""

    kind: str
    document: str
    program_id: str
    day: date
    amount: Decimal


@dataclass(frozen=True)
class OpenItem:
    """What is open of one document on a day, in functional currency at that day's rate; cash is negative."""

    document: Invoice | Receipt
    program_id: str
    amount: Decimal


class Receivables:
    """The receivables subledger of a history."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.invoices = {invoice.invoice_id: invoice for invoice in history.posted()}
        self.receipts = {receipt.receipt_id: receipt for receipt in history.receipts}
        self.applications = [one for one in history.applications if self._counts(one)]
        self._effective = {one.application_id: self._latest(one) for one in self.applications}
        self.movements = list(self._movements())

    def _counts(self, application: Application) -> bool:
        return (
            application.invoice_id in self.invoices
            and (not application.receipt_id or application.receipt_id in self.receipts)
            and (not application.credit_memo_id or application.credit_memo_id in self.invoices)
        )

    def _latest(self, application: Application) -> date:
        days = [application.application_date, self.invoices[application.invoice_id].invoice_date]
        if application.receipt_id:
            days.append(self.receipts[application.receipt_id].receipt_date)
        if application.credit_memo_id:
            days.append(self.invoices[application.credit_memo_id].invoice_date)
        return max(days)

    def effective(self, application: Application) -> date:
        """The day from which an application counts."""
        return self._effective[application.application_id]

    def _movements(self) -> list[Movement]:
        found, functional = [], self.history.functional
        for invoice in self.invoices.values():
            amount = functional(invoice.total_amount, invoice.currency, invoice.invoice_date)
            found.append(
                Movement(
                    invoice.document_type, invoice.invoice_number, invoice.program_id, invoice.invoice_date, amount
                )
            )
        for receipt in self.receipts.values():
            amount = functional(receipt.amount, receipt.currency, receipt.receipt_date)
            owner = only_program(receipt.customer_id)
            found.append(Movement("receipt", receipt.receipt_id, owner, receipt.receipt_date, -amount))
        for application in self.applications:
            found += self._applied(application)
        return found

    def _applied(self, application: Application) -> list[Movement]:
        invoice, day = self.invoices[application.invoice_id], self.effective(application)
        found = []
        if application.receipt_id:
            receipt = self.receipts[application.receipt_id]
            owner = only_program(receipt.customer_id)
            if owner != invoice.program_id:
                assert receipt.currency == FUNCTIONAL, "cash that moves between programs is in functional currency"
                for program, amount in ((owner, application.amount), (invoice.program_id, -application.amount)):
                    found.append(Movement("receipt", receipt.receipt_id, program, day, amount))
        for kind, amount in (("discount", application.discount_amount), ("write_off", application.write_off_amount)):
            if amount:
                converted = self.history.functional(amount, invoice.currency, day)
                found.append(Movement(kind, application.application_id, invoice.program_id, day, -converted))
        return found

    def open_items(self, day: date) -> list[OpenItem]:
        """Every document that is not settled on a day."""
        taken: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for one in self.applications:
            if self.effective(one) <= day:
                taken[one.invoice_id] -= one.amount + one.discount_amount + one.write_off_amount
                taken[one.receipt_id or one.credit_memo_id or "-"] += one.amount
        found = []
        for invoice in self.invoices.values():
            if invoice.invoice_date <= day:
                rest = invoice.total_amount + taken[invoice.invoice_id]
                amount = self.history.functional(rest, invoice.currency, day)
                found.append(OpenItem(invoice, invoice.program_id, amount))
        for receipt in self.receipts.values():
            if receipt.receipt_date <= day:
                rest = taken[receipt.receipt_id] - receipt.amount
                amount = self.history.functional(rest, receipt.currency, day)
                found.append(OpenItem(receipt, only_program(receipt.customer_id), amount))
        return [item for item in found if item.amount]

    def remeasurement(self, day: date) -> Decimal:
        """The foreign program's open items at a day's rate, less its documents at their own rates."""
        open_amount = sum((item.amount for item in self.open_items(day) if item.document.currency == FOREIGN), ZERO)
        documents = (m.amount for m in self.movements if m.program_id == FOREIGN_PROGRAM and m.day <= day)
        return open_amount - sum(documents, ZERO)
