"""Casting text to declared types in SQL, and finding the cells that can't be cast, in one scan."""

from __future__ import annotations

from collections.abc import Set

from close_library.tables import TABLES, Column, Table

_NUMBERS = {
    "money": r"[+-]?(0*\d{1,18}(\.\d{1,4}0*)?|\.\d{1,4}0*)",
    "rate": r"[+-]?(0*\d{1,18}(\.\d{1,12}0*)?|\.\d{1,12}0*)",
    "quantity": r"[+-]?(0*\d{1,18}(\.\d{1,6}0*)?|\.\d{1,6}0*)",
    "int": r"[+-]?0*\d{1,18}(\.0+)?",
}
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIMESTAMP = _DATE + r"([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?"
_BLANKS = " \t\r\n"

_SIGNS = {
    "invoices": (
        "total_amount",
        "CASE document_type WHEN 'invoice' THEN total_amount < 0 WHEN 'credit_memo' THEN total_amount > 0 END",
    ),
    "fx_rates": ("rate", "rate <= 0"),
}
"""Table → the column whose sign is checked, and when it is wrong."""


def quoted(name: str) -> str:
    """A column's name in SQL, whatever stands in it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def cast_query(table_name: str, positions: dict[str, int], relation: str, typed: Set[int] = frozenset()) -> str:
    """The SQL that casts text rows to a table.

    `relation` has columns c0, c1, … and `line`; `positions` says where each named column is; those in `typed` hold nothing
    but values of the declared type. Gives the
    declared columns (NULL where the file lacks one), the unknown ones as text, `source_row`, and `_faults`:
    NULL for a good row, else a list of {at, kind, value}, at being the position among the declared columns.
    """
    table = TABLES[table_name]
    declared = [c for c in table.columns if c.name in positions]
    unknown = [name for name in positions if not table.column(name)]
    as_they_are = {c.name for c in declared if positions[c.name] in typed}
    texts = [
        f"c{positions[c.name]} AS t{n}" if c.name in as_they_are else f"{_text(c, positions[c.name])} AS t{n}"
        for n, c in enumerate(table.columns)
        if c.name in positions
    ]
    texts += [f"{_kept(positions[name])} AS u{n}" for n, name in enumerate(unknown)]
    cast = [
        f"{_typed(c, f't{n}', c.name in as_they_are) if c.name in positions else f'CAST(NULL AS {c.sql_type})'} "
        f"AS {quoted(c.name)}"
        for n, c in enumerate(table.columns)
    ]
    faulty = [_faulty(c, n, c.name in as_they_are) for n, c in enumerate(table.columns) if c in declared]
    signs = _sign_faults(table, positions)
    checks = [f"CASE WHEN {check} THEN {entry} END" for check, entry in faulty + signs]
    wrong = " OR ".join(check for check, _ in faulty + signs) or "false"
    faults = f"CASE WHEN {wrong} THEN [{', '.join(checks)}] END" if checks else "NULL"
    kept = "".join(f", u{n} AS {quoted(name)}" for n, name in enumerate(unknown))
    return (
        f"WITH texts AS (SELECT {', '.join([*texts, 'line'])} FROM {relation}), "
        f"typed AS (SELECT *, {', '.join(cast)} FROM texts) "
        f"SELECT {', '.join(quoted(c.name) for c in table.columns)}{kept}, line AS source_row, {faults} AS _faults "
        "FROM typed"
    )


def _kept(position: int) -> str:
    """Text as it stands; nothing but blanks is no text."""
    # Only text below '!' can be all blanks, and trimming every cell costs more than casting it.
    cell = f"c{position}"
    return f"CASE WHEN {cell} >= '!' THEN {cell} WHEN trim({cell}, {literal(_BLANKS)}) = '' THEN NULL ELSE {cell} END"


def _text(column: Column, position: int) -> str:
    """Blanks around a number, a date or a fixed word mean nothing; in other text they stay."""
    if column.type == "text" and not column.words:
        return _kept(position)
    return f"nullif(trim(c{position}), '')"


def _typed(column: Column, text: str, as_it_is: bool) -> str:
    if as_it_is:
        return f"CAST({text} AS {column.sql_type})"
    if column.type == "text":
        return text
    if column.type == "timestamp":
        return f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
    return f"TRY_CAST({text} AS {column.sql_type})"


def _valid(column: Column, text: str) -> str:
    if column.words:
        return f"{text} IN ({', '.join(literal(word) for word in column.words)})"
    if column.type == "date":
        return _valid_date(text, _DATE, f"TRY_CAST({text} AS DATE)")
    if column.type == "timestamp":
        return _valid_date(text, _TIMESTAMP, f"TRY_CAST({text} AS TIMESTAMPTZ)")
    if column.type == "bool":
        return f"lower({text}) IN ('true', 'false')"
    if column.type in _NUMBERS:
        return f"regexp_full_match({text}, {literal(_NUMBERS[column.type])})"
    return "true"


def _valid_date(text: str, pattern: str, cast: str) -> str:
    return (
        f"({text} IS NULL OR {text} >= '0001' AND regexp_full_match({text}, {literal(pattern)}) AND {cast} IS NOT NULL)"
    )


def _faulty(column: Column, number: int, as_it_is: bool) -> tuple[str, str]:
    """When a cell is faulty, and what to note then."""
    text = f"t{number}"
    wrong = "false" if column.type == "text" and not column.words else f"NOT coalesce({_valid(column, text)}, true)"
    if as_it_is:
        in_range = f"coalesce({text} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31', true)"
        wrong = f"NOT {in_range}" if column.type == "date" else "false"
    kind = "'value'"
    if not column.optional:
        wrong = f"({text} IS NULL OR {wrong})"
        kind = f"CASE WHEN {text} IS NULL THEN 'empty' ELSE 'value' END"
    return wrong, f"{{'at': {number}, 'kind': {kind}, 'value': left(CAST({text} AS VARCHAR), 60)}}"


def _sign_faults(table: Table, positions: dict[str, int]) -> list[tuple[str, str]]:
    if table.name not in _SIGNS:
        return []
    name, wrong = _SIGNS[table.name]
    if name not in positions:
        return []
    number = table.column_names.index(name)
    entry = f"{{'at': {number}, 'kind': 'sign', 'value': left(CAST(t{number} AS VARCHAR), 60)}}"
    return [(f"coalesce({wrong}, false)", entry)]
