"""What the roll-forwards share (workpapers 30, 31, 32): the opening as signed, its restatement, schedule and picture.

Opening as signed + restatement + movements = closing. The restatement is what the prior closing is on today's books less what was
signed; where nothing was signed there is none, and the opening balance is the prior closing on today's books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import pandas as pd

from close_library.accounting.restated import restated_population, restated_rows, restated_table
from close_library.accounting.said import RECORD, SignedFigure, signed_figure
from close_library.accounting.sql import money_text, no_rows, population, shown, text
from close_library.evidence import Chart, Computed, Figure, Population, Result, Scope, Table
from close_library.money import spell

Formula = tuple[tuple[str, int], ...]
"""The terms of a roll-forward, the opening balance first, with the sign in which they go into the closing balance."""

OPENING, RESTATEMENT, CLOSING = "opening_balance", "restatement", "closing_balance"


@dataclass(frozen=True)
class Opening:
    """Where a roll-forward begins: its figures, and what changed in a signed balance where that is known line by line."""

    figures: Mapping[str, Figure]
    changes: Table | None = None

    def schedules(self, ref: str, roll: Table) -> dict[str, Table]:
        """The schedules of a roll-forward: itself, and what changed in its opening balance."""
        return {f"{ref}.1": roll} | ({f"{ref}.2": self.changes} if self.changes else {})


def opening_of(scope: Scope, ref: str, computed: Figure, called: str) -> Opening:
    """`opening_balance`, and `restatement` where the prior closing was signed; `computed` is that closing on today's books.

    The rows of a signed opening are those of today's books less those of the restatement. These are what changed since, where
    the rows as signed are at hand, else one that leads to the signature. `called`: what the first shown name of a row is.
    """
    assert computed.population is not None, "a balance has rows"
    signed = signed_figure(scope, ref, CLOSING)
    if signed is None:
        return Opening({OPENING: replace(computed, label=f"{computed.label}, computed")})
    label, today = f"{computed.label}, as signed", computed.population.query
    less, restated, changes = _restated(scope, ref, computed, signed, called)
    figures = (
        Figure.of(OPENING, label, scope.currency, Population(scope.books, f"{today} UNION ALL {less}")),
        Figure.of(
            RESTATEMENT,
            f"Restatement of {scope.period.prior}: on today's books less as signed",
            scope.currency,
            Population(scope.books, restated),
        ),
    )
    assert figures[0].money == signed.amount, "the rows of the opening balance add up to what was signed"
    return Opening({figure.id: figure for figure in figures}, changes)


def _restated(
    scope: Scope, ref: str, computed: Figure, signed: SignedFigure, called: str
) -> tuple[str, str, Table | None]:
    """The rows of a restatement as the opening balance takes them away, as they are, and as a schedule."""
    assert computed.population is not None, "a balance has rows"
    difference = computed.money - signed.amount
    if not difference:
        return no_rows(), no_rows(), None
    rows = restated_rows(scope, ref, CLOSING, computed.population.query, signed)
    if rows is None:
        less, more = (_signature(scope, ref, computed, signed, sign * difference) for sign in (-1, 1))
        return less, more, None
    less, more = (restated_population(rows, called, signed.event, sign) for sign in (-1, 1))
    return less, more, restated_table(scope, rows, called, OPENING, RESTATEMENT)


def _signature(scope: Scope, ref: str, computed: Figure, signed: SignedFigure, difference: Decimal) -> str:
    """The row of the record that stands for today's books less what was signed."""
    seen = shown(
        workpaper=text(ref),
        period=text(str(scope.period.prior)),
        signed=money_text(f"CAST({signed.amount} AS DECIMAL(38,4))"),
        on_todays_books=money_text(f"CAST({computed.money} AS DECIMAL(38,4))"),
        program=text(scope.program),
    )
    return population("'said_figures'", text(RECORD), str(signed.event), str(difference), seen)


def rolled(roll: Result, formula: Formula) -> Decimal:
    """The closing balance that the opening balance, its restatement and the movements add up to."""
    return Computed.of((sign, roll.figures[id]) for id, sign in _terms(roll.figures, formula).items())


def opening_and_signed(roll: Result) -> tuple[Decimal, Figure | None]:
    """The prior closing on today's books, and as it was signed; None where it was not, and nothing is to be compared."""
    opening = roll.figures[OPENING]
    if RESTATEMENT not in roll.figures:
        return opening.money, None
    return Computed.of([(1, opening), (1, roll.figures[RESTATEMENT])]), opening


def roll_table(title: str, figures: Mapping[str, Figure], formula: Formula) -> Table:
    """The roll-forward as a schedule, a line a term; what is subtracted says so."""
    sign, order = _terms(figures, formula), list(figures)
    frame = pd.DataFrame(
        {
            "line": [("less: " if sign.get(id, 1) < 0 else "") + figures[id].label for id in order],
            "amount": [figures[id].money for id in order],
        }
    )
    return Table(title, frame, links=tuple((n, 1, id) for n, id in enumerate(order)))


def waterfall(id: str, title: str, figures: Mapping[str, Figure], formula: Formula, currency: str) -> Chart:
    """The roll-forward as a picture, from the opening to the closing balance."""
    sign = _terms(figures, formula)
    steps = [
        {
            "label": _short(figure),
            "amount": spell(sign.get(figure.id, 1) * figure.money, currency),
            "kind": "total" if figure.id in (OPENING, CLOSING) else "step",
        }
        for figure in figures.values()
    ]
    return Chart(id, "waterfall", title, currency, steps)


def _terms(figures: Mapping[str, Figure], formula: Formula) -> dict[str, int]:
    """The terms of a formula with their signs, and the restatement where there is one."""
    return dict(formula) | ({RESTATEMENT: 1} if RESTATEMENT in figures else {})


def _short(figure: Figure) -> str:
    """What a figure is called in a picture, without its date."""
    return "Restatement" if figure.id == RESTATEMENT else figure.label.split(" at ")[0]
