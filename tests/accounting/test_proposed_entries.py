"""Proposed entries over small ledgers worked by hand: what is booked, what reverses, and that booking them ends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.accounting import (
    after_booking,
    contract_balances_to_ledger,
    proposed_journal_entries,
    revenue_to_ledger,
    total_credits,
    total_debits,
)
from close_library.accounting.entries.adjusting import ACCRUAL, adjusting_entries
from close_library.books import seal
from close_library.parameters import COMPANY
from tests.accounting.contracts import sign
from tests.accounting.entries import book, booked_again, files_of, proposed_lines
from tests.ledgers import ACCOUNTS, Folder, scope_of, small_company

BOTH_CONTRACTS = """
    contracts
    contract_id  program_id
    c-1          atlas
    c-2          atlas

    contract_lines
    contract_line_id  contract_id  product  billing_model  recognition      unit_price  amount   service_start  service_end
    labels            c-1          labels   usage          as_delivered     10          .        .              .
    platform          c-2          desk     subscription   ratable_monthly  .           1200.00  2026-05-01     2027-04-30
"""
LABELS_ONLY = "\n".join(line for line in BOTH_CONTRACTS.split("\n") if "c-2" not in line)
LABELS_DELIVERED = """
    deliveries
    delivery_id  program_id  contract_line_id  delivery_date  quantity_delivered  status
    d-1          atlas       labels            2026-05-10     10                  delivered
"""
PLATFORM_BILLED = """
    invoices
    invoice_id  invoice_date  contract_id  total_amount
    inv-1       2026-05-01    c-2          1200.00

    invoice_lines
    invoice_id  contract_line_id  amount
    inv-1       platform          1200.00
"""


def ledger(*lines: str) -> str:
    """Ledger lines `account date amount`, all of the program atlas."""
    rows = "\n".join(f"j-{n} {n} {line}" for n, line in enumerate(lines, 1))
    return f"\n gl_entries\n journal_id line_number account effective_date amount\n{rows}\n"


NOTHING_BOOKED = ledger("1000 2026-05-01 0.00")
CASES = {
    "revenue earned and not billed is accrued, and reverses": (
        LABELS_DELIVERED + NOTHING_BOOKED,
        ["accrual 1250 100.00", "accrual 4000 -100.00"],
    ),
    "revenue booked when billed is deferred, and stays so": (
        PLATFORM_BILLED + ledger("1200 2026-05-01 1200.00", "4000 2026-05-01 -1200.00"),
        ["correction 4000 1100.00", "correction 2400 -1100.00"],
    ),
    "an invoice that the ledger lacks stands on receivables, and reverses when it is posted": (
        PLATFORM_BILLED + NOTHING_BOOKED,
        ["accrual 1200 1200.00", "accrual 2400 -1100.00", "accrual 4000 -100.00"],
    ),
    "both sides shown too high are brought down together": (
        ledger("1250 2026-05-31 70.00", "2400 2026-05-31 -70.00"),
        ["correction 2400 70.00", "correction 1250 -70.00"],
    ),
    "what accrues and what corrects are two entries": (
        LABELS_DELIVERED + PLATFORM_BILLED + ledger("1200 2026-05-01 1200.00", "2400 2026-05-01 -1200.00"),
        ["accrual 1250 100.00", "accrual 4000 -100.00", "correction 2400 100.00", "correction 4000 -100.00"],
    ),
    "a deposit booked to deferred revenue is moved to receivables": (
        ledger("1000 2026-05-20 300.00", "2400 2026-05-20 -300.00"),
        ["accrual 2400 300.00", "accrual 1200 -300.00"],
    ),
    "a ledger that is right gets no entry": (
        LABELS_DELIVERED
        + PLATFORM_BILLED
        + ledger(
            "1200 2026-05-01 1200.00", "2400 2026-05-01 -1100.00", "4000 2026-05-01 -100.00",
            "1250 2026-05-31 100.00", "4000 2026-05-31 -100.00",
        ),
        [],
    ),
    "an error that an earlier month holds the other way is not booked twice": (
        ledger("4000 2026-04-30 -45.00", "2400 2026-04-30 45.00", "4000 2026-05-02 45.00", "2400 2026-05-02 -45.00"),
        [],
    ),
    "an error of an earlier month of the year is corrected in the open period": (
        ledger("4000 2026-04-30 -45.00", "2400 2026-04-30 45.00"),
        ["correction 4000 45.00", "correction 2400 -45.00"],
    ),
}  # fmt: skip


def contracts_and(tables: str) -> str:
    """The tables with the contracts that they need: the platform's only where it is billed."""
    return (BOTH_CONTRACTS if "inv-1" in tables else LABELS_ONLY) + tables


