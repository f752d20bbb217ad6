"""Revenue recognition (workpaper 60): the ASC 606 computation by contract line, to date, of the period, and its catch-up."""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.revenue.contracts import (
    contract_lines,
    of_period,
    require_contract_rates,
    revenue_population,
    revenue_sums,
)
from close_library.accounting.schedules import priced_deliveries
from close_library.accounting.sql import day, owned, text
from close_library.evidence import Chart, Figure, Result, Scope, Table
from close_library.money import spell

MEASURES = {
    "revenue_to_date": "Revenue to date",
    "revenue": "Revenue of the period",
    "catch_up": "Catch-up of signed periods",
}


def revenue_recognition(scope: Scope) -> Result:
    """Revenue by contract line, in functional currency.

    Figures: `revenue_to_date`, `revenue`, `catch_up` for the scope and `:<contract_line_id>`. `revenue` includes the catch-up;
    `catch_up` is 0.00 where nothing was signed. Tables: by contract line. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import revenue_recognition
        from close_library.workpaper import open_scope

        revenue_recognition(open_scope("atlas", "2026-10")).table
    """
    require_contract_rates(scope)
    lines = scope.books.rows(f"SELECT contract_line_id, product FROM {contract_lines(scope)} ORDER BY contract_line_id")
    figures: dict[str, Figure] = {}
    for id, label in MEASURES.items():
        figures[id] = _figure(scope, id, label, "true")
    for line in lines:
        key = line["contract_line_id"]
        for id, label in MEASURES.items():
            figures[f"{id}:{key}"] = _figure(
                scope, id, f"{label}, {key} {line['product']}", f"contract_line_id = {text(key)}", f"{id}:{key}"
            )
    return Result(tables={"60.1": _table(scope)}, figures=figures, charts=(_schedule_picture(scope),))


def deliveries_priced(scope: Scope) -> tuple[Decimal, Decimal]:
    """How many deliveries of quantity lines to T found a price in force, and how many there are."""
    row = scope.books.rows(
        f"SELECT count(*) AS n, count(*) FILTER (priced) AS priced FROM {priced_deliveries(scope)} "
        f"WHERE recognises AND priced_date <= {day(scope.closing_date)} AND {owned(scope)}"
    )[0]
    return Decimal(row["priced"]), Decimal(row["n"])


def _conditions(scope: Scope) -> dict[str, str]:
    """Which rows of revenue make up each measure: today's books to T, the period with its catch-up, the catch-up."""
    return {"revenue_to_date": "NOT catch_up", "revenue": of_period(scope), "catch_up": "catch_up"}


def _figure(scope: Scope, measure: str, label: str, condition: str, id: str = "") -> Figure:
    when = _conditions(scope)[measure]
    return Figure.of(id or measure, label, scope.currency, revenue_population(scope, f"{when} AND {condition}"))


def _table(scope: Scope) -> Table:
    sums = ", ".join(f"coalesce(sum(functional) FILTER ({rows}), 0) AS {id}" for id, rows in _conditions(scope).items())
    frame = scope.books.frame(
        f"""
        WITH earned AS (SELECT contract_line_id, {sums} FROM {revenue_sums(scope)} GROUP BY 1),
        lines AS (
            SELECT contract_line_id, product, billing_model, recognition, amount AS price, service_start, service_end,
                   coalesce(revenue_to_date, 0) AS revenue_to_date, coalesce(revenue, 0) AS revenue,
                   coalesce(catch_up, 0) AS catch_up, 0 AS last
            FROM {contract_lines(scope)} LEFT JOIN earned USING (contract_line_id)
            UNION ALL
            SELECT 'Total', NULL, NULL, NULL, NULL, NULL, NULL, {sums}, 1 FROM {revenue_sums(scope)}
        )
        SELECT * EXCLUDE (last) FROM lines ORDER BY last, contract_line_id
        """
    )
    last = len(frame) - 1
    links = [
        (row, 7 + n, f"{id}:{line}")
        for row, line in enumerate(frame["contract_line_id"][:last])
        for n, id in enumerate(MEASURES)
    ]
    links += [(last, 7 + n, id) for n, id in enumerate(MEASURES)]
    return Table("Revenue by contract line", frame, total_row=True, links=tuple(links))


def _schedule_picture(scope: Scope) -> Chart:
    rows = scope.books.rows(
        f"""
        SELECT strftime(recognised_date, '%Y-%m') AS month, sum(functional) AS amount
        FROM {revenue_sums(scope)} WHERE NOT catch_up GROUP BY 1 ORDER BY 1 DESC LIMIT 24
        """
    )
    data = [{"label": row["month"], "amount": spell(row["amount"], scope.currency)} for row in reversed(rows)]
    return Chart("60.c1", "bars", "Revenue recognised by month", scope.currency, data)
