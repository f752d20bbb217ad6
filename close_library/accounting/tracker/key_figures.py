"""The key figures of a program or the company: what the month earned, cost, billed and collected, and where contracts stand.

ACCOUNTING.md: revenue, vendor cost, billed and collected of the period; contract balances at T; margin = revenue − vendor cost
(§6). Each is the figure of the workpaper that proves it: 23, 24, 22, and for receivables 30.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from close_library.accounting.receivables.aging import COLUMNS, aged_population
from close_library.accounting.receivables.open_items import AGED_SHOWN, require_receivable_rates
from close_library.accounting.revenue.contract_balances import BALANCES, contract_balance
from close_library.accounting.revenue.contracts import require_contract_rates
from close_library.accounting.revenue.revenue_to_ledger import billed, revenue_of_period
from close_library.accounting.sql import memoised, text
from close_library.accounting.tracker.collected import collected
from close_library.accounting.vendors.vendor_payables import vendor_figure
from close_library.evidence import Computed, Figure, Population, Result, Scope
from close_library.money import ratio

NONE = "_none"
"""The key of what belongs to no program."""

OF_PERIOD = ("revenue", "vendor_cost", "margin", "billed", "collected")
"""Figures of the month."""

AT_END = ("deferred_revenue", "unbilled_receivable", "receivables")
"""Balances at T."""

SUMMED = (*OF_PERIOD, *AT_END)
"""What adds up over programs: all but the margin's percentage."""

MARGIN_CONVENTION = "(revenue − vendor cost) ÷ revenue × 100; not defined where there is no revenue"

WORDS = {
    "revenue": "what the month's work earned under its contracts (23)",
    "vendor_cost": "what raters and vendors are owed for the month's work (24)",
    "margin": "revenue less vendor cost",
    "margin_percent": "margin in percent of revenue",
    "billed": "what went out on invoices, credit memos taken off, without tax (23)",
    "collected": "what customers paid on invoices, with tax (50)",
    "deferred_revenue": "billed and not earned yet: work still owed to customers (22)",
    "unbilled_receivable": "earned and not billed yet (22)",
    "receivables": "open invoices less credit memos and unapplied cash (30)",
}
"""What each figure says, for a reader who keeps no books, and the workpaper that proves it."""


def key_figures(scope: Scope) -> dict[str, Figure]:
    """The key figures of the scope with their source rows. Raises BooksError where an exchange rate is missing."""
    require_contract_rates(scope)
    require_receivable_rates(scope, scope.closing_date)
    revenue = revenue_of_period(scope)
    cost = replace(vendor_figure(scope, "approved_work"), id="vendor_cost", label="Vendor cost of the period")
    figures = {"revenue": revenue, "vendor_cost": cost}
    figures |= _margin(scope, figures, "")
    figures |= {"billed": billed(scope), "collected": collected(scope)}
    for role, (label, side, _) in BALANCES.items():
        figures[role] = contract_balance(scope, role, label, side, scope.closing_date)
    at_end = aged_population(scope, scope.closing_date, *COLUMNS, seen=AGED_SHOWN)
    figures["receivables"] = Figure.of("receivables", "Receivables", scope.currency, at_end)
    return figures


def by_program(scope: Scope, figures: Mapping[str, Figure], programs: Iterable[str]) -> dict[str, Figure]:
    """Each key figure of the company by program, `<id>:<program>`, and `<id>:_none` for what belongs to none.

    The rows of a program are the company's rows that show it as their program, so that the parts add up to the whole.
    """
    parts: dict[str, Figure] = {}
    held = {id: memoised(scope.books, "by_program", _rows(figures[id])) for id in SUMMED if id != "margin"}
    for program in (*programs, NONE):
        owner = "IS NULL" if program == NONE else f"= {text(program)}"
        for id, rows in held.items():
            own = Population(scope.books, f"SELECT * FROM {rows} WHERE shown['program'] {owner}")
            parts[f"{id}:{program}"] = Figure.of(
                f"{id}:{program}", f"{figures[id].label}, {_named(program)}", scope.currency, own
            )
        parts |= _margin(scope, parts, f":{program}")
    return parts


def program_total(summary: Result, id: str) -> Decimal:
    """The sum of a key figure of the close summary over the programs and what belongs to none."""
    return Computed.of((1, figure) for key, figure in summary.figures.items() if key.startswith(f"{id}:"))


def margin_percent(revenue: Decimal | None, margin: Decimal | None) -> Decimal | None:
    """Margin in percent of revenue with four decimals; None (not defined) where there is no positive revenue."""
    return None if revenue is None or margin is None else ratio(margin * 100, revenue)


def _margin(scope: Scope, figures: Mapping[str, Figure], key: str) -> dict[str, Figure]:
    """The margin, made of the rows of revenue and of cost with the sign turned, and its percentage of revenue."""
    revenue, cost = figures[f"revenue{key}"], figures[f"vendor_cost{key}"]
    of = f", {_named(key[1:])}" if key else ""
    turned = f"SELECT source_table, source_file, source_row, -amount AS amount, shown FROM ({_rows(cost)})"
    both = Population(scope.books, f"SELECT * FROM ({_rows(revenue)}) UNION ALL {turned}")
    margin = Figure.of(f"margin{key}", f"Margin of the period{of}", scope.currency, both)
    percent = Figure.ratio(
        f"margin_percent{key}", f"Margin percent{of}", "percent",
        margin_percent(revenue.money, margin.money), MARGIN_CONVENTION, f"{{{margin.id}}} / {{{revenue.id}}} * 100",
    )  # fmt: skip
    return {margin.id: margin, percent.id: percent}


def _rows(figure: Figure) -> str:
    assert figure.population is not None, f"{figure.id} is a ratio"
    return figure.population.query


def _named(program: str) -> str:
    return "no program" if program == NONE else program
