"""Applications and manual entries that a person must look at, and their near misses."""

from pathlib import Path

from close_library.accounting import receivables_to_ledger
from tests.ledgers import found, scope_of, small_company

DOCUMENTS = """
    invoices
    invoice_id  document_type  invoice_date  total_amount
    inv-1       invoice        2026-04-01    100.00
    inv-2       invoice        2026-04-01    100.00
    memo        credit_memo    2026-04-02    -30.00

    cash_receipts
    receipt_id  receipt_date  amount
    r-1         2026-05-10    100.00
    r-2         2026-05-10    150.00

    gl_entries
    document_number  effective_date  amount
    inv-1            2026-04-01      100.00
    inv-2            2026-04-01      100.00
    memo             2026-04-02      -30.00
    r-1              2026-05-10      -100.00
    r-2              2026-05-10      -150.00
"""


def applied(rows: str) -> str:
    """The documents with these cash applications."""
    header = "application_id receipt_id credit_memo_id invoice_id application_date amount discount_amount"
    return DOCUMENTS + f"\n    cash_applications\n    {header}\n{rows}\n"


def application_findings(scope: object) -> list[tuple[str, str, str]]:
    return [row for row in found(receivables_to_ledger(scope)) if row[0].startswith("application")]  # type: ignore[arg-type]


def test_the_application_that_crosses_the_invoice_is_named_with_the_excess(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        applied("""
        x-1  r-1  .  inv-1  2026-05-11  60.00  .
        x-2  r-2  .  inv-1  2026-05-12  55.00  .
    """),
    )
    assert application_findings(scope) == [("application_exceeds_document", "x-2", "15.00")]


def test_exactly_the_whole_amount_with_a_discount_is_no_excess(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        applied("""
        x-1  r-1  .  inv-1  2026-05-11  98.00  2.00
        x-2  .  memo  inv-2  2026-05-12  30.00  .
    """),
    )
    assert application_findings(scope) == []


def test_a_receipt_and_a_memo_can_be_exceeded_too(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        applied("""
        x-1  r-1  .  inv-1  2026-05-11  70.00  .
        x-2  r-1  .  inv-2  2026-05-12  31.00  .
        x-3  .  memo  inv-2  2026-05-13  35.00  .
    """),
    )
    assert application_findings(scope) == [
        ("application_exceeds_document", "x-2", "1.00"),
        ("application_exceeds_document", "x-3", "5.00"),
    ]


def test_a_memo_applied_to_itself_takes_what_it_gives(tmp_path: Path) -> None:
    """The application before it is the one that took too much."""
    scope = small_company(
        tmp_path,
        applied("""
        x-1  .  memo  inv-1  2026-05-11  35.00  .
        x-2  .  memo  memo   2026-05-12  50.00  .
    """),
    )
    assert application_findings(scope) == [("application_exceeds_document", "x-1", "5.00")]


def test_an_excess_is_found_in_the_month_of_its_application_only(tmp_path: Path) -> None:
    text = applied("x-1  r-2  .  inv-1  2026-05-11  120.00  .")
    may = small_company(tmp_path, text, "2026-05")
    assert application_findings(may) == [("application_exceeds_document", "x-1", "20.00")]
    assert application_findings(scope_of(tmp_path / "books", "2026-06")) == []


def test_an_application_before_its_receipt(tmp_path: Path) -> None:
    """On the receipt's day is no finding."""
    scope = small_company(
        tmp_path,
        applied("""
        x-1  r-1  .  inv-1  2026-05-09  70.00  .
        x-2  r-2  .  inv-2  2026-05-10  70.00  .
    """),
    )
    assert application_findings(scope) == [("application_before_receipt", "x-1", "70.00")]


def test_manual_entries_to_control_accounts_are_shown_in_natural_sign(tmp_path: Path) -> None:
    """Another account, another source, another month: no finding."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    10.00

        gl_entries
        journal_id  line_number  account  journal_source  effective_date  amount
        j-1         1            1200     billing         2026-05-01      10.00
        j-2         1            2400     manual          2026-05-02      -25.00
        j-2         2            4000     manual          2026-05-02      25.00
        j-3         1            1250     manual          2026-04-30      5.00
        j-4         1            1200     manual          2026-05-31      7.00
    """,
    )
    manual = [row for row in found(receivables_to_ledger(scope)) if row[0].startswith("manual")]
    assert manual == [
        ("manual_entry_to_control_account", "j-2", "25.00"),
        ("manual_entry_to_control_account", "j-4", "7.00"),
    ]
