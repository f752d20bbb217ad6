"""Receivables roll-forward (workpaper 30): opening + invoices − credit memos − cash − discounts − write-offs ± FX = closing.

ACCOUNTING.md §1. Each term has the sign in which the formula takes it, so what is subtracted is positive in the normal case.
The opening balance is the prior closing as signed, and its restatement a line of its own (`roll`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.accounting.receivables.open_items import (
    MOVEMENT_SHOWN,
    fx_items,
    open_item_population,
    require_receivable_rates,
)
from close_library.accounting.roll import opening_of, roll_table, rolled, waterfall
from close_library.accounting.schedules import movements
from close_library.accounting.sql import day, owned, population, shown
from close_library.evidence import Figure, Population, Result, Scope

_TERMS = {
    "invoices": ("Invoices", "invoice", 1),
    "credit_memos": ("Credit memos", "credit_memo", -1),
    "cash_received": ("Cash received, applied and unapplied", "receipt", -1),
    "discounts": ("Discounts", "discount", -1),
    "write_offs": ("Write-offs", "write_off", -1),
}

FORMULA = (
    ("opening_balance", 1),
    ("invoices", 1),
    ("credit_memos", -1),
    ("cash_received", -1),
    ("discounts", -1),
    ("write_offs", -1),
    ("fx", 1),
)
"""The terms of the roll-forward with the sign in which they go into the closing balance."""


def receivables_roll_forward(scope: Scope) -> Result:
    """The roll-forward of receivables over the period, in functional currency.

    Figures: `opening_balance`, `invoices`, `credit_memos`, `cash_received`, `discounts`, `write_offs`, `fx`,
    `closing_balance`, and `restatement` where the prior closing was signed. Opening and closing are the open items at the
    rates of their dates; the movements stand at the rates of theirs; `fx` is what the change of rates did to foreign items,
    realised and not, with both rates. A receipt counts for a program with its applications to the program's invoices and the
    unapplied rest that the program owns. The opening balance is the prior closing as signed, else computed, and says which.
    Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import receivables_roll_forward
        from close_library.workpaper import open_scope

        receivables_roll_forward(open_scope("atlas", "2026-10")).table
    """
    require_receivable_rates(scope)
    before, at = scope.opening_date, scope.closing_date
    balance = _balance(scope, "opening_balance", f"Opening balance at {before}", before)
    opening = opening_of(scope, "30", balance, "document")
    figures = {
        **opening.figures,
        **{id: _term(scope, id, *term) for id, term in _TERMS.items()},
        "fx": Figure.of("fx", "Exchange rate differences", scope.currency, _fx(scope)),
        "closing_balance": _balance(scope, "closing_balance", f"Closing balance at {at}", at),
    }
    table = roll_table("Roll-forward of receivables", figures, FORMULA)
    picture = waterfall("30.c1", "Receivables from opening to closing", figures, FORMULA, scope.currency)
    return Result(tables=opening.schedules("30", table), figures=figures, charts=(picture,))


def rolled_balance(roll: Result) -> Decimal:
    """The closing balance that the opening balance, its restatement and the movements add up to."""
    return rolled(roll, FORMULA)


def _balance(scope: Scope, id: str, label: str, at: date) -> Figure:
    return Figure.of(id, label, scope.currency, open_item_population(scope, at))


def _term(scope: Scope, id: str, label: str, kind: str, sign: int) -> Figure:
    query = f"""
        {population("source_table", "source_file", "source_row", f"{sign} * functional", MOVEMENT_SHOWN)}
        FROM {movements(scope)}
        WHERE kind = '{kind}' AND moves_owner AND {owned(scope)}
          AND counts_from BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}
    """
    return Figure.of(id, label, scope.currency, Population(scope.books, query))


def _fx(scope: Scope) -> Population:
    """Each foreign document's exchange difference to T less that to the prior T, with both rates."""
    seen = shown(
        currency="currency",
        open_at_opening="before.open_amount::money",
        opening_rate="before.rate",
        open_at_closing="after.open_amount::money",
        closing_rate="after.rate",
    )
    change = "coalesce(after.value, 0) - coalesce(before.value, 0)"
    return Population(
        scope.books,
        f"""
        {population("source_table", "source_file", "source_row", change, seen)}
        FROM ({fx_items(scope, scope.closing_date)}) after
        FULL JOIN ({fx_items(scope, scope.opening_date)}) before
        USING (currency, source_table, source_file, source_row)
        WHERE {change} <> 0 OR after.open_amount <> 0
        """,
    )