@pytest.mark.parametrize(("tables", "expected"), CASES.values(), ids=CASES.keys())
def test_entries(tmp_path: Path, tables: str, expected: list[str]) -> None:
    scope = small_company(tmp_path, contracts_and(tables))
    result = proposed_journal_entries(scope)
    assert proposed_lines(result) == expected
    assert total_debits(result) == total_credits(result)


@pytest.mark.parametrize(
    "tables", [tables for tables, expected in CASES.values() if expected], ids=[n for n, c in CASES.items() if c[1]]
)
def test_once_booked_the_next_run_proposes_nothing(tmp_path: Path, tables: str) -> None:
    scope = small_company(tmp_path, contracts_and(tables))
    again = booked_again(tmp_path, scope, proposed_journal_entries(scope))
    assert proposed_lines(proposed_journal_entries(again)) == []
    balances = contract_balances_to_ledger(again)
    assert balances.deferred_revenue.amount == balances.deferred_revenue_general_ledger.amount
    assert balances.unbilled_receivable.amount == balances.unbilled_receivable_general_ledger.amount


def test_reversals_bring_the_ledger_back_on_the_first_day_of_the_next_period(tmp_path: Path) -> None:
    scope = small_company(tmp_path, LABELS_ONLY + LABELS_DELIVERED + NOTHING_BOOKED)
    first = proposed_journal_entries(scope)
    files = files_of(first)
    assert b"2026-06-01" in files["gl_entries_reversals.csv"]
    book(tmp_path / "tables", files["gl_entries_reversals.csv"])
    again = booked_again(tmp_path, scope, first)
    assert proposed_lines(proposed_journal_entries(again)) == []
    june = replace(again, period=again.period.next)
    assert proposed_lines(proposed_journal_entries(june)) == ["accrual 1250 100.00", "accrual 4000 -100.00"]


def test_figures_have_the_rows_that_support_them(tmp_path: Path) -> None:
    scope = small_company(tmp_path, BOTH_CONTRACTS + CASES["what accrues and what corrects are two entries"][0])
    result = proposed_journal_entries(scope)
    assert list(result.figures) == [
        "debits:PJE-2026-05-001", "credits:PJE-2026-05-001", "debits:PJE-2026-05-002", "credits:PJE-2026-05-002",
    ]  # fmt: skip
    for figure in result.figures.values():
        assert figure.population is not None
        assert figure.population.total == figure.money == 100
        assert figure.population.count > 0
    accrued = result.figures["debits:PJE-2026-05-001"].population
    assert accrued is not None
    assert set(accrued.rows()["source_table"]) == {"contracts"}


def test_programs_have_entries_of_their_own_numbered_without_gaps(tmp_path: Path) -> None:
    """Also with a program in order between two that are not, and with ledger lines of no program."""
    scope = small_company(
        tmp_path,
        """
        programs
        program_id
        atlas
        borealis
        cygnus

        contracts
        contract_id  program_id
        c-a          atlas
        c-c          cygnus

        contract_lines
        contract_line_id  contract_id  product  billing_model  recognition   unit_price
        a                 c-a          labels   usage          as_delivered  10
        c                 c-c          labels   usage          as_delivered  20

        deliveries
        delivery_id  program_id  contract_line_id  delivery_date  quantity_delivered  status
        d-a          atlas       a                 2026-05-10     1                   delivered
        d-c          cygnus      c                 2026-05-10     1                   delivered

        gl_entries
        journal_id  line_number  account  effective_date  amount  program_id
        j-1         1            2400     2026-05-31      5.00    .
        j-1         2            4000     2026-05-31      -5.00   .
        j-2         1            1000     2026-05-31      0.00    borealis
    """,
    )
    result = proposed_journal_entries(scope)
    frame = result.tables["61.1"].frame
    assert list(zip(frame["entry"], frame["program"], strict=True))[:-1] == [
        ("PJE-2026-05-001", "atlas"), ("PJE-2026-05-002", "cygnus"), ("PJE-2026-05-003", "no program"),
    ]  # fmt: skip
    assert proposed_lines(proposed_journal_entries(booked_again(tmp_path, scope, result))) == []


