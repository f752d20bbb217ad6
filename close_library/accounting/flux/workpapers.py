"""Workpapers 40, 41, 42: what changed in profit and loss and on the balance sheet, and actual against budget and forecast.

ACCOUNTING.md §5. Tested per account and program in 40 and 42, per account in 41; captions and totals are shown and raise nothing.
The company's workpaper tests every program's lines, with the program's own thresholds, and the lines of no program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from close_library.accounting.flux.account_types import BALANCE_SHEET, chart
from close_library.accounting.flux.compared_rows import balance_rows, flow_rows
from close_library.accounting.flux.drafts import drafts
from close_library.accounting.flux.driven import REVENUE, VENDOR_COST
from close_library.accounting.flux.drivers import Drivers, driver_figures, take_apart
from close_library.accounting.flux.flux_tables import (
    account_totals,
    change_picture,
    driver_picture,
    driver_table,
    lead_sheet,
    tested_lines,
)
from close_library.accounting.flux.intervals import EARLIER, Comparison, earlier_comparisons, scenario_comparisons
from close_library.accounting.flux.lines import Line, figures_of, read_lines
from close_library.accounting.flux.threshold import Limits, exceeds, limits_of, unexplained
from close_library.accounting.sql import owned, texts
from close_library.evidence import Chart, Figure, Finding, Result, Scope, Table


def flux_profit_and_loss(scope: Scope) -> Result:
    """Profit and loss of the month against earlier months, and what drove revenue and vendor cost (workpaper 40).

    Compared as `flux.comparisons` says: the month before, the same month a quarter or a year before. Figures in natural sign:
    `current:<account>:<comparison>`, `comparison:…`, `change:…`, in the company also `current:<account>:<program>:<comparison>`;
    `volume`, `price`, `new`, `ended`, `other`, `not_of_contracts` `:<comparison>` and `:<contract line>:<comparison>`, and
    `cost_quantity`, `cost_rate`, … of vendor cost by type of work. Tables: lead sheet, lines, drivers. Findings:
    `flux_unexplained`. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import flux_profit_and_loss
        from close_library.workpaper import open_scope

        flux_profit_and_loss(open_scope("atlas", "2026-10")).table
    """
    limits = limits_of(scope)
    paper = _Paper(scope, "40", limits)
    for comparison in compared_with(scope, limits):
        drivers = [
            take_apart(scope, driven, comparison)
            for driven in (REVENUE, VENDOR_COST)
            if scope.parameters.accounts.held(driven.role)
        ]
        paper.compare(comparison, flow_rows(scope, comparison), drivers)
    return paper.result()


def flux_balance_sheet(scope: Scope) -> Result:
    """The company's balances at T against those at the end of earlier months, per account (workpaper 41).

    A balance is the account's opening balance in the earliest period there is and its entries. Figures in natural sign:
    `current:<account>:<comparison>`, `comparison:…`, `change:…`; the rows of a change are those dated between the two days.
    Tables: lead sheet, lines. Findings: `flux_unexplained`, known by `<account>:_company`.

    Example:
        from close_library.accounting import flux_balance_sheet
        from close_library.workpaper import open_scope

        flux_balance_sheet(open_scope(period="2026-10")).table
    """
    limits = Limits(scope.parameters.flux, {})
    paper = _Paper(scope, "41", limits)
    for comparison in compared_with(scope, limits):
        paper.compare(comparison, balance_rows(scope, comparison), of_all=True)
    return paper.result()


def actual_to_forecast(scope: Scope) -> Result:
    """Profit and loss of the month against each scenario that has rows in it, budget or forecast (workpaper 42).

    A line without a budget is compared with 0.00, a budget without a booking shows 0.00 as current. Figures, tables and
    findings are as in 40, with the scenario as comparison; budgets have no quantities, so there are no drivers. Budget rows of
    balance sheet accounts are listed and not compared.

    Example:
        from close_library.accounting import actual_to_forecast
        from close_library.workpaper import open_scope

        actual_to_forecast(open_scope("atlas", "2026-10")).table
    """
    paper = _Paper(scope, "42", limits_of(scope))
    for comparison in scenario_comparisons(scope):
        paper.compare(comparison, flow_rows(scope, comparison))
    paper.leave_out(_budgeted_balances(scope))
    return paper.result()


def compared_with(scope: Scope, limits: Limits) -> list[Comparison]:
    """The earlier times that somebody asks for; where nobody does, the month before is shown and not tested."""
    return earlier_comparisons(scope, limits.comparisons) or earlier_comparisons(scope, ["prior_month"])


@dataclass
class _Paper:
    """A workpaper while its comparisons are added, one after the other."""

    scope: Scope
    ref: str
    limits: Limits
    figures: dict[str, Figure] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)

    def compare(
        self, comparison: Comparison, rows: str, drivers: Sequence[Drivers] = (), *, of_all: bool = False
    ) -> None:
        """Add one comparison: its lines with their figures, what is beyond the threshold, its schedules and pictures."""
        scope = self.scope
        lines = read_lines(scope, rows, of_all=of_all)
        totals = read_lines(scope, rows, of_all=True) if scope.is_company and not of_all else lines
        self.figures |= figures_of(scope, comparison, rows, totals)
        self.figures |= figures_of(scope, comparison, rows, lines) if totals is not lines else {}
        tested = [line for line in lines if self._is_tested(comparison, line)]
        beyond = [line for line in tested if exceeds(self.limits.of(line.program), line.change, line.comparison)]
        self.findings += unexplained(scope, self.ref, comparison, beyond)
        written = drafts(scope, comparison, beyond, rows, drivers)
        untested = {line.key for line in lines} - {line.key for line in tested}
        self._add(lead_sheet(scope, comparison, totals))
        self._add(tested_lines(scope, comparison, lines, untested, written))
        if totals is not lines:
            self._add(account_totals(scope, comparison, totals))
        for each in drivers:
            self.figures |= driver_figures(scope, each)
            self._add(driver_table(each))
            self._draw(driver_picture(self._chart_id, each, scope.currency))
        if not drivers:
            self._draw(change_picture(self._chart_id, comparison, lines, scope.currency))

    def leave_out(self, table: Table) -> None:
        """Add a schedule of rows that are not compared, where there are any."""
        if len(table.frame):
            self._add(table)

    def result(self) -> Result:
        """The workpaper's result; without any comparison its lead sheet is empty and says so."""
        if not self.tables:
            empty = pd.DataFrame(
                columns=["type", "caption", "current", "comparison", "change", "percent"], dtype=object
            )
            self._add(Table(f"No scenario has a row in {self.scope.period}: nothing is compared", empty))
        return Result(self.tables, self.figures, tuple(self.findings), tuple(self.charts))

    def _is_tested(self, comparison: Comparison, line: Line) -> bool:
        """An account of no type is not tested; an earlier time is compared for the programs that ask for it."""
        asked = comparison.name not in EARLIER or comparison.name in self.limits.of(line.program).comparisons
        return line.account_type is not None and asked

    def _add(self, table: Table) -> None:
        self.tables[f"{self.ref}.{len(self.tables) + 1}"] = table

    @property
    def _chart_id(self) -> str:
        return f"{self.ref}.c{len(self.charts) + 1}"

    def _draw(self, picture: Chart) -> None:
        if picture.data:
            self.charts.append(picture)


def _budgeted_balances(scope: Scope) -> Table:
    frame = scope.books.frame(
        f"""
        SELECT scenario, account, account_name AS name, account_type AS type, coalesce(owner_program_id, 'no program') AS program,
               b.amount
        FROM budgets b JOIN ({chart(scope)}) c USING (account)
        WHERE period = '{scope.period}' AND account_type IN {texts(BALANCE_SHEET)} AND {owned(scope, "owner_program_id")}
        ORDER BY ALL
        """
    )
    return Table("Budget rows of balance sheet accounts, not compared; debit positive", frame)
