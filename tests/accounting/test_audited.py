"""What an independent reading of the documents, computed by hand over made-up companies, found to differ."""

from pathlib import Path

import pytest

from close_library.accounting import (
    aging_and_collections,
    receivables_roll_forward,
    receivables_to_ledger,
    source_completeness,
)
from close_library.errors import BooksError
from tests.ledgers import ACCOUNTS, amounts, found, scope_of, small_company


def exceeding(scope: object) -> list[tuple[str, str, str]]:
    rows = found(receivables_to_ledger(scope))  # type: ignore[arg-type]
    return [row for row in rows if row[0] == "application_exceeds_document"]


def test_a_refund_without_a_reference_reduces_no_receipt(tmp_path: Path) -> None:
    """An empty reference equals nothing, another empty one neither."""
    scope = small_company(
        tmp_path,
        """
        cash_receipts
        receipt_id  receipt_date  amount  reference
        r-1         2026-04-01    40.00   .
        refund      2026-04-10    -30.00  .
        r-2         2026-04-01    40.00   w-1
        refund-2    2026-04-10    -30.00  w-1

        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    1.00
    """,
    )
    assert found(aging_and_collections(scope)) == [
        ("receipt_unapplied", "r-1", "40.00"),
        ("receipt_unapplied", "r-2", "10.00"),
    ]


def test_a_refund_takes_nothing_from_a_receipt_that_came_after_it(tmp_path: Path) -> None:
    """The refund of 02-01 empties the receipt of January; that of 04-01 takes 10 of the receipt of February."""
    scope = small_company(
        tmp_path,
        """
        cash_receipts
        receipt_id  receipt_date  amount  reference
        january     2026-01-10    20.00   w-1
        refund-1    2026-02-01    -40.00  w-1
        february    2026-02-15    30.00   w-1
        refund-2    2026-04-01    -10.00  w-1

        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    1.00
    """,
    )
    assert found(aging_and_collections(scope)) == [("receipt_unapplied", "february", "20.00")]


EARLY = """
    invoices
    invoice_id  invoice_date  total_amount
    inv-1       2026-05-08    100.00

    cash_receipts
    receipt_id  receipt_date  amount
    r-1         2026-05-10    500.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount
    x-1             r-1         inv-1       2026-04-20        130.00
"""


@pytest.mark.parametrize(
    ("period", "expected"),
    [("2026-04", []), ("2026-05", [("application_exceeds_document", "x-1", "30.00")]), ("2026-06", [])],
)
def test_an_application_that_exceeds_is_found_in_the_month_from_which_it_counts(
    tmp_path: Path, period: str, expected: list[tuple[str, str, str]]
) -> None:
    """Dated before its receipt and invoice it counts from the later of them; it must not be lost in between."""
    assert exceeding(small_company(tmp_path, EARLY, period)) == expected


def test_an_earlier_application_that_counts_later_is_the_one_that_crosses(tmp_path: Path) -> None:
    """x-1 is dated in March and counts from 05-10; by then x-2 has taken 90, and was within the amount."""
    text = """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-03-01    100.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-10    500.00
        r-2         2026-04-10    500.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         inv-1       2026-03-20        30.00
        x-2             r-2         inv-1       2026-04-20        90.00
    """
    assert exceeding(small_company(tmp_path, text, "2026-04")) == []
    assert exceeding(scope_of(tmp_path / "books", "2026-05")) == [("application_exceeds_document", "x-1", "20.00")]


def test_an_excess_that_was_taken_back_and_comes_again_is_found_again(tmp_path: Path) -> None:
    text = """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-03-01    100.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-04-01    500.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         inv-1       2026-04-20        120.00
        x-2             r-1         inv-1       2026-04-21        -120.00
        x-3             r-1         inv-1       2026-05-20        110.00
    """
    assert exceeding(small_company(tmp_path, text, "2026-04")) == []
    assert exceeding(scope_of(tmp_path / "books", "2026-05")) == [("application_exceeds_document", "x-3", "10.00")]


