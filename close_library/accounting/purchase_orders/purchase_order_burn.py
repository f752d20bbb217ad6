"""Purchase order burn (workpaper 51): how much of each order is used, when it runs out, and what increase it needs.

ACCOUNTING.md §4. Committed = the larger of accepted value and invoiced; remaining = funded − committed; run rate = accepted value
of the three calendar months that end with T, divided by 3. All to T, in functional currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from close_library.accounting.purchase_orders.burn_charts import burn_charts
from close_library.accounting.purchase_orders.increase_requests import increase_requests
from close_library.accounting.purchase_orders.orders import (
    funded,
    funded_query,
    orders,
    require_order_rates,
    value_query,
    valued,
)
from close_library.accounting.sql import day, no_rows, population, shown, text
from close_library.evidence import Computed, Figure, Finding, Population, Result, Scope, Table
from close_library.money import ZERO, minor_unit, ratio, show
from close_library.period import Period

RUN_RATE_MONTHS = 3
"""The calendar months that the run rate looks back on."""

CONVENTIONS = {
    "burn_percent": "invoiced ÷ funded × 100; not defined where nothing is funded",
    "run_out_date": "T where committed ≥ funded; else the last day of the month after T in which remaining is used up at the run "
    "rate; not defined where the run rate is 0",
}


@dataclass(frozen=True)
class Burn:
    """One order at T: its figures, and what the formulas take."""

    po_number: str
    customer_id: str
    status: str
    end_date: date | None
    figures: dict[str, Figure]

    def money(self, id: str) -> Decimal:
        """The amount of one of its figures."""
        return self.figures[id].money

    def is_open(self, at: date) -> bool:
        """Whether it can still be used after T: status open, and not past its end."""
        return self.status == "open" and (self.end_date is None or self.end_date >= at)


def purchase_order_burn(scope: Scope) -> Result:
    """The burn of each order at T.

    Figures, by order (`:<po>`): `funded`, `invoiced`, `accepted_value`, `committed`, `remaining`, `burn_percent` (percent, four
    decimals), `run_rate` (a month), `run_out_date` (a date), `increase_needed`. Tables: 51.1 by order, 51.2 the draft of a
    request for each order that needs an increase. Charts: a burn-down an order. Findings: `po_overbilled`, `po_over_delivered`,
    `po_underfunded`. Raises BooksError where an exchange rate is missing.

    Example, in a notebook: `purchase_order_burn(scope).figures["run_out_date:PO-17"].amount`
    """
    require_order_rates(scope)
    burns = _burns(scope)
    return Result(
        tables={"51.1": _by_order(burns), "51.2": increase_requests(scope, burns)},
        figures={figure.id: figure for burn in burns for figure in burn.figures.values()},
        findings=tuple(finding for burn in burns for finding in _findings(scope, burn)),
        charts=burn_charts(scope, burns),
    )


def total_of(result: Result, *ids: str) -> Decimal:
    """The sum over all orders of figures that exist by order."""
    return Computed.of((1, figure) for id, figure in result.figures.items() if id.split(":")[0] in ids and ":" in id)


def months_left(at: date, end: date | None) -> Fraction:
    """Calendar months after T to an order's end, a part month as its share of days; 0 where it has ended or has no end."""
    if end is None or end <= at:
        return Fraction(0)
    first, last = Period.of(at).next, Period.of(end)
    whole = (last.year - first.year) * 12 + last.month - first.month
    return whole + Fraction(end.day, last.days)


