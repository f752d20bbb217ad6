"""One generated company from its first delivery to its last table."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from close_library.errors import Fault, ParameterError
from close_library.sample import (
    bookkeeping,
    card,
    cash,
    ledger,
    plants_applications,
    plants_bank,
    plants_billing,
    plants_cash,
    plants_credits,
    plants_deliveries,
    plants_journals,
    plants_ledger,
    plants_orders,
    plants_vendors,
    reference,
    vendors,
)
from close_library.sample.history import History, spot_rates
from close_library.sample.operations import Operations
from close_library.sample.planting import Plants
from close_library.sample.programs import FUNCTIONAL, PERIODS
from close_library.sample.receivables import Receivables
from close_library.sample.truth import Truth, tell
from close_library.sample.writer import Writer

PLANTED = (
    plants_deliveries,
    plants_billing,
    plants_credits,
    plants_orders,
    plants_vendors,
    plants_cash,
    plants_applications,
    plants_bank,
    plants_ledger,
    plants_journals,
)
"""The modules whose import ties the plants to their moments, in the order in which they act."""

Progress = Callable[[str, int, int], None]


def write_sample(folder: Path, seed: int = 1, scale: Decimal = Decimal(1), progress: Progress | None = None) -> Truth:
    """Write the sample company into a folder: 28 tables, `expected.json` and `README.md`; return what is expected.

    The same seed and scale give the same bytes. `scale` multiplies the deliveries and the rows of vendor work.
    `progress` is told what is being done, how many steps are done, and how many there are. Raises
    ParameterError when the scale is not positive or the folder can't be written.
    """
    if not scale.is_finite() or scale <= 0:
        fault = Fault("--scale", str(scale), "a number above 0, such as 1 or 0.5", "give a positive scale")
        raise ParameterError("the scale of the sample company is not positive.", [fault])
    history, plants = History(seed, scale), Plants()
    history.rates = spot_rates(history.dice("rates"))
    steps = len(PERIODS) + 2
    tell_progress = progress or (lambda words, done, of: None)
    with Writer(folder) as writer:
        operations = Operations(history, plants, writer)
        for done, period in enumerate(PERIODS):
            tell_progress(f"month {period}", done, steps)
            operations.month(period)
            vendors.month_of_work(history, plants, writer, period)
        tell_progress("cash and ledger", len(PERIODS), steps)
        receivables = _books(history, plants)
        _write(history, plants, writer)
        tell_progress("expected figures", len(PERIODS) + 1, steps)
        truth = tell(history, receivables, plants, writer)
    tell_progress("done", steps, steps)
    return truth


def _books(history: History, plants: Plants) -> Receivables:
    payments = cash.plan(history, plants)
    cash.settle(history, payments)
    plants.call("settled", "", "", history, payments)
    card.process(history, payments)
    plants.call("processed", "", "", history)
    vendors.pay(history, plants)
    receivables = Receivables(history)
    journals = ledger.post(history, receivables) + list(bookkeeping.expenses(history))
    plants.call("journals", "", "", history, journals)
    bookkeeping.enter(history, journals)
    plants.call("entered", "", "", history)
    return receivables


def _write(history: History, plants: Plants, writer: Writer) -> None:
    reference.write_reference(writer, history)
    vendors.reference_rows(writer)
    orders, amendments = reference.purchase_orders(history)
    tables = {
        "purchase_orders": orders,
        "po_amendments": amendments,
        "budgets": reference.budgets(history),
        "billing_tasks": reference.billing_tasks(history),
        "account_balances": bookkeeping.trial_balance(history.journals),
        "disputes": history.disputes,
    }
    plants.call("tables", "", "", history, tables)
    for table, rows in tables.items():
        for row in rows:
            writer.row(table, row)
    _write_events(history, writer)
    plants.call("written", "", "", writer)


def _write_events(history: History, writer: Writer) -> None:
    for invoice in sorted(history.invoices, key=lambda one: one.invoice_id):
        applies_to = invoice.applies_to.invoice_id if invoice.applies_to else ""
        posted = invoice.invoice_date if invoice.status == "posted" else None
        writer.row("invoices", invoice, applies_to_invoice_id=applies_to, posted_date=posted)
    for receipt in history.receipts:
        writer.row("cash_receipts", receipt)
    for application in sorted(history.applications, key=lambda one: one.application_id):
        writer.row("cash_applications", application)
    for movement in sorted(history.bank, key=lambda one: (one.value_date, one.bank_transaction_id)):
        writer.row("bank_transactions", movement)
    for row in history.processor:
        writer.row("processor_transactions", row)
    for payout in history.payouts:
        writer.row("payouts", payout)
    for vendor_invoice in history.vendor_invoices:
        writer.row("vendor_invoices", vendor_invoice, currency="USD")
    for payment in history.vendor_payments:
        writer.row("vendor_payments", payment, currency="USD")
    for journal in history.journals:
        for number, line in enumerate(journal.lines, start=1):
            amount = line.amount if line.currency == FUNCTIONAL else line.transaction_amount
            writer.row(
                "gl_entries",
                journal,
                line_number=number,
                account=line.account,
                amount=line.amount,
                currency=line.currency,
                transaction_amount=amount,
                document_number=line.document_number,
                program_id=line.program_id,
                customer_id=line.customer_id,
            )
