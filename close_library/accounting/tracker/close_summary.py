"""The close summary (workpaper 91): all programs at a glance, on one page.

The same figures as the trackers of the programs (90), by program and in total, with what belongs to no program as its own line;
what is open, by program and by workpaper; and how long the month took.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from close_library.accounting.billing.billing_calendar import billing_calendar
from close_library.accounting.purchase_orders.review_deliveries import not_billed
from close_library.accounting.receivables.aging import aged_items
from close_library.accounting.tracker.key_figures import NONE, SUMMED, by_program, key_figures
from close_library.accounting.tracker.open_points import (
    material_from,
    open_by_program,
    open_by_workpaper,
    open_chart,
    open_points,
)
from close_library.accounting.tracker.orders_in_use import order_figures, orders_in_use
from close_library.accounting.tracker.program_tracker import beside_prior_month
from close_library.accounting.tracker.standing import PAST_DUE_CONDITION, standing_figures
from close_library.accounting.tracker.trend import trend, trend_chart, trend_table
from close_library.evidence import Chart, Figure, Part, Result, Scope, Table
from close_library.money import ZERO, spell

SHOWN = ("revenue", "vendor_cost", "margin", "margin_percent", "billed", "collected", "deferred_revenue",
         "unbilled_receivable", "receivables")  # fmt: skip
"""The columns of the matrix."""

STANDING = ("past_due", "unapplied_cash", "delivered_not_billed", "funded", "committed", "remaining")
"""What orders, billing and payment are measured by."""

POINTS_LISTED = 25


def close_summary(scope: Scope) -> Result:
    """All programs and what belongs to none, in functional currency and natural sign.

    Figures: `revenue`, `vendor_cost`, `margin`, `margin_percent`, `billed`, `collected` of the period; `deferred_revenue`,
    `unbilled_receivable`, `receivables` at T; each for the company and `:<program>` and `:_none`. Also `past_due`,
    `unapplied_cash`, `delivered_not_billed`, `funded`, `committed`, `remaining` of the company. Tables: 91.1 the matrix, 91.2
    beside the month before, 91.3 month by month, 91.4 orders, billing and payment by program, 91.5 to 91.7 what is open, 91.8 how
    the month was worked. It raises no finding of its own. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import close_summary
        from close_library.workpaper import open_scope

        close_summary(open_scope(period="2026-10")).table
    """
    figures = key_figures(scope)
    names = _programs(scope)
    parts = by_program(scope, figures, names)
    over = trend(scope)
    whole = figures | standing_figures(scope) | order_figures(scope)
    limit = material_from(scope, figures["revenue"].money)
    points = open_by_program(scope, limit, "91.6")
    tables = {
        "91.1": _matrix(names, figures, parts),
        "91.2": beside_prior_month(scope, figures, over, "91.3"),
        "91.3": trend_table(over),
        "91.4": _standing(scope),
        "91.5": points,
        "91.6": open_by_workpaper(scope, limit, "91.7", POINTS_LISTED),
        "91.7": open_points(scope, limit, POINTS_LISTED),
    }
    if scope.books.has("billing_tasks"):
        tables["91.8"] = _timing(scope)
    charts = (
        trend_chart(
            scope, over, "91.c1", "Revenue, vendor cost and margin by month", ("revenue", "vendor_cost", "margin")
        ),
        trend_chart(scope, over, "91.c2", "Revenue, billed and collected by month", ("revenue", "billed", "collected")),
        _margins(scope, names, parts),
        open_chart("91.c4", points, "program"),
    )
    return Result(tables=tables, figures=whole | parts, charts=tuple(chart for chart in charts if chart))


def _programs(scope: Scope) -> dict[str, str]:
    """Program → its name, in the order of their ids."""
    rows = scope.books.rows(
        f"SELECT program_id, program_name FROM ({scope.books.first_rows('programs')}) ORDER BY program_id"
    )
    return {row["program_id"]: row["program_name"] for row in rows}


def _matrix(names: Mapping[str, str], figures: Mapping[str, Figure], parts: Mapping[str, Figure]) -> Table:
    keys = [*names, NONE]
    lines = [[_shown(key), names.get(key), *(parts[f"{id}:{key}"].amount for id in SHOWN)] for key in keys]
    lines.append(["Total", None, *(figures[id].amount for id in SHOWN)])
    links = [(row, n + 2, f"{id}:{key}") for row, key in enumerate(keys) for n, id in enumerate(SHOWN)]
    links += [(len(keys), n + 2, id) for n, id in enumerate(SHOWN)]
    types = dict.fromkeys(SUMMED, "money") | {"margin_percent": "percent"}
    frame = pd.DataFrame(lines, columns=["program", "program_name", *SHOWN], dtype=object)
    return Table("All programs at a glance", frame, total_row=True, links=tuple(links), types=types)


def _standing(scope: Scope) -> Table:
    """Orders, billing and payment by program; the total is the company's figures."""
    sums = ", ".join(f"CAST(coalesce(sum({id}), 0) AS DECIMAL(38,4)) AS {id}" for id in STANDING)
    nothing = ", ".join(f"CAST(NULL AS DECIMAL(38,4)) AS {id}" for id in STANDING)
    frame = scope.books.frame(
        f"""
        WITH parts AS (
            SELECT program_id AS owner, {nothing} FROM ({scope.books.first_rows("programs")})
            UNION ALL SELECT NULL, {nothing}
            UNION ALL BY NAME SELECT owner, open_functional AS past_due FROM {aged_items(scope, scope.closing_date)}
                              WHERE {PAST_DUE_CONDITION}
            UNION ALL BY NAME SELECT owner, open_functional AS unapplied_cash FROM {aged_items(scope, scope.closing_date)}
                              WHERE aging_column = 'unapplied_cash'
            UNION ALL BY NAME SELECT owner, functional AS delivered_not_billed FROM {not_billed(scope)}
            UNION ALL BY NAME SELECT program AS owner, funded, committed, remaining FROM {orders_in_use(scope)}
        )
        SELECT coalesce(owner, 'no program') AS program, {sums} FROM parts GROUP BY owner ORDER BY owner NULLS LAST
        """
    )
    lines = frame.astype(object).values.tolist()
    totals = [sum((line[n + 1] for line in lines), ZERO) for n in range(len(STANDING))]
    whole = pd.DataFrame([*lines, ["Total", *totals]], columns=["program", *STANDING], dtype=object)
    links = tuple((len(lines), n + 1, id) for n, id in enumerate(STANDING))
    types = dict.fromkeys(STANDING, "money")
    parts = tuple(Part(id, (id,), {"program": "program"}) for id in STANDING)
    title = "Payment, billing and purchase orders by program"
    return Table(title, whole, total_row=True, links=links, types=types, parts=parts)


