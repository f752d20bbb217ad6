"""Which contract lines, or work, make up one of several accounts of a role: read from the amounts, never from a guess.

No canonical table says on which account a contract line is booked. Where a role has several accounts, its lines are taken by
billing model (vendor cost: by type of work) and laid on the accounts in every way there is. If exactly one way adds up to each
account's ledger in both intervals, it is how the company books, and an account's draft tells of its own lines; likewise if
exactly one way does for all accounts but one, which then has what the ledger holds beyond the lines. Otherwise nothing is
concluded, and the accounts share their drivers.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import product
from typing import TypeAlias

from close_library.accounting.flux.drivers import Booked, Drivers, Item
from close_library.money import ZERO

WAYS_AT_MOST = 4096
"""Ways to lay the lines on the accounts that are tried; beyond that nothing is concluded."""

_Both: TypeAlias = tuple[Decimal, Decimal]
"""Amounts of both intervals: current, comparison."""


def of_account(drivers: Drivers, account: str) -> Drivers:
    """The drivers of one account where its own lines are known; of all accounts of the role together where they are not.

    The rows stay those of all accounts: what is told of an account is made of its items.
    """
    if drivers.accounts == [account]:
        return drivers
    groups = _groups(drivers.items)
    account_of = _accounts_of(groups, {name: _sum(drivers.booked, name) for name in drivers.accounts})
    if account_of is None:
        return drivers
    items = tuple(item for item in drivers.items if account_of.get(item.group) == account)
    booked = tuple(each for each in drivers.booked if each.account == account)
    return Drivers(drivers.driven, drivers.comparison, items, booked, drivers.rows)


def _accounts_of(groups: dict[str, _Both], accounts: dict[str, _Both]) -> dict[str, str] | None:
    """Group → account, in the one way in which the accounts add up in both intervals; None where there is none, or several."""
    if len(accounts) ** len(groups) > WAYS_AT_MOST:
        return None
    ways = [(_apart(way, groups, accounts), way) for way in product(accounts, repeat=len(groups))]
    for apart in (0, 1):
        if found := [way for accounts_apart, way in ways if accounts_apart == apart]:
            return dict(zip(groups, found[0], strict=True)) if len(found) == 1 else None
    return None


def _apart(way: Iterable[str], groups: dict[str, _Both], accounts: dict[str, _Both]) -> int:
    """How many accounts the groups that are laid on them don't add up to."""
    laid = dict.fromkeys(accounts, (ZERO, ZERO))
    for account, amounts in zip(way, groups.values(), strict=True):
        laid[account] = _plus(laid[account], amounts)
    return sum(laid[account] != booked for account, booked in accounts.items())


def _groups(items: Iterable[Item]) -> dict[str, _Both]:
    """The groups of lines that have an amount in either interval, with both."""
    found: dict[str, _Both] = {}
    for item in items:
        found[item.group] = _plus(found.get(item.group, (ZERO, ZERO)), (item.current, item.comparison))
    return {group: amounts for group, amounts in found.items() if amounts != (ZERO, ZERO)}


def _sum(booked: Iterable[Booked], account: str) -> _Both:
    total = (ZERO, ZERO)
    for each in booked:
        if each.account == account:
            total = _plus(total, (each.current, each.comparison))
    return total


def _plus(one: _Both, other: _Both) -> _Both:
    return one[0] + other[0], one[1] + other[1]
