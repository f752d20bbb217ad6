"""Revenue disclosures (workpaper 62): contract balances, revenue by kind, what remains to be performed (ASC 606-10-50)."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.accounting.revenue.contract_balances import contract_balances_to_ledger
from close_library.accounting.revenue.contracts import contract_lines, of_period, revenue_population, revenue_sums
from close_library.accounting.revenue.earlier_performance import earlier_performance
from close_library.accounting.revenue.pricing import QUANTITY_MODELS
from close_library.accounting.revenue.remaining import remaining_rows
from close_library.accounting.revenue.revenue_to_ledger import revenue_of_period
from close_library.accounting.revenue.roll_contracts import deferred_revenue_roll_forward
from close_library.accounting.sql import day, population, shown, text, texts
from close_library.evidence import Chart, Figure, Population, Result, Scope, Table
from close_library.money import spell
from close_library.period import Period

NONE = "_none"
"""The key of what belongs to no program."""


def revenue_disclosures(scope: Scope) -> Result:
    """What ASC 606-10-50 asks to be disclosed of the period, in functional currency.

    Figures: the four of workpaper 22; `revenue`, and `revenue:<billing_model>` and `revenue:<program>`, each adding up to it
    (50-5); `revenue_from_opening_balance` (50-8b); `revenue_from_earlier_performance` (50-12A: catch-ups of signed periods and
    cumulative contract changes); `remaining_performance_obligations` and `:<fiscal year>` (50-13). Tables: 62.1 balances, 62.2
    and 62.3 revenue, 62.4 remaining obligations, 62.5 the expedients used. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import revenue_disclosures
        from close_library.workpaper import open_scope

        revenue_disclosures(open_scope(period="2026-10")).table
    """
    balances = contract_balances_to_ledger(scope)
    models, programs = _by_model(scope), _by_program(scope)
    remaining = _remaining(scope)
    figures = {
        **balances.figures,
        "revenue": revenue_of_period(scope),
        **models,
        **programs,
        "revenue_from_opening_balance": deferred_revenue_roll_forward(scope).revenue_from_opening_balance,
        "revenue_from_earlier_performance": earlier_performance(scope),
        **remaining,
    }
    balance_ids = [*balances.figures, "revenue_from_opening_balance", "revenue_from_earlier_performance"]
    tables = {
        "62.1": _listed("Contract balances, and revenue from them", figures, balance_ids),
        "62.2": _listed("Revenue of the period by billing model", figures, [*models, "revenue"], total_row=True),
        "62.3": _listed("Revenue of the period by program", figures, [*programs, "revenue"], total_row=True),
        "62.4": _listed(
            "Remaining performance obligations by fiscal year", figures, _total_last(remaining), total_row=True
        ),
        "62.5": _expedients(scope, figures),
    }
    charts = (
        _bars("62.c1", "Revenue of the period by billing model", models, scope.currency),
        _bars("62.c2", "Remaining performance obligations by fiscal year",
              {id: f for id, f in remaining.items() if ":" in id}, scope.currency),
    )  # fmt: skip
    return Result(tables=tables, figures=figures, charts=tuple(chart for chart in charts if chart.data))


def disaggregated(disclosed: Result, kind: str) -> Decimal:
    """The sum of the revenue figures of one kind, `model` or `program`: it must be the revenue of the period."""
    return disclosed.added_up("62.2" if kind == "model" else "62.3", ["amount"])


def scheduled(disclosed: Result) -> Decimal:
    """The sum of the remaining performance obligations over the fiscal years."""
    return disclosed.added_up("62.4", ["amount"])


def _by_model(scope: Scope) -> dict[str, Figure]:
    rows = scope.books.rows(
        f"""
        SELECT billing_model AS model FROM {contract_lines(scope)}
        WHERE contract_line_id IN (SELECT contract_line_id FROM {revenue_sums(scope)} WHERE {of_period(scope)})
        GROUP BY 1 ORDER BY 1
        """
    )
    return {
        f"revenue:{row['model']}": _revenue(
            scope,
            f"revenue:{row['model']}",
            f"Revenue, {row['model'].replace('_', ' ')}",
            f"contract_line_id IN (SELECT contract_line_id FROM {contract_lines(scope)} "
            f"WHERE billing_model = {text(row['model'])})",
        )
        for row in rows
    }


def _by_program(scope: Scope) -> dict[str, Figure]:
    rows = scope.books.rows(
        f"SELECT owner FROM {revenue_sums(scope)} WHERE {of_period(scope)} GROUP BY 1 ORDER BY owner NULLS LAST"
    )
    models = {"usage", "milestone", "staffing", "subscription", "fixed_fee"}
    figures = {}
    for owner in (row["owner"] for row in rows):
        key = NONE if owner is None else f"program:{owner}" if owner in models else owner
        condition = "owner IS NULL" if owner is None else f"owner = {text(owner)}"
        label = f"Revenue, {'no program' if owner is None else owner}"
        figures[f"revenue:{key}"] = _revenue(scope, f"revenue:{key}", label, condition)
    return figures


def _revenue(scope: Scope, id: str, label: str, condition: str) -> Figure:
    return Figure.of(id, label, scope.currency, revenue_population(scope, f"{of_period(scope)} AND {condition}"))


def _remaining(scope: Scope) -> dict[str, Figure]:
    rows = remaining_rows(scope)
    starts = scope.parameters.fiscal_year_starts
    dates = scope.books.rows(f"SELECT DISTINCT earned_date AS day FROM {rows} ORDER BY 1")
    years = sorted({Period.of(row["day"]).fiscal_year(starts) for row in dates})
    seen = shown(line="contract_line_id", contract="contract_id", earned="earned_date", remaining="amount::money",
                 currency="currency", basis="basis", program="owner")  # fmt: skip
    select = f"{population(text('contract_lines'), 'source_file', 'source_row', 'functional', seen)} FROM {rows}"
    id, label = "remaining_performance_obligations", "Remaining performance obligations"
    figures = {id: Figure.of(id, label, scope.currency, Population(scope.books, select))}
    for year in years:
        last = Period(year, 12) if starts == 1 else Period(year, starts).prior
        first = last.shift(-11)
        query = f"{select} WHERE earned_date BETWEEN {day(first.first_day)} AND {day(last.last_day)}"
        key = f"{id}:{year}"
        figures[key] = Figure.of(key, f"{label}, fiscal year {year}", scope.currency, Population(scope.books, query))
    return figures


def _total_last(figures: dict[str, Figure]) -> list[str]:
    return sorted(figures, key=lambda id: (":" not in id, id))


def _listed(title: str, figures: dict[str, Figure], ids: list[str], *, total_row: bool = False) -> Table:
    labels = ["Total" if total_row and id == ids[-1] else figures[id].label for id in ids]
    frame = pd.DataFrame({"line": labels, "amount": [figures[id].money for id in ids]})
    return Table(title, frame, total_row=total_row, links=tuple((n, 1, id) for n, id in enumerate(ids)))


def _bars(id: str, title: str, figures: dict[str, Figure], currency: str) -> Chart:
    data = [{"label": f.label.split(", ")[-1], "amount": spell(f.money, currency)} for f in figures.values()]
    return Chart(id, "bars", title, currency, data)


def _expedients(scope: Scope, figures: dict[str, Figure]) -> Table:
    """Which practical expedients stand behind the remaining obligations, for how many lines and how much revenue."""
    row = scope.books.rows(
        f"""
        SELECT count(*) AS n, coalesce(sum(revenue), 0) AS revenue
        FROM (SELECT * FROM {contract_lines(scope)} WHERE billing_model IN {texts(QUANTITY_MODELS)}) l
        LEFT JOIN (SELECT contract_line_id, CAST(sum(functional) AS DECIMAL(38,4)) AS revenue FROM {revenue_sums(scope)}
                   WHERE {of_period(scope)} GROUP BY 1) r USING (contract_line_id)
        """
    )[0]
    rows = [
        ("Right to invoice", "606-10-55-18, 606-10-50-14(b)", "used",
         "usage and staffing lines earn what they may invoice; nothing of them is in the remaining obligations",
         row["n"], row["revenue"]),
        ("Variable consideration of usage and of distinct services in a series", "606-10-50-14A", "used",
         "the same lines: what will be used or worked after the period is not estimated", row["n"], row["revenue"]),
        ("Contracts of one year or less", "606-10-50-14(a)", "not used",
         "lines with a price of their own are included, however short", None, None),
    ]  # fmt: skip
    columns = ["expedient", "paragraph", "used", "what_it_means", "contract_lines", "revenue_of_the_period"]
    types = {"contract_lines": "int", "revenue_of_the_period": "money"}
    models = " + ".join(f"{{revenue:{model}}}" for model in sorted(QUANTITY_MODELS) if f"revenue:{model}" in figures)
    formulas = tuple((line, 5, models) for line in range(2) if models)
    return Table("Expedients", pd.DataFrame(rows, columns=columns, dtype=object), types=types, formulas=formulas)
