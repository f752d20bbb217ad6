"""What deliveries are worth on each basis: quantity × the price in force, graduated over tiers, one rounding a delivery.

ACCOUNTING.md §3. Nothing is sorted but what must be: of a line with tiers most days lie in one tier, and every delivery of such a
day has that tier's price. Only on days that cross from one tier to the next are deliveries followed row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from close_library.accounting.currency import SPOT_RATES, functional
from close_library.accounting.revenue.pricing import QUANTITY_MODELS, price_spans, priced_lines
from close_library.accounting.sql import memoised, text, texts
from close_library.books import Books

BASES = {
    "delivered": ("delivery_date", "quantity_delivered", "d.status <> 'rejected'"),
    "accepted": ("accepted_date", "quantity_accepted", "d.status = 'accepted'"),
}
"""Basis → the date and the quantity it is priced by, and which rows count."""

PARTS = ("flat", "quiet", "graduated", "milestones")
"""Deliveries of lines without tiers; of lines with tiers on days that lie in one tier, and on days that don't; of milestone
lines. The first two are priced as they are read."""

_MEASURES = ("date", "quantity", "value", "functional", "priced")

WORTH_COLUMNS = (
    "delivery_id", "contract_line_id", "contract_id", "po_number", "currency", "billing_model", "recognition", "by_quantity",
    "delivery_date", *(f"{basis}_{measure}" for basis in BASES for measure in _MEASURES), "source_file", "source_row", "owner",
)  # fmt: skip
"""What is said of each delivery: `worth_query`."""

_ABOUT = """
    d.delivery_id, d.contract_line_id, d.po_number, d.source_file, d.source_row, d.delivery_date, l.contract_id, l.owner,
    l.currency, l.places, l.billing_model, l.recognition, l.by_quantity
"""


def _each(template: str) -> str:
    """SQL columns, once a basis: `{basis}`, and of the deliveries' table `{date}`, `{quantity}`, `{counts}`."""
    return ", ".join(
        template.format(basis=basis, date=f"d.{date}", quantity=f"d.{quantity}", counts=counts)
        for basis, (date, quantity, counts) in BASES.items()
    )


def _quantities(lines: str, rows: str, condition: str) -> str:
    """Deliveries of quantity lines with date and quantity on each basis, NULL on one on which a row does not count."""
    counts = "{counts} AND {date} IS NOT NULL AND {quantity} IS NOT NULL"
    columns = _each(
        f"CASE WHEN {counts} THEN {{date}} END AS {{basis}}_date, "
        f"CASE WHEN {counts} THEN {{quantity}} END AS {{basis}}_quantity"
    )
    return f"""
        SELECT {_ABOUT}, {columns} FROM deliveries d JOIN {lines} l USING (contract_line_id)
        WHERE l.billing_model IN {texts(QUANTITY_MODELS)} AND l.recognition <> 'cost_to_cost' AND {condition} AND {rows}
    """


def _flat(rows: str, spans: str) -> str:
    """What deliveries of lines without tiers are worth exactly: nothing is sorted and nothing held."""
    joins = " ".join(
        f"LEFT JOIN {spans} {basis} ON {basis}.contract_line_id = q.contract_line_id "
        f"AND {basis}.first_day <= q.{basis}_date AND q.{basis}_date <= {basis}.last_day"
        for basis in BASES
    )
    worth = _each("q.{basis}_quantity * {basis}.price AS {basis}_worth")
    return f"SELECT q.*, {worth} FROM ({rows}) q {joins}"


def _days(rows: str, spans: str, basis: str) -> str:
    """One row a tiered line and day, with what was accumulated in the month before it and the price of the one tier in which the
    whole day lies. `crosses`: it lies in no one tier, or takes back what it gave."""
    return f"""
        WITH totals AS (
            SELECT contract_line_id, {basis}_date AS day, sum({basis}_quantity) AS total, min({basis}_quantity) < 0 AS falls
            FROM ({rows}) WHERE {basis}_date IS NOT NULL GROUP BY ALL
        ),
        accumulated AS (
            SELECT *, sum(total) OVER (PARTITION BY contract_line_id, date_trunc('month', day) ORDER BY day) - total AS before
            FROM totals
        )
        SELECT contract_line_id, day, before, tiers, tier.price AS price, tiers IS NOT NULL AND (falls OR tier IS NULL) AS crosses
        FROM (
            SELECT a.*, tiers, list_filter(tiers, lambda t: coalesce(t.low <= before, before >= 0)
                                           AND coalesce(before + total <= t.high, true))[1] AS tier
            FROM accumulated a
            LEFT JOIN {spans} s ON s.contract_line_id = a.contract_line_id AND s.first_day <= day AND day <= s.last_day
        )
    """


