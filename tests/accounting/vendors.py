"""Vendors' rates, work, invoices and payments for small ledgers, a row a line, with the columns that their workpapers need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.evidence import Scope
from close_library.parameters import COMPANY
from tests.ledgers import ACCOUNTS, scope_of, small_company

HEADERS = {
    "programs": "program_id",
    "vendors": "vendor_id currency vendor_name vendor_type",
    "vendor_rates": "rate_type rate rate_from rate_to vendor_id work_type program_id unit",
    "vendor_work": "work_id work_date approved_quantity approved_by approved_date vendor_id work_type program_id quantity",
    "vendor_invoices": "vendor_invoice_id invoice_date amount status vendor_id program_id currency service_period "
    "vendor_invoice_number",
    "vendor_invoice_lines": "vendor_invoice_id line_number amount work_id quantity rate work_type",
    "vendor_payments": "vendor_payment_id payment_date amount vendor_invoice_id reference vendor_id currency",
    "gl_entries": "journal_id effective_date account amount document_number program_id",
    "account_balances": "account period opening_balance closing_balance",
    "fx_rates": "currency rate_date rate",
}
"""The columns of each table, in the order in which a test writes them; what is left out at the end has its usual value."""

USUAL = {
    "vendors": {"currency": "USD", "vendor_name": "Rater", "vendor_type": "rater"},
    "vendor_rates": {"rate_from": "2026-01-01", "work_type": "label", "program_id": "atlas", "unit": "item"},
    "vendor_work": {"approved_quantity": "100", "approved_by": "pat", "approved_date": "2026-06-02", "vendor_id": "v-1",
                    "work_type": "label", "program_id": "atlas", "quantity": "100"},
    "vendor_invoices": {"status": "approved", "vendor_id": "v-1", "program_id": "atlas", "currency": "USD",
                        "vendor_invoice_number": "=vendor_invoice_id"},
    "vendor_payments": {"vendor_id": "v-1", "currency": "USD"},
    "gl_entries": {"program_id": "atlas"},
}  # fmt: skip

VENDOR_ACCOUNTS = {**ACCOUNTS, "vendor_payable": ["2000"], "vendor_accrual": ["2100"], "vendor_cost": ["5000"]}


def vendor_tables(**tables: str) -> str:
    """The text of a small ledger: `vendor_work="w-1 2026-05-01 100"`; a program `atlas` unless given."""
    return "\n\n".join(_table(name, rows) for name, rows in {"programs": "atlas", **tables}.items())


def vendor_company(tmp_path: Path, period: str = "2026-05", program: str = COMPANY, **tables: str) -> Scope:
    """The scope of a small company with these vendors, and accounts for what they cost."""
    return small_company(tmp_path, vendor_tables(**tables), period, program, accounts=VENDOR_ACCOUNTS)


def same_books(scope: Scope, period: str, program: str = COMPANY) -> Scope:
    """Another period or program of a company that is sealed already."""
    return scope_of(scope.books.directory, period, program, accounts=VENDOR_ACCOUNTS)


def _table(name: str, rows: str) -> str:
    header, usual = HEADERS[name].split(), USUAL.get(name, {})
    lines = [line.split() for line in rows.strip().split("\n") if line.strip()]
    return "\n".join([name, " ".join(header), *(" ".join(_filled(header, usual, line)) for line in lines)])


def _filled(header: list[str], usual: dict[str, str], line: list[str]) -> list[str]:
    cells: dict[str, Any] = dict(zip(header, line, strict=False))
    for column in header[len(line) :]:
        value = usual.get(column, ".")
        cells[column] = cells[value[1:]] if value.startswith("=") else value
    return list(cells.values())