def test_a_document_of_zero_can_be_exceeded(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  document_type  invoice_date  total_amount
        free        invoice        2026-05-01    0.00
        inv-1       invoice        2026-05-01    100.00
        memo        credit_memo    2026-05-01    0.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-01    500.00
        empty       2026-05-01    0.00

        cash_applications
        application_id  receipt_id  credit_memo_id  invoice_id  application_date  amount
        x-1             r-1         .               free        2026-05-20        5.00
        x-2             empty       .               inv-1       2026-05-20        6.00
        x-3             .           memo            inv-1       2026-05-20        7.00
    """,
    )
    assert exceeding(scope) == [
        ("application_exceeds_document", "x-1", "5.00"),
        ("application_exceeds_document", "x-2", "6.00"),
        ("application_exceeds_document", "x-3", "7.00"),
    ]


def test_the_opening_balances_of_several_accounts_are_one_item(tmp_path: Path) -> None:
    """80 and 20 meet 70 and 30 in sum; no pair of findings that cancel each other."""
    text = """
        account_balances
        account  period   opening_balance  closing_balance
        1200     2026-05  80.00            80.00
        1201     2026-05  20.00            20.00

        invoices
        invoice_id  invoice_date  total_amount
        old-1       2025-12-10    70.00
        old-2       2025-12-11    30.00
    """
    accounts = {**ACCOUNTS, "accounts_receivable": ["1200", "1201"]}
    result = receivables_to_ledger(small_company(tmp_path, text, accounts=accounts))
    assert found(result) == []
    assert amounts(result, "ar_general_ledger", "difference", "amount_differs") == {
        "ar_general_ledger": "100.00",
        "difference": "0.00",
        "amount_differs": "0.00",
    }
    wrong = small_company(tmp_path / "wrong", text.replace("30.00", "25.00"), accounts=accounts)
    assert found(receivables_to_ledger(wrong)) == [("amount_differs", "1200:2026-05", "5.00")]


EUROS = """
    fx_rates
    currency  rate_date   rate
    EUR       2026-04-10  1.1
    EUR       2026-05-02  1.2
    EUR       2026-05-31  1.25

    invoices
    invoice_id  invoice_date  currency  total_amount
    inv-1       2026-04-10    EUR       100.00
"""


def test_the_reconciliation_needs_no_rate_of_the_prior_month_end(tmp_path: Path) -> None:
    """The roll-forward does, and says so."""
    scope = small_company(tmp_path, EUROS)
    assert amounts(receivables_to_ledger(scope), "ar_subledger") == {"ar_subledger": "125.00"}
    with pytest.raises(BooksError) as error:
        receivables_roll_forward(scope)
    assert "fx_rates, EUR, 2026-04-30" in str(error.value)


@pytest.mark.parametrize("amount", ["120.00", "5.00"], ids=["exceeds", "comes before its receipt"])
def test_a_finding_without_a_rate_for_its_amount_is_refused(tmp_path: Path, amount: str) -> None:
    """The rate of the application's own date is missing: no finding of an empty amount."""
    text = (
        EUROS
        + f"""
        cash_receipts
        receipt_id  receipt_date  currency  amount
        r-1         2026-05-02    EUR       500.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         inv-1       2026-05-01        {amount}
    """
    )
    with pytest.raises(BooksError) as error:
        receivables_to_ledger(small_company(tmp_path, text))
    assert "fx_rates, EUR, 2026-05-01" in str(error.value)


def test_an_application_to_an_unknown_invoice_has_the_currency_of_its_receipt(tmp_path: Path) -> None:
    text = (
        EUROS
        + """
        cash_receipts
        receipt_id  receipt_date  currency  amount
        r-1         2026-05-02    EUR       500.00

        cash_applications
        application_id  receipt_id  credit_memo_id  invoice_id  application_date  amount
        x-1             r-1         .               nowhere     2026-05-02        10.00
        x-2             .           inv-1           nowhere     2026-05-02        20.00
        x-3             nobody      .               nowhere     2026-05-02        30.00
    """
    )
    assert found(source_completeness(small_company(tmp_path, text))) == [
        ("unknown_reference", "x-1", "12.00"),
        ("unknown_reference", "x-2", "24.00"),
        ("unknown_reference", "x-3", "30.00"),
    ]
