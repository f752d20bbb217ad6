"""What a delivery is worth: the price in force on its day, graduated tiers, one rounding a delivery.

ACCOUNTING.md §3; variable consideration that is known when the work is done (ASC 606-10-32-40, 606-10-55-18). Tiers are
graduated on the quantity accumulated since the first of the calendar month, in date order, then by `delivery_id`; `tier_from`
is the quantity after which a price applies. A delivery across tiers is priced in parts, summed exactly and rounded once to the
minor unit of the contract's currency. What does not belong here: lines with a price of their own (`recognition`).
"""

from __future__ import annotations

from close_library.accounting.sql import FILE_ORDER, memoised, text, texts
from close_library.books import Books
from close_library.money import MINOR_UNITS

QUANTITY_MODELS = ("usage", "staffing")
"""Billing models whose deliveries are worth quantity × price in force."""

_AS_IT_HAPPENS = ("as_delivered", "on_acceptance")

LINES = f"""
    SELECT l.contract_line_id, l.contract_id, l.product, l.billing_model, l.recognition, l.amount,
           coalesce(l.service_start, c.start_date) AS service_start, coalesce(l.service_end, c.end_date) AS service_end,
           l.standalone_selling_price, l.estimated_cost, l.owner_program_id AS owner, c.currency, c.customer_id,
           l.billing_model IN {texts(QUANTITY_MODELS)} AND l.recognition IN {texts(_AS_IT_HAPPENS)} AS by_quantity,
           l.source_file, l.source_row
    FROM (
        SELECT * FROM contract_lines
        QUALIFY row_number() OVER (PARTITION BY contract_line_id ORDER BY {FILE_ORDER}) = 1
    ) l
    JOIN (SELECT * FROM contracts QUALIFY row_number() OVER (PARTITION BY contract_id ORDER BY {FILE_ORDER}) = 1) c
    USING (contract_id)
"""
"""One row a contract line, with its contract's currency and customer. Its amounts count once, whatever its tiers.

`by_quantity`: its revenue is the value of its deliveries; every other line has a price of its own."""

_SPANS = f"""
    WITH prices AS (
        SELECT contract_line_id, coalesce(tier_from, 0) AS tier_from, coalesce(price_from, DATE '0001-01-01') AS price_from,
               coalesce(price_to, DATE '9999-12-31') AS price_to, unit_price, source_file, source_row
        FROM contract_lines WHERE unit_price IS NOT NULL
    ),
    days AS (
        SELECT contract_line_id, price_from AS first_day FROM prices
        UNION SELECT contract_line_id, price_to + 1 FROM prices WHERE price_to < DATE '9999-12-31'
    ),
    in_force AS (
        SELECT contract_line_id, first_day, tier_from, unit_price
        FROM days JOIN prices p USING (contract_line_id) WHERE first_day BETWEEN price_from AND price_to
        QUALIFY row_number() OVER (
            PARTITION BY contract_line_id, first_day, tier_from ORDER BY price_from DESC, {FILE_ORDER}) = 1
    ),
    tiers AS (
        SELECT *, lead(tier_from) OVER (PARTITION BY contract_line_id, first_day ORDER BY tier_from) AS tier_to FROM in_force
    ),
    spans AS (
        SELECT contract_line_id, first_day,
               list({{'low': nullif(tier_from, 0), 'high': tier_to, 'price': unit_price}} ORDER BY tier_from) AS tiers
        FROM tiers GROUP BY ALL
    )
    SELECT d.contract_line_id, d.first_day,
           lead(d.first_day) OVER (PARTITION BY d.contract_line_id ORDER BY d.first_day) - 1 AS last_day, tiers
    FROM days d LEFT JOIN spans USING (contract_line_id, first_day)
"""
"""One row a line and span of days on which its prices don't change, with the tiers in force: from, to (NULL: no bound), price.

Where two prices of one tier are in force on a day, the later `price_from` counts; the first row where these are equal too."""

_TIERED = "SELECT contract_line_id, bool_or(coalesce(tier_from, 0) <> 0) AS tiered FROM contract_lines GROUP BY 1"


def rounded(amount: str, currency: str) -> str:
    """SQL for an exact amount rounded once to the minor unit of the currency in a column."""
    places = {n: sorted(code for code, its in MINOR_UNITS.items() if its == n) for n in set(MINOR_UNITS.values())}
    cases = " ".join(
        f"WHEN {currency} IN {texts(codes)} THEN to_minor_unit({amount}, {n})" for n, codes in places.items()
    )
    return f"CAST(coalesce(CASE {cases} ELSE to_minor_unit({amount}, 2) END, 0) AS DECIMAL(22,4))"


def _places() -> str:
    """SQL for the places of a line's currency: found once a line, not once a delivery."""
    cases = " ".join(f"WHEN {text(code)} THEN {places}" for code, places in sorted(MINOR_UNITS.items()))
    return f"CASE l.currency {cases} ELSE 2 END"


def priced_lines(books: Books) -> str:
    """The contract lines (`LINES`) with `tiered` and the `places` of their currency."""
    return memoised(
        books,
        "lines_with_tiers",
        f"SELECT l.*, t.tiered, {_places()} AS places FROM ({LINES}) l JOIN ({_TIERED}) t USING (contract_line_id)",
    )


def price_spans(books: Books) -> str:
    """The spans of days on which a line's prices don't change, with `tiers` and, where there are none, the `price`."""
    return memoised(
        books,
        "spans",
        f"""
        SELECT contract_line_id, first_day, coalesce(last_day, DATE '9999-12-31') AS last_day, tiers, tiers[1].price AS price
        FROM ({_SPANS})
        """,
    )
