"""Workpaper 40: lines, thresholds, signs, comparisons with earlier times. Ledgers worked by hand; 100.00 and 10 %."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.accounting import (
    accounts_with_a_type,
    current_of,
    drivers_added_up,
    flux_profit_and_loss,
    ledger_changed,
    lines_changed,
)
from close_library.accounting.flux.intervals import Comparison, Interval, comparison_of
from close_library.accounting.flux.threshold import exceeds
from close_library.evidence import Result
from close_library.parameters import Flux
from close_library.period import Period
from tests.accounting.flux import CHART, LIMITS, explain, flux_company, line, same_flux, unexplained


def test_the_month_against_the_month_before_by_account_and_program(tmp_path: Path) -> None:
    """Revenue of atlas rises by 200 (20 %), that of borealis by 100 exactly, cost falls by half."""
    scope = flux_company(
        tmp_path,
        """
        4000 atlas    2026-03-31 -7777.00
        4000 atlas    2026-04-01 -400.00
        4000 atlas    2026-04-30 -600.00
        4000 atlas    2026-05-01 -1200.00
        4000 borealis 2026-04-15 -1000.00
        4000 borealis 2026-05-31 -1100.00
        5000 atlas    2026-04-15 600.00
        5000 atlas    2026-05-31 300.00
        4000 atlas    2026-06-01 -8888.00
        """,
    )
    flux = flux_profit_and_loss(scope)
    assert line(flux, "4000") == ("2300.00", "2000.00", "300.00")
    assert line(flux, "4000:atlas") == ("1200.00", "1000.00", "200.00")
    assert line(flux, "4000:borealis") == ("1100.00", "1000.00", "100.00")
    assert unexplained(flux) == [("4000:atlas:prior_month", "200.00"), ("5000:atlas:prior_month", "-300.00")]
    assert flux.findings[0].keys == {"gl_accounts": ("4000:atlas",)}
    assert flux.findings[0].message == (
        "Services (4000), atlas: 1,200.00 against 1,000.00 of prior month (2026-04), "
        "a change of 200.00 USD (20.0 %); not explained."
    )


def test_a_program_tests_its_own_lines_and_the_company_all_of_them_and_those_of_none(tmp_path: Path) -> None:
    entries = """
        4000 atlas    2026-05-31 -500.00
        4000 borealis 2026-05-31 -600.00
        6000 .        2026-05-31 700.00
        6000 vanished 2026-05-31 20.00
    """
    company = flux_company(tmp_path, entries)
    flux = flux_profit_and_loss(company)
    assert unexplained(flux) == [
        ("4000:atlas:prior_month", "500.00"),
        ("4000:borealis:prior_month", "600.00"),
        ("6000:_company:prior_month", "720.00"),
    ]
    assert line(flux, "6000:_none") == line(flux, "6000") == ("720.00", "0.00", "720.00")
    own = flux_profit_and_loss(same_flux(company, "2026-05", "borealis"))
    assert unexplained(own) == [("4000:borealis:prior_month", "600.00")]
    assert [id for id in own.figures if ":4000:" in id or "6000" in id] == [
        f"{side}:4000:prior_month" for side in ("current", "comparison", "change")
    ]
    assert own.findings == tuple(f for f in flux.findings if f.keys == {"gl_accounts": ("4000:borealis",)})


THRESHOLDS = [
    # name, change, comparison, rule, beyond
    ("both exceeded", "200.00", "1000.00", "and", True),
    ("the amount equals its threshold", "100.00", "500.00", "and", False),
    ("the amount exceeds by a hundredth of a cent", "100.0001", "500.00", "and", True),
    ("the percent equals its threshold", "200.00", "2000.00", "and", False),
    ("the percent exceeds by a cent", "200.01", "2000.00", "and", True),
    ("only the amount exceeds", "200.00", "100000.00", "and", False),
    ("only the percent exceeds", "50.00", "100.00", "and", False),
    ("only the amount exceeds, or", "200.00", "100000.00", "or", True),
    ("only the percent exceeds, or", "50.00", "100.00", "or", True),
    ("neither exceeds, or", "100.00", "1000.00", "or", False),
    ("a fall", "-200.00", "1000.00", "and", True),
    ("a negative comparison: percent of its absolute amount", "200.00", "-1000.00", "and", True),
    ("a negative comparison, percent equal", "-200.00", "-2000.00", "and", False),
    ("from zero, beyond the amount", "100.01", "0.00", "and", True),
    ("from zero, at the amount", "100.00", "0.00", "and", False),
    ("from zero, beyond the amount, or", "100.01", "0.00", "or", True),
    ("from zero, a small change has no percent, or", "50.00", "0.00", "or", False),
    ("to zero is a hundred percent", "-101.00", "101.00", "and", True),
    ("to zero, a small amount", "-99.00", "99.00", "and", False),
    ("to zero, a small amount, or", "-99.00", "99.00", "or", True),
    ("no change", "0.00", "1000.00", "or", False),
    ("no change from zero", "0.00", "0.00", "or", False),
]


@pytest.mark.parametrize(
    ("change", "comparison", "rule", "beyond"), [case[1:] for case in THRESHOLDS], ids=[case[0] for case in THRESHOLDS]
)
def test_beyond_is_greater_than_the_threshold(change: str, comparison: str, rule: str, beyond: bool) -> None:
    limits = Flux.model_validate({**LIMITS, "rule": rule})
    assert exceeds(limits, Decimal(change), Decimal(comparison)) is beyond


def test_a_threshold_of_zero_is_exceeded_by_any_change() -> None:
    limits = Flux.model_validate({"amount": "0.00", "percent": "0", "rule": "and"})
    assert exceeds(limits, Decimal("0.01"), Decimal("99999999999999.99"))
    assert not exceeds(limits, Decimal("0.00"), Decimal("5.00"))


def test_new_and_vanished_lines_have_a_line_and_are_judged(tmp_path: Path) -> None:
    scope = flux_company(
        tmp_path,
        """
        4000 atlas    2026-05-31 -500.00
        4000 borealis 2026-04-30 -500.00
        5000 atlas    2026-05-31 100.00
        6000 .        2026-04-30 99.00
        """,
    )
    flux = flux_profit_and_loss(scope)
    assert line(flux, "4000:atlas") == ("500.00", "0.00", "500.00")
    assert line(flux, "4000:borealis") == ("0.00", "500.00", "-500.00")
    assert line(flux, "5000:atlas") == ("100.00", "0.00", "100.00")
    assert line(flux, "6000:_none") == ("0.00", "99.00", "-99.00")
    assert unexplained(flux) == [("4000:atlas:prior_month", "500.00"), ("4000:borealis:prior_month", "-500.00")]
    drafts = flux.tables["40.2"].frame["draft"].tolist()
    assert drafts[0].startswith("Draft: Services (4000) of atlas is new, +500.00, against prior month (2026-04)")
    assert drafts[1].startswith(
        "Draft: Services (4000) of borealis has vanished, −500.00, against prior month (2026-04)"
    )
    assert drafts[2:] == [None, None]


def test_natural_signs_contra_accounts_and_credit_memos(tmp_path: Path) -> None:
    """Discounts are a contra account of revenue: negative. A memo month of negative revenue falls below zero."""
    scope = flux_company(
        tmp_path,
        """
        4000 atlas 2026-04-30 -1000.00
        4000 atlas 2026-05-10 -250.00
        4000 atlas 2026-05-20 650.00
        4900 atlas 2026-04-30 20.00
        4900 atlas 2026-05-31 300.00
        6000 atlas 2026-04-30 -500.00
        6000 atlas 2026-05-31 100.00
        """,
        program="atlas",
    )
    flux = flux_profit_and_loss(scope)
    assert line(flux, "4000") == ("-400.00", "1000.00", "-1400.00")
    assert line(flux, "4900") == ("-300.00", "-20.00", "-280.00")
    assert line(flux, "6000") == ("100.00", "-500.00", "600.00")
    assert unexplained(flux) == [
        ("4000:atlas:prior_month", "-1400.00"),
        ("4900:atlas:prior_month", "-280.00"),
        ("6000:atlas:prior_month", "600.00"),
    ]
    lead = flux.tables["40.1"].frame.set_index("caption")
    assert [f"{lead.loc[name, 'change']:.2f}" for name in ("Total revenue", "Total expenses", "Result")] == [
        "-1680.00",
        "600.00",
        "-2280.00",
    ]


def test_balance_sheet_accounts_are_not_in_profit_and_loss(tmp_path: Path) -> None:
    flux = flux_profit_and_loss(flux_company(tmp_path, "1200 atlas 2026-05-31 5000.00\n4000 atlas 2026-05-31 -5000.00"))
    assert [id for id in flux.figures if id.startswith("current:")] == [
        "current:4000:prior_month",
        "current:4000:atlas:prior_month",
    ]


def test_an_account_that_the_chart_lacks_has_its_role_s_type_or_none(tmp_path: Path) -> None:
    """4000 plays revenue; 9999 plays nothing: shown, debit positive, not tested, and the workpaper is open."""
    chart = "\n".join(row for row in CHART.split("\n") if "4000" not in row)
    entries = "4000 atlas 2026-05-31 -500.00\n9999 atlas 2026-05-31 700.00"
    flux = flux_profit_and_loss(flux_company(tmp_path, entries, program="atlas", chart=chart))
    assert line(flux, "4000") == ("500.00", "0.00", "500.00")
    assert line(flux, "9999") == ("700.00", "0.00", "700.00")
    assert unexplained(flux) == [("4000:atlas:prior_month", "500.00")]
    assert accounts_with_a_type(flux) == (1, 2)
    assert flux.tables["40.2"].frame["threshold"].tolist() == ["beyond", "not tested"]


def test_of_a_doubled_account_the_first_row_counts_and_nothing_is_doubled(tmp_path: Path) -> None:
    chart = CHART + "\n4000 Other asset Other"
    flux = flux_profit_and_loss(flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00", program="atlas", chart=chart))
    assert line(flux, "4000") == ("500.00", "0.00", "500.00")


COMPARED = [
    # comparison, its month
    ("prior_month", "2026-04"),
    ("prior_quarter", "2026-02"),
    ("prior_year", "2025-05"),
]


@pytest.mark.parametrize(("comparison", "month"), COMPARED)
def test_what_a_month_is_compared_with(tmp_path: Path, comparison: str, month: str) -> None:
    """The month before, the same month of the quarter before, the same month of the year before."""
    entries = "\n".join(
        f"4000 atlas {year}-{number:02d}-15 -{1000 * (year - 2024) + number}.00"
        for year in (2025, 2026)
        for number in range(1, 13)
    )
    scope = flux_company(tmp_path, entries, program="atlas", flux={"comparisons": [comparison]})
    flux = flux_profit_and_loss(scope)
    year, number = int(month[:4]), int(month[5:])
    assert line(flux, "4000", comparison)[:2] == ("2005.00", f"{1000 * (year - 2024) + number}.00")
    assert month in flux.tables["40.1"].title


def test_several_comparisons_are_tested_each_by_itself(tmp_path: Path) -> None:
    entries = "4000 atlas 2026-05-31 -500.00\n4000 atlas 2026-04-30 -495.00\n4000 atlas 2026-02-28 -250.00"
    scope = flux_company(tmp_path, entries, program="atlas", flux={"comparisons": ["prior_month", "prior_quarter"]})
    flux = flux_profit_and_loss(scope)
    assert unexplained(flux) == [("4000:atlas:prior_quarter", "250.00")]
    assert line(flux, "4000") == ("500.00", "495.00", "5.00")
    assert list(flux.tables) == [f"40.{n}" for n in range(1, 9)]
    assert lines_changed(flux, "revenue") == ledger_changed(scope, "revenue") == 255


def test_a_scenario_among_the_comparisons_is_left_to_42_and_none_leaves_the_month_before_untested(
    tmp_path: Path,
) -> None:
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00", program="atlas", flux={"comparisons": ["budget"]})
    flux = flux_profit_and_loss(scope)
    assert unexplained(flux) == []
    assert line(flux, "4000") == ("500.00", "0.00", "500.00")
    assert flux.tables["40.2"].frame["threshold"].tolist() == ["not tested"]


@pytest.mark.parametrize("period", ["2026-01", "2026-12"])
def test_the_first_month_of_the_books_is_new_in_every_line(tmp_path: Path, period: str) -> None:
    flux = flux_profit_and_loss(flux_company(tmp_path, f"4000 atlas {period}-31 -500.00", period, "atlas"))
    assert unexplained(flux) == [("4000:atlas:prior_month", "500.00")]


def test_figures_have_the_rows_that_make_them_up(tmp_path: Path) -> None:
    scope = flux_company(
        tmp_path, "4000 atlas 2026-04-30 -100.00\n4000 atlas 2026-05-30 -70.00\n4000 borealis 2026-05-31 -50.00"
    )
    flux = flux_profit_and_loss(scope)
    change = flux.figures["change:4000:prior_month"].population
    assert change is not None
    assert [str(amount) for amount in change.rows()["amount"]] == ["-100.0000", "70.0000", "50.0000"]
    assert [dict(shown)["program"] for shown in change.rows()["shown"]] == ["atlas", "atlas", "borealis"]
    for figure in flux.figures.values():
        assert figure.population is not None
        rows = figure.population.rows()
        assert (len(rows), sum(rows["amount"], Decimal(0))) == (figure.population.count, figure.money), figure.id


SUBJECT = "flux_unexplained:4000:atlas:prior_month"

SAID = [
    # name, (program, ref, subject, amount, event), period, text, is it explained?
    ("the change as it is", ("atlas", "40", SUBJECT, "500.00", "1"), "2026-05", "a reason", True),
    ("the change spelled otherwise", ("atlas", "40", SUBJECT, "500", "1"), "2026-05", "a reason", True),
    ("said in the company's workpaper", ("_company", "40", SUBJECT, "500.00", "1"), "2026-05", "a reason", True),
    ("another amount", ("atlas", "40", SUBJECT, "500.01", "1"), "2026-05", "a reason", False),
    ("the other sign", ("atlas", "40", SUBJECT, "-500.00", "1"), "2026-05", "a reason", False),
    ("no amount", ("atlas", "40", SUBJECT, "", "1"), "2026-05", "a reason", False),
    ("another period", ("atlas", "40", SUBJECT, "500.00", "1"), "2026-04", "a reason", False),
    ("another workpaper", ("atlas", "42", SUBJECT, "500.00", "1"), "2026-05", "a reason", False),
    (
        "another line",
        ("atlas", "40", "flux_unexplained:4000:borealis:prior_month", "500.00", "1"),
        "2026-05",
        "x",
        False,
    ),
    (
        "another comparison",
        ("atlas", "40", "flux_unexplained:4000:atlas:prior_year", "500.00", "1"),
        "2026-05",
        "x",
        False,
    ),
    ("withdrawn", ("atlas", "40", SUBJECT, "500.00", "1"), "2026-05", "", False),
]


@pytest.mark.parametrize(
    ("said", "period", "text", "explained"), [case[1:] for case in SAID], ids=[case[0] for case in SAID]
)
def test_an_explanation_counts_while_it_is_of_the_change_as_it_is(
    tmp_path: Path, said: tuple[str, str, str, str, str], period: str, text: str, explained: bool
) -> None:
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00", program="atlas")
    explain(scope, said, period=period, text=text)
    for program in ("atlas", "_company"):
        flux = flux_profit_and_loss(same_flux(scope, "2026-05", program))
        assert unexplained(flux) == ([] if explained else [("4000:atlas:prior_month", "500.00")])
        assert flux.tables["40.2"].subjects == ((0, SUBJECT, 6),)
        assert flux.tables["40.2"].frame["threshold"].tolist() == ["beyond"]


def test_a_stale_explanation_says_that_the_figure_changed_since(tmp_path: Path) -> None:
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00", program="atlas")
    explain(scope, ("atlas", "40", SUBJECT, "450.00", "1"))
    [finding] = flux_profit_and_loss(same_flux(scope, "2026-05", "atlas")).findings
    assert finding.message.endswith(
        "a change of 500.00 USD; the explanation in the record is of a change of 450.00: the figure changed since."
    )


def test_a_later_explanation_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    """What was explained again at another amount is not explained by what was said before; another person's still counts."""
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00", program="atlas")
    explain(scope, ("atlas", "40", SUBJECT, "500.00", "1"), ("atlas", "40", SUBJECT, "450.00", "2"))
    assert unexplained(flux_profit_and_loss(same_flux(scope, "2026-05", "atlas"))) != []
    explain(scope, ("_company", "40", SUBJECT, "500.00", "1"), ("atlas", "40", SUBJECT, "450.00", "2"))
    assert unexplained(flux_profit_and_loss(same_flux(scope, "2026-05", "atlas"))) == []


