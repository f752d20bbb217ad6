"""Proposed accruals of vendor cost: what accrues and reverses, what corrects, near misses, and that booking them ends it."""

import csv
import io
import os
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.accounting import (
    accrual_once_booked,
    proposed_journal_entries,
    total_credits,
    total_debits,
    vendor_figure,
    vendor_payables_to_ledger,
)
from close_library.accounting.entries.adjusting import ACCRUAL, CORRECTION, vendor_entry
from close_library.report.journal_entries import NETSUITE, PLAIN, REVERSALS
from tests.accounting.entries import book, booked_again, files_of, proposed_lines
from tests.accounting.vendors import VENDOR_ACCOUNTS, vendor_company, vendor_tables
from tests.ledgers import small_company

WORK = {"vendors": "v-1", "vendor_rates": "base 0.50", "vendor_work": "w-1 2026-05-10 100"}
"""100 labels of May at 0.50: 50.00 that nobody has billed."""


def booked(*lines: str) -> str:
    """Ledger lines `date account amount`."""
    return "\n".join(f"j-{n} {line}" for n, line in enumerate(lines, 1))


NOTHING = booked("2026-05-01 1000 0.00")
BILLED = {"vendor_invoices": "vi-1 2026-05-20 50.00", "vendor_invoice_lines": "vi-1 1 50.00 w-1"}
CASES = {
    "work that no invoice names accrues, and reverses": ({}, ["accrual 5000 50.00", "accrual 2100 -50.00"]),
    "an accrual that is booked already": (
        {"gl_entries": booked("2026-05-31 2100 -50.00", "2026-05-31 5000 50.00")},
        [],
    ),
    "an accrual that is booked in part": (
        {"gl_entries": booked("2026-05-31 2100 -20.00", "2026-05-31 5000 20.00")},
        ["accrual 5000 30.00", "accrual 2100 -30.00"],
    ),
    "an accrual of April that nobody reversed is brought down for good": (
        {"gl_entries": booked("2026-04-30 2100 -80.00", "2026-04-30 5000 80.00")},
        ["correction 2100 30.00", "correction 5000 -30.00"],
    ),
    "an accrual of April that was reversed": (
        {"gl_entries": booked("2026-04-30 2100 -80.00", "2026-05-01 2100 80.00")},
        ["accrual 5000 50.00", "accrual 2100 -50.00"],
    ),
    "work that is billed": (BILLED, []),
    "work that is billed and still accrued": (
        BILLED | {"gl_entries": booked("2026-05-31 2100 -50.00")},
        ["correction 2100 50.00", "correction 5000 -50.00"],
    ),
    "work whose invoice is received and not approved": (
        BILLED | {"vendor_invoices": "vi-1 2026-05-20 50.00 received"},
        ["accrual 5000 50.00", "accrual 2100 -50.00"],
    ),
    "work that is billed after the period": (
        BILLED | {"vendor_invoices": "vi-1 2026-06-02 50.00"},
        ["accrual 5000 50.00", "accrual 2100 -50.00"],
    ),
    "work of the next month": ({"vendor_work": "w-1 2026-06-01 100"}, []),
    "work that nobody approved": ({"vendor_work": "w-1 2026-05-10 100 . ."}, []),
}


@pytest.mark.parametrize(("tables", "expected"), CASES.values(), ids=CASES.keys())
def test_entries(tmp_path: Path, tables: dict[str, str], expected: list[str]) -> None:
    """Balanced, and once booked the ledger is the computed accrual and the next run proposes nothing."""
    scope = vendor_company(tmp_path, **{"gl_entries": NOTHING, **WORK, **tables})
    result = proposed_journal_entries(scope)
    assert proposed_lines(result) == expected
    assert total_debits(result) == total_credits(result)
    after, computed = accrual_once_booked(scope, result)
    assert computed is not None
    assert after == computed.money == vendor_figure(scope, "vendor_accrual").money
    if expected:
        again = booked_again(tmp_path, scope, result)
        assert proposed_lines(proposed_journal_entries(again)) == []
        balances = vendor_payables_to_ledger(again)
        assert balances.vendor_accrual.money == balances.vendor_accrual_general_ledger.money


