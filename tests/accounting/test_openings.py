"""Openings of the roll-forwards: as signed, restated, computed. Three months of a small company, worked by hand."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import (
    contract_asset_roll_forward,
    deferred_revenue_roll_forward,
    opening_and_signed,
    receivables_roll_forward,
    rolled_balance,
    rolled_contracts,
)
from close_library.accounting.said import RECORD
from close_library.evidence import Result, Scope
from tests.accounting.contracts import contract_company
from tests.accounting.signed import sign_figures, sign_rows
from tests.ledgers import amounts, scope_of, small_company

ROLL = ("opening_balance", "restatement", "invoices", "cash_received", "closing_balance")

THREE_MONTHS = """
    programs
    program_id
    atlas
    borealis

    invoices
    invoice_id  program_id  customer_id  invoice_date  total_amount
    inv-1       atlas       acme         2026-01-10    100.00
    inv-2       borealis    bolt         2026-01-20    40.00
    inv-3       atlas       acme         2026-02-10    30.00
    inv-4       atlas       acme         2026-03-10    7.00

    cash_receipts
    receipt_id  customer_id  receipt_date  amount
    r-1         acme         2026-02-15    60.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount
    a-1             r-1         inv-1       2026-02-15        60.00
"""
LATE = "    inv-0       atlas       acme         2026-01-31    25.00\n"
"""An invoice of January that comes into the books when January is signed."""

WITH_LATE = THREE_MONTHS.replace("    inv-1 ", LATE + "    inv-1 ", 1)


def roll_of(books: Path, period: str, program: str = "_company") -> Result:
    """The receivables roll-forward of a scope over books that are sealed already."""
    return receivables_roll_forward(scope_of(books, period, program))


def tie_out(roll: Result) -> tuple[str, str] | None:
    """The prior closing on today's books and as signed; None where there is no such tie-out."""
    today, signed = opening_and_signed(roll)
    return None if signed is None else (f"{today:.2f}", f"{signed.money:.2f}")


def test_nothing_signed_the_opening_is_computed_and_says_so(tmp_path: Path) -> None:
    """The first period, and a company that signs nothing: no restatement, no tie-out to fail."""
    roll = receivables_roll_forward(small_company(tmp_path, THREE_MONTHS, "2026-02"))
    assert amounts(roll, *ROLL) == {
        "opening_balance": "140.00", "invoices": "30.00", "cash_received": "60.00", "closing_balance": "110.00",
    }  # fmt: skip
    assert roll.opening_balance.label == "Opening balance at 2026-01-31, computed"
    assert tie_out(roll) is None
    assert [step["label"] for step in roll.charts[0].data][:2] == ["Opening balance", "Invoices"]


def test_signed_and_unchanged_the_opening_is_the_signature(tmp_path: Path) -> None:
    small_company(tmp_path, THREE_MONTHS)
    sign_figures(
        tmp_path / "books", "2026-01 _company 30 closing_balance 140.00", "2026-01 _company 30 opening_balance 0.00"
    )
    roll = roll_of(tmp_path / "books", "2026-02")
    assert amounts(roll, *ROLL) == {
        "opening_balance": "140.00", "restatement": "0.00", "invoices": "30.00", "cash_received": "60.00",
        "closing_balance": "110.00",
    }  # fmt: skip
    assert roll.opening_balance.label == "Opening balance at 2026-01-31, as signed"
    assert tie_out(roll) == ("140.00", "140.00")
    assert set(rows_of(roll, "opening_balance")) == {("invoices", "100.00"), ("invoices", "40.00")}
    assert rows_of(roll, "restatement") == []
    assert rolled_balance(roll) == Decimal("110.00")


def rows_of(roll: Result, figure: str) -> list[tuple[str, str]]:
    """The table and the amount of each row behind a figure."""
    population = roll.figures[figure].population
    assert population is not None
    frame = population.rows()
    return [(table, f"{amount:.2f}") for table, amount in zip(frame["source_table"], frame["amount"], strict=True)]


