"""Credit memos, a draft and twin invoices: stories and near misses of billing (workpapers 20 and 71)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.money import ZERO
from close_library.sample.billing import draft, refoot
from close_library.sample.events import Invoice, InvoiceLine
from close_library.sample.history import History
from close_library.sample.planting import Plants, when
from close_library.sample.plants_billing import find_line
from close_library.sample.programs import CONTRACT_OF, LINE_OF

Invoices = list[Invoice]


def credit(invoice: Invoice, day: date, amount: Decimal, line: InvoiceLine) -> Invoice:
    """A credit memo against an invoice, for one of its contract lines."""
    memo = draft(
        CONTRACT_OF[invoice.contract_id],
        day,
        [
            InvoiceLine(
                line.contract_line_id,
                f"Credit, {line.description}",
                None,
                None,
                amount,
                line.service_start,
                line.service_end,
                line.delivery_id,
            )
        ],
    )
    memo.document_type, memo.applies_to, memo.due_date = "credit_memo", invoice, None
    memo.po_number = invoice.po_number
    return memo


def _allowance(line_id: str, words: str, first: date, last: date) -> InvoiceLine:
    """The line that a credit refers to, without a delivery."""
    return InvoiceLine(line_id, words, None, None, ZERO, first, last)


def _invoice_of(history: History, contract_id: str, month: int) -> Invoice:
    return next(one for one in history.invoices if one.contract_id == contract_id and one.invoice_date.month == month)


@when("invoice", "CT-ATL-01", "2026-03")
def credited_double_billing(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A delivery is billed on a second invoice, and credited the same day."""
    line = invoice.lines[find_line(invoice, "ATL-01-VID", 3) - 1]
    second = draft(CONTRACT_OF[invoice.contract_id], invoice.invoice_date, [line])
    memo = credit(second, invoice.invoice_date, -line.amount, line)
    invoices += [second, memo]
    plants.kept["its credit"] = memo
    plants.near_miss(
        "credited_double_billing",
        "delivery_billed_twice",
        "atlas",
        "deliveries",
        lambda: line.delivery_id,
        "billed twice on 2026-03-31 and credited the same day",
    )


@when("billing", "", "2026-06")
def same_amount_on_another_order(plants: Plants, history: History, invoices: Invoices) -> None:
    """Two equal invoices for extra seats, each on its own purchase order."""
    contract, day = CONTRACT_OF["CT-EQX-01"], date(2026, 6, 10)
    for order in ("PO-HAL-8815", "PO-HAL-8816"):
        seats = InvoiceLine(
            "EQX-01-SUP", "Extra support seats", Decimal(1), None, Decimal("500.00"), day, date(2026, 6, 30)
        )
        invoice = draft(contract, day, [seats])
        invoice.po_number = order
        invoices.append(invoice)
    plants.near_miss(
        "same_amount_on_another_po",
        "invoice_duplicate",
        "equinox",
        "invoices",
        lambda: invoice.invoice_id,
        "the same seats for another department, on its own order",
    )


@when("billing", "", "2026-10")
def a_draft(plants: Plants, history: History, invoices: Invoices) -> None:
    """A draft waits for the long-context set to be delivered."""
    day = date(2026, 10, 31)
    line = InvoiceLine("DRA-01-M6", "Long-context set, second advance", Decimal(1), None, Decimal("19200.00"), day, day)
    waiting = draft(CONTRACT_OF["CT-DRA-01"], day, [line])
    waiting.status = "draft"
    invoices.append(waiting)
    plants.near_miss(
        "draft",
        "in_subledger_not_in_gl",
        "draco",
        "invoices",
        lambda: waiting.invoice_number,
        "a draft is no document, so the ledger need not know it",
    )


@when("billing", "", "2026-07")
def credit_for_rework(plants: Plants, history: History, invoices: Invoices) -> None:
    """Rework of June is credited and set against the June invoice."""
    invoice = _invoice_of(history, "CT-GAI-01", 6)
    line = _allowance("GAI-01-CUB", "rework", invoice.invoice_date, invoice.invoice_date)
    memo = credit(invoice, date(2026, 7, 15), Decimal("-1145.00"), line)
    plants.kept["rework"] = memo
    invoices.append(memo)


@when("billing", "", "2026-08")
def credit_in_euro(plants: Plants, history: History, invoices: Invoices) -> None:
    """A foreign credit, applied in part."""
    invoice = _invoice_of(history, "CT-CYG-01", 7)
    line = _allowance("CYG-01-UTT", "rework", invoice.invoice_date, invoice.invoice_date)
    memo = credit(invoice, date(2026, 8, 14), Decimal("-820.00"), line)
    plants.kept["euro credit"] = memo
    invoices.append(memo)


@when("billing", "", "2026-09")
def credit_of_the_quarter(plants: Plants, history: History, invoices: Invoices) -> None:
    """The second bill of the August quarter is credited."""
    again: Invoice = plants.kept["billed again"]
    platform, support = (
        (
            _allowance(line_id, "billed again", date(2026, 8, 1), date(2026, 10, 31)),
            (LINE_OF[line_id].amount or ZERO).quantize(ZERO) / -4,
        )
        for line_id in ("EQX-01-PLT", "EQX-01-SUP")
    )
    memo = credit(again, date(2026, 9, 10), platform[1], platform[0])
    memo.lines += credit(again, date(2026, 9, 10), support[1], support[0]).lines
    refoot(memo)
    plants.kept["credit of the quarter"] = memo
    invoices.append(memo)


@when("billing", "", "2026-09")
def goodwill(plants: Plants, history: History, invoices: Invoices) -> None:
    """A goodwill credit of atlas stays open."""
    invoice = _invoice_of(history, "CT-ATL-01", 8)
    line = _allowance("ATL-01-VID", "goodwill", invoice.invoice_date, invoice.invoice_date)
    invoices.append(credit(invoice, date(2026, 9, 18), Decimal("-2400.00"), line))
