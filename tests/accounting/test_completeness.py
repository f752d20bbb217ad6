"""Source completeness over small ledgers: the ledger rolls, keys are unique, references lead somewhere, journals are in order."""

from pathlib import Path

import pytest

from close_library.accounting import accounts_rolled, control_totals, rows_read, source_completeness
from tests.ledgers import amounts, found, scope_of, small_company


def journal_lines(rows: str) -> str:
    """The journals of a small ledger, on accounts that exist."""
    header = "journal_id line_number effective_date period account amount entered_by entered_at approved_by"
    return f"""
        gl_accounts
        account  account_type
        1000     asset
        4000     revenue

        gl_entries
        {header}
        {rows}
    """


@pytest.mark.parametrize(
    ("case", "rows", "expected"),
    [
        (
            "balanced, by two people, in time",
            """
            j 1 2026-05-31 2026-05 1000 10.00 ann 2026-06-05T23:59:59Z bob
            j 2 2026-05-31 2026-05 4000 -10.00 ann 2026-06-05T23:59:59Z bob""",
            [],
        ),
        (
            "out of balance",
            """
            j 1 2026-05-31 2026-05 1000 10.00 ann 2026-05-31T10:00:00Z bob
            j 2 2026-05-31 2026-05 4000 -9.99 ann 2026-05-31T10:00:00Z bob""",
            [("journal_unbalanced", "j", "0.01")],
        ),
        (
            "approved by who entered it",
            """
            j 1 2026-05-31 2026-05 1000 10.00 ann 2026-05-31T10:00:00Z ann
            j 2 2026-05-31 2026-05 4000 -10.00 ann 2026-05-31T10:00:00Z ann""",
            [("journal_self_approved", "j", "10.00")],
        ),
        (
            "nobody named: empty equals nothing",
            """
            j 1 2026-05-31 2026-05 1000 10.00 . . .
            j 2 2026-05-31 2026-05 4000 -10.00 . . .""",
            [],
        ),
        (
            "entered after the fifth working day: Saturday 06-06",
            """
            j 1 2026-05-31 2026-05 1000 10.00 ann 2026-06-06T00:00:00Z bob
            j 2 2026-05-31 2026-05 4000 -10.00 ann 2026-06-06T00:00:00Z bob""",
            [("journal_backdated", "j", "10.00")],
        ),
        (
            "a time zone counts: 06-06 01:00 in Manila is 06-05 in UTC",
            """
            j 1 2026-05-31 2026-05 1000 10.00 ann 2026-06-06T01:00:00+08:00 bob
            j 2 2026-05-31 2026-05 4000 -10.00 ann 2026-06-06T01:00:00+08:00 bob""",
            [],
        ),
        (
            "the period is not the month of the date",
            """
            j 1 2026-05-31 2026-06 1000 10.00 ann 2026-05-31T10:00:00Z bob
            j 2 2026-05-31 2026-06 4000 -10.00 ann 2026-05-31T10:00:00Z bob""",
            [("journal_period_differs", "j", "10.00")],
        ),
        (
            "another month",
            """
            j 1 2026-04-30 2026-06 1000 10.00 ann 2026-04-30T10:00:00Z ann
            j 2 2026-04-30 2026-06 4000 -9.00 ann 2026-04-30T10:00:00Z ann""",
            [],
        ),
    ],
)
def test_journals(tmp_path: Path, case: str, rows: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(source_completeness(small_company(tmp_path, journal_lines(rows)))) == expected, case


def test_an_account_that_does_not_roll(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        """
        account_balances
        account  period   opening_balance  closing_balance
        1000     2026-05  100.00           130.00
        4000     2026-05  -100.00          -125.00
        1000     2026-06  130.00           130.00

        gl_entries
        journal_id  line_number  account  effective_date  amount
        j           1            1000     2026-05-31      30.00
        j           2            4000     2026-05-31      -30.00
    """,
    )
    result = source_completeness(scope)
    assert found(result) == [("balance_does_not_roll", "4000", "5.00")]
    assert accounts_rolled(result) == (2, 1)
    assert amounts(result, "ledger_entries", "ledger_debits", "ledger_credits") == {
        "ledger_entries": "2.00",
        "ledger_debits": "30.00",
        "ledger_credits": "30.00",
    }
    assert found(source_completeness(scope_of(tmp_path / "books", "2026-06"))) == []


def test_every_row_and_control_total_is_counted_again(tmp_path: Path) -> None:
    result = source_completeness(
        scope := small_company(
            tmp_path,
            """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    10.00
        inv-2       2026-05-02    20.50
    """,
        )
    )
    assert amounts(result, "invoices_rows", "invoices_control_total", "programs_rows") == {
        "invoices_rows": "2.00",
        "invoices_control_total": "30.50",
        "programs_rows": "1.00",
    }
    assert rows_read(scope, result) == (3, 3)
    counted, read = control_totals(scope, result)
    assert counted == read


def test_doubled_keys_are_found_in_every_period(tmp_path: Path) -> None:
    """Keys of several parts are spelled with colons; an empty tier begins at 0."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-01-01    10.00
        inv-1       2026-01-02    20.00

        invoice_lines
        invoice_id  line_number  amount
        inv-1       1            10.00
        inv-1       1            20.00
        inv-1       2            20.00

        contracts
        contract_id
        c-1

        contract_lines
        contract_line_id  contract_id  product  billing_model  recognition   tier_from  price_from
        l-1               c-1          labels   usage          as_delivered  .          .
        l-1               c-1          labels   usage          as_delivered  0          .
        l-1               c-1          labels   usage          as_delivered  1000.50    .
        l-1               c-1          labels   usage          as_delivered  .          2026-02-01
    """,
    )
    assert found(source_completeness(scope)) == [
        ("duplicate_key", "inv-1", "–"),
        ("duplicate_key", "inv-1:1", "–"),
        ("duplicate_key", "l-1:0:", "–"),
    ]


def test_references_that_lead_nowhere_are_found_in_the_month_of_their_document(tmp_path: Path) -> None:
    text = """
        programs
        program_id
        atlas

        customers
        customer_id
        acme

        gl_accounts
        account
        1200

        invoices
        invoice_id  program_id  customer_id  invoice_date  total_amount
        inv-1       atlas       acme         2026-05-01    10.00
        inv-2       nowhere     acme         2026-05-02    20.00
        inv-3       nowhere     nobody       2026-04-02    40.00

        invoice_lines
        invoice_id  contract_line_id  amount
        inv-1       l-9               10.00
        inv-9       .                 5.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-9         inv-8       2026-05-03        3.00

        gl_entries
        journal_id  account  effective_date  amount
        j-1         9999     2026-05-04      0.00
        j-2         1200     2026-05-04      0.00
    """
    may = small_company(tmp_path, text, "2026-05")
    assert found(source_completeness(may)) == [
        ("unknown_reference", "inv-2", "20.00"),
        ("unknown_reference", "inv-9:1", "5.00"),
        ("unknown_reference", "j-1:1", "0.00"),
        ("unknown_reference", "x-1", "3.00"),
    ]
    april = scope_of(tmp_path / "books", "2026-04")
    assert found(source_completeness(april)) == [
        ("unknown_reference", "inv-3", "40.00"),
        ("unknown_reference", "inv-9:1", "5.00"),
    ]


def test_a_table_that_the_company_does_not_have_is_not_searched(tmp_path: Path) -> None:
    """No customers, no contracts: their ids lead nowhere, and that is no finding."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    10.00
    """,
    )
    assert found(source_completeness(scope)) == []
