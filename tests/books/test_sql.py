"""The SQL words against Python's Decimal: exact, rounded half away from zero, or an error; never a float."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.books.sql import add_macros
from close_library.money import EXACT, round_half_up

MONEY = st.decimals(Decimal("-1e12"), Decimal("1e12"), places=4)
RATE = st.decimals(Decimal("-1e6"), Decimal("1e6"), places=12)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """A connection with the words of the books."""
    made = duckdb.connect()
    add_macros(made)
    return made


def computed(connection: duckdb.DuckDBPyConnection, query: str, *columns: tuple[list[Decimal], int]) -> list[Decimal]:
    """A query over columns a, b, … given as decimals of some scale."""
    table = pa.table(
        {"abc"[n]: pa.array(values, pa.decimal128(38, scale)) for n, (values, scale) in enumerate(columns)}
    )
    connection.register("given", table)
    try:
        return [row[0] for row in connection.execute(f"SELECT {query} FROM given").fetchall()]
    finally:
        connection.unregister("given")


@settings(max_examples=40, deadline=None)
@given(st.lists(RATE, min_size=1, max_size=30), st.integers(0, 4))
def test_rounding_is_that_of_money(connection: duckdb.DuckDBPyConnection, values: list[Decimal], places: int) -> None:
    """`to_minor_unit` is `round_half_up`."""
    found = computed(connection, f"to_minor_unit(a, {places})", (values, 12))
    assert found == [round_half_up(value, places) for value in values]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(MONEY, RATE), min_size=1, max_size=30), st.integers(0, 4))
def test_conversion_is_exact_and_rounded_once(
    connection: duckdb.DuckDBPyConnection, pairs: list[tuple[Decimal, Decimal]], places: int
) -> None:
    """`convert_money` is the whole product, rounded half away from zero."""
    amounts, rates = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = computed(connection, f"convert_money(a, b, {places})", (amounts, 4), (rates, 12))
    assert found == [round_half_up(EXACT.multiply(a, b), places) for a, b in pairs]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=30), st.integers(0, 6))
def test_division_is_exact_and_rounded_once(
    connection: duckdb.DuckDBPyConnection, pairs: list[tuple[Decimal, Decimal]], places: int
) -> None:
    """`divide_exact` is the quotient rounded half away from zero; not defined for a divisor of 0."""
    dividends, divisors = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = computed(connection, f"divide_exact(a, b, {places})", (dividends, 4), (divisors, 4))
    for (a, b), quotient in zip(pairs, found, strict=True):
        if not b:
            assert quotient is None
        else:
            half = abs(quotient * b - a) * 2 * 10**places
            assert half <= abs(b)
            assert half < abs(b) or abs(quotient * b) > abs(a), "a half goes away from zero"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("to_minor_unit(0.125, 2)", "0.1300"),
        ("to_minor_unit(-0.125, 2)", "-0.1300"),
        ("to_minor_unit(7, 2)", "7.0000"),
        ("convert_money(0.05, 0.1, 2)", "0.0100"),
        ("divide_exact(1, 8, 2)", "0.130000000000"),
        ("divide_exact(-1, 8, 2)", "-0.130000000000"),
        ("divide_exact(2, 3, 12)", "0.666666666667"),
    ],
)
def test_golden_values(connection: duckdb.DuckDBPyConnection, query: str, expected: str) -> None:
    """Hand-worked."""
    assert connection.execute(f"SELECT CAST({query} AS VARCHAR)").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    "query",
    [
        "to_minor_unit(0.5::DOUBLE, 2)",
        "to_minor_unit(1, 5)",
        "divide_exact(1::DOUBLE, 3, 2)",
        "divide_exact(1, 3, 13)",
        "convert_money('999999999999999999'::DECIMAL(22,4), '999999'::DECIMAL(30,12), 2)",
        "divide_exact('1e-30'::DECIMAL(38,36), 3, 2)",
    ],
)
def test_what_does_not_fit_is_an_error(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """A float, too many places and an overflow raise; nothing is shortened in silence."""
    with pytest.raises(duckdb.Error):
        connection.execute(f"SELECT {query}").fetchall()


@pytest.mark.parametrize(("difference", "agreed"), [("0.01", True), ("-0.01", True), ("0.02", False)])
def test_tolerance_includes_its_ends(connection: duckdb.DuckDBPyConnection, difference: str, agreed: bool) -> None:
    """The same rule as `money.agrees`."""
    assert connection.execute(f"SELECT agrees({difference}, 0.01)").fetchall() == [(agreed,)]
