"""Drafts of requests to a customer for an increase of a purchase order; a person makes them final."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

import pandas as pd

from close_library.evidence import Figure, Scope, Table
from close_library.money import show


class Used(Protocol):
    """What a request needs of an order."""

    @property
    def po_number(self) -> str: ...

    @property
    def customer_id(self) -> str: ...

    @property
    def end_date(self) -> date | None: ...

    @property
    def figures(self) -> Mapping[str, Figure]: ...

    def money(self, id: str) -> Decimal: ...


def increase_requests(scope: Scope, orders: Sequence[Used]) -> Table:
    """One draft for each order that needs an increase: purchase_order, customer, increase_needed, draft."""
    lines = [
        [order.po_number, order.customer_id, order.money("increase_needed"), _draft(scope, order)]
        for order in orders
        if order.money("increase_needed")
    ]
    frame = pd.DataFrame(lines, columns=["purchase_order", "customer", "increase_needed", "draft"], dtype=object)
    links = tuple((row, 2, f"increase_needed:{line[0]}") for row, line in enumerate(lines))
    return Table("Drafts of requests for an increase", frame, links=links, types={"increase_needed": "money"})


def _draft(scope: Scope, order: Used) -> str:
    def say(amount: Decimal) -> str:
        return f"{show(amount, scope.currency)} {scope.currency}"

    until = f" to {order.end_date}" if order.end_date else ""
    accepted, invoiced = say(order.money("accepted_value")), say(order.money("invoiced"))
    rest = _rest(order, say(order.money("funded")), say(abs(order.money("remaining"))))
    sentences = [f"Purchase order {order.po_number}: request for an increase."]
    done = f"we delivered work that you accepted for {accepted} and invoiced {invoiced}"
    sentences.append(f"To {scope.closing_date} {done}; {rest}.")
    sentences += _pace(order, say(order.money("run_rate")))
    sentences.append(
        f"To carry on the work{until}, please increase the order by {say(order.money('increase_needed'))}."
    )
    return " ".join(sentences)


def _rest(order: Used, funded: str, rest: str) -> str:
    remaining = order.money("remaining")
    if remaining == 0:
        return f"that is all of the order's {funded}"
    return (
        f"{rest} of the order's {funded} remains" if remaining > 0 else f"that exceeds the order's {funded} by {rest}"
    )


def _pace(order: Used, run_rate: str) -> list[str]:
    """When the order will be used up, where that lies ahead."""
    day = order.figures["run_out_date"].amount
    if not isinstance(day, date) or order.money("remaining") <= 0:
        return []
    before = f", before its end on {order.end_date}" if order.end_date and day < order.end_date else ""
    return [f"At {run_rate} of accepted work a month it is used up by {day}{before}."]