def test_signed_and_restated_the_difference_is_a_line_of_its_own(tmp_path: Path) -> None:
    """Opening as signed 140 + restatement 25 + invoices 30 − cash 60 = closing 135; the tie-out disagrees by the restatement."""
    small_company(tmp_path, WITH_LATE)
    sign_figures(
        tmp_path / "books", "2026-01 atlas 30 closing_balance 1.00", "2026-01 _company 30 closing_balance 140.00"
    )
    roll = roll_of(tmp_path / "books", "2026-02")
    assert amounts(roll, *ROLL) == {
        "opening_balance": "140.00", "restatement": "25.00", "invoices": "30.00", "cash_received": "60.00",
        "closing_balance": "135.00",
    }  # fmt: skip
    assert tie_out(roll) == ("165.00", "140.00")
    assert rolled_balance(roll) == roll.closing_balance.money
    assert list(roll.table["line"])[1] == "Restatement of 2026-01: on today's books less as signed"
    assert [step["label"] for step in roll.charts[0].data][:2] == ["Opening balance", "Restatement"]
    assert rows_of(roll, "restatement") == [("said_figures", "25.00")]
    assert rows_of(roll, "opening_balance")[-1] == ("said_figures", "-25.00")
    assert roll.restatement.population is not None
    row = roll.restatement.population.rows().iloc[0]
    assert (row["source_file"], row["source_row"]) == (RECORD, 2)
    assert dict(row["shown"]) == {
        "workpaper": "30", "period": "2026-01", "signed": "140.00", "on_todays_books": "165.00", "program": "_company",
    }  # fmt: skip


SIGNED_ROWS = """
    2026-01 _company 30 closing_balance invoices  january/invoices.csv 2 inv-1 100.00 @1
    2026-01 _company 30 closing_balance invoices  january/invoices.csv 3 inv-2 40.00 @1
    2026-01 _company 30 closing_balance invoices  january/invoices.csv 4 inv-9 11.00 @1
"""
CHANGED_SINCE = """
table     document  what      as_signed  on_todays_books  difference
invoices  inv-0     appeared  .          25.00            25.00
invoices  inv-1     changed   100.00     102.00           2.00
invoices  inv-9     vanished  11.00      .                -11.00
Total     .         .         111.00     127.00           16.00
"""
"""One came late, one was raised, one is no more; that inv-2 stands in another line of another file is no change."""

BOOKS_SINCE = WITH_LATE.replace("2026-01-10    100.00", "2026-01-10    102.00")


def lines_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines()]


def restated(tmp_path: Path, *rows: str) -> Result:
    """February over books in which January changed since it was signed at 151.00, with these rows."""
    small_company(tmp_path, BOOKS_SINCE)
    sign_figures(tmp_path / "books", "2026-01 _company 30 closing_balance 151.00")
    sign_rows(tmp_path / "books", *rows)
    return roll_of(tmp_path / "books", "2026-02")


def test_what_changed_in_a_signed_opening_is_told_line_by_line(tmp_path: Path) -> None:
    roll = restated(tmp_path, *SIGNED_ROWS.strip().splitlines())
    frame = roll.tables["30.2"].frame
    cells = frame.astype(object).where(frame.notna(), ".").to_numpy().tolist()
    shown = [[str(cell).removesuffix("00") if isinstance(cell, Decimal) else cell for cell in row] for row in cells]
    assert [list(frame.columns), *shown] == lines_of(CHANGED_SINCE)
    assert amounts(roll, "opening_balance", "restatement") == {"opening_balance": "151.00", "restatement": "16.00"}
    assert rolled_balance(roll) == roll.closing_balance.money
    assert roll.restatement.population is not None
    rows = {dict(row["shown"])["document"]: row for _, row in roll.restatement.population.rows().iterrows()}
    assert rows["inv-0"]["source_table"] == "invoices"
    assert rows["inv-0"]["source_row"] == 2, "its line of today's file"
    assert (rows["inv-9"]["source_table"], rows["inv-9"]["source_file"]) == ("said_populations", RECORD)
    assert dict(rows["inv-9"]["shown"]) == {
        "document": "inv-9", "what": "vanished", "as_signed": "11.00", "on_todays_books": None,
        "file_as_signed": "january/invoices.csv", "row_as_signed": "4",
    }  # fmt: skip
    assert f"{sum(rows_in(roll, 'opening_balance'), Decimal(0)):.2f}" == "151.00"


def rows_in(roll: Result, figure: str) -> list[Decimal]:
    return [Decimal(amount) for _, amount in rows_of(roll, figure)]


NOT_AT_HAND = {
    "none are": (),
    "they are of another signature": tuple(line.replace("@1", "@7") for line in SIGNED_ROWS.strip().splitlines()),
    "they do not add up to what was signed": tuple(SIGNED_ROWS.strip().splitlines()[:2]),
}


