"""Month by month: what each month earned, cost, billed and collected, from the same books, in one query over all months.

Earlier months stand as they were signed where their revenue was signed, else on today's books; the open month's revenue includes
what it catches up of signed months (ACCOUNTING.md §3), so that the months add up to the revenue to date.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from close_library.accounting.revenue.contracts import billing_rows, revenue_rows
from close_library.accounting.revenue.signed import signed_programs
from close_library.accounting.schedules import owed_work
from close_library.accounting.sql import day, memoised, owned
from close_library.accounting.tracker.collected import collected_rows
from close_library.accounting.tracker.key_figures import OF_PERIOD, margin_percent
from close_library.accounting.vendors.vendor_documents import COUNTED, vendor_lines
from close_library.evidence import Chart, Scope, Table
from close_library.money import ZERO, spell
from close_library.period import Period, months_between

Amount = Decimal | None
"""An amount, or None where an exchange rate of that month is missing."""

MONTHS_DRAWN = 24


@dataclass(frozen=True)
class Trend:
    """The months of a scope in order, from the company's first period to T's, with each measure's amount."""

    months: tuple[Period, ...]
    amounts: Mapping[tuple[str, Period], Amount]

    def of(self, measure: str, month: Period) -> Amount:
        """The amount of a measure in a month; 0.00 where nothing happened."""
        if measure == "margin":
            revenue, cost = self.of("revenue", month), self.of("vendor_cost", month)
            return None if revenue is None or cost is None else revenue - cost
        return self.amounts.get((measure, month), ZERO)


def trend(scope: Scope) -> Trend:
    """The trend of the scope over the periods."""
    by_owner = {(owner, measure, month): amount for owner, measure, month, amount in _by_month(scope)}
    by_owner |= {(owner, "revenue", month): amount for (owner, month), amount in _signed(scope).items()}
    amounts: dict[tuple[str, Period], Amount] = {}
    for (_, measure, month), amount in by_owner.items():
        before = amounts.get((measure, month), ZERO)
        amounts[measure, month] = None if before is None or amount is None else before + amount
    return Trend(_months(scope), amounts)


def month_of_trend(scope: Scope, measure: str) -> Decimal:
    """What the trend shows for the month that is closed: it must be the figure. Not defined is 0.00, and ties to nothing."""
    return trend(scope).of(measure, scope.period) or ZERO


def trend_table(over: Trend) -> Table:
    """Month, revenue, vendor cost, margin, margin in percent, billed, collected; the newest month last."""
    measures = OF_PERIOD
    lines = []
    for month in over.months:
        amounts = [over.of(measure, month) for measure in measures]
        lines.append(
            [
                str(month),
                *amounts[:3],
                margin_percent(over.of("revenue", month), over.of("margin", month)),
                *amounts[3:],
            ]
        )
    columns = ["month", *measures[:3], "margin_percent", *measures[3:]]
    last = len(lines) - 1
    links = tuple((last, column, id) for column, id in enumerate(columns) if column)
    types = {"margin_percent": "percent"} | dict.fromkeys(measures, "money")
    relations = {"margin": "[revenue] - [vendor_cost]", "margin_percent": "[margin] / [revenue] * 100"}
    frame = pd.DataFrame(lines, columns=columns, dtype=object)
    return Table("Month by month", frame, links=links, types=types, relations=relations)


def trend_chart(scope: Scope, over: Trend, id: str, title: str, measures: Sequence[str]) -> Chart:
    """Lines over the months, the last two years at most."""
    data = [
        {
            "label": str(month),
            "amounts": [spell(over.of(measure, month) or ZERO, scope.currency) for measure in measures],
        }
        for month in over.months[-MONTHS_DRAWN:]
    ]
    return Chart(id, "lines", title, scope.currency, {"series": list(measures), "data": data})


def _months(scope: Scope) -> tuple[Period, ...]:
    first = Period.parse(scope.parameters.first_period)
    return tuple(months_between(min(first, scope.period), scope.period))


def _by_month(scope: Scope) -> Iterable[tuple[str, str, Period, Amount]]:
    """(owner, measure, month, amount) of every month in which something happened."""
    first = min(Period.parse(scope.parameters.first_period), scope.period).first_day

    def rows(measure: str, dated: str, source: str, condition: str = "true") -> str:
        return f"""
            SELECT coalesce(owner, '') AS owner, '{measure}' AS measure, date_trunc('month', {dated}) AS month, functional
            FROM {source} WHERE {dated} BETWEEN {day(first)} AND {day(scope.closing_date)} AND {condition} AND {owned(scope)}
        """

    parts = [
        rows("revenue", "recognised_date", revenue_rows(scope)),
        rows("vendor_cost", "work_date", owed_work(scope), "approved"),
        rows("vendor_cost", "invoice_date", vendor_lines(scope), f"{COUNTED} AND work_id IS NULL"),
        rows("billed", "invoice_date", billing_rows(scope)),
        rows("collected", "collected_date", collected_rows(scope)),
    ]
    found = memoised(
        scope.books,
        "trend",
        f"""
        SELECT owner, measure, CAST(month AS DATE) AS month,
               CASE WHEN count(functional) = count(*) THEN CAST(sum(functional) AS DECIMAL(38,4)) END AS amount
        FROM ({" UNION ALL ".join(parts)}) GROUP BY ALL
        """,
    )
    for row in scope.books.rows(f"SELECT * FROM {found} ORDER BY ALL"):
        yield row["owner"], row["measure"], Period.of(row["month"]), row["amount"]


def _signed(scope: Scope) -> dict[tuple[str, Period], Decimal]:
    """Revenue of earlier months as it was signed with workpaper 60: (program, month) → amount."""
    if not signed_programs(scope):
        return {}
    rows = scope.books.rows(
        f"SELECT program, period, amount FROM said_figures WHERE ref = '60' AND figure = 'revenue' AND amount <> '' "
        f"AND {owned(scope, 'program')}"
    )
    return {
        (row["program"], Period.parse(row["period"])): Decimal(row["amount"])
        for row in rows
        if Period.parse(row["period"]) < scope.period
    }
