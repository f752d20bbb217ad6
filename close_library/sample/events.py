"""What happens at the sample company, one small record a kind of event.

Events carry amounts in their own currency and natural sign. Nothing here decides anything; the rows of the
tables are these records written out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from close_library.money import ZERO


@dataclass(slots=True)
class Delivery:
    """Work handed to a customer, with the values that its contract line gives it."""

    delivery_id: str
    program_id: str
    contract_line_id: str
    po_number: str
    delivery_date: date
    accepted_date: date | None
    unit: str
    quantity_delivered: Decimal
    quantity_accepted: Decimal | None
    milestone: str
    status: str
    cost: Decimal | None = None


@dataclass(slots=True)
class InvoiceLine:
    """One line of an invoice, tax excluded."""

    contract_line_id: str
    description: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal
    service_start: date | None
    service_end: date | None
    delivery_id: str = ""


@dataclass(slots=True)
class Invoice:
    """An invoice, or a credit memo with a negative total. `lines` are let go once they are written."""

    invoice_id: str
    invoice_number: str
    program_id: str
    customer_id: str
    contract_id: str
    po_number: str
    invoice_date: date
    due_date: date | None
    currency: str
    total_amount: Decimal = ZERO
    tax_amount: Decimal = ZERO
    document_type: str = "invoice"
    applies_to: Invoice | None = None
    status: str = "posted"
    lines: list[InvoiceLine] = field(default_factory=list)

    def foot(self, tax_rate: Decimal = ZERO) -> None:
        """Set the total to the lines plus tax."""
        net = sum((line.amount for line in self.lines), ZERO)
        self.tax_amount = (net * tax_rate).quantize(ZERO, "ROUND_HALF_UP")
        self.total_amount = net + self.tax_amount


@dataclass(slots=True)
class Receipt:
    """Money from a customer; a refund is negative."""

    receipt_id: str
    customer_id: str
    receipt_date: date
    currency: str
    amount: Decimal
    reference: str
    bank_reference: str = ""
    payout_id: str = ""


@dataclass(slots=True)
class Application:
    """Part of a receipt or credit memo set against an invoice, with the discount or write-off that came with it."""

    application_id: str
    receipt_id: str
    credit_memo_id: str
    invoice_id: str
    application_date: date
    amount: Decimal
    discount_amount: Decimal = ZERO
    write_off_amount: Decimal = ZERO


@dataclass(slots=True)
class BankTransaction:
    """A line of the bank statement: money in positive, out negative."""

    bank_transaction_id: str
    bank_account: str
    value_date: date
    currency: str
    amount: Decimal
    reference: str
    description: str


@dataclass(slots=True)
class ProcessorTransaction:
    """A row of the card processor's report."""

    transaction_id: str
    transaction_type: str
    created: date
    available_on: date
    currency: str
    gross: Decimal
    fee: Decimal
    net: Decimal
    payout_id: str
    source_id: str
    invoice_number: str


@dataclass(slots=True)
class Payout:
    """What the card processor sends to the bank."""

    payout_id: str
    arrival_date: date
    currency: str
    amount: Decimal
    status: str
    bank_reference: str
    is_automatic: bool


@dataclass(slots=True)
class Work:
    """One row of raters' or vendors' work."""

    work_id: str
    vendor_id: str
    program_id: str
    work_type: str
    work_date: date
    quantity: Decimal
    approved_quantity: Decimal | None
    approved_by: str
    approved_date: date | None


@dataclass(slots=True)
class VendorLine:
    """One line of a vendor's invoice, with what the company owed for it."""

    work_id: str
    work_type: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    owed: Decimal = ZERO
    """What was accrued for the work that the line names."""


@dataclass(slots=True)
class VendorInvoice:
    """A vendor's invoice. `accrued` is the part that approved work explains, `unnamed` the lines that name no work."""

    vendor_invoice_id: str
    vendor_id: str
    program_id: str
    vendor_invoice_number: str
    invoice_date: date
    service_period: str
    amount: Decimal
    status: str
    accrued: Decimal = ZERO
    unnamed: Decimal = ZERO
    lines: list[VendorLine] = field(default_factory=list)


@dataclass(slots=True)
class VendorPayment:
    """Money paid to a vendor."""

    vendor_payment_id: str
    vendor_id: str
    vendor_invoice_id: str
    payment_date: date
    amount: Decimal
    reference: str


@dataclass(slots=True)
class JournalLine:
    """One line of a journal: debit positive, functional currency."""

    account: str
    amount: Decimal
    program_id: str = ""
    customer_id: str = ""
    document_number: str = ""
    currency: str = "USD"
    transaction_amount: Decimal | None = None


@dataclass(slots=True)
class Journal:
    """A journal entry: who made it, who approved it, when."""

    effective_date: date
    journal_source: str
    description: str
    lines: list[JournalLine]
    journal_id: str = ""
    period: str = ""
    entered_by: str = ""
    entered_at: datetime | None = None
    approved_by: str = ""
    approved_at: datetime | None = None
    reversal_of: str = ""
    name: str = ""
    """The name under which a planted journal is found again."""


@dataclass(frozen=True)
class Misposting:
    """How the ledger's posting of a document strays from the document."""

    skip: bool = False
    effective_date: date | None = None
    excess: Decimal = ZERO
    program_id: str = ""