@pytest.mark.parametrize("case", NOT_AT_HAND)
def test_without_the_signed_rows_a_restatement_leads_to_the_signature(tmp_path: Path, case: str) -> None:
    roll = restated(tmp_path, *NOT_AT_HAND[case])
    assert list(roll.tables) == ["30.1"]
    assert rows_of(roll, "restatement") == [("said_figures", "16.00")]


def test_a_balance_that_was_signed_without_rows_is_told_line_by_line_too(tmp_path: Path) -> None:
    small_company(tmp_path, THREE_MONTHS)
    sign_figures(tmp_path / "books", "2026-01 borealis 30 closing_balance 0.00")
    sign_rows(tmp_path / "books", "2026-01 borealis 30 closing_balance . . . . 0 @1")
    roll = roll_of(tmp_path / "books", "2026-02", "borealis")
    assert list(roll.tables["30.2"].frame["document"])[:-1] == ["inv-2"]
    assert rows_of(roll, "restatement") == [("invoices", "40.00")]


def test_a_program_and_the_company_have_their_own_signatures(tmp_path: Path) -> None:
    """Atlas is signed, borealis is not, nor the company: each says what its own opening is."""
    small_company(tmp_path, WITH_LATE)
    sign_figures(tmp_path / "books", "2026-01 atlas 30 closing_balance 100.00")
    atlas, borealis, company = (roll_of(tmp_path / "books", "2026-02", p) for p in ("atlas", "borealis", "_company"))
    assert amounts(atlas, "opening_balance", "restatement") == {"opening_balance": "100.00", "restatement": "25.00"}
    assert amounts(borealis, "opening_balance", "restatement") == {"opening_balance": "40.00"}
    assert amounts(company, "opening_balance", "restatement") == {"opening_balance": "165.00"}
    assert (tie_out(borealis), tie_out(company)) == (None, None)


NOT_THE_PRIOR_CLOSING = {
    "another period": "2025-12 _company 30 closing_balance 9.00",
    "another workpaper": "2026-01 _company 31 closing_balance 9.00",
    "another program": "2026-01 atlas 30 closing_balance 9.00",
    "another figure": "2026-01 _company 30 opening_balance 9.00",
    "no amount": "2026-01 _company 30 closing_balance .",
}


@pytest.mark.parametrize("case", NOT_THE_PRIOR_CLOSING)
def test_near_misses_are_not_the_signed_closing(tmp_path: Path, case: str) -> None:
    small_company(tmp_path, THREE_MONTHS)
    sign_figures(tmp_path / "books", NOT_THE_PRIOR_CLOSING[case])
    roll = roll_of(tmp_path / "books", "2026-02")
    assert amounts(roll, "opening_balance", "restatement") == {"opening_balance": "140.00"}


def test_law_january_to_march_is_the_sum_of_its_months_with_restatements(tmp_path: Path) -> None:
    """Each month is signed as it was when it was closed; the late invoice comes into the books between January and February."""
    small_company(tmp_path / "before", THREE_MONTHS)
    small_company(tmp_path / "after", WITH_LATE)
    january = receivables_roll_forward(scope_of(tmp_path / "before" / "books", "2026-01"))
    signed = ["2026-01 _company 30 closing_balance 140.00"]
    rolls = [january]
    for period, closing in (("2026-02", "135.00"), ("2026-03", "142.00")):
        sign_figures(tmp_path / "after" / "books", *signed)
        roll = roll_of(tmp_path / "after" / "books", period)
        assert amounts(roll, "closing_balance") == {"closing_balance": closing}
        assert roll.opening_balance.money == rolls[-1].closing_balance.money
        signed.append(f"{period} _company 30 closing_balance {closing}")
        rolls.append(roll)
    assert [f"{roll.restatement.money:.2f}" for roll in rolls[1:]] == ["25.00", "0.00"]
    moved = sum(rolled_balance(roll) - roll.opening_balance.money for roll in rolls)
    assert january.opening_balance.money + moved == rolls[-1].closing_balance.money == Decimal("142.00")


