"""Who owns a row, as small ledgers: by its program, its parent document, its customer's only program."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.books import Books, seal
from tests.sources.files import source

PROGRAMS = """
programs: program_id program_name customer_id
          atlas      Atlas        acme
          borealis   Borealis     beta
          corvus     Corvus       beta
          dorado     Dorado       .
"""
CONTRACTS = """
contracts: contract_id program_id customer_id start_date currency
           k-1         atlas      acme        2026-01-01 USD
           k-2         dorado     delta       2026-01-01 USD
           k-3         nowhere    gamma       2026-01-01 USD
"""
INVOICES = """
invoices: invoice_id invoice_number document_type program_id customer_id invoice_date currency total_amount status
          i-1        1              invoice       atlas      acme        2026-04-01   USD      1            posted
          i-2        2              invoice       nowhere    acme        2026-04-01   USD      1            posted
          i-3        3              invoice       corvus     beta        2026-04-02   USD      1            posted
          i-3        3              invoice       atlas      beta        2026-04-01   USD      1            posted
"""

CASES: dict[str, tuple[str, dict[str, str | None]]] = {
    "a program owns itself": (
        PROGRAMS,
        {"atlas": "atlas", "borealis": "borealis", "corvus": "corvus", "dorado": "dorado"},
    ),
    "a row owns by its program, when programs holds it": (CONTRACTS, {"k-1": "atlas", "k-2": "dorado", "k-3": None}),
    "a document of an unknown program has no owner, and a duplicate key multiplies nothing": (
        INVOICES,
        {"i-1": "atlas", "i-2": None, "i-3": "corvus,atlas"},
    ),
    "a line has the program of its document": (
        """
        invoice_lines: invoice_id line_number amount
                       i-1        1           1
                       i-2        1           1
                       i-9        1           1
        """,
        {"i-1": "atlas", "i-2": None, "i-9": None},
    ),
    "of two documents with one key the first in the file decides": (
        """
        disputes: dispute_id invoice_id opened_date amount status
                  d-1        i-3        2026-04-05  1      open
        """,
        {"d-1": "corvus"},
    ),
    "an application belongs to its invoice's program": (
        """
        cash_applications: application_id receipt_id invoice_id application_date amount
                           a-1            r-3        i-1        2026-04-05       1
        """,
        {"a-1": "atlas"},
    ),
    "a receipt belongs to the only program of its customer": (
        """
        cash_receipts: receipt_id customer_id receipt_date currency amount
                       r-acme     acme        2026-04-05   USD      1
                       r-beta     beta        2026-04-05   USD      1
                       r-gamma    gamma       2026-04-05   USD      1
                       r-delta    delta       2026-04-05   USD      1
                       r-nobody   nobody      2026-04-05   USD      1
        """,
        {"r-acme": "atlas", "r-beta": None, "r-gamma": None, "r-delta": "dorado", "r-nobody": None},
    ),
    "a change finds its program through line and contract": (
        """
        contract_lines: contract_line_id contract_id product billing_model recognition
                        l-1              k-2         x       usage         as_delivered
        contract_changes: contract_line_id change_date amount_change
                          l-1              2026-04-05  1
        """,
        {"l-1": "dorado"},
    ),
    "nobody owns what names no program": (
        """
        customers: customer_id customer_name currency
                   acme        Acme          USD
        """,
        {"acme": None},
    ),
}


def ledger(text: str) -> dict[str, str]:
    """CSV files from text tables: `name: column …`, then rows; `.` is an empty cell."""
    files: dict[str, str] = {}
    name = ""
    for line in filter(None, map(str.strip, text.splitlines())):
        first, *rest = line.split()
        if first.endswith(":"):
            name = f"{first[:-1]}.csv"
            files[name] = ",".join(rest) + "\n"
        else:
            files[name] += ",".join("" if cell == "." else cell for cell in [first, *rest]) + "\n"
    return files


@pytest.mark.parametrize("name", CASES)
def test_who_owns_a_row(name: str, tmp_path: Path) -> None:
    """The rules of ACCOUNTING.md, one ledger each."""
    text, expected = CASES[name]
    files = {**ledger(PROGRAMS), **ledger(CONTRACTS), **ledger(INVOICES), **ledger(text)}
    seal(tmp_path / "books", [source(tmp_path / "inbox", files)])
    table = list(ledger(text))[-1].removesuffix(".csv")
    books = Books.open(tmp_path / "books", [table])
    found = books.sql(f"SELECT * FROM {table} ORDER BY source_row")
    owners: dict[str, str | None] = {}
    for row in found.to_pylist():
        key, owner = next(iter(row.values())), row["owner_program_id"]
        owners[key] = f"{owners[key]},{owner}" if key in owners else owner
    assert owners == expected


def test_without_programs_nobody_owns_anything(tmp_path: Path) -> None:
    """A company that has no table of programs is one company."""
    seal(tmp_path / "books", [source(tmp_path / "inbox", {**ledger(CONTRACTS), **ledger(INVOICES)})])
    books = Books.open(tmp_path / "books")
    assert books.sql("SELECT count(owner_program_id) AS owned FROM invoices").to_pylist() == [{"owned": 0}]


CHILDREN = """
contract_lines: contract_line_id contract_id product billing_model recognition
                l-1              k-1         x       usage         as_delivered
contract_changes: contract_line_id change_date amount_change
                  l-1              2026-04-05  1
po_amendments: po_number amendment_number amendment_date amount_change
               PO-1      1                2026-04-05     1
invoice_lines: invoice_id line_number amount
               i-1        1           1
cash_applications: application_id receipt_id invoice_id application_date amount
                   a-1            r-1        i-1        2026-04-05       1
disputes: dispute_id invoice_id opened_date amount status
          d-1        i-1        2026-04-05  1      open
vendor_invoice_lines: vendor_invoice_id line_number amount
                      vi-1              1           1
vendor_payments: vendor_payment_id vendor_id vendor_invoice_id payment_date amount currency
                 p-1               v-1       vi-1              2026-04-05   1      USD
"""


@pytest.mark.parametrize("table", [name.removesuffix(".csv") for name in ledger(CHILDREN)])
def test_nobody_owns_rows_whose_documents_are_in_a_table_that_the_company_lacks(table: str, tmp_path: Path) -> None:
    """Payments without a table of vendor invoices, lines without one of invoices: sealed, and owned by none."""
    files = {**ledger(PROGRAMS), f"{table}.csv": ledger(CHILDREN)[f"{table}.csv"]}
    seal(tmp_path / "books", [source(tmp_path / "inbox", files)])
    books = Books.open(tmp_path / "books", [table])
    assert books.sql(f"SELECT owner_program_id AS owner FROM {table}").to_pylist() == [{"owner": None}]


def test_a_look_up_takes_the_first_row_in_file_order(tmp_path: Path) -> None:
    """Of rows with one key the first counts: of the first source, the first file, the first line."""
    customers = [
        "customer_id,customer_name,currency\n" + "".join(f"c,{name},USD\n" for name in names)
        for names in (["Zeta", "Alpha"], ["Beta"])
    ]
    first = source(tmp_path / "west", {"customers.csv": customers[0]})
    second = source(tmp_path / "east", {"customers.csv": customers[1]})
    seal(tmp_path / "books", [first, second])
    books = Books.open(tmp_path / "books")
    assert books.sql(f"SELECT customer_name FROM ({books.first_rows('customers')})").to_pylist() == [
        {"customer_name": "Zeta"}
    ]
