"""Which findings the close must raise: those of the receivables by arithmetic, the planted ones by their plants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal

from close_library.money import ZERO
from close_library.period import Period
from close_library.sample.contract_balances import balances
from close_library.sample.events import Application, Invoice, Receipt
from close_library.sample.figures_contracts import ContractFigures
from close_library.sample.figures_receivables import COMPANY, ReceivablesFigures
from close_library.sample.history import History
from close_library.sample.planting import HOME_OF, Note, severity
from close_library.sample.programs import PERIODS, PROGRAM_IDS, only_program

SCOPES = (COMPANY, *PROGRAM_IDS)
_CONTROL = {"1200": 1, "1250": 1, "2400": -1}
"""Receivables, unbilled and deferred revenue, with the sign that makes their balance natural."""


@dataclass(frozen=True)
class Expected:
    """A finding that the close must raise in a period and scope."""

    finding: str
    home: str
    period: str
    scope: str
    severity: str
    table: str
    key: str
    amount: Decimal | None
    currency: str = "USD"

    def as_data(self) -> dict[str, object]:
        """The finding for `expected.json`: its amount as text."""
        return asdict(self) | {"amount": None if self.amount is None else format(self.amount, "f")}


def expected(finding: str, period: Period | str, scope: str, table: str, key: str, amount: Decimal | None) -> Expected:
    """A finding with its home and severity."""
    return Expected(finding, HOME_OF[finding], str(period), scope, severity(finding), table, key, amount)


def all_findings(figures: ReceivablesFigures, contracts: ContractFigures, notes: list[Note]) -> list[Expected]:
    """Every finding expected of the company, ordered by period, home, scope and key."""
    found = [
        *(one for period in PERIODS for scope in SCOPES for one in _bridge(figures, period, scope)),
        *_manual(figures.history),
        *_applications(figures),
        *_collections(figures),
        *_balances(contracts),
        *_noted(notes),
    ]
    return sorted(found, key=lambda one: (one.period, one.home, one.scope, one.finding, one.table, one.key))


def _noted(notes: list[Note]) -> Iterator[Expected]:
    for note in notes:
        home = HOME_OF[note.finding]
        arithmetic = home in ("20", "22", "70") or note.finding == "revenue_differs"
        if not note.near_miss and not arithmetic:
            scopes = [COMPANY] if home in ("10", "21", "73") else [note.program_id]
            if home in ("23", "24") and note.program_id:
                scopes = [COMPANY, note.program_id]
            for period in note.periods:
                for scope in scopes:
                    yield expected(note.finding, period, scope, note.table, note.key(), note.amount())


def _bridge(figures: ReceivablesFigures, period: Period, scope: str) -> Iterator[Expected]:
    for one in figures.differences(period, scope):
        yield expected(one.kind, period, scope, one.table, one.document, one.amount)


def _manual(history: History) -> Iterator[Expected]:
    for journal in history.journals:
        if journal.journal_source != "manual":
            continue
        by_scope: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for line in journal.lines:
            if line.account in _CONTROL:
                for scope in {COMPANY: 0, line.program_id: 0}:
                    by_scope[scope] += line.amount * _CONTROL[line.account]
        for scope, amount in by_scope.items():
            if scope:
                period = Period.of(journal.effective_date)
                yield expected(
                    "manual_entry_to_control_account", period, scope, "gl_entries", journal.journal_id, amount
                )


def _applications(figures: ReceivablesFigures) -> Iterator[Expected]:
    receivables, history = figures.receivables, figures.history
    for one in receivables.applications:
        invoice = receivables.invoices[one.invoice_id]
        receipt = receivables.receipts.get(one.receipt_id)
        period = Period.of(one.application_date)
        scopes = (COMPANY, invoice.program_id)
        if receipt and one.application_date < receipt.receipt_date:
            amount = history.functional(one.amount, invoice.currency, receivables.effective(one))
            for scope in scopes:
                yield expected(
                    "application_before_receipt", period, scope, "cash_applications", one.application_id, amount
                )
        for excess in _crossings(figures, one, invoice, receipt):
            for scope in scopes:
                yield expected(
                    "application_exceeds_document", period, scope, "cash_applications", one.application_id, excess
                )


def _crossings(
    figures: ReceivablesFigures, one: Application, invoice: Invoice, receipt: Receipt | None
) -> Iterator[Decimal]:
    """The excess over the invoice, the receipt or the memo where this application is the one that crosses it."""
    receivables = figures.receivables
    memo = receivables.invoices.get(one.credit_memo_id)
    documents = [("invoice_id", invoice.invoice_id, invoice.total_amount, True)]
    if receipt:
        documents.append(("receipt_id", receipt.receipt_id, receipt.amount, False))
    if memo:
        documents.append(("credit_memo_id", memo.invoice_id, -memo.total_amount, False))
    last_day = Period.of(one.application_date).last_day
    for column, key, limit, whole in documents:
        drawn = sorted(
            (other for other in receivables.applications if getattr(other, column) == key),
            key=lambda other: (receivables.effective(other), other.application_id),
        )
        total, crossing = ZERO, ""
        for other in drawn:
            if receivables.effective(other) <= last_day:
                total += other.amount + (other.discount_amount + other.write_off_amount if whole else ZERO)
                crossing = crossing or (other.application_id if total > limit else "")
        if crossing == one.application_id:
            yield total - limit


def _collections(figures: ReceivablesFigures) -> Iterator[Expected]:
    for period in PERIODS:
        day = period.last_day
        for item in figures.open_items(day, COMPANY):
            scopes = [COMPANY, item.program_id] if item.program_id else [COMPANY]
            document = item.document
            if isinstance(document, Invoice):
                late = document.document_type == "invoice" and document.due_date and (day - document.due_date).days > 90
                if late and item.amount > 0:
                    for scope in scopes:
                        yield expected("invoice_past_due", period, scope, "invoices", document.invoice_id, item.amount)
            elif document.amount > 0 and (day - document.receipt_date).days > 30:
                unapplied = -item.amount - _refunded(figures, document, period)
                if unapplied > 0:
                    for scope in scopes:
                        yield expected(
                            "receipt_unapplied", period, scope, "cash_receipts", document.receipt_id, unapplied
                        )
    yield from _duplicates(figures.history)


def _refunded(figures: ReceivablesFigures, receipt: Receipt, period: Period) -> Decimal:
    """What later refunds that carry the receipt's reference gave back by the end of a period."""
    return -sum(
        (
            figures.history.functional(one.amount, one.currency, period.last_day)
            for one in figures.history.receipts
            if one.amount < 0
            and one.reference == receipt.reference
            and one.customer_id == receipt.customer_id
            and receipt.receipt_date <= one.receipt_date <= period.last_day
        ),
        ZERO,
    )


