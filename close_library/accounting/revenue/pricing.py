"""What a delivery is worth: the price in force on its day, graduated tiers, one rounding a delivery.

ACCOUNTING.md §3; variable consideration that is known when the work is done (ASC 606-10-32-40, 606-10-55-18). Tiers are
graduated on the quantity accumulated since the first of the calendar month, in date order, then by `delivery_id`; `tier_from`
is the quantity after which a price applies. A delivery across tiers is priced in parts, summed exactly and rounded once to the
minor unit of the contract's currency. What does not belong here: lines with a price of their own (`recognition`).
"""

from __future__ import annotations

from close_library.accounting.currency import SPOT_RATES, functional
from close_library.accounting.sql import FILE_ORDER, texts
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

_BASES = {
    "delivered": ("delivery_date", "quantity_delivered", "d.status <> 'rejected'"),
    "accepted": ("accepted_date", "quantity_accepted", "d.status = 'accepted'"),
}
"""Basis → the date and the quantity it is priced by, and which rows count."""


def _rows(basis: str, quantity: str, condition: str) -> str:
    """Deliveries on a basis with what the schedule says of them, up to the end of WHERE."""
    date, _, counts = _BASES[basis]
    return f"""
        SELECT '{basis}' AS basis, d.delivery_id, d.contract_line_id, d.source_file, d.source_row, d.po_number, l.contract_id,
               l.owner, l.currency, l.billing_model, l.recognition, l.by_quantity, d.{date} AS priced_date, {quantity} AS quantity
        FROM deliveries d JOIN lines l USING (contract_line_id)
        WHERE {counts} AND d.{date} IS NOT NULL AND {condition}
    """


def _quantities(basis: str, tiered: bool) -> str:
    """Deliveries of quantity lines, with the quantity accumulated in the month where the line has tiers.

    Accumulating sorts the rows, so lines without tiers are spared it.
    """
    quantity = f"d.{_BASES[basis][1]}"
    condition = f"""
        {quantity} IS NOT NULL AND l.billing_model IN {texts(QUANTITY_MODELS)} AND l.recognition <> 'cost_to_cost'
        AND {"" if tiered else "NOT "}l.tiered
    """
    accumulated = """
        sum(quantity) OVER (PARTITION BY contract_line_id, date_trunc('month', priced_date)
                            ORDER BY priced_date, delivery_id, source_file, source_row ROWS UNBOUNDED PRECEDING)
    """
    none = "CAST(NULL AS DECIMAL(38,6))"
    return f"SELECT *, {accumulated if tiered else none} AS accumulated FROM ({_rows(basis, quantity, condition)})"


def _milestones(basis: str) -> str:
    """The first delivery of each milestone line on a basis: it is worth the line's amount, once."""
    return f"""
        SELECT m.*, true AS priced, CAST(coalesce(l.amount, 0) AS DECIMAL(22,4)) AS value
        FROM ({_rows(basis, "CAST(1 AS DECIMAL(24,6))", "l.billing_model = 'milestone'")}) m
        JOIN lines l USING (contract_line_id)
        QUALIFY row_number() OVER (
            PARTITION BY contract_line_id ORDER BY priced_date, delivery_id, m.source_file, m.source_row) = 1
    """


def _worth() -> str:
    """SQL for the exact worth of a row under the tiers of its span; NULL where no price is in force."""
    low, high = "least(accumulated - quantity, accumulated)", "greatest(accumulated - quantity, accumulated)"
    part = f"least({high}, coalesce(t.high, {high})) - greatest({low}, coalesce(t.low, {low}))"
    graduated = f"list_sum(list_transform(tiers, lambda t: greatest({part}, 0) * t.price)) * sign(quantity)"
    return f"CASE WHEN accumulated IS NULL THEN quantity * tiers[1].price ELSE {graduated} END"


def rounded(amount: str, currency: str) -> str:
    """SQL for an exact amount rounded once to the minor unit of the currency in a column."""
    places = {n: sorted(code for code, its in MINOR_UNITS.items() if its == n) for n in set(MINOR_UNITS.values())}
    cases = " ".join(
        f"WHEN {currency} IN {texts(codes)} THEN to_minor_unit({amount}, {n})" for n, codes in places.items()
    )
    return f"CAST(coalesce(CASE {cases} ELSE to_minor_unit({amount}, 2) END, 0) AS DECIMAL(22,4))"


def priced_deliveries_query(functional_currency: str) -> str:
    """Every delivery with what it is worth, on both bases, over all dates. A milestone is worth its line's amount once; a
    cost report (`cost_to_cost`) is worth nothing and is not here.

    Columns: basis (`delivered`: not rejected, on `delivery_date`; `accepted`: on `accepted_date`), address, delivery_id,
    contract_line_id, contract_id, po_number, owner (the contract's program), currency, billing_model, recognition,
    priced_date, quantity, value (contract's currency, rounded), functional (at the date's rate; NULL: missing), priced
    (a price was in force), recognises (revenue of the line is the value on this basis; a milestone's is in `recognition`).
    The rows stand in no order.
    """
    value = functional("v.value", "v.currency", "s.rate", functional_currency)
    quantities = " UNION ALL ".join(_quantities(basis, tiered) for basis in _BASES for tiered in (False, True))
    milestones = " UNION ALL BY NAME ".join(_milestones(basis) for basis in _BASES)
    return f"""
        WITH lines AS (SELECT l.*, t.tiered FROM ({LINES}) l JOIN ({_TIERED}) t USING (contract_line_id)),
        spans AS ({_SPANS}), quantities AS ({quantities}),
        worth AS (
            SELECT q.*, {_worth()} AS worth FROM quantities q LEFT JOIN spans s
            ON s.contract_line_id = q.contract_line_id AND s.first_day <= q.priced_date
               AND (s.last_day IS NULL OR q.priced_date <= s.last_day)
        ),
        valued AS (
            SELECT * EXCLUDE (accumulated, worth), worth IS NOT NULL AS priced, {rounded("worth", "currency")} AS value
            FROM worth UNION ALL BY NAME {milestones}
        )
        SELECT v.* EXCLUDE (by_quantity), {value} AS functional,
               by_quantity AND (basis = 'delivered') = (recognition = 'as_delivered') AS recognises
        FROM valued v LEFT JOIN ({SPOT_RATES}) s ON s.currency = v.currency AND s.rate_date = v.priced_date
    """
