"""What a foreign amount is worth: spot rates by date, and the refusal to guess a missing one."""

from __future__ import annotations

from close_library.accounting.sql import FILE_ORDER, text
from close_library.errors import BooksError, Fault
from close_library.evidence import Scope
from close_library.money import minor_unit

SPOT_RATES = f"""
    SELECT currency, rate_date, rate FROM fx_rates
    WHERE rate_type IS NULL OR rate_type = 'spot'
    QUALIFY row_number() OVER (PARTITION BY currency, rate_date ORDER BY {FILE_ORDER}) = 1
"""
"""One spot rate a currency and day: units of functional currency for one unit. A doubled row counts by its first."""


def at_spot(currency: str, on: str, rates: str = "s") -> str:
    """The join of the spot rate of a currency on exactly a day, as the `rate` of `rates`: NULL where there is none.

    The arguments are SQL expressions, `rates` is the name of the joined table.
    """
    return f"LEFT JOIN ({SPOT_RATES}) {rates} ON {rates}.currency = {currency} AND {rates}.rate_date = {on}"


def functional(amount: str, currency: str, rate: str, functional_currency: str) -> str:
    """SQL for an amount in functional currency, rounded once; NULL where a foreign amount has no rate."""
    places = minor_unit(functional_currency)
    return (
        f"CASE WHEN {currency} = {text(functional_currency)} OR {amount} = 0 THEN CAST({amount} AS DECIMAL(38,4)) "
        f"ELSE CAST(convert_money({amount}, {rate}, {places}) AS DECIMAL(38,4)) END"
    )


def require_rates(scope: Scope, needed: str) -> None:
    """Refuse to go on when a rate is missing.

    `needed` is a query of (currency, rate_date) for amounts that could not be converted. Raises BooksError with each
    currency and date.
    """
    missing = scope.books.rows(f"SELECT DISTINCT currency, rate_date FROM ({needed}) ORDER BY ALL")
    if missing:
        raise BooksError(
            f"{len(missing)} exchange rate{'s are' if len(missing) > 1 else ' is'} missing.",
            [
                Fault(
                    f"fx_rates, {row['currency']}, {row['rate_date']}",
                    "no spot rate",
                    f"the {scope.currency} for one {row['currency']} on {row['rate_date']}",
                    "add the row to fx_rates and run again",
                )
                for row in missing
            ],
        )
