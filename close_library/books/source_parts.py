"""Which rows of a table take part in a period: each row stands in exactly one part, and each part says why.

Nothing is thrown away: a row that takes no part is kept in the books, counted, and named on the sheet of its source.
"""

from __future__ import annotations

from datetime import date

from close_library.period import Period
from close_library.sources.cast import literal, quoted
from close_library.tables import TABLES, Table

LOOKED_UP = frozenset(
    ("customers", "programs", "gl_accounts", "fx_rates", "contracts", "contract_lines", "vendors", "vendor_rates")
)
"""Master data, looked up by key and date: every row takes part, whatever its date."""

COUNTS_NOWHERE = {
    "invoices": ("draft", "void"),
    "vendor_invoices": ("void",),
    "deliveries": ("rejected",),
}
"""Table → statuses of documents that count in no balance and no movement."""

FUNCTIONAL = frozenset(("gl_entries", "account_balances", "budgets"))
"""Tables whose amounts stand in functional currency, whatever currency their documents had."""

IN_UNITS = frozenset(("deliveries", "vendor_work"))
"""Tables that are totalled in units of work, not in money."""


def describe(part: str, period: Period) -> tuple[str, bool]:
    """What a part of a source is, in words, and whether its rows are used."""
    kind, _, status = part.partition(":")
    last = period.last_day.isoformat()
    return {
        "looked_up": ("master data, looked up by key and date, whole", True),
        "period": (f"of the period {period}", True),
        "earlier": (f"of earlier periods, for balances at {last} and for comparisons", True),
        "undated": ("without a date: looked at in every period", True),
        "later": (f"after {last}: in no balance and no movement of the period; read only to tell timing from error", False),
        "status": (f"{status}: counts in no balance and no movement", False),
    }[kind]  # fmt: skip


def part_of(table: Table, period: Period) -> str:
    """The SQL that gives a row's part; `row` is the row, `parent` the row that it belongs to."""
    if table.name in LOOKED_UP:
        return "'looked_up'"
    cases = [
        f"WHEN {side}.status = {literal(status)} THEN {literal(f'status:{status}')}"
        for side, statuses in _statuses(table)
        for status in statuses
    ]
    first, last = _day(period.first_day), _day(period.last_day)
    dated = _date(table)
    if dated:
        cases += [
            f"WHEN {dated} IS NULL THEN 'undated'",
            f"WHEN {dated} > {last} THEN 'later'",
            f"WHEN {dated} >= {first} THEN 'period'",
        ]
    elif table.column("period"):
        named = literal(str(period))
        cases += [f"WHEN row.period > {named} THEN 'later'", f"WHEN row.period = {named} THEN 'period'"]
    else:
        return "'undated'"
    return f"CASE {' '.join(cases)} ELSE 'earlier' END"


def _statuses(table: Table) -> list[tuple[str, tuple[str, ...]]]:
    """Whose status decides: the row's own, or for a line that of its document."""
    if table.name in COUNTS_NOWHERE:
        return [("row", COUNTS_NOWHERE[table.name])]
    is_line = table.parent and not table.date and table.parent.table in COUNTS_NOWHERE
    return [("parent", COUNTS_NOWHERE[table.parent.table])] if is_line and table.parent else []


def _day(day: date) -> str:
    return f"DATE {literal(day.isoformat())}"


def _date(table: Table) -> str:
    if table.date:
        return f"row.{quoted(table.date)}::DATE"
    if table.parent and TABLES[table.parent.table].date:
        return f"parent.{quoted(TABLES[table.parent.table].date)}::DATE"
    return ""


def unit_of(table: Table, functional: str) -> str:
    """The SQL that gives the currency (or the unit) in which a row's amount stands; NULL where the source does not say."""
    if table.name in FUNCTIONAL:
        return literal(functional)
    if table.name in IN_UNITS:
        return "'units'"
    if table.column("currency"):
        return "row.currency"
    if table.parent and TABLES[table.parent.table].column("currency"):
        return "parent.currency"
    return "NULL"


def rows_in_parts(table: Table, period: Period, functional: str) -> str:
    """The rows of a table in SQL: `source_system`, `source_file`, `amount`, `part` and `unit`."""
    amount = f"row.{quoted(table.amount)}" if table.amount else "NULL"
    joined = ""
    if table.parent:
        parent = TABLES[table.parent.table]
        wanted = [name for name in (parent.date, "status", "currency") if name and parent.column(name)]
        firsts = [f"first({quoted(name)} ORDER BY source_file, source_row) AS {quoted(name)}" for name in wanted]
        key = quoted(table.parent.key)
        of_parent = f"(SELECT {', '.join([f'{key} AS its_key', *firsts])} FROM {parent.name} GROUP BY {key})"
        joined = f" LEFT JOIN {of_parent} AS parent ON row.{quoted(table.parent.column)} = parent.its_key"
    return (
        f"SELECT row.source_system, row.source_file, {amount} AS amount, {part_of(table, period)} AS part, "
        f"CAST({unit_of(table, functional)} AS VARCHAR) AS unit "
        f"FROM {table.name} AS row{joined}"
    )
