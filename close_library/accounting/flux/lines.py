"""The lines of a comparison: an account of a program, or an account, with its current amount, its comparison, its change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from close_library.accounting.flux.intervals import Comparison
from close_library.accounting.sql import population, text
from close_library.evidence import Figure, Population, Scope
from close_library.money import ratio
from close_library.parameters import COMPANY

SIDES = ("current", "comparison", "change")
NONE = "_none"
"""The key of a figure of what belongs to no program."""


@dataclass(frozen=True)
class Line:
    """An account, of one program, of none (`program` is None) or of all (`of_all`), in natural sign.

    `rows` counts the rows behind each side.
    """

    account: str
    account_name: str
    account_type: str | None
    caption: str | None
    program: str | None
    current: Decimal
    comparison: Decimal
    change: Decimal
    rows: tuple[int, int, int]
    of_all: bool = False

    @property
    def percent(self) -> Decimal | None:
        """The change in percent of the comparison's absolute amount; None where that is 0."""
        return ratio(self.change * 100, abs(self.comparison))

    @property
    def key(self) -> str:
        """What the line is known by: `4000:atlas`, `4000:_company` for what belongs to no program, or for an account of all."""
        return f"{self.account}:{self.program or COMPANY}"

    def subject(self, comparison: Comparison) -> str:
        """What an explanation of its change names."""
        return f"flux_unexplained:{self.key}:{comparison.name}"

    @property
    def name(self) -> str:
        """The line in words: `Data services revenue (4000), atlas`."""
        whose = "" if self.of_all else f", {self.program or 'no program'}"
        named = f"{self.account_name} ({self.account})" if self.account_name != self.account else self.account
        return named + whose


def read_lines(scope: Scope, rows: str, *, of_all: bool = False) -> list[Line]:
    """The lines of a relation of compared rows, in order: by account and program, or by account where `of_all`."""
    program = "NULL" if of_all else "owner"
    sums = ", ".join(
        f"coalesce(sum(amount) FILTER (side = '{side}'), 0) AS {side}, count(*) FILTER (side = '{side}') AS {side}_rows"
        for side in SIDES
    )
    found = scope.books.rows(
        f"""
        SELECT account, any_value(account_name) AS account_name, any_value(account_type) AS account_type,
               any_value(caption) AS caption, {program} AS program, {sums}
        FROM {rows} GROUP BY account, {program} ORDER BY account, program NULLS LAST
        """
    )
    return [
        Line(
            account=row["account"],
            account_name=row["account_name"] or row["account"],
            account_type=row["account_type"],
            caption=row["caption"],
            program=row["program"],
            current=row["current"],
            comparison=row["comparison"],
            change=row["change"],
            rows=(row["current_rows"], row["comparison_rows"], row["change_rows"]),
            of_all=of_all,
        )
        for row in found
    ]


def figures_of(scope: Scope, comparison: Comparison, rows: str, lines: Iterable[Line]) -> dict[str, Figure]:
    """The figures `current:`, `comparison:` and `change:` of lines: `:<account>[:<program>]:<comparison>`.

    In the company's workpaper a line of a program carries it in its id (`_none` for what belongs to none); an account of all
    programs, and every line of a program's own workpaper, does not.
    """
    found = {}
    for line in lines:
        for number, side in enumerate(SIDES):
            id = figure_id(scope, comparison, line, side)
            amount = getattr(line, side)
            whose = (
                ""
                if line.of_all
                else "AND owner IS NULL"
                if line.program is None
                else f"AND owner = {text(line.program)}"
            )
            query = f"""
                {population("source_table", "source_file", "source_row", "amount", "seen")}
                FROM {rows} WHERE side = '{side}' AND account = {text(line.account)} {whose}
            """
            rows_behind = Population(scope.books, query, known=(line.rows[number], amount))
            found[id] = Figure(id, f"{line.name}: {_words(side, comparison)}", amount, scope.currency, rows_behind)
    return found


def figure_id(scope: Scope, comparison: Comparison, line: Line, side: str) -> str:
    """The id of a figure of a line."""
    of_program = scope.is_company and not line.of_all
    program = f":{line.program or NONE}" if of_program else ""
    return f"{side}:{line.account}{program}:{comparison.name}"


def _words(side: str, comparison: Comparison) -> str:
    if side == "current":
        return f"current, {comparison.current}"
    return comparison.label if side == "comparison" else f"change against {comparison.name.replace('_', ' ')}"
