"""Workpaper 41: balances at two dates, what proves them. Ledgers worked by hand; 100.00 and 10 %."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.accounting import (
    balances_as_printed,
    flux_balance_sheet,
    ledger_changed,
    lines_changed,
    sheet_balances,
)
from tests.accounting.flux import CHART, explain, flux_company, line, same_flux, unexplained

BALANCES = """
    1000 2026-03 1000.00  1200.00
    1000 2026-04 1200.00  1200.00
    1000 2026-05 1200.00  900.00
    3000 2026-03 -1000.00 -1000.00
    3000 2026-05 -1000.00 -1000.00
    2400 2026-05 0.00     -150.00
"""
ENTRIES = """
    1000 .     2026-02-28 77.00
    1000 .     2026-03-15 200.00
    4000 atlas 2026-03-15 -200.00
    1000 .     2026-05-05 -450.00
    6000 .     2026-05-05 450.00
    1000 .     2026-05-31 150.00
    2400 atlas 2026-05-31 -150.00
    1000 .     2026-06-01 5000.00
"""


def test_a_balance_is_the_opening_balance_of_the_earliest_period_and_its_entries(tmp_path: Path) -> None:
    """Cash: 1,000 + 200 = 1,200 at April's end, − 450 + 150 = 900 at May's; the line of February is in the 1,000."""
    scope = flux_company(tmp_path, ENTRIES, account_balances=BALANCES)
    flux = flux_balance_sheet(scope)
    assert line(flux, "1000") == ("900.00", "1200.00", "-300.00")
    assert line(flux, "2400") == ("150.00", "0.00", "150.00")
    assert line(flux, "3000") == ("1000.00", "1000.00", "0.00")
    assert unexplained(flux) == [
        ("1000:_company:prior_month", "-300.00"),
        ("2400:_company:prior_month", "150.00"),
    ]
    assert flux.findings[0].keys == {"gl_accounts": ("1000:_company",)}
    assert flux.tables["41.2"].subjects[0] == (0, "flux_unexplained:1000:_company:prior_month", 5)
    assert "4000" not in " ".join(flux.figures)


def test_the_rows_of_a_change_are_those_between_the_two_days(tmp_path: Path) -> None:
    flux = flux_balance_sheet(flux_company(tmp_path, ENTRIES, account_balances=BALANCES))
    behind = flux.figures["change:1000:prior_month"].population
    assert behind is not None
    assert [str(amount) for amount in behind.rows()["amount"]] == ["-450.0000", "150.0000"]
    for figure in flux.figures.values():
        assert figure.population is not None
        assert (len(figure.population.rows()), sum(figure.population.rows()["amount"])) == (
            figure.population.count,
            figure.money,
        ), figure.id


BEFORE = [
    # comparison, period, balance of cash before
    ("prior_month", "2026-03", "1000.00"),
    ("prior_quarter", "2026-05", "1000.00"),
    ("prior_quarter", "2026-04", "923.00"),
    ("prior_year", "2026-05", "923.00"),
]


@pytest.mark.parametrize(("comparison", "period", "before"), BEFORE)
def test_before_the_earliest_period_a_balance_is_rolled_back(
    tmp_path: Path, comparison: str, period: str, before: str
) -> None:
    """The 1,000 opens March, so it is February's closing balance; January's is 1,000 less February's 77."""
    scope = flux_company(tmp_path, ENTRIES, period, account_balances=BALANCES, flux={"comparisons": [comparison]})
    flux = flux_balance_sheet(scope)
    assert line(flux, "1000", comparison)[1] == before
    assert lines_changed(flux, "asset") == ledger_changed(scope, "asset")


def test_natural_signs_and_a_contra_account(tmp_path: Path) -> None:
    """An allowance is a contra asset: negative; a liability in debit is negative too."""
    chart = CHART + "\n1290 Allowance asset Receivables"
    flux = flux_balance_sheet(
        flux_company(tmp_path, "1290 . 2026-05-31 -200.00\n2400 . 2026-05-31 130.00", chart=chart)
    )
    assert line(flux, "1290") == ("-200.00", "0.00", "-200.00")
    assert line(flux, "2400") == ("-130.00", "0.00", "-130.00")


def test_programs_are_not_told_apart(tmp_path: Path) -> None:
    flux = flux_balance_sheet(
        flux_company(tmp_path, "1200 atlas 2026-05-31 80.00\n1200 borealis 2026-05-31 80.00\n1200 . 2026-05-31 -60.00")
    )
    assert line(flux, "1200") == ("100.00", "0.00", "100.00")
    assert unexplained(flux) == []


def test_an_explanation_of_a_balance(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, "1200 atlas 2026-05-31 300.00")
    explain(scope, ("_company", "41", "flux_unexplained:1200:_company:prior_month", "300.00", "1"))
    assert unexplained(flux_balance_sheet(same_flux(scope, "2026-05"))) == []


def test_what_proves_the_balances(tmp_path: Path) -> None:
    """Cash 900, deferred 150, stock 1,000: 250 less than the result of 200 − 450 says nothing is missing."""
    scope = flux_company(tmp_path, ENTRIES, account_balances=BALANCES)
    flux = flux_balance_sheet(scope)
    for account_type, changed in (("asset", -300), ("liability", 150), ("equity", 0)):
        assert lines_changed(flux, account_type) == ledger_changed(scope, account_type) == changed
    assert balances_as_printed(scope, flux) == (3, 3)
    assert sheet_balances(scope, flux) == (-250, -250)


def test_a_balance_that_is_not_the_printed_one_is_counted(tmp_path: Path) -> None:
    printed = BALANCES.replace("1200.00  900.00", "1200.00  901.00") + "\n1200 2026-05 0.00 0.00"
    scope = flux_company(tmp_path, ENTRIES, account_balances=printed)
    assert balances_as_printed(scope, flux_balance_sheet(scope)) == (3, 4)


def test_without_a_trial_balance_a_balance_is_its_entries(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, ENTRIES)
    flux = flux_balance_sheet(scope)
    assert line(flux, "1000") == ("-23.00", "277.00", "-300.00")
    assert balances_as_printed(scope, flux) == (0, 0)


def test_the_draft_names_the_journals_that_moved_the_balance(tmp_path: Path) -> None:
    more = """
        gl_entries
        account effective_date amount  journal_source
        1200    2026-04-30     1000.00 billing
        1200    2026-05-10     600.00  billing
        1200    2026-05-20     -100.00 cash
    """
    [draft] = flux_balance_sheet(flux_company(tmp_path, "", more=more)).tables["41.2"].frame["draft"]
    assert draft == (
        "Draft: Receivables (1200) rose by 500.00 (50.0 %) against prior month (2026-04); "
        "by source: billing +600.00, cash −100.00."
    )
