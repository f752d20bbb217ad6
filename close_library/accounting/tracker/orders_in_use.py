"""Purchase orders at T as they are used, of a program or of all programs: funded, committed, remaining."""

from __future__ import annotations

from decimal import Decimal

from close_library.accounting.purchase_orders.orders import (
    FUND,
    VALUE_SHOWN,
    funding_rows,
    orders,
    require_order_rates,
    value_rows,
)
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.sql import memoised, owned, population, shown
from close_library.evidence import Figure, Population, Scope

_FUND_SHOWN = shown(**FUND, program="program")


def orders_in_use(scope: Scope) -> str:
    """The orders of the scope at T, one row an order.

    Columns: po_number, program, status, end_date, funded, accepted, invoiced, basis (`accepted_value` or `invoiced`: the larger),
    committed (that larger one), remaining. The same as workpaper 51 computes order by order, in one query.
    """
    return memoised(
        scope.books,
        "orders_in_use",
        f"""
        WITH used AS (
            SELECT po_number, coalesce(sum(functional) FILTER (value = 'accepted_value'), 0) AS accepted,
                   coalesce(sum(functional) FILTER (value = 'invoiced'), 0) AS invoiced
            FROM {value_rows(scope)} WHERE po_number IS NOT NULL GROUP BY 1
        ),
        sides AS (
            SELECT po_number, program, status, end_date, funded, CAST(coalesce(accepted, 0) AS DECIMAL(38,4)) AS accepted,
                   CAST(coalesce(invoiced, 0) AS DECIMAL(38,4)) AS invoiced
            FROM {orders(scope)} LEFT JOIN used USING (po_number)
        )
        SELECT *, CASE WHEN invoiced > accepted THEN 'invoiced' ELSE 'accepted_value' END AS basis,
               greatest(accepted, invoiced) AS committed, funded - greatest(accepted, invoiced) AS remaining
        FROM sides
        """,
    )


def collected_by_trace(scope: Scope) -> Decimal:
    """What workpaper 50 follows from orders to cash in the period, whatever order is named or none: it must be `collected`."""
    rows = scope.books.rows(
        f"""
        SELECT CAST(coalesce(sum(functional), 0) AS DECIMAL(38,4)) AS amount FROM {value_rows(scope)}
        WHERE value = 'collected' AND {of_period(scope, "dated")} AND {owned(scope)}
        """
    )
    amount: Decimal = rows[0]["amount"]
    return amount


def order_figures(scope: Scope) -> dict[str, Figure]:
    """`funded`, `committed`, `remaining` over all orders of the scope. Raises BooksError where an exchange rate is missing."""
    require_order_rates(scope)
    funds = f"""
        {population("f.source_table", "f.source_file", "f.source_row", "f.functional", _FUND_SHOWN)}
        FROM {funding_rows(scope)} f JOIN {orders_in_use(scope)} o USING (po_number)
    """
    used = f"""
        SELECT v.* FROM {value_rows(scope)} v JOIN {orders_in_use(scope)} o ON o.po_number = v.po_number AND o.basis = v.value
    """
    columns = "source_table", "source_file", "source_row"
    taken = f"{population(*columns, 'functional', VALUE_SHOWN)} FROM ({used})"
    left = f"{funds} UNION ALL {population(*columns, '-functional', VALUE_SHOWN)} FROM ({used})"
    return {
        id: Figure.of(id, label, scope.currency, Population(scope.books, query))
        for id, label, query in (
            ("funded", "Purchase orders: funded", funds),
            ("committed", "Purchase orders: committed, the larger of accepted and invoiced", taken),
            ("remaining", "Purchase orders: remaining", left),
        )
    }
