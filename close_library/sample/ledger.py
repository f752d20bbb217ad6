"""How events reach the general ledger: one journal a document, and the month-end journals.

A document is posted at the rate of its own date. Billings credit deferred revenue and revenue debits it; at the
month end the contracts that are ahead of their billing are shown as unbilled receivables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from close_library.money import ZERO
from close_library.period import Period
from close_library.sample.contract_balances import Balances, balances
from close_library.sample.events import Journal, JournalLine, Misposting, Receipt
from close_library.sample.history import History
from close_library.sample.programs import (
    CONTRACT_OF,
    FOREIGN,
    FOREIGN_PROGRAM,
    LINES,
    PERIODS,
    PROGRAM_IDS,
    only_program,
)
from close_library.sample.receivables import Receivables

_AS_IT_IS = Misposting()


def post(history: History, receivables: Receivables) -> list[Journal]:
    """All journals of the company but the planted ones, not yet numbered."""
    journals = [
        *_invoices(history),
        *_receipts(history, receivables),
        *_allowances(history, receivables),
        *_payouts(history),
        *_vendors(history),
    ]
    remeasured = cash_before = ZERO
    shown: Balances = dict.fromkeys(PROGRAM_IDS, (ZERO, ZERO))
    for period in PERIODS:
        journals += _revenue(history, period)
        journals += _accruals(history, period)
        target = receivables.remeasurement(period.last_day)
        journals += _remeasure(period, target - remeasured)
        remeasured = target
        cash_target = _foreign_cash(history, period)
        journals += _remeasure_cash(period, cash_target - cash_before)
        cash_before = cash_target
        now = balances(history, period)
        journals += _contract_balances(history, period, shown, now)
        shown = now
    return journals


def _strays(history: History, document: str) -> Misposting:
    return history.mispostings.get(document, _AS_IT_IS)


def _invoices(history: History) -> Iterator[Journal]:
    for invoice in history.invoices:
        strays = _strays(history, invoice.invoice_number)
        if invoice.status != "posted" or strays.skip:
            continue
        day, currency = invoice.invoice_date, invoice.currency
        total = history.functional(invoice.total_amount, currency, day) + strays.excess
        tax = history.functional(invoice.tax_amount, currency, day)
        program = invoice.program_id
        lines = [
            JournalLine(
                "1200", total, program, invoice.customer_id, invoice.invoice_number, currency, invoice.total_amount
            ),
            JournalLine("2400", tax - total, program, invoice.customer_id, invoice.invoice_number),
        ]
        if tax:
            lines.append(JournalLine("2200", -tax, program, invoice.customer_id, invoice.invoice_number))
        words = "Credit memo" if invoice.document_type == "credit_memo" else "Invoice"
        yield Journal(strays.effective_date or day, "billing", f"{words} {invoice.invoice_number}", lines)


def _receipts(history: History, receivables: Receivables) -> Iterator[Journal]:
    for receipt in history.receipts:
        strays = _strays(history, receipt.receipt_id)
        if not strays.skip:
            yield from _receipt(history, receivables, receipt, strays)


def _receipt(history: History, receivables: Receivables, receipt: Receipt, strays: Misposting) -> Iterator[Journal]:
    owner = only_program(receipt.customer_id)
    amount = history.functional(receipt.amount, receipt.currency, receipt.receipt_date) + strays.excess
    credited: dict[str, Decimal] = defaultdict(lambda: ZERO)
    credited[strays.program_id or owner] -= amount
    for application in receivables.applications:
        program = receivables.invoices[application.invoice_id].program_id
        if application.receipt_id != receipt.receipt_id or program == owner or strays.program_id:
            continue
        if receivables.effective(application) <= receipt.receipt_date:
            credited[program] -= application.amount
            credited[owner] += application.amount
        else:
            pair = [
                _customer_line("1200", application.amount, owner, receipt),
                _customer_line("1200", -application.amount, program, receipt),
            ]
            yield Journal(receivables.effective(application), "cash", f"Cash {receipt.receipt_id} applied", pair)
    account = "1050" if receipt.payout_id else "1000"
    lines = [_customer_line(account, amount, "", receipt, receipt.amount)]
    lines += [_customer_line("1200", part, program, receipt) for program, part in credited.items() if part]
    if receipt.currency == FOREIGN:
        lines[-1].transaction_amount = -receipt.amount
    words = "Refund" if receipt.amount < 0 else "Receipt"
    yield Journal(strays.effective_date or receipt.receipt_date, "cash", f"{words} {receipt.reference}", lines)


def _customer_line(
    account: str, amount: Decimal, program: str, receipt: Receipt, foreign: Decimal | None = None
) -> JournalLine:
    return JournalLine(account, amount, program, receipt.customer_id, receipt.receipt_id, receipt.currency, foreign)


def _allowances(history: History, receivables: Receivables) -> Iterator[Journal]:
    accounts = {"discount": ("4900", "Cash discount"), "write_off": ("6500", "Write-off")}
    customers = {
        one.application_id: receivables.invoices[one.invoice_id].customer_id for one in receivables.applications
    }
    for movement in receivables.movements:
        if movement.kind in accounts and not _strays(history, movement.document).skip:
            account, words = accounts[movement.kind]
            customer, document, program = customers[movement.document], movement.document, movement.program_id
            lines = [
                JournalLine(account, -movement.amount, program, customer, document),
                JournalLine("1200", movement.amount, program, customer, document),
            ]
            yield Journal(movement.day, "billing", f"{words} {document}", lines)


def _payouts(history: History) -> Iterator[Journal]:
    for row in history.processor:
        if row.fee:
            lines = [JournalLine("6300", row.fee, "helix"), JournalLine("1050", -row.fee)]
            yield Journal(row.created, "cash", f"Processor fee {row.transaction_id}", lines)
    for payout in history.payouts:
        if payout.status == "paid":
            lines = [
                JournalLine("1000", payout.amount, "", "", payout.payout_id),
                JournalLine("1050", -payout.amount, "", "", payout.payout_id),
            ]
            yield Journal(payout.arrival_date, "cash", f"Payout {payout.payout_id}", lines)


def _vendors(history: History) -> Iterator[Journal]:
    numbers = {one.vendor_invoice_id: one for one in history.vendor_invoices}
    for invoice in history.vendor_invoices:
        if invoice.status in ("approved", "paid"):
            document, program = invoice.vendor_invoice_number, invoice.program_id
            claim = invoice.amount - invoice.accrued - invoice.unnamed
            parts = (("2100", invoice.accrued), ("5000", invoice.unnamed), ("1300", claim), ("2000", -invoice.amount))
            lines = [JournalLine(account, amount, program, "", document) for account, amount in parts if amount]
            yield Journal(invoice.invoice_date, "payables", f"Vendor invoice {document}", lines)
    for payment in history.vendor_payments:
        program = numbers[payment.vendor_invoice_id].program_id
        lines = [
            JournalLine("2000", payment.amount, program, "", payment.vendor_payment_id),
            JournalLine("1000", -payment.amount, "", "", payment.vendor_payment_id),
        ]
        yield Journal(payment.payment_date, "payables", f"Vendor payment {payment.reference}", lines)


def _revenue(history: History, period: Period) -> Iterator[Journal]:
    for program in PROGRAM_IDS:
        lines = []
        for line in LINES:
            amount = history.revenue[line.line_id, period]
            contract = CONTRACT_OF[line.contract_id]
            if contract.program_id == program and amount:
                lines += [
                    JournalLine("2400", amount, program, contract.customer_id),
                    JournalLine(line.account, -amount, program, contract.customer_id),
                ]
        if lines:
            yield Journal(period.last_day, "revenue", f"Revenue {program} {period}", lines)


def _accruals(history: History, period: Period) -> Iterator[Journal]:
    for program in PROGRAM_IDS:
        amount = history.owed[program, period]
        if amount:
            lines = [JournalLine("5000", amount, program), JournalLine("2100", -amount, program)]
            yield Journal(period.last_day, "accrual", f"Approved work {program} {period}", lines)


def _remeasure(period: Period, change: Decimal) -> Iterator[Journal]:
    if change:
        document = f"fx:{FOREIGN}"
        lines = [
            JournalLine("1200", change, FOREIGN_PROGRAM, "", document, FOREIGN, ZERO),
            JournalLine("7000", -change, FOREIGN_PROGRAM, "", document),
        ]
        yield Journal(period.last_day, "revaluation", f"Remeasure {FOREIGN} receivables", lines, name=f"fx {period}")


def _foreign_cash(history: History, period: Period) -> Decimal:
    """What the foreign bank account is worth at the month end's rate beyond what was posted to it."""
    received = [r for r in history.receipts if r.currency == FOREIGN and r.receipt_date <= period.last_day]
    held = sum((receipt.amount for receipt in received), ZERO)
    posted = (history.functional(receipt.amount, FOREIGN, receipt.receipt_date) for receipt in received)
    return history.functional(held, FOREIGN, period.last_day) - sum(posted, ZERO)


