"""Open items, the bridge to the ledger and the roll-forward over small ledgers worked by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import (
    aging,
    bridged_balance,
    receivables_roll_forward,
    receivables_to_ledger,
    rolled_balance,
)
from close_library.errors import BooksError
from tests.ledgers import amounts, found, scope_of, small_company

PAID_LATER = """
    invoices
    invoice_id  invoice_date  due_date    total_amount
    inv-1       2026-04-30    2026-05-30  100.00

    cash_receipts
    receipt_id  receipt_date  amount
    r-1         2026-06-30    100.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount
    a-1             r-1         inv-1       2026-06-30        100.00

    gl_entries
    document_number  effective_date  amount
    inv-1            2026-04-30      100.00
    r-1              2026-06-30      -100.00
"""


@pytest.mark.parametrize(
    ("period", "open_amount"), [("2026-03", "0.00"), ("2026-04", "100.00"), ("2026-05", "100.00"), ("2026-06", "0.00")]
)
def test_golden_1_an_invoice_paid_later_is_open_in_between(tmp_path: Path, period: str, open_amount: str) -> None:
    """Invoice 04-30, paid 06-30, aged at 05-31: open."""
    scope = small_company(tmp_path, PAID_LATER, period)
    assert amounts(aging(scope), "total") == {"total": open_amount}
    assert amounts(receivables_to_ledger(scope), "ar_general_ledger", "difference") == {
        "ar_general_ledger": open_amount,
        "difference": "0.00",
    }


def test_golden_2_every_open_item_stands_in_exactly_one_column(tmp_path: Path) -> None:
    """Due after T, without due date, a credit memo, unapplied cash; the columns add up to the ledger."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  document_type  invoice_date  due_date    total_amount
        on-T        invoice        2026-05-01    2026-05-31  1.00
        later       invoice        2026-05-01    2026-06-30  2.00
        day-1       invoice        2026-04-01    2026-05-30  4.00
        day-30      invoice        2026-04-01    2026-05-01  8.00
        day-31      invoice        2026-04-01    2026-04-30  16.00
        day-60      invoice        2026-03-01    2026-04-01  32.00
        day-61      invoice        2026-03-01    2026-03-31  64.00
        day-90      invoice        2026-03-01    2026-03-02  128.00
        day-91      invoice        2026-02-01    2026-03-01  256.00
        undated     invoice        2026-05-01    .           512.00
        memo        credit_memo    2026-05-01    2026-05-01  -5.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-20    7.00

        gl_entries
        document_number  effective_date  amount
        all              2026-05-01      1011.00
    """,
    )
    assert amounts(aging(scope)) == {
        "not_due": "3.00",
        "days_1_30": "12.00",
        "days_31_60": "48.00",
        "days_61_90": "192.00",
        "over_90": "256.00",
        "no_due_date": "512.00",
        "credit_memos": "-5.00",
        "unapplied_cash": "-7.00",
        "total": "1011.00",
    }
    assert amounts(receivables_to_ledger(scope), "difference") == {"difference": "0.00"}


def test_golden_3_drafts_voids_and_reversed_entries_are_on_neither_side(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount  status
        draft       2026-05-01    10.00         draft
        void        2026-05-01    20.00         void
        posted      2026-05-01    40.00         posted

        gl_entries
        document_number  effective_date  amount  journal_id
        posted           2026-05-01      40.00   j-1
        void             2026-05-01      20.00   j-2
        void             2026-05-02      -20.00  j-3
    """,
    )
    result = receivables_to_ledger(scope)
    assert amounts(result, "ar_subledger", "ar_general_ledger") == {
        "ar_subledger": "40.00",
        "ar_general_ledger": "40.00",
    }
    assert found(result) == []


def test_nothing_is_clipped_at_zero(tmp_path: Path) -> None:
    """An overpaid invoice is negative in its due-date column, an over-applied receipt positive unapplied cash."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  due_date    total_amount
        inv-1       2026-05-01    2026-06-30  100.00
        inv-2       2026-05-01    2026-06-30  50.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-20    120.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        a-1             r-1         inv-1       2026-05-20        110.00
        a-2             r-1         inv-2       2026-05-21        30.00
    """,
    )
    result = aging(scope)
    assert amounts(result, "not_due", "unapplied_cash", "total") == {
        "not_due": "10.00",
        "unapplied_cash": "20.00",
        "total": "30.00",
    }


