"""What is still to be earned under contracts in force: lines with a price of their own, by the day on which they will be.

ASC 606-10-50-13. Usage and staffing lines are left out under the expedients of 606-10-50-14(b) and 50-14A, for what they earn is
what they have the right to invoice (606-10-55-18).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from close_library.accounting.currency import SPOT_RATES, require_rates
from close_library.accounting.revenue.recognised import priced_lines
from close_library.accounting.revenue.recognition import PricedLine, revenue_to_date
from close_library.accounting.sql import FILE_ORDER, day, text
from close_library.evidence import Scope
from close_library.money import ZERO, round_money
from close_library.period import Period, months_between

RATABLE = ("ratable_daily", "ratable_monthly")

SCHEMA = pa.schema(
    [
        ("contract_line_id", pa.string()),
        ("contract_id", pa.string()),
        ("owner", pa.string()),
        ("currency", pa.string()),
        ("earned_date", pa.date32()),
        ("amount", pa.decimal128(22, 4)),
        ("functional", pa.decimal128(38, 4)),
        ("basis", pa.string()),
        ("source_file", pa.string()),
        ("source_row", pa.int64()),
    ]
)


@dataclass(frozen=True)
class _Remaining:
    earned_date: date
    amount: Decimal
    basis: str


def remaining_rows(scope: Scope) -> str:
    """The table of what is still to be earned after T, one row a contract line and month.

    Price with its changes to T less revenue to date. Ratable lines by their days or months of service; the others on the last
    day of the line, else of its contract, else (none, or passed) on the last day of the next fiscal year. Functional amounts
    are at T's rate. Contracts signed (else begun) after T are not in force. Raises BooksError where T's rate is missing.
    """
    at = scope.closing_date
    rates = rates_at_closing(scope)
    in_force = _in_force(scope)
    missing = set()
    rows = []
    for line, about in priced_lines(scope.books, scope.parameters):
        if line.contract_id not in in_force or not (scope.is_company or about["owner"] == scope.program):
            continue
        rate = rates.get(line.currency)
        for part in _remaining(line, at, _last_resort(scope)):
            if rate is None:
                missing.add(line.currency)
                continue
            functional = round_money(part.amount * rate, scope.currency)
            rows.append({**about, **vars(part), "functional": functional})
    if missing:
        listed = ", ".join(f"({text(currency)}, {day(at)})" for currency in sorted(missing))
        require_rates(scope, f"SELECT * FROM (VALUES {listed}) needed(currency, rate_date)")
    rows.sort(key=lambda row: (row["owner"] or "", row["contract_line_id"], row["earned_date"]))
    name = f"remaining_{scope.period.year}_{scope.period.month}_{scope.program.encode().hex()}"
    return scope.books.take(name, pa.Table.from_pylist(rows, schema=SCHEMA))


def _remaining(line: PricedLine, at: date, last_resort: date) -> Iterator[_Remaining]:
    """What the line will earn after a day, on its price of that day."""
    known = replace(line, changes=tuple(change for change in line.changes if change.change_date <= at))
    price = line.price + sum((change.amount for change in known.changes), ZERO)
    rest = price - revenue_to_date(known, at)
    if not rest:
        return
    end = line.service_end
    if line.recognition in RATABLE and line.service_start is not None and end is not None and end > at:
        yield from _by_month(lambda day: revenue_to_date(known, day), max(at, line.service_start), end, at)
        return
    yield (
        _Remaining(end, rest, "end of service") if end and end > at else _Remaining(last_resort, rest, "no end to come")
    )


def _by_month(earned: Callable[[date], Decimal], first: date, end: date, at: date) -> Iterator[_Remaining]:
    before = earned(at)
    for month in months_between(Period.of(first), Period.of(end)):
        last = min(month.last_day, end)
        if last > at and (now := earned(last)) != before:
            yield _Remaining(last, now - before, "days of service")
            before = now


def _last_resort(scope: Scope) -> date:
    """The last day of the fiscal year that follows the one of T."""
    starts = scope.parameters.fiscal_year_starts
    return scope.period.shift(23 - (scope.period.month - starts) % 12).last_day


def rates_at_closing(scope: Scope) -> dict[str, Decimal]:
    """The spot rates of T by currency, the functional currency's being 1."""
    rows: list[dict[str, Any]] = scope.books.rows(
        f"SELECT currency, rate FROM ({SPOT_RATES}) WHERE rate_date = {day(scope.closing_date)}"
    )
    return {**{row["currency"]: row["rate"] for row in rows}, scope.currency: Decimal(1)}


def _in_force(scope: Scope) -> set[str]:
    rows = scope.books.rows(
        f"""
        SELECT contract_id FROM (
            SELECT * FROM contracts QUALIFY row_number() OVER (PARTITION BY contract_id ORDER BY {FILE_ORDER}) = 1
        ) WHERE coalesce(signed_date, start_date) <= {day(scope.closing_date)}
        """
    )
    return {row["contract_id"] for row in rows}