CONTRACTS = {
    "contract_lines": "u c-1 task usage as_delivered 1.00",
    "deliveries": "d-1 u 2026-04-10 . 100 . delivered\nd-2 u 2026-05-10 . 50 . delivered",
    "invoices": "i-1 2026-05-20 120.00",
    "invoice_lines": "i-1 1 u 120.00",
}
SIGNED_APRIL = (
    "2026-04 atlas 60 revenue_to_date 100.00",
    "2026-04 atlas 60 revenue_to_date:u 100.00",
    "2026-04 atlas 31 closing_balance 0.00",
    "2026-04 atlas 32 closing_balance 100.00",
)
CHANGED = {
    "nothing changed": ({}, "0.00", "0.00", "50.00"),
    "a delivery of April comes late: a catch-up of May, no restatement": (
        {"deliveries": CONTRACTS["deliveries"] + "\nd-3 u 2026-04-20 . 7 . delivered"},
        "0.00",
        "0.00",
        "57.00",
    ),
    "an invoice of April comes late: the signed balance was wrong": (
        {
            "invoices": CONTRACTS["invoices"] + "\ni-0 2026-04-30 130.00",
            "invoice_lines": CONTRACTS["invoice_lines"] + "\ni-0 1 u 130.00",
        },
        "30.00",
        "-100.00",
        "50.00",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_contract_balances_open_as_signed(tmp_path: Path, case: str) -> None:
    """31 and 32: revenue of a signed month is caught up, anything else restates; both roll and stay as signed."""
    changed, liability, asset, revenue = CHANGED[case]
    contract_company(tmp_path, **CONTRACTS | changed)
    sign_figures(tmp_path / "books", *SIGNED_APRIL)
    scope = scope_of(tmp_path / "books", "2026-05", "atlas")
    for procedure, opening, restated in (
        (deferred_revenue_roll_forward, "0.00", liability),
        (contract_asset_roll_forward, "100.00", asset),
    ):
        roll = procedure(scope)
        assert amounts(roll, "opening_balance", "restatement", "revenue") == {
            "opening_balance": opening, "restatement": restated, "revenue": revenue,
        }  # fmt: skip
        assert rolled_contracts(roll) == roll.closing_balance.money
        for figure in roll.figures.values():
            assert figure.population is not None
            assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id
        assert tie_out(roll) == (f"{Decimal(opening) + Decimal(restated):.2f}", opening)


def test_a_restated_contract_balance_leads_to_its_contracts(tmp_path: Path) -> None:
    """The late invoice turns the contract from an asset of 100 into a liability of 30."""
    contract_company(tmp_path, **CONTRACTS | CHANGED["an invoice of April comes late: the signed balance was wrong"][0])
    sign_figures(tmp_path / "books", *SIGNED_APRIL)
    sign_rows(
        tmp_path / "books",
        "2026-04 atlas 31 closing_balance . . . . 0 @3",
        "2026-04 atlas 32 closing_balance contracts contracts.csv 2 c-1 100.00 @4",
    )
    scope = scope_of(tmp_path / "books", "2026-05", "atlas")
    for procedure, ref, changed in (
        (deferred_revenue_roll_forward, "31", ["contracts", "c-1", "appeared"]),
        (contract_asset_roll_forward, "32", ["contracts", "c-1", "vanished"]),
    ):
        roll = procedure(scope)
        frame = roll.tables[f"{ref}.2"].frame
        assert frame[["table", "contract", "what"]].iloc[0].tolist() == changed
        assert frame["difference"].iloc[-1] == roll.restatement.money
        assert rolled_contracts(roll) == roll.closing_balance.money


@pytest.mark.parametrize("procedure", [deferred_revenue_roll_forward, contract_asset_roll_forward])
def test_an_unsigned_contract_balance_is_computed(tmp_path: Path, procedure: Callable[[Scope], Result]) -> None:
    """Only the revenue of April is signed: the balance has no signature, and is the computed one less what May catches up."""
    contract_company(
        tmp_path, **CONTRACTS | CHANGED["a delivery of April comes late: a catch-up of May, no restatement"][0]
    )
    sign_figures(tmp_path / "books", *SIGNED_APRIL[:2])
    roll = procedure(scope_of(tmp_path / "books", "2026-05", "atlas"))
    assert roll.opening_balance.label == "Opening balance at 2026-04-30, computed"
    assert roll.opening_balance.money == (100 if procedure is contract_asset_roll_forward else 0)
    assert tie_out(roll) is None
    assert rolled_contracts(roll) == roll.closing_balance.money