def test_the_rows_that_support_it_are_the_work_and_the_ledger(tmp_path: Path) -> None:
    tables = WORK | {"gl_entries": booked("2026-05-31 2100 -20.00", "2026-05-31 5000 20.00")}
    result = proposed_journal_entries(vendor_company(tmp_path, **tables))
    for figure in result.figures.values():
        assert figure.population is not None
        rows = figure.population.rows()
        assert list(zip(rows["source_table"], rows["amount"], strict=True)) == [
            ("gl_entries", Decimal("-20.00")), ("vendor_work", Decimal("50.00")),
        ]  # fmt: skip
    entry = result.tables["61.1"].frame.iloc[0]
    assert (entry["kind"], entry["reversal_date"]) == ("accrual", date(2026, 6, 1))
    assert entry["memo"] == "Accrual of vendor cost 2026-05, atlas, reverses on 2026-06-01"


def test_it_comes_out_in_the_files_with_its_reversal(tmp_path: Path) -> None:
    """The plain file, its reversal on the first of June, and NetSuite's form with the program as class."""
    result = proposed_journal_entries(vendor_company(tmp_path, **WORK, gl_entries=NOTHING))
    read = {name: list(csv.DictReader(io.StringIO(content.decode()))) for name, content in files_of(result).items()}
    assert [(r["effective_date"], r["account"], r["amount"], r["program_id"]) for r in read[PLAIN]] == [
        ("2026-05-31", "5000", "50.00", "atlas"), ("2026-05-31", "2100", "-50.00", "atlas"),
    ]  # fmt: skip
    assert [(r["effective_date"], r["account"], r["amount"], r["reversal_of"]) for r in read[REVERSALS]] == [
        ("2026-06-01", "5000", "-50.00", "PJE-2026-05-001"), ("2026-06-01", "2100", "50.00", "PJE-2026-05-001"),
    ]  # fmt: skip
    assert [(r["Account"], r["Debit"], r["Credit"], r["Class"], r["Reversal Date"]) for r in read[NETSUITE]] == [
        ("5000", "50.00", "", "atlas", "6/1/2026"), ("2100", "", "50.00", "atlas", "6/1/2026"),
    ]  # fmt: skip
    assert read[NETSUITE][0]["Line Memo"] == "Vendor cost of atlas: approved work that no invoice names yet"


@pytest.mark.parametrize(
    ("billed", "expected"),
    [({}, ["accrual 5000 50.00", "accrual 2100 -50.00"]), ({"vendor_invoices": "vi-1 2026-06-02 50.00"}, [])],
    ids=["still not billed: accrued anew", "billed in June: nothing"],
)
def test_a_reversal_booked_next_month_is_no_difference(
    tmp_path: Path, billed: dict[str, str], expected: list[str]
) -> None:
    tables = {**WORK, "gl_entries": NOTHING, **(BILLED | billed if billed else {})}
    scope = vendor_company(tmp_path, **tables)
    first = proposed_journal_entries(scope)
    assert proposed_lines(first) == ["accrual 5000 50.00", "accrual 2100 -50.00"]
    book(tmp_path / "tables", files_of(first)[REVERSALS])
    again = booked_again(tmp_path, scope, first)
    assert proposed_lines(proposed_journal_entries(again)) == []
    assert proposed_lines(proposed_journal_entries(replace(again, period=again.period.next))) == expected


def test_an_accrual_that_is_not_reversed_next_month_is_corrected(tmp_path: Path) -> None:
    """Booked at the end of May, billed in June, and the reversal was forgotten."""
    tables = {**WORK, "gl_entries": NOTHING, **BILLED, "vendor_invoices": "vi-1 2026-06-02 50.00"}
    scope = vendor_company(tmp_path, **tables)
    again = booked_again(tmp_path, scope, proposed_journal_entries(scope))
    june = replace(again, period=again.period.next)
    assert proposed_lines(proposed_journal_entries(june)) == ["correction 2100 50.00", "correction 5000 -50.00"]


@pytest.mark.parametrize("role", ["vendor_accrual", "vendor_cost"])
def test_a_role_without_an_account_is_left_and_named(tmp_path: Path, role: str) -> None:
    scope = small_company(tmp_path, vendor_tables(**WORK, gl_entries=NOTHING), accounts={**VENDOR_ACCOUNTS, role: []})
    result = proposed_journal_entries(scope)
    assert proposed_lines(result) == []
    proof = result.tables["61.3"].frame.set_index("item")
    assert proof.loc["Accrued vendor cost", "left"] == 50
    assert proof.loc["Accrued vendor cost", "note"] == "no account plays a role of the entry: nothing can be booked"
    assert accrual_once_booked(scope, result)[0] == 0


