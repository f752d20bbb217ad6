"""Months, fiscal years and working days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.errors import ParameterError
from close_library.period import Period, months_between, working_day

PERIODS = st.builds(Period, st.integers(1900, 2200), st.integers(1, 12))


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026-10-31", "October"])
def test_a_period_is_a_year_and_a_month(text: str) -> None:
    with pytest.raises(ParameterError, match="the period is not a month"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("period", "last_day", "prior"),
    [("2026-01", "2026-01-31", "2025-12"), ("2024-02", "2024-02-29", "2024-01"), ("2026-12", "2026-12-31", "2026-11")],
)
def test_month_ends_and_the_month_before(period: str, last_day: str, prior: str) -> None:
    assert str(Period.parse(period).last_day) == last_day
    assert str(Period.parse(period).prior) == prior


@pytest.mark.parametrize(
    ("period", "starts", "year", "quarter"),
    [
        ("2026-10", 1, 2026, 4),
        ("2026-10", 10, 2027, 1),
        ("2026-09", 10, 2026, 4),
        ("2026-06", 7, 2026, 4),
        ("2026-07", 7, 2027, 1),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(
    period: str, starts: int, year: int, quarter: int
) -> None:
    parsed = Period.parse(period)
    assert (parsed.fiscal_year(starts), parsed.fiscal_quarter(starts)) == (year, quarter)


@pytest.mark.parametrize(
    ("after", "number", "day"),
    [
        ("2026-05-31", 5, "2026-06-05"),
        ("2026-10-31", 5, "2026-11-06"),
        ("2026-07-31", 1, "2026-08-03"),
        ("2026-07-31", 0, "2026-07-31"),
    ],
)
def test_working_days_are_monday_to_friday(after: str, number: int, day: str) -> None:
    assert working_day(date.fromisoformat(after), number) == date.fromisoformat(day)


@given(PERIODS)
def test_next_undoes_prior_and_months_touch(period: Period) -> None:
    assert period.prior.next == period
    assert (period.first_day - period.prior.last_day).days == 1
    assert period.days == period.last_day.day
    assert Period.parse(str(period)) == period


@given(PERIODS, st.integers(0, 60))
def test_months_between_counts_both_ends(period: Period, months: int) -> None:
    months_found = months_between(period, period.shift(months))
    assert len(months_found) == months + 1
    assert months_found == sorted(months_found)
    assert months_between(period, period.prior) == []
