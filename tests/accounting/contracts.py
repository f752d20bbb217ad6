"""Contracts, deliveries and billing for small ledgers, a row a line, with the columns that revenue needs."""

from __future__ import annotations

from pathlib import Path

from close_library.evidence import Scope
from close_library.parameters import COMPANY
from tests.accounting.signed import sign_figures
from tests.ledgers import small_company

HEADERS = {
    "programs": "program_id",
    "contracts": "contract_id program_id currency start_date",
    "contract_lines": "contract_line_id contract_id product billing_model recognition unit_price tier_from price_from price_to "
    "amount service_start service_end standalone_selling_price estimated_cost",
    "contract_changes": "contract_line_id change_date amount_change treatment",
    "deliveries": "delivery_id contract_line_id delivery_date accepted_date quantity_delivered quantity_accepted status cost "
    "program_id",
    "invoices": "invoice_id invoice_date total_amount document_type status currency program_id",
    "invoice_lines": "invoice_id line_number contract_line_id amount service_start service_end delivery_id",
    "gl_entries": "journal_id effective_date account amount program_id document_number",
    "account_balances": "account period opening_balance closing_balance",
    "fx_rates": "currency rate_date rate",
}
"""The columns of each table, in the order in which a test writes them; what is left out at the end has its usual value."""

USUAL = {
    "contracts": {"program_id": "atlas", "currency": "USD", "start_date": "2026-01-01"},
    "deliveries": {"status": "accepted", "cost": ".", "program_id": "atlas"},
    "invoices": {"document_type": "invoice", "status": "posted", "currency": "USD", "program_id": "atlas"},
    "invoice_lines": {"line_number": "1"},
    "gl_entries": {"program_id": "atlas"},
}


def contracts(**tables: str) -> str:
    """The text of a small ledger: `deliveries="d-1 u 2026-05-01 2026-05-03 10 10"`; a contract `c-1` unless given."""
    tables = {"programs": "atlas", "contracts": "c-1", **tables}
    return "\n\n".join(_table(name, rows) for name, rows in tables.items())


def _table(name: str, rows: str) -> str:
    header, usual = HEADERS[name].split(), USUAL.get(name, {})
    lines = [line.split() for line in rows.strip().split("\n") if line.strip()]
    filled = [" ".join([*line, *(usual.get(column, ".") for column in header[len(line) :])]) for line in lines]
    return "\n".join([name, " ".join(header), *filled])


def contract_company(tmp_path: Path, period: str = "2026-05", program: str = COMPANY, **tables: str) -> Scope:
    """The scope of a small company with these contracts, deliveries and documents."""
    return small_company(tmp_path, contracts(**tables), period, program)


def sign(books: Path, *figures: tuple[str, str, str], period: str = "2026-04") -> None:
    """Sign figures of workpaper 60: (program, figure, amount). A scope that is opened afterwards sees them."""
    sign_figures(books, *(f"{period} {program} 60 {figure} {amount}" for program, figure, amount in figures))