def test_without_work_in_the_books_the_ledgers_accrual_is_left_alone(tmp_path: Path) -> None:
    """A company that accrues elsewhere: what is not computed is not compared."""
    scope = vendor_company(tmp_path, gl_entries=booked("2026-05-31 2100 -500.00", "2026-05-31 5000 500.00"))
    result = proposed_journal_entries(scope)
    assert proposed_lines(result) == []
    assert "Accrued vendor cost" not in set(result.tables["61.3"].frame["item"])
    assert accrual_once_booked(scope, result) == (Decimal("500.00"), None)


def test_a_difference_within_the_tolerance_is_left(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path, vendor_tables(**WORK, gl_entries=NOTHING), accounts=VENDOR_ACCOUNTS, tolerances={"tie_out": "50.00"}
    )
    assert proposed_lines(proposed_journal_entries(scope)) == []


def test_each_program_has_its_own_entry(tmp_path: Path) -> None:
    tables = {
        "programs": "atlas\nborealis",
        "vendors": "v-1",
        "vendor_rates": "base 0.50\nbase 0.25 2026-01-01 . . label borealis",
        "vendor_work": "w-1 2026-05-10 100\nw-2 2026-05-11 100 pat 2026-06-01 v-1 label borealis",
        "gl_entries": NOTHING,
    }
    scope = vendor_company(tmp_path, **tables)
    result = proposed_journal_entries(scope)
    frame = result.tables["61.1"].frame
    assert list(zip(frame["entry"], frame["program"], frame["debits"], strict=True))[:-1] == [
        ("PJE-2026-05-001", "atlas", Decimal("50.00")), ("PJE-2026-05-002", "borealis", Decimal("25.00")),
    ]  # fmt: skip
    assert proposed_lines(proposed_journal_entries(booked_again(tmp_path, scope, result))) == []


@given(st.integers(-10_000, 10_000).filter(bool).map(lambda cents: Decimal(cents).scaleb(-2)))
def test_law_the_entry_balances_and_books_the_difference(adjustment: Decimal) -> None:
    kind, lines = vendor_entry(adjustment)
    assert sum(line.amount for line in lines) == 0
    assert {line.role: line.amount for line in lines} == {"vendor_accrual": adjustment, "vendor_cost": -adjustment}
    assert kind == (ACCRUAL if adjustment < 0 else CORRECTION)
    assert [line.amount > 0 for line in lines] == [True, False]


DAYS = st.integers(0, 60).map(lambda days: date(2026, 4, 10) + timedelta(days))
FEW = settings(max_examples=int(os.environ.get("LAW_EXAMPLES", "3")))


@FEW
@given(
    st.lists(
        st.tuples(DAYS, st.integers(1, 999), st.sampled_from(["pat", "."]), st.booleans()), min_size=1, max_size=5
    ),
    st.lists(st.tuples(DAYS, st.integers(-9999, 9999)), max_size=4),
)
def test_law_once_booked_nothing_is_proposed(
    work: list[tuple[date, int, str, bool]], ledger: list[tuple[date, int]]
) -> None:
    """Any work, billed or not, over any ledger."""
    rows = [f"w-{n} {day} {units} {by}" for n, (day, units, by, _) in enumerate(work)]
    billed = [f"vi-1 {n} 1.00 w-{n}" for n, (_, _, _, named) in enumerate(work) if named] or ["vi-1 99 1.00"]
    lines = [f"{day} 2100 {Decimal(cents).scaleb(-2)}" for day, cents in ledger]
    with tempfile.TemporaryDirectory() as folder:
        scope = vendor_company(
            Path(folder),
            vendors="v-1",
            vendor_rates="base 0.37",
            vendor_work="\n".join(rows),
            vendor_invoices=f"vi-1 2026-05-25 {len(billed)}.00",
            vendor_invoice_lines="\n".join(billed),
            gl_entries=booked("2026-05-01 1000 0.00", *lines),
        )
        result = proposed_journal_entries(scope)
        after, computed = accrual_once_booked(scope, result)
        assert computed is not None
        assert after == computed.money
        if proposed_lines(result):
            assert proposed_lines(proposed_journal_entries(booked_again(Path(folder), scope, result))) == []
