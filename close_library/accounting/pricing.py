"""What a delivery is worth: the price in force on its day, graduated tiers, one rounding a delivery.

ACCOUNTING.md §3. Tiers are graduated on the quantity accumulated since the first of the calendar month, in date order, then
by `delivery_id`; `tier_from` is the quantity after which a price applies. A delivery across tiers is priced in parts, summed
exactly and rounded once to the minor unit of the contract's currency.
"""

from __future__ import annotations

from close_library.accounting.currency import SPOT_RATES, functional
from close_library.accounting.sql import FILE_ORDER, texts
from close_library.money import MINOR_UNITS

QUANTITY_MODELS = ("usage", "staffing")
"""Billing models whose revenue is quantity × price in force."""

LINES = f"""
    SELECT l.contract_line_id, l.contract_id, l.product, l.billing_model, l.recognition, l.amount,
           coalesce(l.service_start, c.start_date) AS service_start, coalesce(l.service_end, c.end_date) AS service_end,
           l.standalone_selling_price, l.estimated_cost, l.owner_program_id AS owner, c.currency, c.customer_id,
           l.source_file, l.source_row
    FROM (
        SELECT * FROM contract_lines
        QUALIFY row_number() OVER (PARTITION BY contract_line_id ORDER BY {FILE_ORDER}) = 1
    ) l
    JOIN (SELECT * FROM contracts QUALIFY row_number() OVER (PARTITION BY contract_id ORDER BY {FILE_ORDER}) = 1) c
    USING (contract_id)
"""
"""One row a contract line, with its contract's currency and customer. Its amounts count once, whatever its tiers."""

_PRICES = f"""
    SELECT contract_line_id, coalesce(tier_from, 0) AS tier_from, price_from, price_to, unit_price,
           lead(coalesce(tier_from, 0)) OVER (PARTITION BY contract_line_id, price_from ORDER BY coalesce(tier_from, 0))
               AS tier_to
    FROM (
        SELECT * FROM contract_lines WHERE unit_price IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY contract_line_id, coalesce(tier_from, 0), price_from ORDER BY {FILE_ORDER}) = 1
    )
"""
"""One row a tier and price span: from which quantity to which, from which day to which."""


def _basis(date: str, quantity: str, condition: str) -> str:
    """Deliveries on one basis, priced: address, line, delivery, date, quantity, value in the contract's currency."""
    return f"""
        SELECT d.delivery_id, d.contract_line_id, d.source_file, d.source_row, d.po_number, l.contract_id, l.owner,
               l.currency, l.billing_model, l.recognition, d.{date} AS priced_date, d.{quantity} AS quantity,
               sum(d.{quantity}) OVER (
                   PARTITION BY d.contract_line_id, date_trunc('month', d.{date})
                   ORDER BY d.{date}, d.delivery_id, d.source_file, d.source_row ROWS UNBOUNDED PRECEDING
               ) AS accumulated
        FROM deliveries d JOIN lines l USING (contract_line_id)
        WHERE {condition} AND d.{date} IS NOT NULL AND d.{quantity} IS NOT NULL
          AND l.billing_model IN {texts(QUANTITY_MODELS)}
    """


def _valued(basis: str) -> str:
    """The rows of a basis with `unit_value` (exact), `value` (rounded) and `functional`; NULL where no price is in force."""
    low, high = "least(accumulated - quantity, accumulated)", "greatest(accumulated - quantity, accumulated)"
    part = f"least({high}, coalesce(p.tier_to, {high})) - greatest({low}, p.tier_from)"
    worth = f"CAST(greatest({part}, 0) AS DECIMAL(20,6)) * CAST(p.unit_price AS DECIMAL(18,12))"
    return f"""
        SELECT b.*, p.worth IS NOT NULL AS priced, {rounded("p.worth", "b.currency")} AS value
        FROM {basis} b LEFT JOIN (
            SELECT b.source_file, b.source_row, sum(CASE WHEN b.quantity < 0 THEN -1 ELSE 1 END * {worth}) AS worth
            FROM {basis} b JOIN prices p
              ON p.contract_line_id = b.contract_line_id
             AND (p.price_from IS NULL OR p.price_from <= b.priced_date)
             AND (p.price_to IS NULL OR b.priced_date <= p.price_to)
            GROUP BY ALL
        ) p ON p.source_file = b.source_file AND p.source_row = b.source_row
    """


