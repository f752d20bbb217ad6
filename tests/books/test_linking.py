"""Which programs are linked, and what each then sees of the books."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.books import Books, seal
from tests.ledgers import Folder, write_tables

PROGRAMS = """
    programs
    program_id  customer_id
    atlas       .
    borealis    .
    cygnus      .
"""

INVOICES = """
    invoices
    invoice_id  program_id  invoice_date  total_amount  customer_id
    inv-a       atlas       2026-05-01    100.00        acme
    inv-b       borealis    2026-05-02    200.00        bell
    inv-c       cygnus      2026-05-03    300.00        corp
"""


def linked(folder: Path, text: str) -> dict[str, list[str]]:
    write_tables(folder / "tables", PROGRAMS + text)
    found: dict[str, list[str]] = seal(folder / "books", [Folder(folder / "tables")])["linked"]
    return found


BOTH = {"atlas": ["borealis"], "borealis": ["atlas"]}
ALL = {"atlas": ["borealis", "cygnus"], "borealis": ["atlas", "cygnus"], "cygnus": ["atlas", "borealis"]}

CASES = {
    "programs that have nothing to do with each other": ("", {}),
    "one receipt pays invoices of two": ("""
        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        a-1             r-1         inv-a       2026-05-09        100.00
        a-2             r-1         inv-b       2026-05-09        200.00
    """, BOTH),
    "a memo of one is applied to the other": ("""
        cash_applications
        application_id  receipt_id  credit_memo_id  invoice_id  application_date  amount
        a-1             .           inv-b           inv-a       2026-05-09        100.00
    """, BOTH),
    "an order that both name": ("""
        deliveries
        delivery_id  program_id  contract_line_id  po_number  delivery_date  quantity_delivered  status
        d-1          atlas       l-1               PO-1       2026-05-01     1                   accepted
        d-2          borealis    l-2               PO-1       2026-05-01     1                   accepted
    """, BOTH),
    "a chain over a third": ("""
        deliveries
        delivery_id  program_id  contract_line_id  po_number  delivery_date  quantity_delivered  status
        d-1          atlas       l-1               PO-1       2026-05-01     1                   accepted
        d-2          borealis    l-2               PO-1       2026-05-01     1                   accepted
        d-3          cygnus      l-2               .          2026-05-01     1                   accepted
    """, ALL),
    "a chain over a row of no program": ("""
        deliveries
        delivery_id  program_id  contract_line_id  po_number  delivery_date  quantity_delivered  status
        d-1          atlas       l-1               .          2026-05-01     1                   accepted
        d-2          unknown     l-1               PO-1       2026-05-01     1                   accepted
        d-3          borealis    l-3               PO-1       2026-05-01     1                   accepted
    """, BOTH),
    "a ledger line of one that names a document of the other": ("""
        gl_entries
        document_number  program_id  effective_date  amount
        inv-a            borealis    2026-05-01      100.00
    """, BOTH),
    "a ledger line of no program": ("""
        gl_entries
        document_number  program_id  effective_date  amount
        inv-a            .           2026-05-01      100.00
        inv-b            .           2026-05-01      100.00
    """, {}),
    "payments alike": ("""
        vendor_invoices
        vendor_invoice_id  program_id  vendor_id  vendor_invoice_number  invoice_date  amount  currency  status
        v-1                atlas       rater      7                      2026-05-01    1.00    USD       approved
        v-2                borealis    other      7                      2026-05-01    1.00    USD       approved

        vendors
        vendor_id  vendor_name  vendor_type  currency
        rater      R            rater        USD
        other      O            rater        USD

        vendor_payments
        vendor_payment_id  vendor_id  vendor_invoice_id  payment_date  amount  currency  reference
        p-1                rater      v-1                2026-05-01    9.00    USD       x
        p-2                rater      v-2                2026-05-01    9.00    USD       x
    """, BOTH),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_programs_are_linked_where_a_way_leads_from_one_to_the_other(case: str, tmp_path: Path) -> None:
    text, expected = CASES[case]
    assert linked(tmp_path, INVOICES + text) == expected


def test_invoices_alike_link_their_programs(tmp_path: Path) -> None:
    """They may be one invoice billed twice."""
    alike = INVOICES.replace("200.00        bell", "100.00        acme")
    assert linked(tmp_path, alike) == BOTH


@pytest.mark.parametrize(
    ("owner", "seen"),
    [("atlas", ["inv-a", "inv-b"]), ("cygnus", ["inv-c"]), ("_company", ["inv-a", "inv-b", "inv-c"])],
)
def test_a_program_sees_its_rows_those_of_linked_programs_and_nobodys(
    owner: str, seen: list[str], tmp_path: Path
) -> None:
    linked(tmp_path, INVOICES + CASES["one receipt pays invoices of two"][0])
    books = Books.open(tmp_path / "books", ["invoices", "programs", "cash_applications"], owner=owner)
    found = books.sql("SELECT invoice_id FROM invoices ORDER BY 1").to_pylist()
    assert [row["invoice_id"] for row in found] == seen
    [source] = books.sources(["invoices"])
    assert (source["rows"], source["control_total"]) == (len(seen), f"{ {1: 300, 2: 300, 3: 600}[len(seen)] }.00")


def test_books_that_do_not_say_what_is_linked_are_seen_whole(tmp_path: Path) -> None:
    """Books of an earlier layout, opened by hand."""
    linked(tmp_path, INVOICES)
    manifest = tmp_path / "books" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"linked"', '"once"'))
    books = Books.open(tmp_path / "books", ["invoices"], owner="atlas")
    assert books.sql("SELECT count(*) AS n FROM invoices").to_pylist() == [{"n": 3}]
