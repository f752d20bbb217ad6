"""Flux for any slice of the ledger in one call, for an analyst: any two intervals, or an interval against a scenario."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import pandas as pd

from close_library.accounting.flux.compared_rows import balance_rows, flow_rows
from close_library.accounting.flux.driven import REVENUE, VENDOR_COST, Driven
from close_library.accounting.flux.drivers import driver_figures, take_apart
from close_library.accounting.flux.flux_tables import FOLLOWS, PERCENT, driver_picture, driver_table
from close_library.accounting.flux.intervals import EARLIER, Comparison, Interval, comparison_of
from close_library.accounting.flux.lines import SIDES
from close_library.accounting.schedules import scenarios as scenarios_of
from close_library.accounting.sql import population, text, texts
from close_library.errors import Fault, ParameterError
from close_library.evidence import Figure, Part, Population, Result, Scope, Table
from close_library.money import ZERO, ratio
from close_library.parameters import COMPANY
from close_library.period import Period

When: TypeAlias = Period | str | tuple[date, date]
"""An interval as an analyst says it: a month (`Period`, or `2026-10`), or its first and last day."""

SLICES = {
    "type": "account_type",
    "caption": "caption",
    "account": "account",
    "name": "account_name",
    "program": "owner",
    "customer": "customer_id",
    "source": "journal_source",
    "document": "document_number",
    "description": "description",
}
"""What the ledger can be sliced by → the column of its rows."""

DRIVEN = {"contract_line": REVENUE, "work_type": VENDOR_COST}
"""What a change can be taken apart by, instead: quantity and price are not in the ledger."""


def flux_by(
    scope: Scope,
    by: str | Sequence[str],
    *,
    current: When | None = None,
    comparison: When = "prior_month",
    accounts: Collection[str] | None = None,
    programs: Collection[str] | None = None,
) -> Result:
    """What changed, sliced by type, caption, account, name, program, customer, source, document or description of the ledger.

    By `contract_line` revenue is taken apart into volume, price, new, ended, other, by `work_type` vendor cost likewise.
    `current`: the scope's period unless given. `comparison`: `prior_month`, `prior_quarter`, `prior_year`, a scenario of
    `budgets`, a month or an interval. `accounts` are all profit and loss accounts unless given; a balance sheet account stands
    at its balance at the end of each interval. `programs` narrows; `_company` is what belongs to none. Natural signs; the table
    has the slices, current, comparison, change, percent. Where all accounts have one type there is a total, and the figures
    `current`, `comparison`, `change` with their rows. Raises ParameterError for a slice or a comparison that nobody knows,
    BooksError where drivers need an exchange rate that is missing.

    Example:
        from close_library.accounting import flux_by
        from close_library.workpaper import open_scope

        flux_by(open_scope(period="2026-10"), ("caption", "program"), comparison="prior_quarter").table
    """
    slices = [by] if isinstance(by, str) else list(by)
    compared = _comparison(scope, scope.period if current is None else current, comparison)
    driven = [DRIVEN[name] for name in slices if name in DRIVEN]
    if driven:
        return _taken_apart(scope, slices, driven[0], compared, accounts, programs)
    if unknown := [name for name in slices if name not in SLICES] or ([] if slices else [""]):
        raise _refused("by", ", ".join(unknown) or "nothing", f"one or more of {', '.join([*SLICES, *DRIVEN])}")
    return _sliced(scope, slices, compared, _rows(scope, compared, accounts, programs))


def _comparison(scope: Scope, current: When, against: When) -> Comparison:
    interval = _interval(current, "current")
    if not isinstance(against, str):
        return Comparison("comparison", interval, _interval(against, "comparison"))
    if against in EARLIER:
        return comparison_of(interval, against)
    rows = scope.books.rows(f"SELECT DISTINCT scenario FROM {scenarios_of(scope)} ORDER BY 1")
    scenarios = [row["scenario"] for row in rows]
    if against in scenarios:
        if not interval.months:
            raise _refused("current", str(interval), f"whole months, to be compared with the {against}")
        return comparison_of(interval, against)
    if not against[:4].isdigit():
        raise _refused("comparison", against, f"one of {', '.join([*EARLIER, *scenarios])}, a month or an interval")
    return Comparison("comparison", interval, _interval(against, "comparison"))


def _interval(when: When, name: str) -> Interval:
    asked = Period.parse(when, f"flux_by, {name}") if isinstance(when, str) else when
    return Interval.of(asked, name)


def _refused(argument: str, found: str, expected: str) -> ParameterError:
    return ParameterError(f"flux_by can't compare that: {argument}.", [Fault(f"flux_by, {argument}", found, expected)])


def _rows(
    scope: Scope, comparison: Comparison, accounts: Collection[str] | None, programs: Collection[str] | None
) -> str:
    """The relation of compared rows of the accounts and programs asked for."""
    named = None if accounts is None else tuple(accounts)
    relations = [flow_rows(scope, comparison, named)]
    if named is not None and comparison.against:
        # Accounts without a type stand among the flows already.
        relations.append(f"(FROM {balance_rows(scope, comparison, named)} WHERE account_type IS NOT NULL)")
    union = " UNION ALL ".join(f"SELECT * FROM {relation}" for relation in relations)
    return f"(SELECT * FROM ({union}) WHERE {_of_programs('owner', programs)})"


def _of_programs(column: str, programs: Collection[str] | None) -> str:
    if programs is None:
        return "true"
    return f"coalesce({column}, {text(COMPANY)}) IN {texts(programs)}"


def _sliced(scope: Scope, slices: list[str], comparison: Comparison, rows: str) -> Result:
    keys = ", ".join(f"{SLICES[name]} AS {name}" for name in slices)
    sums = ", ".join(f"coalesce(sum(amount) FILTER (side = '{side}'), 0) AS {side}" for side in SIDES)
    found = scope.books.rows(f"SELECT {keys}, {sums} FROM {rows} GROUP BY ALL ORDER BY ALL NULLS LAST")
    lines: list[tuple[Any, ...]] = [
        (*(_named(name, row[name]) for name in slices), *(row[side] for side in SIDES), _percent(row)) for row in found
    ]
    types = scope.books.rows(f"SELECT DISTINCT account_type FROM {rows}")
    figures: dict[str, Figure] = {}
    if len(types) == 1:
        figures = {side: _figure(scope, comparison, rows, side) for side in SIDES}
        total = {side: sum((row[side] for row in found), ZERO) for side in SIDES}
        lines.append(("Total", *[None] * (len(slices) - 1), *total.values(), _percent(total)))
    frame = pd.DataFrame(lines, columns=[*slices, *SIDES, "percent"], dtype=object)
    links = tuple((len(lines) - 1, len(slices) + n, side) for n, side in enumerate(SIDES) if figures)
    kinds = dict.fromkeys(slices, "text") | dict.fromkeys(SIDES, "money") | PERCENT
    title = f"{comparison.current} against {comparison.label}, by {', '.join(slices)}"
    parts = tuple(Part(side, (side,), {name: name for name in slices}) for side in figures)
    table = Table(title, frame, total_row=bool(figures), links=links, types=kinds, relations=FOLLOWS, parts=parts)
    return Result({"flux": table}, figures)


def _named(slice: str, value: str | None) -> str | None:
    return value or "no program" if slice == "program" else value


def _percent(row: dict[str, Decimal]) -> Decimal | None:
    return ratio(row["change"] * 100, abs(row["comparison"]))


def _figure(scope: Scope, comparison: Comparison, rows: str, side: str) -> Figure:
    query = f"""
        {population("source_table", "source_file", "source_row", "amount", "seen")} FROM {rows} WHERE side = '{side}'
    """
    label = {"current": f"Current, {comparison.current}", "comparison": comparison.label.capitalize()}.get(
        side, "Change"
    )
    return Figure.of(side, label, scope.currency, Population(scope.books, query))


def _taken_apart(
    scope: Scope,
    slices: list[str],
    driven: Driven,
    comparison: Comparison,
    accounts: Collection[str] | None,
    programs: Collection[str] | None,
) -> Result:
    """Revenue by contract line, or vendor cost by type of work; the parts of each, and what the ledger has beyond them."""
    if others := [name for name in slices if name not in (driven.item, "program")]:
        raise _refused("by", ", ".join(others), f"{driven.item}, with program or without")
    if accounts is not None:
        raise _refused("accounts", ", ".join(accounts), f"nothing: by {driven.item} its role's accounts are compared")
    if comparison.against is None:
        raise _refused("comparison", comparison.name, f"another interval: a {comparison.name} has no quantities")
    drivers = take_apart(scope, driven, comparison).of_programs(programs)
    return Result(
        {"flux": driver_table(drivers)},
        driver_figures(scope, drivers),
        charts=(driver_picture("flux.c1", drivers, scope.currency),),
    )