def test_an_opening_balance_of_no_program_is_moved_to_the_program_that_owes_it(tmp_path: Path) -> None:
    """What the two entries leave on receivables cancels."""
    scope = small_company(
        tmp_path,
        BOTH_CONTRACTS.replace("2026-05-01     2027-04-30", "2026-01-01     2026-12-31")
        + """
        invoices
        invoice_id  invoice_date  contract_id  total_amount
        inv-1       2026-01-01    c-2          1200.00

        invoice_lines
        invoice_id  contract_line_id  amount
        inv-1       platform          1200.00

        account_balances
        account  period   opening_balance  closing_balance
        2400     2026-05  -800.00          -700.00
        """
        + ledger("2400 2026-05-31 100.00", "4000 2026-05-31 -100.00"),
    )
    result = proposed_journal_entries(scope)
    assert proposed_lines(result) == [
        "accrual 1200 800.00", "accrual 2400 -800.00", "accrual 2400 800.00", "accrual 1200 -800.00",
    ]  # fmt: skip
    assert proposed_lines(proposed_journal_entries(booked_again(tmp_path, scope, result))) == []


def test_a_difference_within_the_tolerance_is_left(tmp_path: Path) -> None:
    tables = LABELS_ONLY + CASES["both sides shown too high are brought down together"][0]
    scope = small_company(tmp_path, tables, tolerances={"tie_out": "70.00"})
    assert proposed_lines(proposed_journal_entries(scope)) == []
    assert set(proposed_journal_entries(scope).tables["61.3"].frame["note"].dropna()) == {
        "within the tie-out tolerance"
    }


def test_what_is_left_of_the_month_is_named(tmp_path: Path) -> None:
    tables = LABELS_ONLY + CASES["an error of an earlier month of the year is corrected in the open period"][0]
    scope = small_company(tmp_path, tables)
    result = proposed_journal_entries(scope)
    proof = result.tables["61.3"].frame.set_index("item")
    assert str(proof.loc["Revenue of the period", "note"]).startswith("the entry corrects earlier months")
    booked = revenue_to_ledger(scope).revenue_general_ledger
    assert after_booking(result, booked, "revenue") == Decimal("-45.00")


def test_a_fiscal_year_that_begins_in_may_leaves_april_alone(tmp_path: Path) -> None:
    """April's revenue was closed out: what it did to the balance is no revenue of this year."""
    tables = LABELS_ONLY + CASES["an error of an earlier month of the year is corrected in the open period"][0]
    scope = small_company(tmp_path, tables, fiscal_year_starts=5)
    assert proposed_lines(proposed_journal_entries(scope)) == ["accrual 1200 45.00", "accrual 2400 -45.00"]


def test_a_catch_up_of_a_signed_period_is_revenue_of_the_open_one(tmp_path: Path) -> None:
    """Ten labels of April arrive in May's books; April was signed, and booked, without them."""
    small_company(
        tmp_path, LABELS_ONLY + LABELS_DELIVERED.replace("2026-05-10", "2026-04-10") + ledger("1000 2026-04-01 0.00")
    )
    sign(tmp_path / "books", ("atlas", "revenue_to_date:labels", "0.00"))
    scope = scope_of(tmp_path / "books", "2026-05")
    assert revenue_to_ledger(scope).revenue.amount == 100
    result = proposed_journal_entries(scope)
    assert proposed_lines(result) == ["accrual 1250 100.00", "accrual 4000 -100.00"]
    assert set(result.tables["61.3"].frame["left"]) == {Decimal(0)}