def _on_days(days: Mapping[str, str]) -> str:
    return " ".join(
        f"LEFT JOIN {table} {basis} ON {basis}.contract_line_id = q.contract_line_id AND {basis}.day = q.{basis}_date"
        for basis, table in days.items()
    )


_CROSSES = " OR ".join(f"coalesce({basis}.crosses, false)" for basis in BASES)


def _quiet(rows: str, days: Mapping[str, str]) -> str:
    """What deliveries of lines with tiers are worth exactly on days that lie in one tier: nothing is sorted and nothing held."""
    worth = _each("q.{basis}_quantity * {basis}.price AS {basis}_worth")
    return f"SELECT q.*, {worth} FROM ({rows}) q {_on_days(days)} WHERE NOT ({_CROSSES})"


def _graduated(rows: str, days: Mapping[str, str]) -> str:
    """What deliveries of lines with tiers are worth exactly on days that cross from one tier to the next: by the quantity
    accumulated in the month, row after row."""
    known = _each("{basis}.before AS {basis}_before, {basis}.tiers AS {basis}_tiers, {basis}.price AS {basis}_price, "
                  "coalesce({basis}.crosses, false) AS {basis}_crosses")  # fmt: skip
    accumulated = _each(
        """
        {basis}_before + sum({basis}_quantity) OVER (PARTITION BY contract_line_id, {basis}_date, {basis}_crosses
            ORDER BY delivery_id, source_file, source_row ROWS UNBOUNDED PRECEDING) AS {basis}_upto
        """
    )
    bare = _each("{basis}_before, {basis}_tiers, {basis}_price, {basis}_crosses, {basis}_upto")
    worth = ", ".join(f"{_worth(basis)} AS {basis}_worth" for basis in BASES)
    return f"""
        SELECT * EXCLUDE ({bare}), {worth}
        FROM (SELECT *, {accumulated} FROM (SELECT q.*, {known} FROM ({rows}) q {_on_days(days)} WHERE {_CROSSES}))
    """


def _worth(basis: str) -> str:
    """SQL for the exact worth of a row under the tiers of its span; NULL where no price is in force."""
    upto, quantity = f"{basis}_upto", f"{basis}_quantity"
    low, high = f"least({upto} - {quantity}, {upto})", f"greatest({upto} - {quantity}, {upto})"
    part = f"least({high}, coalesce(t.high, {high})) - greatest({low}, coalesce(t.low, {low}))"
    graduated = f"list_sum(list_transform({basis}_tiers, lambda t: greatest({part}, 0) * t.price)) * sign({quantity})"
    return f"CASE WHEN {basis}_crosses THEN {graduated} ELSE {quantity} * {basis}_price END"


def _milestones(lines: str, rows: str) -> str:
    """The first delivery of each milestone line on a basis: it is worth the line's amount, once."""
    first = _each(
        """
        CASE WHEN {counts} AND {date} IS NOT NULL AND row_number() OVER (
            PARTITION BY d.contract_line_id, {counts} AND {date} IS NOT NULL
            ORDER BY {date}, d.delivery_id, d.source_file, d.source_row) = 1 THEN {date} END AS {basis}_date
        """
    )
    once = _each(
        "CASE WHEN {basis}_date IS NOT NULL THEN CAST(1 AS DECIMAL(24,6)) END AS {basis}_quantity, "
        "CASE WHEN {basis}_date IS NOT NULL THEN price END AS {basis}_worth"
    )
    return f"""
        SELECT * EXCLUDE (price), {once} FROM (
            SELECT {_ABOUT}, coalesce(l.amount, 0) AS price, {first} FROM deliveries d JOIN {lines} l USING (contract_line_id)
            WHERE l.billing_model = 'milestone' AND {rows}
        )
    """


