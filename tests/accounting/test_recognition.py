"""Revenue of lines with a price of their own, as pure functions, and the published examples of deferral and proration."""

import doctest
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from close_library.accounting.revenue import financing
from close_library.accounting.revenue.financing import financed_advance, financed_deliveries
from close_library.accounting.revenue.recognition import (
    Change,
    PricedLine,
    allocated,
    revenue_by_month,
    revenue_to_date,
)
from close_library.money import round_half_up
from close_library.period import Period, months_between


def line(price: str, recognition: str = "ratable_monthly", service: str = "", **more: Any) -> PricedLine:
    """A contract line; `service` is its first and last day."""
    first, last = (date.fromisoformat(day) for day in service.split()) if service else (None, None)
    return PricedLine(
        contract_line_id="line-1",
        contract_id="contract-1",
        recognition=recognition,
        currency=more.pop("currency", "USD"),
        price=Decimal(price),
        service_start=first,
        service_end=last,
        **more,
    )


def changes(*spelled: str) -> list[Change]:
    """Changes written as `2026-03-10 -60.00 prospective`."""
    parts = [text.split() for text in spelled]
    return [Change(date.fromisoformat(day), Decimal(amount), kind == "prospective") for day, amount, kind in parts]


def costs(*spelled: str) -> list[tuple[date, Decimal]]:
    """Costs written as `2026-03-10 500.00`."""
    return [(date.fromisoformat(day), Decimal(amount)) for day, amount in (text.split() for text in spelled)]


def by_month(of: PricedLine, first: str, last: str) -> str:
    """What each month adds to the revenue to date, as text."""
    months = months_between(Period.parse(first), Period.parse(last))
    to_date = [revenue_to_date(of, day) for day in (months[0].prior.last_day, *(month.last_day for month in months))]
    return " ".join(str(after - before) for before, after in pairwise(to_date))


HALF_YEAR = "2026-01-01 2026-06-30"

RATABLE = {
    "house convention: erpnext's 65 days by days, rounded to date": (
        line("100.00", "ratable_daily", "2019-01-10 2019-03-15"),
        "2019-01 2019-03",
        "33.85 43.07 23.08",  # published, each month rounded and the last takes the rest: 33.85 43.08 23.07
    ),
    "published, erpnext: 300 over three months by months, then nothing": (
        line("300", service="2021-05-01 2021-07-31"),
        "2021-05 2021-08",
        "100.00 100.00 100.00 0.00",
    ),
    "published, lago: 1.00 a month, the first three days of March are free": (
        line(
            "1.90", service="2022-03-04 2022-04-30"
        ),  # 28/31 of a month and a month: the price of 1.90 is 0.90 and 1.00
        "2022-03 2022-04",
        "0.90 1.00",
    ),
    "golden 9: a credit of 60 in month four is spread over what remains": (
        line("600.00", service=HALF_YEAR, changes=changes("2026-04-01 -60.00 prospective")),
        "2026-01 2026-06",
        "100.00 100.00 100.00 80.00 80.00 80.00",
    ),
    "golden 9, in the middle of month four: a month is the unit": (
        line("600.00", service=HALF_YEAR, changes=changes("2026-04-17 -60.00 prospective")),
        "2026-01 2026-06",
        "100.00 100.00 100.00 80.00 80.00 80.00",
    ),
    "golden 9 by cumulative catch-up": (
        line("600.00", service=HALF_YEAR, changes=changes("2026-04-01 -60.00 cumulative")),
        "2026-01 2026-06",
        "100.00 100.00 100.00 60.00 90.00 90.00",
    ),
    "golden 10: the stub month's share is 0.00, the total is exact": (
        line("0.10", service="2026-01-31 2026-12-30"),
        "2026-01 2026-12",
        "0.00 0.01 0.01 0.01 0.01 0.01 0.00 0.01 0.01 0.01 0.01 0.01",
    ),
    "one day of service": (line("9.99", "ratable_daily", "2026-02-28 2026-02-28"), "2026-01 2026-03", "0.00 9.99 0.00"),
    "part of one month by months": (line("9.99", service="2026-02-10 2026-02-20"), "2026-02 2026-03", "9.99 0.00"),
    "February of a leap year by days": (
        line("91.00", "ratable_daily", "2028-01-01 2028-03-31"),
        "2028-01 2028-03",
        "31.00 29.00 31.00",
    ),
    "February by months is a month": (
        line("90.00", service="2026-01-01 2026-03-31"),
        "2026-01 2026-03",
        "30.00 30.00 30.00",
    ),
    "part months by months: 16/31 + 1 + 14/28": (
        line("2000", service="2025-12-16 2026-02-14"),
        "2025-12 2026-02",
        "512.00 992.00 496.00",
    ),
    "yen have no cents": (
        line("1000", service="2026-01-01 2026-03-31", currency="JPY"),
        "2026-01 2026-03",
        "333 334 333",
    ),
    "kuwaiti dinars have three places": (
        line("10.000", service="2026-01-01 2026-03-31", currency="KWD"),
        "2026-01 2026-03",
        "3.333 3.334 3.333",
    ),
    "a negative price mirrors a positive one": (
        line("-100.00", "ratable_daily", "2019-01-10 2019-03-15"),
        "2019-01 2019-03",
        "-33.85 -43.07 -23.08",
    ),
    "no service dates, nothing to measure": (line("100.00"), "2026-01 2026-02", "0.00 0.00"),
    "service that ends before it starts": (
        line("100.00", service="2026-02-01 2026-01-31"),
        "2026-01 2026-02",
        "0.00 0.00",
    ),
}


