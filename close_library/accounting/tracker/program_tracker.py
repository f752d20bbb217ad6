"""The program tracker (workpaper 90): a program's figures side by side, for someone who runs it.

What the month earned, cost, billed and collected, where contracts, purchase orders, billing and payment stand, and what is open.
Nothing is computed here for the first time: each figure is that of the workpaper that proves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pandas as pd

from close_library.accounting.purchase_orders.purchase_order_burn import purchase_order_burn
from close_library.accounting.receivables.open_items import open_item_population, require_receivable_rates
from close_library.accounting.revenue.contract_balances import BALANCES, contract_balance
from close_library.accounting.tracker.key_figures import OF_PERIOD, WORDS, key_figures, margin_percent
from close_library.accounting.tracker.open_points import material_from, open_by_workpaper, open_chart, open_points
from close_library.accounting.tracker.orders_in_use import order_figures
from close_library.accounting.tracker.standing import past_due_table, payment_table, standing_figures, unbilled_table
from close_library.accounting.tracker.trend import Trend, trend, trend_chart, trend_table
from close_library.evidence import Chart, Figure, Part, Result, Scope, Table
from close_library.money import ZERO, spell

BURN_SHOWN = ("funded", "committed", "remaining", "burn_percent", "run_rate", "run_out_date", "increase_needed")
"""What the tracker shows of an order; workpaper 51 has the rest, with the rows behind it."""


def program_tracker(scope: Scope) -> Result:
    """How a program stands, in functional currency and natural sign.

    Figures of the period: `revenue`, `vendor_cost`, `margin`, `margin_percent` (None where there is no revenue), `billed` (tax
    excluded), `collected` (tax included). At T: `deferred_revenue`, `unbilled_receivable`, `receivables`, `past_due`,
    `unapplied_cash`, `delivered_not_billed`; `funded`, `committed`, `remaining` over its purchase orders. Tables: 90.1 beside the
    month before, 90.2 month by month, 90.3 orders, 90.4 and 90.5 payment, 90.6 billing, 90.7 and 90.8 what is open. It raises no
    finding of its own. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import program_tracker
        from close_library.workpaper import open_scope

        program_tracker(open_scope("atlas", "2026-10")).table
    """
    figures = key_figures(scope) | standing_figures(scope) | order_figures(scope)
    over = trend(scope)
    limit = material_from(scope, figures["revenue"].money)
    points = open_by_workpaper(scope, limit, "90.8")
    tables = {
        "90.1": beside_prior_month(scope, figures, over, "90.2"),
        "90.2": trend_table(over),
        "90.3": _orders(scope),
        "90.4": payment_table(scope),
        "90.5": past_due_table(scope),
        "90.6": unbilled_table(scope),
        "90.7": points,
        "90.8": open_points(scope, limit),
    }
    charts = (
        trend_chart(
            scope, over, "90.c1", "Revenue, vendor cost and margin by month", ("revenue", "vendor_cost", "margin")
        ),
        trend_chart(scope, over, "90.c2", "Revenue, billed and collected by month", ("revenue", "billed", "collected")),
        _orders_chart(scope, tables["90.3"]),
        open_chart("90.c4", points, "title"),
    )
    return Result(tables=tables, figures=figures, charts=tuple(chart for chart in charts if chart))


def beside_prior_month(scope: Scope, figures: Mapping[str, Figure], over: Trend, months: str) -> Table:
    """Each key figure, the month's beside the month's before it, and what it says; the margin's percentage in between.

    The month before stands as signed, else on today's books; `months` is the schedule that shows it by month.
    """
    before = prior_month(scope, over)
    lines = []
    for id, words in WORDS.items():
        now, then = figures[id].amount, before[id]
        change = None if now is None or then is None else figures[id].money - then
        lines.append([figures[id].label.removesuffix(" of the period"), now, then, change, words])
    columns = ["figure", str(scope.period), str(scope.period.prior), "change", "what_it_is"]
    shown_by_month = {*OF_PERIOD, "margin_percent"} if scope.period.prior in over.months else set()
    formulas = tuple(
        (row, 2, f"[{months}!{id}#{over.months.index(scope.period.prior)}]")
        for row, id in enumerate(WORDS)
        if id in shown_by_month
    )
    return Table(
        "This month beside the month before",
        pd.DataFrame(lines, columns=columns, dtype=object),
        links=tuple((row, 1, id) for row, id in enumerate(WORDS)),
        types=dict.fromkeys(columns[1:4], "ratio"),
        relations={"change": f"[{columns[1]}] - [{columns[2]}]"},
        formulas=formulas,
    )


def prior_month(scope: Scope, over: Trend) -> dict[str, Decimal | None]:
    """The key figures of the month before, None where not defined: the month's from the trend, balances at its last day."""
    month = scope.period.prior
    listed = month in over.months
    before: dict[str, Decimal | None] = {id: over.of(id, month) if listed else None for id in OF_PERIOD}
    before["margin_percent"] = margin_percent(before["revenue"], before["margin"])
    for role, (label, side, _) in BALANCES.items():
        before[role] = contract_balance(scope, role, label, side, scope.opening_date).money
    require_receivable_rates(scope, scope.opening_date)
    before["receivables"] = open_item_population(scope, scope.opening_date).total
    return before


def _orders(scope: Scope) -> Table:
    """The program's orders as workpaper 51 has them, by number."""
    burn = purchase_order_burn(scope)
    figures, listed = burn.figures, burn.table
    lines = [
        [number, status, end_date, *(figures[f"{id}:{number}"].amount for id in BURN_SHOWN)]
        for number, status, end_date in zip(listed["purchase_order"], listed["status"], listed["end_date"], strict=True)
    ]
    total = [
        "Total",
        None,
        None,
        *(sum((line[3 + n] for line in lines), ZERO) for n in range(3)),
        None,
        None,
        None,
        None,
    ]
    columns = ["purchase_order", "status", "end_date", *BURN_SHOWN]
    types = dict.fromkeys(BURN_SHOWN, "money") | {"end_date": "date", "burn_percent": "percent", "run_out_date": "date"}
    links = tuple((len(lines), 3 + n, id) for n, id in enumerate(BURN_SHOWN[:3]))
    frame = pd.DataFrame([*lines, total], columns=columns, dtype=object)
    parts = tuple(Part(id, (id,), {"purchase_order": "purchase_order"}) for id in BURN_SHOWN[:3])
    title = "Purchase orders: how much is used, and when it runs out"
    return Table(title, frame, total_row=True, links=links, types=types, parts=parts)


def _orders_chart(scope: Scope, table: Table) -> Chart | None:
    data = [
        {
            "label": line["purchase_order"],
            "amounts": [spell(line[id], scope.currency) for id in ("committed", "remaining")],
        }
        for line in table.frame.iloc[:-1].to_dict(orient="records")
    ]
    return (
        Chart("90.c3", "stacked_bars", "Purchase orders: committed and remaining", scope.currency,
              {"series": ["committed", "remaining"], "data": data})
        if data else None
    )  # fmt: skip