def worth_query(
    books: Books, functional_currency: str, parts: Sequence[str] = PARTS, lines: str = "true", rows: str = "true"
) -> str:
    """Every delivery with what it is worth, one row a delivery, over all dates. A milestone is worth its line's amount once; a
    cost report (`cost_to_cost`) is worth nothing and is not here.

    Columns: address, delivery_id, contract_line_id, contract_id, po_number, owner (the contract's program), currency,
    billing_model, recognition, by_quantity, delivery_date, and on each basis, `delivered` (not rejected, on `delivery_date`) and
    `accepted` (on `accepted_date`): `<basis>_date` (NULL: the row does not count on this basis), `<basis>_quantity`,
    `<basis>_value` (contract's currency, rounded), `<basis>_functional` (at the date's rate; NULL: missing), `<basis>_priced`
    (a price was in force).
    `parts` of PARTS. `lines` is a condition on the contract lines that are looked at (`priced_lines`), `rows` one on the
    deliveries (`d`) that holds for all of these lines.
    """
    table = memoised(books, "priced_lines", f"SELECT * FROM {priced_lines(books)} WHERE {lines}")
    spans = price_spans(books)
    rates = memoised(books, "rates", SPOT_RATES)
    tiered = _quantities(table, rows, "l.tiered")
    by_days = {"quiet", "graduated"}.intersection(parts)
    days = {basis: memoised(books, "days", _days(tiered, spans, basis)) for basis in BASES} if by_days else {}
    made: dict[str, Callable[[], str]] = {
        "flat": lambda: _flat(_quantities(table, rows, "NOT l.tiered"), spans),
        "quiet": lambda: _quiet(tiered, days),
        "graduated": lambda: _graduated(tiered, days),
        "milestones": lambda: _milestones(table, rows),
    }
    worth = " UNION ALL BY NAME ".join(f"({made[part]()})" for part in parts)
    value = _each("coalesce(to_minor_unit({basis}_worth, places), 0)::DECIMAL(22,4) AS {basis}_value")
    priced = _each("({basis}_worth IS NOT NULL) AS {basis}_priced")
    converted = ", ".join(
        f"{functional(f'v.{basis}_value', 'v.currency', f'{basis}.rate', functional_currency)} AS {basis}_functional"
        for basis in BASES
    )
    rated = " ".join(
        f"LEFT JOIN {rates} {basis} ON {basis}.currency = v.currency "
        f"AND {basis}.rate_date = CASE WHEN v.currency <> {text(functional_currency)} THEN v.{basis}_date END"
        for basis in BASES
    )
    bare = ", ".join(["places", *(f"{basis}_worth" for basis in BASES)])
    return f"""
        SELECT {", ".join(WORTH_COLUMNS)}
        FROM (SELECT v.*, {converted} FROM (SELECT * EXCLUDE ({bare}), {value}, {priced} FROM ({worth})
              WHERE delivered_date IS NOT NULL OR accepted_date IS NOT NULL) v {rated})
    """


def on_each_basis(worth: str) -> str:
    """Deliveries with what they are worth (`worth_query`), one row a delivery and basis.

    Columns: basis (`delivered`, `accepted`), address, delivery_id, contract_line_id, contract_id, po_number, owner, currency,
    billing_model, recognition, priced_date, quantity, value, functional, priced, recognises (revenue of the line is the value
    on this basis; a milestone's is in `recognition`).
    """
    selects = [
        f"""
        SELECT '{basis}' AS basis, delivery_id, contract_line_id, source_file, source_row, po_number, contract_id, owner,
               currency, billing_model, recognition, {basis}_date AS priced_date, {basis}_quantity AS quantity,
               {basis}_value AS value, {basis}_functional AS functional, {basis}_priced AS priced,
               by_quantity AND recognition {"=" if basis == "delivered" else "<>"} 'as_delivered' AS recognises
        FROM {worth} WHERE {basis}_date IS NOT NULL
        """
        for basis in BASES
    ]
    return " UNION ALL ".join(selects)


def priced_deliveries_query(books: Books, functional_currency: str) -> str:
    """Every delivery with what it is worth, one row a delivery and basis (`on_each_basis`), in no order."""
    return f"WITH every AS MATERIALIZED ({worth_query(books, functional_currency)}) {on_each_basis('every')}"
