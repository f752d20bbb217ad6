"""SQL words that every connection to the books has: exact rounding, conversion, division, tolerance.

They are the rules of `close_library.money` in SQL. A result that does not fit is an error, never a shorter
number, and no step goes through a binary float.
"""

from __future__ import annotations

import duckdb

MACROS = (
    # DuckDB rounds decimals half away from zero, but only to a constant number of places.
    """
    CREATE OR REPLACE MACRO to_minor_unit(x, places) AS
    CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN error('an amount is a decimal, never a binary float') ELSE
    CASE places
        WHEN 0 THEN CAST(round(x, 0) AS DECIMAL(38,4))
        WHEN 1 THEN CAST(round(x, 1) AS DECIMAL(38,4))
        WHEN 2 THEN CAST(round(x, 2) AS DECIMAL(38,4))
        WHEN 3 THEN CAST(round(x, 3) AS DECIMAL(38,4))
        WHEN 4 THEN CAST(round(x, 4) AS DECIMAL(38,4))
        ELSE error('to_minor_unit rounds to 0, 1, 2, 3 or 4 places')
    END END
    """,
    # The product of two decimals is exact in DuckDB: their scales add up, and too many digits are an error.
    """
    CREATE OR REPLACE MACRO convert_money(amount, rate, places) AS
    to_minor_unit(amount * rate, places)
    """,
    """
    CREATE OR REPLACE MACRO scaled_18(x) AS
    CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT') THEN error('an amount is a decimal, never a binary float')
    WHEN CAST(x AS DECIMAL(38,18)) <> x THEN error('a number has more than 18 digits after the point') ELSE
    CAST(trunc(CAST(x AS DECIMAL(38,18))) AS HUGEINT) * 1000000000000000000::HUGEINT
    + CAST((CAST(x AS DECIMAL(38,18)) - trunc(CAST(x AS DECIMAL(38,18)))) * 1000000000000000000::HUGEINT AS HUGEINT)
    END
    """,
    # Long division: whole part first, so that only the remainder has to be widened.
    """
    CREATE OR REPLACE MACRO divide_scaled(a, b, power) AS
    (a // b) * power + ((a % b) * power * 2 + b) // (b * 2)
    """,
    """
    CREATE OR REPLACE MACRO divide_exact(a, b, places) AS
    CASE WHEN places NOT BETWEEN 0 AND 12 THEN error('divide_exact rounds to 0 … 12 places') ELSE CAST(
        CAST(
            (CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END)::HUGEINT
            * divide_scaled(
                abs(scaled_18(a)), nullif(abs(scaled_18(b)), 0::HUGEINT),
                power_of_ten(places))
            * power_of_ten(12 - places)
        AS DECIMAL(38,0))
        * CAST(0.000000000001 AS DECIMAL(12,12))
    AS DECIMAL(38,12)) END
    """,
    """
    CREATE OR REPLACE MACRO agrees(difference, tolerance) AS abs(difference) <= tolerance
    """,
)

_POWER_OF_TEN = "CREATE OR REPLACE MACRO power_of_ten(n) AS CASE n {cases} END".format(
    cases=" ".join(f"WHEN {n} THEN {10**n}::HUGEINT" for n in range(13))
)


def add_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives a connection the words of this module.

    - `to_minor_unit(x, places)`: rounded half away from zero to 0 … 4 places, as DECIMAL(38,4).
    - `convert_money(amount, rate, places)`: amount × rate, exact, then rounded once.
    - `divide_exact(a, b, places)`: a ÷ b rounded half away from zero to 0 … 12 places, as DECIMAL(38,12); NULL
      when b is 0. Takes up to 20 digits before and 18 after the point.
    - `agrees(difference, tolerance)`: whether a difference lies within a tolerance, both ends included.
    """
    for macro in (_POWER_OF_TEN, *MACROS):
        connection.execute(macro).fetchall()
