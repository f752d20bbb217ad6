"""What is earned and not billed, or billed and not earned, by the events: each contract's position on a month end."""

from __future__ import annotations

from decimal import Decimal

from close_library.money import ZERO
from close_library.period import Period
from close_library.sample.history import History
from close_library.sample.programs import CONTRACTS, LINES, PERIODS, Contract

Balances = dict[str, tuple[Decimal, Decimal]]
"""Program → unbilled receivable and deferred revenue, both in natural sign, functional currency."""


def position(history: History, contract: Contract, period: Period) -> Decimal:
    """Revenue to date less billings to date over a contract's lines, in functional currency at the month end's rate."""
    total = ZERO
    for line in LINES:
        if line.contract_id == contract.contract_id:
            for month in PERIODS:
                if month <= period:
                    total += history.recognised[line.line_id, month] - history.billed[line.line_id, month]
    return history.functional(total, contract.currency, period.last_day)


def balances(history: History, period: Period) -> Balances:
    """The contract balances of every program at a month end, net by contract."""
    found: Balances = {}
    for contract in CONTRACTS:
        net = position(history, contract, period)
        asset, liability = found.get(contract.program_id, (ZERO, ZERO))
        found[contract.program_id] = (asset + max(net, ZERO), liability + max(-net, ZERO))
    return found