def _timing(scope: Scope) -> Table:
    """How the month was worked, as workpaper 73 has it."""
    shown = ("tasks", "tasks_due", "tasks_on_time", "on_time_percent", "first_pass_percent", "business_days_to_close")
    figures = billing_calendar(scope).figures
    lines = [
        [f.label, int(f.money) if f.unit == "rows" else f.amount, f.unit, f.convention]
        for f in map(figures.get, shown)
        if f
    ]
    frame = pd.DataFrame(lines, columns=["measure", "amount", "unit", "convention"], dtype=object)
    return Table("How the month was worked (73)", frame, types={"amount": "ratio"})


def _margins(scope: Scope, names: Mapping[str, str], parts: Mapping[str, Figure]) -> Chart | None:
    """Revenue by program, as what its work cost and what was left."""
    measures = ("vendor_cost", "margin")
    keys = [key for key in (*names, NONE) if any(parts[f"{id}:{key}"].money for id in measures)]
    keys.sort(key=lambda key: (-parts[f"revenue:{key}"].money, key))
    data = [
        {"label": _shown(key), "amounts": [spell(parts[f"{id}:{key}"].money, scope.currency) for id in measures]}
        for key in keys
    ]
    if not data:
        return None
    return Chart("91.c3", "stacked_bars", "Revenue by program: what its work cost, and its margin", scope.currency,
                 {"series": list(measures), "data": data})  # fmt: skip


def _shown(key: str) -> str:
    return "no program" if key == NONE else key
