"""Disclosures of a small company worked by hand: revenue by kind, remaining obligations by year, earlier performance."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import (
    contract_balances_to_ledger,
    deferred_revenue_roll_forward,
    disaggregated,
    revenue_disclosures,
    revenue_schedule,
    revenue_to_ledger,
    scheduled,
)
from close_library.errors import BooksError
from tests.accounting.contracts import sign
from tests.ledgers import amounts, scope_of, small_company

COMPANY_OF_FIVE = """
    programs
    program_id
    atlas
    borealis

    contracts
    contract_id  program_id  start_date  end_date    signed_date
    c-1          atlas       2026-01-01  2027-06-30  2026-01-01
    c-2          borealis    2026-01-01  2027-03-31  .
    c-3          borealis    2026-01-01  .           .
    c-4          borealis    2026-12-01  2027-11-30  2026-11-05
    c-5          borealis    2026-12-01  2026-12-31  2026-10-20

    contract_lines
    contract_line_id contract_id product billing_model recognition     unit_price amount  service_start service_end estimated_cost
    labels           c-1         labels  usage         as_delivered    10         .       .             .           .
    platform         c-1         desk    subscription  ratable_monthly .          2400.00 2026-07-01    2027-06-30  .
    model            c-2         model   milestone     on_acceptance   .          500.00  .             .           .
    study            c-2         study   fixed_fee     cost_to_cost    .          1000.00 2026-01-01    2026-12-31  500.00
    endless          c-3         report  milestone     on_acceptance   .          70.00   .             .           .
    later            c-4         desk    subscription  ratable_monthly .          9000.00 .             .           .
    begun            c-5         desk    subscription  ratable_daily   .          310.00  .             .           .

    contract_changes
    contract_line_id  change_date  amount_change  treatment
    platform          2026-10-10   240.00         cumulative
    platform          2026-11-10   999.00         cumulative

    deliveries
    delivery_id  program_id  contract_line_id  delivery_date  quantity_delivered  status     cost
    d-1          atlas       labels            2026-10-10     10                  delivered  .
    d-2          borealis    study             2026-10-12     1                   delivered  250.00

    gl_entries
    journal_id  account  effective_date  amount
    j-1         1000     2026-10-01      0.00
"""


def test_revenue_is_split_by_billing_model_and_by_program(tmp_path: Path) -> None:
    """Platform: 2,640.00 over twelve months, 880.00 to date, of which 600.00 stood to September."""
    scope = small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")
    result = revenue_disclosures(scope)
    assert amounts(result, *[id for id in result.figures if id.split(":")[0] == "revenue"]) == {
        "revenue": "880.00",
        "revenue:fixed_fee": "500.00",
        "revenue:subscription": "280.00",
        "revenue:usage": "100.00",
        "revenue:atlas": "380.00",
        "revenue:borealis": "500.00",
    }
    assert disaggregated(result, "model") == disaggregated(result, "program") == 880


@pytest.mark.parametrize(
    ("fiscal_year_starts", "by_year"),
    [
        # platform 440 + study 500 + begun 310; platform 1,320 + model 500 + endless 70
        (1, {"2026": "1250.00", "2027": "1890.00"}),
        # the year from July 2026 is 2027; what has no end stands in the year after it
        (7, {"2027": "3070.00", "2028": "70.00"}),
    ],
)
def test_remaining_obligations_by_fiscal_year(tmp_path: Path, fiscal_year_starts: int, by_year: dict[str, str]) -> None:
    """Usage is left out, a contract signed later is not in force, and November's change is not known yet."""
    scope = small_company(tmp_path, COMPANY_OF_FIVE, "2026-10", fiscal_year_starts=fiscal_year_starts)
    result = revenue_disclosures(scope)
    id = "remaining_performance_obligations"
    assert amounts(result, *[key for key in result.figures if key.startswith(id)]) == {
        id: "3140.00",
        **{f"{id}:{year}": amount for year, amount in by_year.items()},
    }
    assert scheduled(result) == 3140