def test_the_company_judges_a_program_s_lines_by_the_program_s_own_thresholds(tmp_path: Path) -> None:
    """Atlas has 1,000.00 and compares with a year ago too; borealis has the company's 100.00 and the month before."""
    scope = flux_company(
        tmp_path, "4000 atlas 2026-05-31 -500.00\n4000 borealis 2026-05-31 -500.00\n4000 . 2025-05-31 -9.00"
    )

    def values(**flux: Any) -> dict[str, Any]:
        return {"values": json.loads(same_flux(scope, "2026-05", **flux).parameters.model_dump_json())}

    of_atlas = values(amount="400.00", comparisons=["prior_year"])
    scopes = {"_company": values(), "atlas": of_atlas, "borealis": values()}
    (scope.books.directory / "parameters.json").write_text(json.dumps({"scopes": scopes}), encoding="utf-8")
    assert unexplained(flux_profit_and_loss(scope)) == [
        ("4000:borealis:prior_month", "500.00"),
        ("4000:atlas:prior_year", "500.00"),
    ]
    own = flux_profit_and_loss(same_flux(scope, "2026-05", "atlas", amount="400.00", comparisons=["prior_year"]))
    assert unexplained(own) == [("4000:atlas:prior_year", "500.00")]


def test_lines_and_drivers_foot_to_the_ledger(tmp_path: Path) -> None:
    scope = flux_company(
        tmp_path,
        "4000 atlas 2026-04-30 -100.00\n4000 atlas 2026-05-30 -70.00\n5000 . 2026-05-31 50.00\n6000 . 2026-05-31 5.00",
    )
    flux = flux_profit_and_loss(scope)
    assert lines_changed(flux, "revenue") == ledger_changed(scope, "revenue") == -30
    assert lines_changed(flux, "expense") == ledger_changed(scope, "expense") == 55
    assert drivers_added_up(scope, flux, "revenue") == (-30, -30)
    assert drivers_added_up(scope, flux, "vendor_cost") == (50, 50)
    assert current_of(scope, flux, "revenue") == 70


