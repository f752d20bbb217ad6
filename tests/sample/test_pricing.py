"""The generator's own arithmetic on cases worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from close_library.sample.pricing import (
    cost_to_cost_to_date,
    graduated,
    price_on,
    ratable_to_date,
    share,
    values,
)
from close_library.sample.programs import LINE_OF


def _d(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    "case, day, before, quantity, worth",
    [
        ("all in the first tier", date(2026, 3, 2), "0", "1000", "85.000"),
        ("across the second tier", date(2026, 3, 2), "399000", "2000", "163.000"),  # 1,000 × 0.085 + 1,000 × 0.078
        ("across all three tiers", date(2026, 3, 2), "399000", "502000", "39155.000"),  # 85 + 39,000 + 70
        ("at the new price", date(2026, 7, 1), "0", "1000", "88.000"),
        ("exactly at the boundary", date(2026, 7, 1), "400000", "10", "0.80"),
    ],
)
def test_graduated_price(case: str, day: date, before: str, quantity: str, worth: str) -> None:
    assert graduated(LINE_OF["ATL-01-IMG"], day, _d(before), _d(quantity)) == _d(worth), case


def test_deliveries_accumulate_in_order_of_date_and_then_id() -> None:
    rows = [
        (date(2026, 3, 5), "b", _d("200000")),
        (date(2026, 3, 5), "a", _d("300000")),
        (date(2026, 3, 4), "c", _d("50000")),
    ]
    assert values(LINE_OF["ATL-01-IMG"], "USD", rows) == {
        "c": _d("4250.00"),
        "a": _d("25500.00"),
        "b": _d("15950.00"),
    }  # 50,000 × 0.085 + 150,000 × 0.078


def test_the_price_changes_on_its_day() -> None:
    line = LINE_OF["BOR-01-ENG"]
    assert (price_on(line, date(2026, 6, 30)), price_on(line, date(2026, 7, 1))) == (_d("68"), _d("71.5"))


def test_shares_by_standalone_selling_price_add_up_to_the_contract() -> None:
    platform, support = (share(LINE_OF[name]) for name in ("EQX-01-PLT", "EQX-01-SUP"))
    assert platform == _d("352363.64")  # 408,000 × 380 / 440
    assert platform + support == _d("408000.00")


@pytest.mark.parametrize(
    "line, day, earned",
    [
        ("EQX-01-PLT", date(2026, 1, 31), "0.00"),
        ("EQX-01-PLT", date(2026, 2, 28), "29363.64"),  # 352,363.64 / 12
        ("EQX-01-PLT", date(2027, 1, 31), "352363.64"),
        ("EQX-01-SUP", date(2026, 2, 28), "4267.99"),  # 55,636.36 × 28 / 365
        ("HLX-01-SUB", date(2026, 3, 31), "1800.00"),
    ],
)
def test_ratable_to_date(line: str, day: date, earned: str) -> None:
    assert ratable_to_date(LINE_OF[line], day) == _d(earned)


@pytest.mark.parametrize(
    "case, cost, day, earned",
    [
        ("before the change", "41000.00", date(2026, 7, 14), "64000.00"),
        ("after the change the catch-up is in", "41000.00", date(2026, 7, 15), "70000.00"),
        ("never above the price", "500000.00", date(2026, 12, 31), "700000.00"),
    ],
)
def test_cost_to_cost_to_date(case: str, cost: str, day: date, earned: str) -> None:
    assert cost_to_cost_to_date(LINE_OF["FOR-01-FIX"], _d(cost), day) == _d(earned), case
