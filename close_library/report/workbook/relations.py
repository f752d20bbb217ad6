"""Relations that schedules share: by the columns' names, how a cell follows from others of its line.

What a schedule declares itself stands before these. Either holds only where the line's own amounts bear it out to the last
digit; else the cell stays the number that the document has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from close_library.report.workbook.formula import Formula, read

RELATIONS: tuple[tuple[str, str], ...] = (
    ("difference", "[ledger] - [subledger]"),
    ("difference", "[general_ledger] - [per_workpaper]"),
    ("difference", "[closing_balance] - [rolled]"),
    ("difference", "[billed] - [owed]"),
    ("difference", "[owed] - [billed]"),
    ("difference", "[amount] - [net]"),
    ("difference", "[ledger] - [amount]"),
    ("difference", "[per_books] - [per_workpaper]"),
    ("amount", "[ledger] - [subledger]"),
    ("rolled", "[opening_balance] + [debits] - [credits]"),
    ("rolled", "[opening_balance] + [debits] + [credits]"),
    ("net", "[gross] - [fees]"),
    ("net", "[gross] + [fees]"),
    ("position", "[revenue_to_date] - [billed_to_date]"),
    ("left", "[computed] - [booked] - [proposed]"),
    ("remaining", "[funded] - [committed]"),
    ("owed_rate", "[base_rate] + [bonus] + [incentive]"),
    ("change", "[current] - [comparison]"),
    ("change", "[volume] + [price] + [new] + [ended] + [other]"),
    ("percent", "[change] / abs([comparison]) * 100"),
    ("margin", "[revenue] - [vendor_cost]"),
    ("margin_percent", "[margin] / [revenue] * 100"),
    ("tax_cash_and_other", "[receivables_not_booked] - [on_receivables]"),
    ("tax_cash_and_other", "[on_receivables] - [receivables_not_booked]"),
    (
        "total",
        "[not_due] + [days_1_30] + [days_31_60] + [days_61_90] + [over_90] + [no_due_date] + [credit_memos] + [unapplied_cash]",
    ),
)
"""Column and how it follows; the first that the line bears out is taken."""


def relations_of(column: str, columns: Sequence[str], declared: Mapping[str, str]) -> list[Formula]:
    """The relations that a cell of a column may follow: the declared one, then those that its schedule has the columns for."""
    own = read(declared[column]) if column in declared else None
    known = [formula for name, text in RELATIONS if name == column and (formula := read(text))]
    whole = [formula for formula in known if all(each.column in columns for each in formula.references)]
    return [own, *whole] if own else whole