def test_every_figure_is_the_sum_of_its_rows(tmp_path: Path) -> None:
    for figure in revenue_disclosures(small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")).figures.values():
        assert figure.population is not None
        assert figure.population.total == figure.money
        assert figure.population.count or not figure.money


def test_a_cumulative_change_is_revenue_of_earlier_performance(tmp_path: Path) -> None:
    """240.00 more over twelve months, three of them gone: 60.00. A prospective change has none."""
    result = revenue_disclosures(small_company(tmp_path / "a", COMPANY_OF_FIVE, "2026-10"))
    assert amounts(result, "revenue_from_earlier_performance") == {"revenue_from_earlier_performance": "60.00"}
    prospective = COMPANY_OF_FIVE.replace("240.00         cumulative", "240.00         prospective")
    result = revenue_disclosures(small_company(tmp_path / "b", prospective, "2026-10"))
    assert amounts(result, "revenue_from_earlier_performance") == {"revenue_from_earlier_performance": "0.00"}


def test_a_catch_up_of_a_signed_period_is_revenue_of_earlier_performance(tmp_path: Path) -> None:
    small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")
    sign(tmp_path / "books", ("atlas", "revenue_to_date:platform", "550.00"), period="2026-09")
    scope = scope_of(tmp_path / "books", "2026-10")
    result = revenue_disclosures(scope)
    assert amounts(result, "revenue_from_earlier_performance", "revenue:subscription") == {
        "revenue_from_earlier_performance": "110.00",
        "revenue:subscription": "330.00",
    }


def test_it_agrees_to_the_workpapers_that_it_quotes(tmp_path: Path) -> None:
    scope = small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")
    result, balances = revenue_disclosures(scope), contract_balances_to_ledger(scope)
    assert {id: result.figures[id].amount for id in balances.figures} == {
        id: f.amount for id, f in balances.figures.items()
    }
    assert result.revenue.amount == revenue_to_ledger(scope).revenue.amount
    rolled = deferred_revenue_roll_forward(scope)
    assert result.revenue_from_opening_balance.amount == rolled.revenue_from_opening_balance.amount


def test_the_programs_add_up_to_the_company(tmp_path: Path) -> None:
    company = small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")
    programs = [scope_of(tmp_path / "books", "2026-10", program) for program in ("atlas", "borealis")]
    for id in ("remaining_performance_obligations", "revenue", "revenue_from_earlier_performance"):
        parts = sum((revenue_disclosures(scope).figures[id].money for scope in programs), Decimal(0))
        assert parts == revenue_disclosures(company).figures[id].money, id


def test_a_program_called_like_a_billing_model_keeps_a_figure_of_its_own(tmp_path: Path) -> None:
    scope = small_company(tmp_path, COMPANY_OF_FIVE.replace("atlas", "usage"), "2026-10")
    shown = amounts(revenue_disclosures(scope))
    assert (shown["revenue:usage"], shown["revenue:program:usage"]) == ("100.00", "380.00")


def test_the_expedients_are_named_with_what_they_leave_out(tmp_path: Path) -> None:
    frame = revenue_disclosures(small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")).tables["62.5"].frame
    used = frame[frame["used"] == "used"]
    assert list(used["contract_lines"]) == [1, 1]
    assert list(used["revenue_of_the_period"]) == [100, 100]


def test_foreign_obligations_stand_at_the_rate_of_the_period_end(tmp_path: Path) -> None:
    euros = """
        contracts
        contract_id  program_id  start_date  end_date    currency
        c-1          atlas       2026-01-01  2027-03-31  EUR

        contract_lines
        contract_line_id  contract_id  product  billing_model  recognition    amount
        model             c-1          model    milestone      on_acceptance  500.01

        gl_entries
        journal_id  account  effective_date  amount
        j-1         1000     2026-10-01      0.00
    """
    rates = "\n fx_rates\n currency rate_date rate\n EUR 2026-10-31 1.1\n"
    result = revenue_disclosures(small_company(tmp_path / "a", euros + rates, "2026-10"))
    assert amounts(result, "remaining_performance_obligations:2027") == {
        "remaining_performance_obligations:2027": "550.01"
    }
    with pytest.raises(BooksError, match="EUR, 2026-10-31"):
        revenue_disclosures(small_company(tmp_path / "b", euros, "2026-10"))


def test_the_schedule_of_a_contract_over_time(tmp_path: Path) -> None:
    scope = small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")
    frame = revenue_schedule(scope, "c-1").table
    months = {row.month: (f"{row.earned:.2f}", f"{row.scheduled:.2f}") for row in frame.itertuples()}
    expected = [f"2026-{month:02d}" for month in range(7, 13)] + [f"2027-{month:02d}" for month in range(1, 7)]
    assert list(months) == [*expected, "Total"]
    assert [months[m] for m in ("2026-09", "2026-10", "2026-11", "Total")] == [
        ("200.00", "0.00"), ("380.00", "0.00"), ("0.00", "220.00"), ("980.00", "1760.00"),
    ]  # fmt: skip


def test_the_picture_of_the_schedule_shows_the_contracts_apart(tmp_path: Path) -> None:
    picture = revenue_schedule(small_company(tmp_path, COMPANY_OF_FIVE, "2026-10")).charts[0].data
    assert picture["series"] == ["c-1", "c-2", "c-5", "c-3"]
    assert {"label": "2026-11 scheduled", "amounts": ["220.00", "0.00", "0.00", "0.00"]} in picture["data"]
