"""Purchase orders, deliveries, billing and cash for small ledgers, a row a line, with the columns that a trace needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.evidence import Scope
from tests.ledgers import small_company

HEADERS = {
    "programs": "program_id",
    "contracts": "contract_id program_id currency",
    "contract_lines": "contract_line_id contract_id billing_model recognition unit_price amount service_start service_end "
    "estimated_cost product",
    "purchase_orders": "po_number authorized_amount contract_id issue_date start_date end_date status currency program_id "
    "customer_id",
    "po_amendments": "po_number amendment_number amendment_date amount_change new_end_date",
    "deliveries": "delivery_id contract_line_id po_number delivery_date accepted_date quantity_delivered quantity_accepted "
    "status cost program_id",
    "invoices": "invoice_id po_number invoice_date total_amount tax_amount document_type status currency program_id",
    "invoice_lines": "invoice_id line_number contract_line_id amount delivery_id",
    "cash_receipts": "receipt_id receipt_date amount currency",
    "cash_applications": "application_id receipt_id invoice_id application_date amount discount_amount write_off_amount "
    "credit_memo_id",
    "gl_entries": "journal_id line_number effective_date account amount document_number",
    "fx_rates": "currency rate_date rate",
}
"""The columns of each table, in the order in which a test writes them; what is left out at the end has its usual value."""

USUAL = {
    "contracts": {"program_id": "atlas", "currency": "USD"},
    "contract_lines": {"product": "work"},
    "purchase_orders": {
        "contract_id": "c-1",
        "issue_date": "2026-01-01",
        "status": "open",
        "currency": "USD",
        "program_id": "atlas",
        "customer_id": "acme",
    },
    "deliveries": {"status": "accepted", "program_id": "atlas"},
    "invoices": {"document_type": "invoice", "status": "posted", "currency": "USD", "program_id": "atlas"},
    "cash_receipts": {"currency": "USD"},
}

WORK = "u c-1 usage on_acceptance 10.00"
"""A contract line that is worth 10.00 a unit."""


def text(**tables: str) -> str:
    """The text of a small ledger; a contract `c-1` and its line `u` unless given."""
    tables = {"programs": "atlas", "contracts": "c-1", "contract_lines": WORK, "purchase_orders": "", **tables}
    return "\n\n".join(_table(name, rows) for name, rows in tables.items())


def _table(name: str, rows: str) -> str:
    header, usual = HEADERS[name].split(), USUAL.get(name, {})
    lines = [line.split() for line in rows.strip().split("\n") if line.strip()]
    filled = [" ".join([*line, *(usual.get(column, ".") for column in header[len(line) :])]) for line in lines]
    return "\n".join([name, " ".join(header), *filled])


def order_company(
    folder: Path, period: str = "2026-05", program: str = "atlas", *, changes: Any = None, **tables: str
) -> Scope:
    """The scope of a small company with these orders and documents; `changes` are parameters of its own."""
    return small_company(folder, text(**tables), period, program, **(changes or {}))
