"""Burn-down pictures: from what an order funds, month by month, to what remains, and on at the run rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from close_library.accounting.purchase_orders.orders import value_rows
from close_library.evidence import Chart, Scope
from close_library.money import ZERO, spell
from close_library.period import Period

PICTURES_AT_MOST = 12
"""A program with more orders gets the pictures of those with the largest commitment."""

MONTHS_BACK = 6
"""Months that are drawn one by one; what was committed earlier is one step."""


class Burning(Protocol):
    """What a picture needs of an order."""

    @property
    def po_number(self) -> str: ...

    @property
    def end_date(self) -> date | None: ...

    def money(self, id: str) -> Decimal: ...

    def is_open(self, at: date) -> bool: ...


def burn_charts(scope: Scope, burns: Sequence[Burning]) -> tuple[Chart, ...]:
    """All orders side by side, committed and remaining, then a burn-down for each open order (the largest, where many)."""
    if not burns:
        return ()
    data = [
        {"label": burn.po_number, "amounts": [_spelled(scope, burn.money(id)) for id in ("committed", "remaining")]}
        for burn in burns
    ]
    whole = Chart("51.c1", "stacked_bars", "Committed and remaining by order", scope.currency,
                  {"series": ["Committed", "Remaining"], "data": data})  # fmt: skip
    committed = _committed_by_month(scope)
    drawn = sorted(
        (b for b in burns if b.is_open(scope.closing_date)), key=lambda b: (-b.money("committed"), b.po_number)
    )
    down = [
        Chart(
            f"51.c{n}",
            "waterfall",
            f"Burn-down of {burn.po_number}",
            scope.currency,
            _steps(scope, burn, committed[burn.po_number]),
        )
        for n, burn in enumerate(drawn[:PICTURES_AT_MOST], start=2)
    ]
    return (whole, *down)


def _committed_by_month(scope: Scope) -> dict[str, dict[Period, Decimal]]:
    """Order → month → what it adds to committed: the larger of accepted value and invoiced to its end, less that before."""
    rows = scope.books.rows(
        f"""
        SELECT po_number, CAST(date_trunc('month', dated) AS DATE) AS month,
               coalesce(sum(functional) FILTER (value = 'accepted_value'), 0) AS accepted,
               coalesce(sum(functional) FILTER (value = 'invoiced'), 0) AS invoiced
        FROM {value_rows(scope)} WHERE po_number IS NOT NULL AND value IN ('accepted_value', 'invoiced')
        GROUP BY ALL ORDER BY ALL
        """
    )
    found: dict[str, dict[Period, Decimal]] = defaultdict(dict)
    to_date: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    for row in rows:
        accepted, invoiced = to_date[row["po_number"]]
        now = (accepted + row["accepted"], invoiced + row["invoiced"])
        found[row["po_number"]][Period.of(row["month"])] = max(now) - max(accepted, invoiced)
        to_date[row["po_number"]] = now
    return found


def _steps(scope: Scope, burn: Burning, committed: dict[Period, Decimal]) -> list[dict[str, Any]]:
    months = [scope.period.shift(n) for n in range(1 - MONTHS_BACK, 1)]
    earlier = sum((amount for month, amount in committed.items() if month < months[0]), ZERO)
    steps = [("Funded", burn.money("funded"), "total")]
    if earlier:
        steps.append((f"To {months[0].prior}", -earlier, "step"))
    steps += [(str(month), -committed[month], "step") for month in months if committed.get(month)]
    steps.append(("Remaining", burn.money("remaining"), "total"))
    return [{"label": label, "amount": _spelled(scope, amount), "kind": kind} for label, amount, kind in steps]


def _spelled(scope: Scope, amount: Decimal) -> str:
    return spell(amount, scope.currency)