def run_out_date(at: date, remaining: Decimal, run_rate: Decimal) -> date | None:
    """The day on which an order is used up: T where nothing remains, None where nothing is used, else the last day of a month."""
    if run_rate == 0:
        return None
    if remaining <= 0:
        return at
    if run_rate < 0:
        return None
    months = -(-Fraction(remaining) // Fraction(run_rate))
    last = Period.of(at).year * 12 + Period.of(at).month - 1 + int(months)
    return Period.of(at).shift(int(months)).last_day if last < date.max.year * 12 else None


def increase_needed(at: date, burn: Burn, run_rate: Decimal, currency: str) -> Decimal:
    """Committed + run rate × months left − funded, not below 0; 0 where the order is closed, cancelled or ended."""
    if not burn.is_open(at):
        return ZERO
    expected = _rounded(Fraction(run_rate) * months_left(at, burn.end_date), currency)
    return max(burn.money("committed") + expected - burn.money("funded"), ZERO)


def _rounded(amount: Fraction, currency: str) -> Decimal:
    """An exact fraction rounded half away from zero to the minor unit."""
    scaled = abs(amount) * 10 ** minor_unit(currency)
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(units if amount >= 0 else -units).scaleb(-minor_unit(currency))


def _burns(scope: Scope) -> list[Burn]:
    rows = scope.books.rows(f"SELECT po_number, customer_id, status, end_date FROM {orders(scope)} ORDER BY 1")
    return [_burn(scope, Burn(figures={}, **row)) for row in rows]


def _burn(scope: Scope, burn: Burn) -> Burn:
    """The order with its figures, each made of the ones before it."""
    number, at, figures = burn.po_number, scope.closing_date, burn.figures

    def add(id: str, label: str, query: str) -> Figure:
        figures[id] = Figure.of(f"{id}:{number}", f"{number}: {label}", scope.currency, Population(scope.books, query))
        return figures[id]

    figures["funded"] = funded(scope, number)
    figures["invoiced"], figures["accepted_value"] = (
        valued(scope, "invoiced", number),
        valued(scope, "accepted_value", number),
    )
    larger = max(("accepted_value", "invoiced"), key=burn.money)
    committed = value_query(scope, larger, number)
    add("committed", f"committed ({'accepted value' if larger == 'accepted_value' else 'invoiced'})", committed)
    taken = value_query(scope, larger, number, sign=-1)
    remaining = add("remaining", "remaining", f"{funded_query(scope, number)} UNION ALL {taken}").money
    invoiced, whole = burn.money("invoiced"), burn.money("funded")
    figures["burn_percent"] = Figure.ratio(
        f"burn_percent:{number}", f"{number}: burn", "percent", ratio(invoiced * 100, whole), CONVENTIONS["burn_percent"],
        f"{{invoiced:{number}}} / {{funded:{number}}} * 100",
    )  # fmt: skip
    rate = add("run_rate", "run rate a month", _run_rate_query(scope, number)).money
    figures["run_out_date"] = Figure(
        f"run_out_date:{number}", f"{number}: runs out", run_out_date(at, remaining, rate), "date",
        convention=CONVENTIONS["run_out_date"],
    )  # fmt: skip
    needed = increase_needed(at, burn, rate, scope.currency)
    add("increase_needed", "increase needed", _increase_query(scope, burn, committed, rate) if needed else no_rows())
    assert figures["increase_needed"].money == needed, "an increase is what its rows add up to"
    return burn


def _run_rate_query(scope: Scope, number: str) -> str:
    """A third of each accepted row of three months, cut by cumulative rounding: the rows add up to the rounded third."""
    first, units = scope.period.shift(1 - RUN_RATE_MONTHS).first_day, 10 ** minor_unit(scope.currency)

    def third(total: str) -> str:
        return f"sign({total}) * ((2 * abs({total}) + {RUN_RATE_MONTHS}) // {2 * RUN_RATE_MONTHS})"

    cut = f"CAST({third('through')} - ({third('before')}) AS DECIMAL(38,0)) * {Decimal(1) / units}"
    return f"""
        WITH accepted AS ({value_query(scope, "accepted_value", number, f"dated >= {day(first)}")}),
        summed AS (SELECT *, sum(CAST(amount * {units} AS HUGEINT))
                             OVER (ORDER BY source_file, source_row, amount ROWS UNBOUNDED PRECEDING) AS total FROM accepted),
        running AS (SELECT *, CAST(total AS HUGEINT) AS through,
                           CAST(total AS HUGEINT) - CAST(amount * {units} AS HUGEINT) AS before FROM summed)
        {population("source_table", "source_file", "source_row", cut, "shown")} FROM running
    """


def _increase_query(scope: Scope, burn: Burn, committed: str, run_rate: Decimal) -> str:
    """Committed, what the run rate will use until the order's end (one row at the order), less what is funded."""
    left = months_left(scope.closing_date, burn.end_date)
    expected = _rounded(Fraction(run_rate) * left, scope.currency)
    seen = shown(
        purchase_order="po_number", run_rate=text(str(run_rate)), months_left=text(_months(left)), end_date="end_date"
    )
    return f"""
        {committed} UNION ALL {funded_query(scope, burn.po_number, sign=-1)} UNION ALL
        {population("'purchase_orders'", "source_file", "source_row", str(expected), seen)}
        FROM {orders(scope)} WHERE po_number = {text(burn.po_number)}
    """


def _months(left: Fraction) -> str:
    """Months for a reader: `8`, `7 + 15/31`."""
    whole, part = divmod(left, 1)
    return f"{whole} + {part.numerator}/{part.denominator}" if part else str(whole)


_SHOWN = ("funded", "invoiced", "accepted_value", "committed", "remaining", "burn_percent", "run_rate", "run_out_date",
          "increase_needed")  # fmt: skip


def _by_order(burns: list[Burn]) -> Table:
    lines = [
        [burn.po_number, burn.status, burn.end_date, *(burn.figures[id].amount for id in _SHOWN)] for burn in burns
    ]
    frame = pd.DataFrame(lines, columns=["purchase_order", "status", "end_date", *_SHOWN], dtype=object)
    links = tuple(
        (row, n + 3, f"{id}:{burn.po_number}") for row, burn in enumerate(burns) for n, id in enumerate(_SHOWN)
    )
    types = {"end_date": "date", "burn_percent": "percent", "run_out_date": "date"}
    return Table(
        "The burn of each order", frame, links=links, types=types | {id: "money" for id in _SHOWN if id not in types}
    )


def _findings(scope: Scope, burn: Burn) -> list[Finding]:
    """`po_overbilled`, `po_over_delivered`, and `po_underfunded` where an open order is about to be used up."""
    whole, committed = burn.money("funded"), burn.money("committed")
    found = [
        _finding(scope, burn, finding, "error", burn.money(id) - whole,
                 f"{what} to {scope.closing_date} {_say(scope, burn.money(id))} on an order that funds {_say(scope, whole)}: "
                 f"{_say(scope, burn.money(id) - whole)} too much.")
        for finding, id, what in (("po_overbilled", "invoiced", "invoiced"), ("po_over_delivered", "accepted_value", "accepted"))
        if burn.money(id) > whole
    ]  # fmt: skip
    limits = scope.parameters.purchase_orders
    ahead = committed + burn.money("run_rate") * limits.look_ahead_months
    if burn.is_open(scope.closing_date) and committed <= whole and ahead * 100 > limits.warn_at_percent * whole:
        message = (
            f"{_say(scope, committed)} of {_say(scope, whole)} is committed; in {limits.look_ahead_months} months it will be "
            f"{_say(scope, ahead)} at {_say(scope, burn.money('run_rate'))} a month, more than {limits.warn_at_percent} percent. "
            f"Increase needed: {_say(scope, burn.money('increase_needed'))}."
        )
        found.append(_finding(scope, burn, "po_underfunded", "warning", burn.money("increase_needed"), message))
    return found


def _finding(scope: Scope, burn: Burn, finding: str, severity: str, amount: Decimal, message: str) -> Finding:
    keys = {"purchase_orders": (burn.po_number,), "customers": (burn.customer_id,)}
    return Finding(finding, severity, amount, scope.currency, keys, f"Purchase order {burn.po_number}: {message}")


def _say(scope: Scope, amount: Decimal) -> str:
    return f"{show(amount, scope.currency)} {scope.currency}"
