"""Rounding, tolerance and spelling of money, and the laws that they keep."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.money import agrees, minor_unit, parse_amount, ratio, round_half_up, round_money, show, spell

AMOUNTS = st.decimals(min_value=-(10**18), max_value=10**18, places=6)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "USD", "0.13"),
        ("-0.125", "USD", "-0.13"),
        ("0.124999", "USD", "0.12"),
        ("0.5", "JPY", "1"),
        ("-1.5", "JPY", "-2"),
        ("0.0005", "KWD", "0.001"),
        ("999999999999999999.995", "USD", "1000000000000000000.00"),
    ],
)
def test_halves_are_rounded_away_from_zero_to_the_minor_unit(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize(("currency", "places"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XYZ", 2)])
def test_minor_units(currency: str, places: int) -> None:
    assert minor_unit(currency) == places


@pytest.mark.parametrize(
    ("text", "amount"), [("12.50", "12.50"), ("-0.01", "-0.01"), ("+7", "7"), (" 5.0 ", "5.0"), (".5", "0.5")]
)
def test_an_amount_is_digits_one_point_and_a_sign(text: str, amount: str) -> None:
    assert parse_amount(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", " ", "ten", "1.234,56", "1,234.56", "1e5", "NaN", "Infinity", "5%", "1.", "--1", "१२"]
)
def test_nothing_is_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal amount"):
        parse_amount(text)


@pytest.mark.parametrize(
    ("amount", "currency", "spelled", "shown"),
    [
        ("1234.5", "USD", "1234.50", "1,234.50"),
        ("-1234567.8900", "USD", "-1234567.89", "(1,234,567.89)"),
        ("0.00001", "USD", "0.00001", "0.00001"),
        ("-0.00", "USD", "0.00", "0.00"),
        ("1E+3", "JPY", "1000", "1,000"),
    ],
)
def test_amounts_are_spelled_exactly_and_shown_with_parentheses(
    amount: str, currency: str, spelled: str, shown: str
) -> None:
    assert (spell(Decimal(amount), currency), show(Decimal(amount), currency)) == (spelled, shown)


def test_what_is_not_defined_is_shown_as_such() -> None:
    assert show(None) == "n/a"


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [("1", "3", "0.3333"), ("2", "3", "0.6667"), ("-1", "8", "-0.1250"), ("1", "0", None), ("1", "-1", None)],
)
def test_a_ratio_has_four_decimals_and_a_positive_denominator(a: str, b: str, quotient: str | None) -> None:
    assert ratio(Decimal(a), Decimal(b)) == (None if quotient is None else Decimal(quotient))


@given(AMOUNTS)
def test_spelling_loses_nothing(amount: Decimal) -> None:
    assert parse_amount(spell(amount)) == amount


@given(AMOUNTS, st.integers(0, 4))
def test_rounding_moves_by_at_most_half_a_unit_and_is_symmetric(amount: Decimal, places: int) -> None:
    rounded = round_half_up(amount, places)
    assert abs(rounded - amount) <= Decimal(1).scaleb(-places) / 2
    assert round_half_up(-amount, places) == -rounded
    assert rounded == amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


@given(AMOUNTS, st.decimals(min_value=0, max_value=100, places=2))
def test_a_difference_agrees_up_to_the_tolerance_and_not_beyond(difference: Decimal, tolerance: Decimal) -> None:
    assert agrees(difference, tolerance) == (-tolerance <= difference <= tolerance)
