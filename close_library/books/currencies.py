"""Before a close: currencies that are no currency, and exchange rates that its workpapers will miss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import duckdb

from close_library.sources.cast import literal
from close_library.tables import TABLES

_CONVERTED = {
    "invoices": ("invoice_date", "status = 'posted'"),
    "cash_receipts": ("receipt_date", "true"),
    "vendor_invoices": ("invoice_date", "status IN ('approved', 'paid')"),
    "vendor_payments": ("payment_date", "true"),
    "purchase_orders": ("issue_date", "true"),
}
"""Tables whose foreign rows are converted at the rate of their own date: the date, and which rows count."""

_SHOWN = 3


def currency_notices(
    connection: duckdb.DuckDBPyConnection, rows: Mapping[str, str], held: Iterable[str], functional: str, closing: date
) -> dict[str, list[str]]:
    """Table → what is noticed of its currencies. `rows`: table → its rows in SQL; `held`: the tables that there are."""
    found: dict[str, list[str]] = {}
    for name in sorted(held):
        if TABLES[name].column("currency"):
            notices = [
                *_misspelled(connection, rows[name]),
                *_without_rate(connection, rows, name, functional, closing),
            ]
            if notices:
                found[name] = notices
    return found


def _misspelled(connection: duckdb.DuckDBPyConnection, rows: str) -> list[str]:
    counted = connection.execute(
        f"SELECT currency, count(*) FROM {rows} WHERE NOT regexp_full_match(currency, '[A-Z]{{3}}') GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [
        f"{count} {'row has' if count == 1 else 'rows have'} the currency {code[:20]!r}, "
        "which is no code of three capital letters, such as USD"
        for code, count in counted[:_SHOWN]
    ]


def _without_rate(
    connection: duckdb.DuckDBPyConnection, rows: Mapping[str, str], name: str, functional: str, closing: date
) -> list[str]:
    """The rates that rows dated to the period's end will miss; those of their own date, not of the period's end."""
    if name not in _CONVERTED:
        return []
    dated, counts = _CONVERTED[name]
    missing = connection.execute(
        f"""
        SELECT currency, {dated} AS day FROM {rows[name]} r
        WHERE {counts} AND currency <> {literal(functional)} AND {dated} <= DATE '{closing}'
          AND NOT EXISTS (SELECT 1 FROM {rows["fx_rates"]} f WHERE f.currency = r.currency AND f.rate_date = r.{dated}
                          AND coalesce(f.rate_type, 'spot') = 'spot')
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    if not missing:
        return []
    shown = ", ".join(f"{currency} on {day}" for currency, day in missing[:_SHOWN]) + (
        " …" if len(missing) > _SHOWN else ""
    )
    many = "rates that fx_rates lacks" if len(missing) > 1 else "a rate that fx_rates lacks"
    return [f"its rows need {many}, and what converts them will fail: {shown}"]
