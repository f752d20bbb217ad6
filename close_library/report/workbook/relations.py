"""Cells of a schedule's line that follow from others of the same line: a difference, a net, a change, a total.

A relation is known by the columns' names and holds only where the line's own amounts bear it out to the last digit;
else the cell stays the number that the document has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

RELATIONS: tuple[tuple[str, str], ...] = (
    ("difference", "ledger - subledger"),
    ("difference", "general_ledger - per_workpaper"),
    ("difference", "closing_balance - rolled"),
    ("difference", "billed - owed"),
    ("difference", "owed - billed"),
    ("difference", "amount - net"),
    ("difference", "ledger - amount"),
    ("difference", "per_books - per_workpaper"),
    ("amount", "ledger - subledger"),
    ("rolled", "opening_balance + debits - credits"),
    ("rolled", "opening_balance + debits + credits"),
    ("net", "gross - fees"),
    ("net", "gross + fees"),
    ("position", "revenue_to_date - billed_to_date"),
    ("left", "computed - booked - proposed"),
    ("remaining", "funded - committed"),
    ("owed_rate", "base_rate + bonus + incentive"),
    ("change", "current - comparison"),
    ("change", "volume + price + new + ended + other"),
    ("margin", "revenue - vendor_cost"),
    ("tax_cash_and_other", "receivables_not_booked - on_receivables"),
    ("tax_cash_and_other", "on_receivables - receivables_not_booked"),
    (
        "total",
        "not_due + days_1_30 + days_31_60 + days_61_90 + over_90 + no_due_date + credit_memos + unapplied_cash",
    ),
)
"""Column and the columns that it follows from; the first that the line bears out is taken."""


def terms_of(column: str, columns: Sequence[str], line: Sequence[str | None]) -> list[tuple[str, int]]:
    """The signs and columns that make a cell up; empty where none of the known relations does."""
    places = {name: place for place, name in enumerate(columns)}
    for name, formula in RELATIONS:
        if name == column:
            terms = _terms(formula, places)
            if terms and _holds(line, places[column], terms):
                return terms
    return []


def _terms(formula: str, places: Mapping[str, int]) -> list[tuple[str, int]]:
    signed = f"+ {formula}".split()
    pairs = list(zip(signed[::2], signed[1::2], strict=True))
    return [(sign, places[name]) for sign, name in pairs] if all(name in places for _, name in pairs) else []


def _holds(line: Sequence[str | None], column: int, terms: Sequence[tuple[str, int]]) -> bool:
    amounts = [(sign, line[place]) for sign, place in terms]
    if line[column] is None or any(text is None for _, text in amounts):
        return False
    try:
        total = sum((Decimal(f"{sign}1") * Decimal(text or 0) for sign, text in amounts), Decimal(0))
        return total == Decimal(line[column] or 0)
    except ArithmeticError:
        return False
