"""What is collected: customers' payments become receipts, applications, bank lines and card payouts.

A payment is planned first (who pays what for which invoices on which day), then all payments are carried out
in order of date, so that ids ascend with time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from close_library.money import ZERO, round_money
from close_library.sample.events import Application, BankTransaction, Invoice, Receipt
from close_library.sample.history import History
from close_library.sample.planting import Plants
from close_library.sample.programs import CONTRACT_OF, CUSTOMER_OF, LAST_DAY


@dataclass
class Part:
    """What a payment settles of one document: cash, and the discount or write-off that goes with it."""

    invoice: Invoice
    amount: Decimal
    discount: Decimal = ZERO
    write_off: Decimal = ZERO
    day: date | None = None
    invoice_id: str = ""
    """Named instead of the invoice's own id, where the application names what does not exist."""
    application: Application | None = None


@dataclass
class Payment:
    """A payment of a customer. `amount` is what arrives; the parts say where it goes, the rest stays unapplied."""

    customer_id: str
    day: date
    amount: Decimal
    parts: list[Part] = field(default_factory=list)
    currency: str = "USD"
    reference: str = ""
    kind: str = "wire"
    """`wire`, `card`, or `memo` (a credit memo is applied, no money moves) and `none` (a pure write-off)."""
    memo: Invoice | None = None
    in_bank: bool = True
    receipt: Receipt | None = None


def plan(history: History, plants: Plants) -> list[Payment]:
    """Who pays what: every posted invoice by its customer's habit, unless a plant or a story says otherwise."""
    payments: list[Payment] = []
    for invoice in history.posted():
        if invoice.document_type == "invoice":
            customer = CUSTOMER_OF[invoice.customer_id]
            payments.append(card_payment(history, invoice) if customer.card else wire(history, invoice))
    plants.call("payments", "", "", history, payments)
    return [payment for payment in payments if payment.day <= LAST_DAY]


def wire(history: History, invoice: Invoice) -> Payment:
    """A payment in full by wire around the due date, less the agreed discount where the customer earns it."""
    customer, contract = CUSTOMER_OF[invoice.customer_id], CONTRACT_OF[invoice.contract_id]
    dice = history.dice("pays", invoice.invoice_id)
    due = invoice.invoice_date + timedelta(days=contract.terms)
    day = workday(max(due + timedelta(days=dice.randint(*customer.pays)), invoice.invoice_date + timedelta(days=3)))
    percent = contract.discount_percent or Decimal(0)
    discount = round_money(invoice.total_amount * percent / 100, invoice.currency)
    part = Part(invoice, invoice.total_amount - discount, discount)
    return Payment(invoice.customer_id, day, part.amount, [part], invoice.currency)


def card_payment(history: History, invoice: Invoice) -> Payment:
    """A payment by card, taken within nine days of the invoice."""
    part = Part(invoice, invoice.total_amount)
    day = invoice.invoice_date + timedelta(days=history.dice("pays", invoice.invoice_id).randint(1, 9))
    return Payment(invoice.customer_id, day, part.amount, [part], invoice.currency, kind="card")


def workday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def settle(history: History, payments: list[Payment]) -> None:
    """Carry out the payments in order of date."""
    for payment in sorted(payments, key=lambda one: one.day):
        if payment.kind in ("wire", "card"):
            payment.receipt = _receive(history, payment)
        for part in payment.parts:
            part.application = _apply(history, payment, part)


def _receive(history: History, payment: Payment) -> Receipt:
    count = history.number("receipt")
    wired = payment.kind == "wire"
    reference = payment.reference or (f"{'WIRE' if wired else 'CARD'}-{payment.day:%y%m%d}-{count:04d}")
    receipt = Receipt(f"RC-{count:05d}", payment.customer_id, payment.day, payment.currency, payment.amount, reference)
    history.receipts.append(receipt)
    if wired:
        receipt.bank_reference = f"BK{payment.day:%Y%m%d}{count:05d}"
    if wired and payment.in_bank:
        words = ("Refund to " if payment.amount < 0 else "Wire from ") + CUSTOMER_OF[payment.customer_id].name
        bank_line(history, payment.day, payment.amount, receipt.bank_reference, words, payment.currency)
    return receipt


def _apply(history: History, payment: Payment, part: Part) -> Application:
    application = Application(
        f"AP-{history.number('application'):05d}",
        payment.receipt.receipt_id if payment.receipt else "",
        payment.memo.invoice_id if payment.memo else "",
        part.invoice_id or part.invoice.invoice_id,
        part.day or payment.day,
        part.amount,
        part.discount,
        part.write_off,
    )
    history.applications.append(application)
    return application


def bank_line(
    history: History, day: date, amount: Decimal, reference: str, words: str, currency: str = "USD"
) -> BankTransaction:
    """A line of the bank statement of the account in that currency."""
    count = history.number("bank")
    line = BankTransaction(f"BT-{count:06d}", f"{currency}-0417", day, currency, amount, reference, words)
    history.bank.append(line)
    return line
