"""When a change needs an explanation, and whether it has one.

ACCOUNTING.md §5: the change exceeds the amount and / or the percent threshold, as the parameter `flux.rule` says. To exceed is
to be greater, so a change that equals a threshold does not. The percent is taken of the comparison's absolute amount; a change
from zero has none and is judged on its amount alone, whichever rule holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from close_library.accounting.flux.intervals import Comparison
from close_library.accounting.flux.lines import Line
from close_library.accounting.sql import text
from close_library.evidence import Finding, Scope
from close_library.money import EXACT, parse_amount, round_half_up, show
from close_library.parameters import COMPANY, Flux, read_parameters


def exceeds(limits: Flux, change: Decimal, comparison: Decimal) -> bool:
    """Whether a change lies beyond the threshold."""
    beyond_amount = abs(change) > limits.amount
    if comparison == 0:
        return beyond_amount
    beyond_percent = EXACT.multiply(abs(change), Decimal(100)) > EXACT.multiply(limits.percent, abs(comparison))
    return (beyond_amount and beyond_percent) if limits.rule == "and" else (beyond_amount or beyond_percent)


@dataclass(frozen=True)
class Limits:
    """The thresholds of each program, so that a company's workpaper judges a program's lines as the program's own does."""

    own: Flux
    of_programs: dict[str, Flux]

    def of(self, program: str | None) -> Flux:
        """The thresholds of a program; the scope's own for what belongs to none and for a program without its own."""
        return self.of_programs.get(program or COMPANY, self.own)

    @property
    def comparisons(self) -> list[str]:
        """Every comparison that somebody asks for, the scope's own first."""
        names = [*self.own.comparisons, *(name for flux in self.of_programs.values() for name in flux.comparisons)]
        return list(dict.fromkeys(names))


def limits_of(scope: Scope) -> Limits:
    """The thresholds in force: the scope's, and for the company those of each program as the run wrote them beside the books."""
    path = scope.books.directory / "parameters.json"
    if not scope.is_company or not path.is_file():
        return Limits(scope.parameters.flux, {})
    document = json.loads(path.read_text(encoding="utf-8"))
    programs = sorted(program for program in document["scopes"] if program != COMPANY)
    return Limits(scope.parameters.flux, {program: read_parameters(document, program).flux for program in programs})


@dataclass(frozen=True)
class Explained:
    """An explanation as the record held it when the run began: the amount that it explains, and its event."""

    amount: Decimal | None
    event: int


def explanations(scope: Scope, ref: str) -> dict[str, list[Explained]]:
    """Subject → what was said of it in a workpaper of this period, the latest of each program; withdrawn ones left out.

    What was said in a program's workpaper also holds in the company's, and the other way round.
    """
    related = "true" if scope.is_company else f"program IN ({text(scope.program)}, '{COMPANY}')"
    rows = scope.books.rows(
        f"""
        SELECT subject, amount, event, text FROM said_explanations
        WHERE period = '{scope.period}' AND ref = {text(ref)} AND {related} AND starts_with(subject, 'flux_unexplained:')
        QUALIFY row_number() OVER (PARTITION BY subject, program ORDER BY event DESC) = 1 ORDER BY subject, event
        """
    )
    found: dict[str, list[Explained]] = {}
    for row in rows:
        if (row["text"] or "").strip():
            found.setdefault(row["subject"], []).append(Explained(_amount(row["amount"]), row["event"]))
    return found


def _amount(said: str | None) -> Decimal | None:
    try:
        return parse_amount(said) if said else None
    except ValueError:
        return None


def unexplained(scope: Scope, ref: str, comparison: Comparison, lines: Iterable[Line]) -> list[Finding]:
    """`flux_unexplained`: each line beyond the threshold whose change, as it is now, nobody has explained."""
    said = explanations(scope, ref)
    found = []
    for line in lines:
        about = said.get(line.subject(comparison), [])
        if any(each.amount == line.change for each in about):
            continue
        found.append(
            Finding(
                "flux_unexplained",
                "warning",
                line.change,
                scope.currency,
                {"gl_accounts": (line.key,)},
                _message(scope, comparison, line, about),
                aspect=comparison.name,
            )
        )
    return found


def _message(scope: Scope, comparison: Comparison, line: Line, about: list[Explained]) -> str:
    against = f"{show(line.comparison, scope.currency)} of {comparison.label}"
    changed = f"a change of {show(line.change, scope.currency)} {scope.currency}{percent_text(line)}"
    if not about:
        verdict = "not explained"
    else:
        last = max(about, key=lambda each: each.event)
        explained = "another figure" if last.amount is None else f"a change of {show(last.amount, scope.currency)}"
        verdict = f"the explanation in the record is of {explained}: the figure changed since"
    return f"{line.name}: {show(line.current, scope.currency)} against {against}, {changed}; {verdict}."


def percent_text(line: Line) -> str:
    """The change in percent in brackets, with one decimal: ` (12.4 %)`; nothing where there is none."""
    if line.comparison == 0:
        return ""
    return f" ({round_half_up(abs(EXACT.divide(line.change * 100, line.comparison)), 1)} %)"