def test_a_draft_names_the_sources_of_a_line_that_has_no_drivers(tmp_path: Path) -> None:
    more = """
        gl_entries
        account program_id effective_date amount  journal_source
        6000    .          2026-04-30     100.00  payroll
        6000    .          2026-05-31     350.00  payroll
        6000    .          2026-05-31     -25.00  manual
        6000    .          2026-05-31     5.00    .
    """
    [draft] = flux_profit_and_loss(flux_company(tmp_path, "", more=more)).tables["40.2"].frame["draft"]
    assert draft == (
        "Draft: Salaries (6000) of no program rose by 230.00 (230.0 %) against prior month (2026-04); "
        "by source: payroll +250.00, manual −25.00, no source +5.00."
    )


INTERVALS = [
    # interval, months earlier, expected
    (("2026-10-01", "2026-10-31"), 1, "2026-09"),
    (("2026-10-01", "2026-10-31"), 3, "2026-07"),
    (("2026-02-01", "2026-02-28"), 12, "2025-02"),
    (("2026-05-01", "2026-05-31"), 3, "2026-02"),
    (("2026-07-01", "2026-09-30"), 3, "2026-04 to 2026-06"),
    (("2026-10-05", "2026-10-20"), 1, "2026-09-05 to 2026-09-20"),
    (("2026-03-30", "2026-03-31"), 1, "2026-02-28 to 2026-02-28"),
]