def _remeasure_cash(period: Period, change: Decimal) -> Iterator[Journal]:
    if change:
        lines = [JournalLine("1000", change, "", "", "", FOREIGN, ZERO), JournalLine("7000", -change)]
        yield Journal(period.last_day, "revaluation", f"Remeasure {FOREIGN} cash", lines)


def _contract_balances(history: History, period: Period, before: Balances, now: Balances) -> Iterator[Journal]:
    """Show contract assets apart from contract liabilities, and carry the foreign ones at the month end's rate."""
    for program in PROGRAM_IDS:
        assets = now[program][0] - before[program][0]
        liabilities = now[program][1] - before[program][1]
        posted = _net_posted(history, program, period)
        # A difference in functional currency is a problem to be found, not an exchange difference.
        exchange = assets - liabilities - posted if program == FOREIGN_PROGRAM else ZERO
        lines = [
            JournalLine("1250", assets, program),
            JournalLine("2400", exchange - assets, program),
            JournalLine("7000", -exchange, program),
        ]
        lines = [line for line in lines if line.amount]
        if lines:
            yield Journal(period.last_day, "revenue", f"Contract balances {program} {period}", lines)


def _net_posted(history: History, program: str, period: Period) -> Decimal:
    """What the month's revenue and billings did to the contract position, at the documents' own rates."""
    revenue = sum(
        (
            history.revenue[line.line_id, period]
            for line in LINES
            if CONTRACT_OF[line.contract_id].program_id == program
        ),
        ZERO,
    )
    billed = sum(
        (
            history.functional(one.total_amount - one.tax_amount, one.currency, one.invoice_date)
            for one in history.posted()
            if one.program_id == program and Period.of(one.invoice_date) == period
        ),
        ZERO,
    )
    return revenue - billed