def rounded(amount: str, currency: str) -> str:
    """SQL for an exact amount rounded once to the minor unit of the currency in a column."""
    places = {n: sorted(code for code, its in MINOR_UNITS.items() if its == n) for n in set(MINOR_UNITS.values())}
    cases = " ".join(f"WHEN {currency} IN {texts(codes)} THEN to_minor_unit({amount}, {n})" for n, codes in places.items())
    return f"CAST(coalesce(CASE {cases} ELSE to_minor_unit({amount}, 2) END, 0) AS DECIMAL(22,4))"


def _milestones(basis: str, date: str, condition: str) -> str:
    """The first delivery of each milestone line on a basis: it is worth the line's amount, once."""
    return f"""
        SELECT '{basis}' AS basis, d.delivery_id, d.contract_line_id, d.source_file, d.source_row, d.po_number,
               l.contract_id, l.owner, l.currency, l.billing_model, l.recognition, d.{date} AS priced_date,
               CAST(1 AS DECIMAL(24,6)) AS quantity, true AS priced, CAST(coalesce(l.amount, 0) AS DECIMAL(22,4)) AS value
        FROM deliveries d JOIN lines l USING (contract_line_id)
        WHERE l.billing_model = 'milestone' AND {condition} AND d.{date} IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY d.contract_line_id ORDER BY d.{date}, d.delivery_id, d.source_file, d.source_row) = 1
    """


def priced_deliveries_query(functional_currency: str) -> str:
    """Every delivery with what it is worth, on both bases, over all dates. A milestone is worth its line's amount once; a
    cost report (`cost_to_cost`) is worth nothing and is not here.

    Columns: basis (`delivered`: not rejected, on `delivery_date`; `accepted`: on `accepted_date`), address, delivery_id,
    contract_line_id, contract_id, po_number, owner (the contract's program), currency, billing_model, recognition,
    priced_date, quantity, value (contract's currency, rounded), functional (at the date's rate; NULL: missing), priced
    (a price was in force), recognises (revenue of the line is the value on this basis; a milestone's is in `recognition`).
    """
    value = functional("v.value", "v.currency", "s.rate", functional_currency)
    return f"""
        WITH lines AS ({LINES}), prices AS ({_PRICES}),
        delivered AS ({_basis("delivery_date", "quantity_delivered", "d.status <> 'rejected'")}),
        accepted AS ({_basis("accepted_date", "quantity_accepted", "d.status = 'accepted'")}),
        valued AS (
            SELECT 'delivered' AS basis, * FROM ({_valued("delivered")})
            UNION ALL SELECT 'accepted', * FROM ({_valued("accepted")})
        ),
        worth AS (
            SELECT * EXCLUDE (accumulated) FROM valued
            UNION ALL BY NAME {_milestones("delivered", "delivery_date", "d.status <> 'rejected'")}
            UNION ALL BY NAME {_milestones("accepted", "accepted_date", "d.status = 'accepted'")}
        )
        SELECT v.*, {value} AS functional,
               (basis, recognition) IN (('delivered', 'as_delivered'), ('accepted', 'on_acceptance')) AND
                   billing_model IN {texts(QUANTITY_MODELS)} AS recognises
        FROM worth v LEFT JOIN ({SPOT_RATES}) s ON s.currency = v.currency AND s.rate_date = v.priced_date
        ORDER BY owner, priced_date, contract_line_id, delivery_id, basis, source_file, source_row
    """