def test_the_bridge_classifies_every_difference(tmp_path: Path) -> None:
    """Difference = ledger − subledger; subledger + items = ledger."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id   invoice_date  total_amount
        unposted     2026-05-01    100.00
        posted-late  2026-05-31    30.00
        wrong        2026-05-02    55.00
        right        2026-05-03    70.00

        gl_entries
        document_number  journal_id  effective_date  amount
        posted-late      j-1         2026-06-02      30.00
        wrong            j-2         2026-05-02      50.00
        right            j-3         2026-05-03      70.00
        stray            j-4         2026-05-04      9.00
        .                j-5         2026-05-05      -4.00
    """,
    )
    result = receivables_to_ledger(scope)
    assert amounts(result) == {
        "ar_subledger": "255.00",
        "ar_general_ledger": "125.00",
        "difference": "-130.00",
        "in_subledger_not_in_gl": "-100.00",
        "in_gl_not_in_subledger": "5.00",
        "amount_differs": "-5.00",
        "timing": "-30.00",
        "unexplained": "0.00",
        "opening_items": "0.00",
    }
    assert found(result) == [
        ("amount_differs", "wrong", "-5.00"),
        ("in_gl_not_in_subledger", "j-5", "-4.00"),
        ("in_gl_not_in_subledger", "stray", "9.00"),
        ("in_subledger_not_in_gl", "unposted", "-100.00"),
        ("timing", "posted-late", "-30.00"),
    ]
    assert bridged_balance(result) == Decimal("125.00")


def test_unexplained_shows_what_no_document_explains(tmp_path: Path) -> None:
    """An application made from no receipt and no memo empties an invoice, and no document says where the money is."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    100.00

        cash_applications
        application_id  invoice_id  application_date  amount
        a-1             inv-1       2026-05-20        40.00

        gl_entries
        document_number  effective_date  amount
        inv-1            2026-05-01      100.00
    """,
    )
    result = receivables_to_ledger(scope)
    assert amounts(result, "difference", "amount_differs", "in_gl_not_in_subledger", "unexplained") == {
        "difference": "40.00",
        "amount_differs": "0.00",
        "in_gl_not_in_subledger": "0.00",
        "unexplained": "40.00",
    }
    assert result.unexplained.population is not None
    assert result.unexplained.population.rows()["amount"].sum() == Decimal("40.00")


TWO_PROGRAMS = """
    programs
    program_id  customer_id
    atlas       acme
    borealis    bolt

    invoices
    invoice_id  program_id  customer_id  invoice_date  total_amount
    a-1         atlas       acme         2026-04-10    100.00
    b-1         borealis    bolt         2026-04-10    200.00

    cash_receipts
    receipt_id  customer_id  receipt_date  amount
    r-1         acme         2026-04-20    130.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount
    x-1             r-1         a-1         2026-04-21        90.00
    x-2             r-1         b-1         2026-05-02        40.00

    gl_entries
    document_number  program_id  effective_date  amount
    a-1              atlas       2026-04-10      100.00
    b-1              borealis    2026-04-10      200.00
    r-1              atlas       2026-04-20      -130.00
"""


def test_a_receipt_counts_where_it_was_applied_and_its_rest_where_the_customer_is(tmp_path: Path) -> None:
    """Until 05-02 the rest of 40 is atlas's; then it pays an invoice of borealis and the ledger has not moved it."""
    atlas = small_company(tmp_path, TWO_PROGRAMS, "2026-05", "atlas")
    borealis = scope_of(tmp_path / "books", "2026-05", "borealis")
    company = scope_of(tmp_path / "books", "2026-05")
    assert amounts(receivables_roll_forward(atlas), "opening_balance", "cash_received", "closing_balance") == {
        "opening_balance": "-30.00",
        "cash_received": "-40.00",
        "closing_balance": "10.00",
    }
    assert amounts(receivables_roll_forward(borealis), "opening_balance", "cash_received", "closing_balance") == {
        "opening_balance": "200.00",
        "cash_received": "40.00",
        "closing_balance": "160.00",
    }
    assert amounts(receivables_roll_forward(company), "opening_balance", "cash_received", "closing_balance") == {
        "opening_balance": "170.00",
        "cash_received": "0.00",
        "closing_balance": "170.00",
    }
    assert found(receivables_to_ledger(atlas)) == [("amount_differs", "r-1", "-40.00")]
    assert found(receivables_to_ledger(borealis)) == [("in_subledger_not_in_gl", "r-1", "40.00")]
    assert found(receivables_to_ledger(company)) == []


def test_a_customer_of_two_programs_owns_no_unapplied_cash(tmp_path: Path) -> None:
    text = TWO_PROGRAMS.replace("borealis    bolt\n", "borealis    acme\n")
    scopes = [
        small_company(tmp_path, text, "2026-04", "atlas"),
        scope_of(tmp_path / "books", "2026-04", "borealis"),
        scope_of(tmp_path / "books", "2026-04"),
    ]
    assert [amounts(aging(scope), "unapplied_cash")["unapplied_cash"] for scope in scopes] == ["0.00", "0.00", "-40.00"]


