"""Small ledgers, written in a test as an accountant would, read through the plain door like a company's own.

    scope = small_company(tmp_path, period="2026-05", '''
        invoices
        invoice_id  invoice_date  due_date    total_amount
        inv-1       2026-04-30    2026-05-30  100.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-06-30    100.00
    ''')

Columns that a test doesn't care for have the values of `USUAL`; `.` is an empty cell.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.books import Books, seal
from close_library.evidence import Scope
from close_library.parameters import COMPANY, Settings
from close_library.period import Period
from close_library.tables import TABLES

USUAL: dict[str, dict[str, str]] = {
    "customers": {"customer_name": "Acme", "currency": "USD"},
    "programs": {"program_name": "Atlas"},
    "contracts": {"customer_id": "acme", "program_id": "atlas", "start_date": "2026-01-01", "currency": "USD"},
    "gl_accounts": {"account_name": "Account", "account_type": "asset"},
    "invoices": {
        "invoice_number": "=invoice_id",
        "document_type": "invoice",
        "program_id": "atlas",
        "customer_id": "acme",
        "currency": "USD",
        "status": "posted",
    },
    "invoice_lines": {"line_number": "1"},
    "cash_receipts": {"customer_id": "acme", "currency": "USD"},
    "gl_entries": {
        "line_number": "1",
        "account": "1200",
        "program_id": "atlas",
        "period": "=effective_date",
        "journal_id": "=document_number",
    },
    "disputes": {"status": "open"},
}

ACCOUNTS = {
    "accounts_receivable": ["1200"],
    "unbilled_receivable": ["1250"],
    "deferred_revenue": ["2400"],
    "revenue": ["4000"],
    "cash": ["1000"],
}


class Folder:
    """A source setting as the books take it."""

    def __init__(self, folder: Path, system: str = "tables") -> None:
        self.system, self.path, self.folder = system, folder.name, folder


@dataclass(frozen=True)
class Company:
    """A made-up company: table and header, parted by a bar, → its rows."""

    rows: dict[str, list[str]]

    def text(self, order: random.Random | None = None) -> str:
        """The ledgers as they are written in a test, their rows shuffled when asked."""
        blocks = []
        for header, rows in self.rows.items():
            lines = list(rows)
            if order:
                order.shuffle(lines)
            blocks.append("\n".join([*header.split("|"), *lines]))
        return "\n\n".join(blocks)


def write_tables(folder: Path, text: str) -> None:
    """Write the tables of a text as CSV files; a table without programs gets one program, `atlas`."""
    folder.mkdir(parents=True, exist_ok=True)
    blocks = _blocks(text)
    if "programs" not in [block[0] for block in blocks]:
        blocks.append(["programs", "program_id", "atlas"])
    for name, header, *lines in blocks:
        _write(folder, name, header.split(), [line.split() for line in lines])


def settings(**changes: Any) -> Settings:
    """The parameters of a small company: USD, every limit as DESIGN.md has it."""
    values: dict[str, Any] = {
        "company": "small",
        "name": "Small, Inc.",
        "functional_currency": "USD",
        "first_period": "2026-01",
        "sources": [{"system": "tables", "path": "tables"}],
        "accounts": ACCOUNTS,
    }
    return Settings.model_validate({**values, **changes})


def small_company(tmp_path: Path, text: str, period: str = "2026-05", program: str = COMPANY, **changes: Any) -> Scope:
    """The scope of a small company whose tables are written in the text."""
    write_tables(tmp_path / "tables", text)
    seal(tmp_path / "books", [Folder(tmp_path / "tables")])
    return scope_of(tmp_path / "books", period, program, **changes)


def scope_of(books: Path, period: str, program: str = COMPANY, **changes: Any) -> Scope:
    """Another scope over books that are sealed already."""
    return Scope(Books.open(books), settings(**changes), program, Period.parse(period))


def amounts(result: Any, *ids: str) -> dict[str, str]:
    """The amounts of a result's figures as text with cents, all or those asked for."""
    return {
        id: "n/a" if f.amount is None else f"{f.amount:.4f}".removesuffix("00")
        for id, f in result.figures.items()
        if not ids or id in ids
    }


def found(result: Any) -> list[tuple[str, str, str]]:
    """The findings as (finding, key that it is known by, amount)."""
    return sorted(
        (f.finding, next(iter(f.keys.values()))[0], "–" if f.amount is None else f"{f.amount:.2f}")
        for f in result.findings
    )


def _blocks(text: str) -> list[list[str]]:
    """The lines of each table; a line that is a table's name begins one."""
    blocks: list[list[str]] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        if line in TABLES:
            blocks.append([])
        blocks[-1].append(line)
    return blocks


def _write(folder: Path, name: str, header: list[str], rows: list[list[str]]) -> None:
    usual = {column: value for column, value in USUAL.get(name, {}).items() if column not in header}
    assert set(header) <= set(TABLES[name].column_names), f"{name}: {header}"
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*header, *usual])
        for row in rows:
            assert len(row) == len(header), f"{name}: {row}"
            cells = dict(zip(header, ["" if cell == "." else cell for cell in row], strict=True))
            filled = [_usual(name, value, cells) for value in usual.values()]
            writer.writerow([*cells.values(), *filled])


def _usual(name: str, value: str, cells: dict[str, str]) -> str:
    if not value.startswith("="):
        return value
    cell = cells.get(value[1:]) or "j-" + cells["effective_date"]
    return cell[:7] if value == "=effective_date" else cell
