"""The rows behind the five measures of workpaper 24: approved work, vendor invoices, payments, payables, accrual.

Whose they are: work and invoices carry their program, a line and a payment have their invoice's.
"""

from __future__ import annotations

from typing import NamedTuple

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.schedules import owed_work
from close_library.accounting.sql import day, owned, shown, texts, viewed
from close_library.accounting.vendors.vendor_documents import (
    COUNTED,
    billed_work,
    open_vendor_documents,
    rates_of_payments,
    vendor_lines,
    vendor_payments,
)
from close_library.evidence import Scope

_WORK = {"work": "work_id", "vendor": "vendor_id", "date": "work_date", "approved_quantity": "approved_quantity",
         "owed_rate": "owed_rate", "owed": "owed::money", "currency": "currency", "program": "owner"}  # fmt: skip
_LINE = {"invoice": "vendor_invoice_number", "line": "line_number", "vendor": "vendor_id", "date": "invoice_date",
         "work": "work_id", "amount": "amount::money", "currency": "currency", "program": "owner"}  # fmt: skip
_PAYMENT = {"payment": "vendor_payment_id", "vendor": "vendor_id", "date": "payment_date", "invoice": "vendor_invoice_number",
            "amount": "amount::money", "currency": "currency", "program": "owner"}  # fmt: skip
_OPEN = {"document": "document", "vendor": "vendor_id", "date": "document_date", "amount": "counted::money",
         "paid": "paid::money", "open": "open_amount::money", "currency": "currency", "rate": "rate",
         "program": "owner"}  # fmt: skip
_ACCRUED = {**_WORK, "rate": "rate"}


def accruable_work(scope: Scope) -> str:
    """Approved work to T, of all programs, at T's rates."""
    value = functional("w.owed", "w.currency", "s.rate", scope.currency)
    at = day(scope.closing_date)
    return f"""
        SELECT w.* EXCLUDE (functional), s.rate, {value} AS functional
        FROM {owed_work(scope)} w {at_spot("w.currency", at)}
        WHERE approved AND work_date <= {at}
    """


def vendor_rows(scope: Scope) -> str:
    """The rows behind each figure. They are read, not held.

    Columns: figure, address, vendor_id, owner, document, currency, rate_date, functional (at that date; NULL: the rate is
    missing), seen.
    """
    return viewed(scope.books, "vendor_rows", " UNION ALL ".join(part.query(scope) for part in _parts(scope)))


class _Part(NamedTuple):
    """Where the rows of a figure come from: a table's rows, what they are known by, the day of their rate, and which of them."""

    figure: str
    source_table: str
    rows: str
    document: str
    rate_date: str
    seen: dict[str, str]
    condition: str
    amount: str = "functional"

    def query(self, scope: Scope) -> str:
        return f"""
            SELECT '{self.figure}' AS figure, {self.source_table} AS source_table, source_file, source_row, vendor_id, owner,
                   {self.document} AS document, currency, {self.rate_date} AS rate_date, {self.amount} AS functional,
                   {shown(**self.seen)} AS seen
            FROM {self.rows} w WHERE {self.condition} AND {owned(scope)}
        """


def _parts(scope: Scope) -> tuple[_Part, ...]:
    at, number = day(scope.closing_date), "vendor_invoice_number"
    work, lines, payments = owed_work(scope), vendor_lines(scope), vendor_payments(scope)
    payable, accruable = open_vendor_documents(scope, scope.closing_date), f"({accruable_work(scope)})"
    worked, billed = of_period(scope, "work_date"), f"{COUNTED} AND {of_period(scope, 'invoice_date')}"
    unbilled = f"NOT EXISTS (FROM ({billed_work(scope, scope.closing_date)}) b WHERE b.work_id = w.work_id)"
    line = "'vendor_invoice_lines'"
    return (
        _Part("approved_work", "'vendor_work'", work, "work_id", "work_date", _WORK, f"approved AND {worked}"),
        _Part("approved_work", line, lines, number, "invoice_date", _LINE, f"{billed} AND work_id IS NULL"),
        _Part("vendor_invoiced", line, lines, number, "invoice_date", _LINE, billed),
        _Part("vendor_paid", "'vendor_payments'", payments, "vendor_payment_id", "payment_date", _PAYMENT,
              of_period(scope, "payment_date")),
        _Part("vendor_payable", "source_table", payable, "document", at, _OPEN, "open_amount <> 0", "open_functional"),
        _Part("vendor_accrual", "'vendor_work'", accruable, "work_id", at, _ACCRUED, f"owed <> 0 AND {unbilled}"),
    )  # fmt: skip


def require_vendor_rates(scope: Scope, *figures: str) -> None:
    """Refuse to go on when the rate of a row behind a figure (all unless named) is missing. Raises BooksError with each
    currency and date."""
    asked = f"figure IN {texts(figures)}" if figures else "true"
    rates = f"SELECT currency, rate_date FROM {vendor_rows(scope)} WHERE functional IS NULL AND {asked}"
    if not figures or "vendor_payable" in figures:
        rates += f" UNION ALL SELECT currency, rate_date FROM ({rates_of_payments(scope)}) WHERE {owned(scope)}"
    require_rates(scope, rates)
