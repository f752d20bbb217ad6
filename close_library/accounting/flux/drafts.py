"""A draft sentence for each line beyond the threshold, made from what drove it; a person makes it final.

A draft says what the books say: who changed by how much, and in which parts. Why it changed is not in the books, so a draft is
never an explanation by itself, and nothing is explained by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from close_library.accounting.flux.drivers import PARTS, REST, Drivers
from close_library.accounting.flux.intervals import Comparison
from close_library.accounting.flux.lines import Line
from close_library.accounting.flux.own_lines import of_account
from close_library.accounting.flux.threshold import percent_text
from close_library.evidence import Scope
from close_library.money import ZERO, show
from close_library.parameters import COMPANY

NAMED_AT_MOST = 3
"""Contract lines, types of work or journal sources that a sentence names."""


def drafts(
    scope: Scope, comparison: Comparison, lines: Sequence[Line], rows: str, drivers: Iterable[Drivers]
) -> dict[str, str]:
    """Key of a line → its draft. `rows` is the relation of compared rows that the lines are read from."""
    taken_apart = list(drivers)
    sources = _sources(scope, rows, lines) if comparison.against else {}
    return {line.key: f"Draft: {_sentence(scope, comparison, line, taken_apart, sources)}" for line in lines}


def _sentence(
    scope: Scope,
    comparison: Comparison,
    line: Line,
    taken_apart: list[Drivers],
    sources: dict[str, list[tuple[str, Decimal]]],
) -> str:
    opening = f"{_who(line)} {_moved(scope, comparison, line)}"
    for drivers in taken_apart:
        if line.account in scope.parameters.accounts.held(drivers.driven.role):
            own = of_account(drivers.of_programs([line.program or COMPANY]), line.account)
            return opening + _by_drivers(scope, own, line)
    named = _named(scope, sources.get(line.key, []))
    return f"{opening}; by source: {named}." if named else f"{opening}."


def _who(line: Line) -> str:
    return f"{line.account_name} ({line.account})" + ("" if line.of_all else f" of {line.program or 'no program'}")


def _moved(scope: Scope, comparison: Comparison, line: Line) -> str:
    by = f"{show(abs(line.change), scope.currency)}{percent_text(line)}"
    if not comparison.against:
        return f"is {by} {'above' if line.change > 0 else 'below'} {comparison.label}"
    if line.comparison == 0:
        return f"is new, {_signed(scope, line.change)}, against {comparison.label}"
    if line.current == 0:
        return f"has vanished, {_signed(scope, line.change)}, against {comparison.label}"
    return f"{'rose' if line.change > 0 else 'fell'} by {by} against {comparison.label}"


def _by_drivers(scope: Scope, drivers: Drivers, line: Line) -> str:
    accounts, title = drivers.accounts, drivers.driven.title
    together = "" if accounts == [line.account] else (
        f" {title} on accounts {', '.join(accounts)} together changed by {_signed(scope, drivers.change)}"
    )  # fmt: skip
    parts = []
    for name in (*PARTS, REST):
        amount = drivers.part(name)
        items = [(item.item, item.part(name)) for item in drivers.items if item.part(name)]
        if amount or items:
            whose = f" ({_named(scope, items)})" if items else ""
            parts.append(f"{drivers.driven.words[name]} {_signed(scope, amount)}{whose}")
    what = "; ".join(parts)
    return (f".{together}" if together else "") + (f": {what}." if what else ".")


def _named(scope: Scope, parts: list[tuple[str, Decimal]]) -> str:
    """The largest parts by name, and how many more there are."""
    largest = sorted(parts, key=lambda part: (-abs(part[1]), part[0]))
    named = [f"{name} {_signed(scope, amount)}" for name, amount in largest[:NAMED_AT_MOST]]
    if rest := largest[NAMED_AT_MOST:]:
        named.append(f"{len(rest)} more {_signed(scope, sum((amount for _, amount in rest), ZERO))}")
    return ", ".join(named)


def _sources(scope: Scope, rows: str, lines: Sequence[Line]) -> dict[str, list[tuple[str, Decimal]]]:
    """Key of a line → the sources of its change: which kind of journal, by how much."""
    of_all = any(line.of_all for line in lines)
    program = "NULL" if of_all else "owner"
    found: dict[str, list[tuple[str, Decimal]]] = {}
    for row in scope.books.rows(
        f"""
        SELECT account, {program} AS program, coalesce(journal_source, 'no source') AS source, sum(amount) AS amount
        FROM {rows} WHERE side = 'change' GROUP BY ALL HAVING sum(amount) <> 0 ORDER BY ALL
        """
    ):
        key = f"{row['account']}:{row['program'] or COMPANY}"
        found.setdefault(key, []).append((row["source"], row["amount"]))
    return found


def _signed(scope: Scope, amount: Decimal) -> str:
    sign = "−" if amount < 0 else "+" if amount else ""
    return sign + show(abs(amount), scope.currency)
