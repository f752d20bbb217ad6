"""How money rounds, and when two amounts agree.

Amounts are exact decimals from the file to the report. This module is the one home of three rules:
minor units (ISO 4217), rounding (half away from zero, Python's ROUND_HALF_UP) and tolerance. In SQL the
same rules are `to_minor_unit` and `agrees` of `close_library.books.sql`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

MINOR_UNITS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}

EXACT = Context(prec=76, rounding=ROUND_HALF_UP)
"""Wide enough for any product of a quantity, a rate and an exchange rate without loss."""

ZERO = Decimal("0.00")


def minor_unit(currency: str) -> int:
    """Decimal places of a currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD (ISO 4217)."""
    return MINOR_UNITS.get(currency, 2)


def round_half_up(amount: Decimal, places: int) -> Decimal:
    """An amount rounded half away from zero to `places` decimals: 0.125 → 0.13, -0.125 → -0.13."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP, context=EXACT)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """An amount rounded half away from zero to the minor unit of its currency."""
    return round_half_up(amount, minor_unit(currency))


def ratio(numerator: Decimal, denominator: Decimal, places: int = 4) -> Decimal | None:
    """A quotient of unrounded operands, kept with four decimals; None (not defined) when the denominator is ≤ 0."""
    if denominator <= 0:
        return None
    return round_half_up(EXACT.divide(numerator, denominator), places)


def agrees(difference: Decimal, tolerance: Decimal) -> bool:
    """Whether a difference lies within a tolerance, both ends included."""
    return abs(difference) <= tolerance


def parse_amount(text: str) -> Decimal:
    """The exact decimal that a text spells: digits, one point, a sign; no separators, no exponent, no NaN.

    Raises ValueError on anything else, so `1.234,56`, `1,234.56` and `ten` are never guessed at.
    """
    stripped = text.strip()
    if not stripped or stripped[-1] == "." or any(c not in "+-.0123456789" for c in stripped):
        raise ValueError(f"{text!r} is not a decimal amount")
    try:
        return Decimal(stripped)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal amount") from None


def spell(amount: Decimal, currency: str = "USD") -> str:
    """An amount as text, exact, with at least the currency's minor unit: `1234.50`, never `1.2345E+3`."""
    places = minor_unit(currency)
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is a finite number"
    if -exponent > places:
        amount = amount.normalize(EXACT)
        exponent = amount.as_tuple().exponent
        assert isinstance(exponent, int)
    if -exponent < places:
        amount = amount.quantize(Decimal(1).scaleb(-places), context=EXACT)
    text = format(amount, "f")
    return text[1:] if text.startswith("-") and not amount else text


def show(amount: Decimal | None, currency: str = "USD") -> str:
    """An amount for a reader: thousands separated, negatives in parentheses, not defined as `n/a`."""
    if amount is None:
        return "n/a"
    text = spell(abs(amount), currency)
    whole, _, cents = text.partition(".")
    grouped = f"{int(whole):,}" + (f".{cents}" if cents else "")
    return f"({grouped})" if amount < 0 else grouped


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 item`, `2 items`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