@pytest.mark.parametrize("case", RATABLE)
def test_ratable_lines(case: str) -> None:
    of, months, expected = RATABLE[case]
    assert by_month(of, *months.split()) == expected


CHANGED = {
    "cumulative before the service": ("2025-12-01 60.00 cumulative", "110.00 110.00 110.00 110.00 110.00 110.00 0.00"),
    "prospective before the service": (
        "2025-12-01 60.00 prospective",
        "110.00 110.00 110.00 110.00 110.00 110.00 0.00",
    ),
    "cumulative on the first day": ("2026-01-01 60.00 cumulative", "110.00 110.00 110.00 110.00 110.00 110.00 0.00"),
    "prospective on the first day": ("2026-01-01 60.00 prospective", "110.00 110.00 110.00 110.00 110.00 110.00 0.00"),
    "cumulative on the last day": ("2026-06-30 60.00 cumulative", "100.00 100.00 100.00 100.00 100.00 160.00 0.00"),
    "prospective on the last day": ("2026-06-30 60.00 prospective", "100.00 100.00 100.00 100.00 100.00 160.00 0.00"),
    "cumulative after the service": ("2026-07-05 60.00 cumulative", "100.00 100.00 100.00 100.00 100.00 100.00 60.00"),
    "prospective after the service": (
        "2026-07-05 60.00 prospective",
        "100.00 100.00 100.00 100.00 100.00 100.00 60.00",
    ),
    "two cumulative": (
        "2026-02-10 30.00 cumulative, 2026-03-10 30.00 cumulative",
        "100.00 110.00 120.00 110.00 110.00 110.00 0.00",
    ),
    "two prospective": (
        "2026-03-01 80.00 prospective, 2026-05-01 -40.00 prospective",
        "100.00 100.00 120.00 120.00 100.00 100.00 0.00",
    ),
    "cumulative, then prospective": (
        "2026-02-01 60.00 cumulative, 2026-04-01 -30.00 prospective",
        "100.00 120.00 110.00 100.00 100.00 100.00 0.00",
    ),
    "prospective, then cumulative from there on": (
        "2026-03-01 80.00 prospective, 2026-05-01 40.00 cumulative",
        "100.00 100.00 120.00 120.00 150.00 130.00 0.00",
    ),
    "both on one day: the cumulative one first": (
        "2026-04-01 -60.00 prospective, 2026-04-01 60.00 cumulative",
        "100.00 100.00 100.00 120.00 90.00 90.00 0.00",
    ),
    "terminated: all that remains is taken back": (
        "2026-04-01 -300.00 prospective",
        "100.00 100.00 100.00 0.00 0.00 0.00 0.00",
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_changes_of_600_over_six_months(case: str) -> None:
    spelled, expected = CHANGED[case]
    assert (
        by_month(line("600.00", service=HALF_YEAR, changes=changes(*spelled.split(", "))), "2026-01", "2026-07")
        == expected
    )


def test_changes_on_one_day_count_in_any_order() -> None:
    spelled = ["2026-04-01 -60.00 prospective", "2026-04-01 60.00 cumulative", "2026-04-01 7.00 prospective"]
    one, other = (line("600.00", service=HALF_YEAR, changes=changes(*texts)) for texts in (spelled, spelled[::-1]))
    assert by_month(one, "2026-01", "2026-06") == by_month(other, "2026-01", "2026-06")


def test_a_prospective_change_of_a_line_by_days_counts_from_its_day() -> None:
    """31 days at 1.00, then 10 of 28 days at the price before, then what remains by days."""
    changed = line("59.00", "ratable_daily", "2026-01-01 2026-02-28", changes=changes("2026-02-11 -9.00 prospective"))
    assert by_month(changed, "2026-01", "2026-02") == "31.00 19.00"
    assert [revenue_to_date(changed, date(2026, 2, day)) for day in (10, 11, 28)] == [
        Decimal("41.00"), Decimal("41.50"), Decimal("50.00"),
    ]  # fmt: skip


OTHER = {
    "a milestone is earned on its acceptance": (
        line("500.00", "on_acceptance", accepted_date=date(2026, 2, 14)),
        [("2026-02-14", "500.00")],
    ),
    "a milestone that is not accepted": (line("500.00", "on_acceptance"), []),
    "a milestone changed before its acceptance": (
        line(
            "500.00", "on_acceptance", accepted_date=date(2026, 2, 14), changes=changes("2026-02-01 25.00 cumulative")
        ),
        [("2026-02-14", "525.00")],
    ),
    "a milestone changed after its acceptance, either way": (
        line(
            "500.00",
            "on_acceptance",
            accepted_date=date(2026, 2, 14),
            changes=changes("2026-03-05 -20.00 cumulative", "2026-04-06 -10.00 prospective"),
        ),
        [("2026-02-14", "500.00"), ("2026-03-05", "-20.00"), ("2026-04-06", "-10.00")],
    ),
    "cost to cost, never above the price": (
        line(
            "1000.00",
            "cost_to_cost",
            estimated_cost=Decimal("800.00"),
            costs=costs("2026-01-10 200.00", "2026-03-31 500.00", "2026-04-01 500.00"),
        ),
        [("2026-01-31", "250.00"), ("2026-03-31", "625.00"), ("2026-04-30", "125.00")],
    ),
    "cost to cost, cost taken back": (
        line(
            "1000.00",
            "cost_to_cost",
            estimated_cost=Decimal("800.00"),
            costs=costs("2026-01-10 200.00", "2026-02-10 -80.00"),
        ),
        [("2026-01-31", "250.00"), ("2026-02-28", "-100.00")],
    ),
    "cost to cost without an estimate": (line("1000.00", "cost_to_cost", costs=costs("2026-01-10 200.00")), []),
    "cost to cost with an estimate of nothing": (
        line("1000.00", "cost_to_cost", estimated_cost=Decimal(0), costs=costs("2026-01-10 200.00")),
        [],
    ),
    "cost to cost, price raised: catch-up on the progress to date": (
        line(
            "1000.00",
            "cost_to_cost",
            estimated_cost=Decimal("800.00"),
            costs=costs("2026-01-10 200.00", "2026-03-10 200.00"),
            changes=changes("2026-02-15 100.00 cumulative"),
        ),
        [("2026-01-31", "250.00"), ("2026-02-28", "25.00"), ("2026-03-31", "275.00")],
    ),
    "cost to cost, price raised for what remains": (
        line(
            "1000.00",
            "cost_to_cost",
            estimated_cost=Decimal("800.00"),
            costs=costs("2026-01-10 200.00", "2026-03-10 600.00"),
            changes=changes("2026-02-15 100.00 prospective"),
        ),
        [("2026-01-31", "250.00"), ("2026-03-31", "850.00")],
    ),
    "a month that adds nothing has no row": (
        line("0.10", service="2026-01-31 2026-12-30"),
        [(f"2026-{n:02d}-{Period(2026, n).days}", "0.01") for n in (2, 3, 4, 5, 6, 8, 9, 10, 11, 12)],
    ),
}


@pytest.mark.parametrize("case", OTHER)
def test_rows_by_month(case: str) -> None:
    of, expected = OTHER[case]
    assert [(str(day), str(amount)) for day, amount in revenue_by_month(of, date(2026, 12, 31))] == expected


def test_published_oca_deferred_at_a_date() -> None:
    """91.00 over April to June by days: deferred 91.00, 61.00, 0.00; two such invoices: 182.00."""
    of = line("91.00", "ratable_daily", "2014-04-01 2014-06-30")
    deferred = [Decimal("91.00") - revenue_to_date(of, date(2014, *day)) for day in ((1, 31), (4, 30), (6, 30))]
    assert deferred == [Decimal("91.00"), Decimal("61.00"), Decimal("0.00")]
    assert 2 * deferred[0] == Decimal("182.00")


ALLOCATED = {
    "proportional": ("a 100, b 200", "a 150, b 150", "USD", "a 150.00, b 150.00"),
    "the last by id takes the rest": ("c 100, a 0, b 0", "a 1, b 1, c 1", "USD", "a 33.33, b 33.33, c 33.34"),
    "each share half up": ("a 0.05, b 0", "a 1, b 1", "USD", "a 0.03, b 0.02"),
    "a line without a selling price keeps its amount": (
        "a 100, b 50, c 20",
        "a 90, b 10",
        "USD",
        "a 135.00, b 15.00, c 20",
    ),
    "yen": ("a 100, b 0, c 0", "a 1, b 1, c 1", "JPY", "a 33, b 33, c 34"),
    "no selling prices": ("a 100, b 50", "", "USD", "a 100, b 50"),
    "selling prices of nothing": ("a 100, b 50", "a 0, b 0", "USD", "a 100, b 50"),
    "one line alone": ("a 100", "a 7", "USD", "a 100"),
}


def spelled_amounts(text: str) -> dict[str, Decimal]:
    return {id: Decimal(amount) for id, amount in (part.split() for part in filter(None, text.split(", ")))}


@pytest.mark.parametrize("case", ALLOCATED)
def test_allocation_by_standalone_selling_price(case: str) -> None:
    amounts, prices, currency, expected = ALLOCATED[case]
    shares = allocated(spelled_amounts(amounts), spelled_amounts(prices), currency)
    assert shares == spelled_amounts(expected)
    assert sum(shares.values()) == sum(spelled_amounts(amounts).values())


def test_golden_18_an_advance_of_4000_for_two_years_at_6_percent() -> None:
    """Published: interest 494, revenue 4,494. Simple interest, 480, is the named wrong answer."""
    financed = financed_advance(Decimal(4000), Decimal(6), 2)
    assert financed.interest == (Decimal("240.00"), Decimal("254.40"))
    assert (financed.total_interest, financed.total_revenue) == (Decimal("494.40"), Decimal("4494.40"))
    assert round_half_up(financed.total_interest, 0) == 494
    assert round_half_up(financed.total_revenue, 0) == 4494


def test_golden_18_one_advance_two_deliveries() -> None:
    """Published: 150,000 at 6 %, A after two years, B after five."""
    financed = financed_deliveries({"B": (Decimal(112_500), 5), "A": (Decimal(37_500), 2)}, Decimal(6))
    assert [round_half_up(amount, 0) for amount in financed.interest] == [9000, 9540, 7584, 8039, 8522]
    assert {name: round_half_up(amount, 0) for name, amount in financed.revenue.items()} == {"A": 42_135, "B": 150_550}
    assert financed.advance + financed.total_interest == financed.total_revenue


def test_no_years_no_interest_and_yen_have_no_cents() -> None:
    assert financed_advance(Decimal("10.00"), Decimal(6), 0).interest == ()
    assert financed_advance(Decimal(1005), Decimal("1.5"), 1, "JPY").interest == (Decimal(15),)


def test_the_example_in_the_docstring_runs() -> None:
    found = doctest.testmod(financing)
    assert found.attempted and not found.failed
