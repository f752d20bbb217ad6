"""Workpaper 42: actual against budget and forecast. Ledgers worked by hand; 100.00 and 10 %."""

from __future__ import annotations

from pathlib import Path

from close_library.accounting import (
    accounts_with_a_type,
    actual_to_forecast,
    build_schedules,
    ledger_less_scenarios,
    lines_changed,
)
from close_library.books import Books
from close_library.evidence import Scope
from tests.accounting.flux import explain, flux_company, line, same_flux, unexplained

ENTRIES = """
    4000 atlas    2026-04-30 -9999.00
    4000 atlas    2026-05-31 -1200.00
    4000 borealis 2026-05-31 -300.00
    5000 atlas    2026-05-31 480.00
    6000 .        2026-05-31 500.00
"""
BUDGETS = """
    budget   4000 atlas    2026-05 -1000.00
    budget   4000 atlas    2026-06 -5555.00
    budget   5000 atlas    2026-05 600.00
    budget   6000 .        2026-05 450.00
    budget   4000 borealis 2026-05 -300.00
    forecast 4000 atlas    2026-05 -1150.00
    forecast 6000 .        2026-05 380.00
    plan_b   4000 atlas    2026-04 -1.00
"""


def test_each_scenario_with_rows_in_the_period(tmp_path: Path) -> None:
    """Budget: revenue 200 above, cost 120 below (20 %), salaries 50 above. Forecast: 50 above (4.3 %), and what it lacks."""
    scope = flux_company(tmp_path, ENTRIES, budgets=BUDGETS)
    flux = actual_to_forecast(scope)
    assert line(flux, "4000:atlas", "budget") == ("1200.00", "1000.00", "200.00")
    assert line(flux, "5000:atlas", "budget") == ("480.00", "600.00", "-120.00")
    assert line(flux, "4000", "forecast") == ("1500.00", "1150.00", "350.00")
    assert line(flux, "4000:borealis", "forecast") == ("300.00", "0.00", "300.00")
    assert unexplained(flux) == [
        ("4000:atlas:budget", "200.00"),
        ("5000:atlas:budget", "-120.00"),
        ("4000:borealis:forecast", "300.00"),
        ("5000:atlas:forecast", "480.00"),
        ("6000:_company:forecast", "120.00"),
    ]
    assert [table.title for id, table in flux.tables.items() if id in ("42.1", "42.4")] == [
        "Lead sheet by caption against budget (2026-05)",
        "Lead sheet by caption against forecast (2026-05)",
    ]
    assert "plan_b" not in " ".join(flux.figures)


def test_a_program_without_a_row_is_compared_with_the_scenario_that_others_have(tmp_path: Path) -> None:
    """The forecast has no row of borealis: its revenue is compared with 0.00, in its own workpaper as in the company's."""
    scope = flux_company(tmp_path, ENTRIES, budgets=BUDGETS)
    assert unexplained(actual_to_forecast(same_flux(scope, "2026-05", "borealis"))) == [
        ("4000:borealis:forecast", "300.00")
    ]
    assert unexplained(actual_to_forecast(same_flux(scope, "2026-05", "atlas"))) == [
        ("4000:atlas:budget", "200.00"),
        ("5000:atlas:budget", "-120.00"),
        ("5000:atlas:forecast", "480.00"),
    ]


def test_a_budget_without_a_booking_has_a_line(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -1.00", budgets="budget 6000 . 2026-05 500.00")
    flux = actual_to_forecast(scope)
    assert line(flux, "6000:_none", "budget") == ("0.00", "500.00", "-500.00")
    assert unexplained(flux) == [("6000:_company:budget", "-500.00")]


def test_the_population_of_a_comparison_is_the_budget_s_rows(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, ENTRIES, budgets=BUDGETS, program="atlas")
    change = actual_to_forecast(scope).figures["change:4000:budget"].population
    assert change is not None
    rows = change.rows()
    assert rows["source_table"].tolist() == ["budgets", "gl_entries"]
    assert [str(amount) for amount in rows["amount"]] == ["-1000.0000", "1200.0000"]


def test_a_doubled_budget_row_counts_like_any_row(tmp_path: Path) -> None:
    rows = "budget 4000 atlas 2026-05 -600.00\nbudget 4000 atlas 2026-05 -600.00"
    scope = flux_company(tmp_path, ENTRIES, budgets=rows, program="atlas")
    assert line(actual_to_forecast(scope), "4000", "budget") == ("1200.00", "1200.00", "0.00")


def test_a_month_without_budget_compares_nothing_and_says_so(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, ENTRIES, budgets="budget 4000 atlas 2026-06 -1.00")
    flux = actual_to_forecast(scope)
    assert (dict(flux.figures), flux.findings) == ({}, ())
    assert flux.tables["42.1"].title == "No scenario has a row in 2026-05: nothing is compared"
    assert accounts_with_a_type(flux) == (0, 0)


def test_budget_rows_of_balance_sheet_accounts_are_listed_and_not_compared(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, ENTRIES, budgets=BUDGETS + "\nforecast 1000 . 2026-05 70000.00", program="_company")
    flux = actual_to_forecast(scope)
    listed = flux.tables["42.7"]
    assert listed.title == "Budget rows of balance sheet accounts, not compared; debit positive"
    assert listed.frame["account"].tolist() == ["1000"]
    assert not [subject for subject, _ in unexplained(flux) if subject.startswith("1000")]


def test_an_explanation_is_of_one_scenario(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00",
                         budgets="budget 4000 atlas 2026-05 -100.00\nforecast 4000 atlas 2026-05 -100.00")  # fmt: skip
    explain(scope, ("atlas", "42", "flux_unexplained:4000:atlas:budget", "400.00", "1"))
    assert unexplained(actual_to_forecast(same_flux(scope, "2026-05"))) == [("4000:atlas:forecast", "400.00")]


def test_lines_foot_to_the_ledger_less_the_scenarios(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, ENTRIES, budgets=BUDGETS)
    flux = actual_to_forecast(scope)
    assert lines_changed(flux, "revenue") == ledger_less_scenarios(scope, "revenue") == 200 + 350
    assert lines_changed(flux, "expense") == ledger_less_scenarios(scope, "expense") == -70 + 600


def test_a_draft_says_how_far_from_plan(tmp_path: Path) -> None:
    drafts = (
        actual_to_forecast(flux_company(tmp_path, ENTRIES, budgets=BUDGETS, program="atlas"))
        .tables["42.2"]
        .frame["draft"]
    )
    assert drafts.tolist() == [
        "Draft: Services (4000) of atlas is 200.00 (20.0 %) above budget (2026-05).",
        "Draft: Vendors (5000) of atlas is 120.00 (20.0 %) below budget (2026-05).",
    ]


def test_a_program_that_sees_its_own_rows_only_still_knows_which_scenarios_there_are(tmp_path: Path) -> None:
    """A run opens the books for a program; the schedule of scenarios belongs to nobody, so all see it."""
    scope = flux_company(tmp_path, ENTRIES, budgets=BUDGETS)
    folder = scope.books.directory
    build_schedules(folder, "2026-05", scope.parameters)
    for program in ("atlas", "borealis"):
        narrow = Scope(Books.open(folder, owner=program), scope.parameters, program, scope.period)
        own = actual_to_forecast(narrow)
        assert narrow.books.owners == (program,)
        assert own.findings == actual_to_forecast(same_flux(scope, "2026-05", program)).findings
        assert ("4000:borealis:forecast", "300.00") in unexplained(own) or program == "atlas"