def test_numbers_go_on_after_those_that_are_booked(tmp_path: Path) -> None:
    """A number that the ERP has seen would be refused, or taken for the same entry."""
    booked = "\n gl_entries\n journal_id account effective_date amount\n PJE-2026-05-001 1250 2026-05-31 40.00\n"
    more = " PJE-2026-05-001 4000 2026-05-31 -40.00\n PJE-2026-05-001-R 1250 2026-06-01 -40.00\n"
    result = proposed_journal_entries(small_company(tmp_path, LABELS_ONLY + LABELS_DELIVERED + booked + more))
    assert list(result.figures) == ["debits:PJE-2026-05-002", "credits:PJE-2026-05-002"]
    assert proposed_lines(result) == ["accrual 1250 60.00", "accrual 4000 -60.00"]


def test_a_line_on_receivables_names_the_customer(tmp_path: Path) -> None:
    programs = "\n programs\n program_id customer_id\n atlas acme\n"
    scope = small_company(tmp_path, BOTH_CONTRACTS + PLATFORM_BILLED + NOTHING_BOOKED + programs)
    lines = proposed_journal_entries(scope).tables["61.2"].frame
    assert dict(zip(lines["account"], lines["customer"], strict=True)) == {"1200": "acme", "2400": None, "4000": None}


def test_an_account_is_the_one_that_the_program_uses(tmp_path: Path) -> None:
    tables = LABELS_ONLY + LABELS_DELIVERED + ledger("4010 2026-05-31 -1.00", "4010 2026-05-31 1.00")
    scope = small_company(tmp_path, tables, accounts={**ACCOUNTS, "revenue": ["4000", "4010"]})
    assert proposed_lines(proposed_journal_entries(scope)) == ["accrual 1250 100.00", "accrual 4010 -100.00"]


cents = st.integers(-10_000, 10_000).map(lambda units: Decimal(units).scaleb(-2))


@given(unbilled=cents, deferred=cents, revenue=cents)
def test_law_entries_balance_book_every_difference_and_are_supported(
    unbilled: Decimal, deferred: Decimal, revenue: Decimal
) -> None:
    adjustments: Mapping[str, Decimal] = {
        "unbilled_receivable": unbilled, "deferred_revenue": deferred, "revenue": revenue,
    }  # fmt: skip
    entries = adjusting_entries(adjustments)
    assert len({kind for kind, _ in entries}) == len(entries)
    for kind, lines in entries:
        assert len(lines) >= 2
        assert sum(line.amount for line in lines) == 0
        for line in lines:
            assert sum(factor * adjustments[role] for role, factor in line.support.items()) == line.amount
            assert kind == ACCRUAL or line.role != "accounts_receivable"
    for role, amount in adjustments.items():
        assert sum((line.amount for _, lines in entries for line in lines if line.role == role), Decimal(0)) == amount


def test_it_does_not_depend_on_the_order_of_the_rows(tmp_path: Path) -> None:
    tables = CASES["what accrues and what corrects are two entries"][0]
    scope = small_company(tmp_path / "a", BOTH_CONTRACTS + tables)
    path = tmp_path / "a" / "tables" / "gl_entries.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    seal(tmp_path / "b", [Folder(tmp_path / "a" / "tables")])
    turned = scope_of(tmp_path / "b", "2026-05")
    assert files_of(proposed_journal_entries(scope)) == files_of(proposed_journal_entries(turned))


def test_the_sample_is_clear_once_its_entries_are_booked(sample: object, tmp_path: Path) -> None:
    """The sample company of October: a correction of equinox, an accrual of helix, and then nothing."""
    from close_library.parameters import load_parameters
    from close_library.period import Period
    from tests.conftest import Sample

    assert isinstance(sample, Sample)
    (tmp_path / "tables").mkdir()
    for path in sample.tables.glob("*.csv"):
        (tmp_path / "tables" / path.name).write_bytes(path.read_bytes())
    seal(tmp_path / "books", [Folder(tmp_path / "tables")])
    settings = load_parameters(sample.parameters).resolve(Period.parse("2026-10"))
    scope = replace(scope_of(tmp_path / "books", "2026-10", COMPANY), parameters=settings)
    result = proposed_journal_entries(scope)
    frame = result.tables["61.1"].frame
    assert list(zip(frame["program"], frame["kind"], frame["reversal_date"], strict=True))[:-1] == [
        ("equinox", "correction", None), ("helix", "accrual", date(2026, 11, 1)),
    ]  # fmt: skip
    assert proposed_lines(proposed_journal_entries(booked_again(tmp_path, scope, result))) == []
