"""The revenue schedule of contracts over time: what each month earned, and what the months ahead will on today's contracts."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.accounting.revenue.contracts import require_contract_rates, revenue_sums
from close_library.accounting.revenue.remaining import remaining_rows
from close_library.accounting.sql import text
from close_library.evidence import Chart, Part, Result, Scope, Table
from close_library.money import ZERO, spell

MONTHS_AT_MOST, CONTRACTS_AT_MOST = 18, 5
OTHERS = "other contracts"


def revenue_schedule(scope: Scope, contract: str = "") -> Result:
    """Revenue by month, earned to T and scheduled after it, in functional currency: of all contracts, or of one.

    Table 60.2: month, earned, scheduled, with a total. Only lines with a price of their own are scheduled; usage and staffing
    are earned as they come. The picture shows the months around T, the contracts that earn most apart. Raises BooksError where
    an exchange rate is missing.

    Example:
        from close_library.accounting import revenue_schedule
        from close_library.workpaper import open_scope

        revenue_schedule(open_scope("atlas", "2026-10"), "c-1").table
    """
    require_contract_rates(scope)
    only = f"contract_id = {text(contract)}" if contract else "true"
    rows = f"""
        SELECT strftime(day, '%Y-%m') AS month, contract_id AS contract, earned, scheduled FROM (
            SELECT recognised_date AS day, contract_id, functional AS earned, 0 AS scheduled FROM {revenue_sums(scope)}
            UNION ALL SELECT earned_date, contract_id, 0, functional FROM {remaining_rows(scope)}
        ) WHERE {only}
    """
    sums = """CAST(coalesce(sum(earned), 0) AS DECIMAL(38,4)) AS earned,
              CAST(coalesce(sum(scheduled), 0) AS DECIMAL(38,4)) AS scheduled"""
    frame = scope.books.frame(
        f"""
        SELECT month, {sums} FROM ({rows}) GROUP BY month
        UNION ALL SELECT 'Total', {sums} FROM ({rows}) ORDER BY month
        """
    )
    title = "Revenue by month: earned to the period's end, scheduled after it" + (f", {contract}" if contract else "")
    earned = Part("earned", ("revenue_to_date",), {"date[:7]": "month"})
    table = Table(title, frame, total_row=True, parts=(earned,))
    picture = _picture(
        scope, scope.books.frame(f"SELECT month, contract, {sums} FROM ({rows}) GROUP BY 1, 2 ORDER BY 1, 2")
    )
    return Result(tables={"60.2": table}, figures={}, charts=(picture,) if picture.data["data"] else ())


def _picture(scope: Scope, frame: pd.DataFrame) -> Chart:
    columns = (frame[name].tolist() for name in ("month", "contract", "earned", "scheduled"))
    rows = [
        (str(month), str(contract), earned + ahead) for month, contract, earned, ahead in zip(*columns, strict=True)
    ]
    months = _around(sorted({month for month, _, _ in rows}), str(scope.period))
    totals: dict[str, Decimal] = {}
    for month, contract, amount in rows:
        if month in months:
            totals[contract] = totals.get(contract, ZERO) + amount
    largest = sorted(totals, key=lambda contract: (-totals[contract], contract))[:CONTRACTS_AT_MOST]
    series = [*largest, *([OTHERS] if len(totals) > len(largest) else [])]
    amounts = {month: dict.fromkeys(series, ZERO) for month in months}
    for month, contract, amount in rows:
        if month in months:
            amounts[month][contract if contract in largest else OTHERS] += amount
    data = {
        "series": series,
        "data": [
            {
                "label": month + (" scheduled" if month > str(scope.period) else ""),
                "amounts": [spell(amounts[month][name], scope.currency) for name in series],
            }
            for month in months
        ],
    }
    return Chart("60.c2", "stacked_bars", "Revenue schedule of the contracts by month", scope.currency, data)


def _around(months: list[str], period: str) -> list[str]:
    """The months that the picture has room for: two thirds up to the period, the rest ahead of it."""
    past, ahead = [m for m in months if m <= period], [m for m in months if m > period]
    kept = ahead[: max(MONTHS_AT_MOST // 3, MONTHS_AT_MOST - len(past))]
    return past[-(MONTHS_AT_MOST - len(kept)) :] + kept