@pytest.mark.parametrize(("days", "months", "expected"), INTERVALS)
def test_the_same_days_some_months_earlier(days: tuple[str, str], months: int, expected: str) -> None:
    interval = Interval(date.fromisoformat(days[0]), date.fromisoformat(days[1]))
    assert str(interval.earlier(months)) == expected


def test_a_comparison_says_in_words_what_it_is() -> None:
    current = Interval.of(Period(2026, 10), "current")
    assert comparison_of(current, "prior_quarter").label == "prior quarter (2026-07)"
    assert comparison_of(current, "budget") == Comparison("budget", current, None)
    assert comparison_of(current, "budget").label == "budget (2026-10)"


def test_the_result_says_what_it_holds(tmp_path: Path) -> None:
    flux = flux_profit_and_loss(flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00"))
    assert isinstance(flux, Result)
    assert [chart.kind for chart in flux.charts] == ["bars", "bars"]


def test_a_program_without_a_line_has_schedules_without_empty_formulas(tmp_path: Path) -> None:
    """Nothing was booked on borealis in either month: there is nothing to add up, and no formula says so."""
    scope = flux_company(tmp_path, "4000 atlas 2026-05-31 -500.00\n1200 borealis 2026-05-31 500.00", program="borealis")
    flux = flux_profit_and_loss(scope)
    assert flux.tables["40.3"].frame["current"].tolist() == [0, 0]
    assert [text for table in flux.tables.values() for *_, text in table.formulas if not text.strip()] == []