def _duplicates(history: History) -> Iterator[Expected]:
    ordered = sorted(history.receipts, key=lambda one: (one.receipt_date, one.receipt_id))
    for place, later in enumerate(ordered):
        for earlier in ordered[:place]:
            same = (earlier.customer_id, earlier.reference, earlier.amount) == (
                later.customer_id,
                later.reference,
                later.amount,
            )
            if same and (later.receipt_date - earlier.receipt_date).days <= 5:
                owner = only_program(later.customer_id)
                amount = history.functional(later.amount, later.currency, later.receipt_date)
                for scope in [COMPANY, owner] if owner else [COMPANY]:
                    yield expected(
                        "receipt_duplicate",
                        Period.of(later.receipt_date),
                        scope,
                        "cash_receipts",
                        later.receipt_id,
                        amount,
                    )
                break


def _balances(contracts: ContractFigures) -> Iterator[Expected]:
    for period in PERIODS:
        for program in balances(contracts.history, period):
            shown = contracts.contract_balances(period, program)
            for name, kind in (
                ("deferred_revenue", "deferred_revenue_differs"),
                ("unbilled_receivable", "unbilled_differs"),
            ):
                difference = (shown[f"{name}_general_ledger"] or ZERO) - (shown[name] or ZERO)
                if difference:
                    for scope in (COMPANY, program):
                        yield expected(kind, period, scope, "programs", program, difference)
            revenue = contracts.revenue(period, program)
            difference = (revenue["revenue_general_ledger"] or ZERO) - (revenue["revenue"] or ZERO)
            if difference:
                for scope in (COMPANY, program):
                    yield expected("revenue_differs", period, scope, "programs", program, difference)