def test_documents_older_than_the_ledger_meet_its_opening_balance(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        """
        account_balances
        account  period   opening_balance  closing_balance
        1200     2026-05  80.00            100.00

        invoices
        invoice_id  invoice_date  total_amount
        old-1       2025-12-10    50.00
        old-2       2025-12-11    30.00
        new         2026-05-10    20.00

        gl_entries
        document_number  effective_date  amount
        new              2026-05-10      20.00
    """,
    )
    result = receivables_to_ledger(scope)
    assert amounts(result, "ar_general_ledger", "difference") == {"ar_general_ledger": "100.00", "difference": "0.00"}
    assert found(result) == []


FOREIGN = """
    fx_rates
    currency  rate_date   rate
    EUR       2026-04-10  1.1
    EUR       2026-04-30  1.2
    EUR       2026-05-20  1.25
    EUR       2026-05-21  1.3
    EUR       2026-05-31  1.15

    invoices
    invoice_id  invoice_date  due_date    currency  total_amount
    inv-1       2026-04-10    2026-04-30  EUR       100.00

    cash_receipts
    receipt_id  receipt_date  currency  amount
    r-1         2026-05-20    EUR       60.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount  discount_amount
    x-1             r-1         inv-1       2026-05-21        50.00   2.00

    gl_entries
    document_number  effective_date  amount
    inv-1            2026-04-10      110.00
    fx:EUR           2026-04-30      10.00
    r-1              2026-05-20      -75.00
    x-1              2026-05-21      -2.60
    fx:EUR           2026-05-31      1.30
"""


def test_foreign_documents_stand_at_their_own_rate_and_balances_at_the_closing_rate(tmp_path: Path) -> None:
    """April 100 × 1.2 = 120. May: open 48 × 1.15 = 55.20, unapplied −10 × 1.15 = −11.50; fx is what is left over."""
    scope = small_company(tmp_path, FOREIGN, "2026-05")
    roll = receivables_roll_forward(scope)
    assert amounts(roll) == {
        "opening_balance": "120.00",
        "invoices": "0.00",
        "credit_memos": "0.00",
        "cash_received": "75.00",
        "discounts": "2.60",
        "write_offs": "0.00",
        "fx": "1.30",
        "closing_balance": "43.70",
    }
    assert rolled_balance(roll) == Decimal("43.70")
    result = receivables_to_ledger(scope)
    assert amounts(result, "ar_subledger", "ar_general_ledger", "difference") == {
        "ar_subledger": "43.70",
        "ar_general_ledger": "43.70",
        "difference": "0.00",
    }
    assert roll.fx.population is not None
    shown = [dict(seen) for seen in roll.fx.population.rows()["shown"]]
    assert {(row["opening_rate"], row["closing_rate"]) for row in shown} >= {("1.200000000000", "1.150000000000")}


def test_a_remeasurement_that_was_not_booked_is_a_reconciling_item(tmp_path: Path) -> None:
    scope = small_company(tmp_path, FOREIGN.replace("fx:EUR           2026-05-31      1.30", ""), "2026-05")
    assert found(receivables_to_ledger(scope)) == [("amount_differs", "fx:EUR", "-1.30")]


def test_a_missing_rate_is_named_with_currency_and_date(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path, FOREIGN.replace("EUR       2026-05-31  1.15", "EUR       2026-06-01  1.15"), "2026-05"
    )
    with pytest.raises(BooksError) as error:
        receivables_roll_forward(scope)
    assert "fx_rates, EUR, 2026-05-31" in str(error.value)


def test_a_missing_rate_does_not_concern_another_program(tmp_path: Path) -> None:
    text = (
        FOREIGN.replace("EUR       2026-05-31  1.15", "EUR       2026-06-01  1.15")
        + """
    programs
    program_id
    atlas
    borealis
    """
    )
    assert amounts(aging(small_company(tmp_path, text, "2026-05", "borealis")), "total") == {"total": "0.00"}


def test_a_doubled_invoice_counts_twice_and_is_applied_to_once(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  due_date    total_amount
        inv-1       2026-05-01    2026-06-30  100.00
        inv-1       2026-05-01    2026-06-30  100.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-20    60.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         inv-1       2026-05-20        60.00
    """,
    )
    assert amounts(aging(scope), "not_due", "unapplied_cash") == {"not_due": "140.00", "unapplied_cash": "0.00"}
