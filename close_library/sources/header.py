"""The header of a file against the declared columns of its table."""

from __future__ import annotations

from collections.abc import Sequence

from close_library.sources.extract import RESERVED
from close_library.sources.faults import FileFaults, listed, nearest
from close_library.tables import TABLES, Table


def check_header(names: Sequence[str], faults: FileFaults, line: int | None = 1) -> dict[str, int]:
    """Column name → position in the file, for each column that can be read; what is wrong goes to the faults.

    A missing required column, a column without a name, a name used twice or reserved are faults.
    """
    table = TABLES[faults.raw.table]
    positions: dict[str, int] = {}
    taken: dict[str, str] = {}
    for position, name in enumerate(names):
        folded = name.lower()
        if not name:
            faults.add(
                line,
                f"column {position + 1}",
                "no name",
                "a name for each column",
                "name the column, or delete it",
                position=position,
            )
        elif folded in taken:
            faults.add(
                line,
                name,
                f"{taken[folded]} and {name}" if taken[folded] != name else "the name twice",
                "each column once, capitals or not",
                "delete or rename one of them",
                position=position,
            )
        elif folded in RESERVED:
            faults.add(
                line,
                name,
                "a name that loading gives to its own column",
                "another name",
                "delete or rename the column",
                position=position,
            )
        else:
            positions[name] = position
        taken.setdefault(folded, name)
    _check_missing(table, positions, faults, line)
    return positions


def _check_missing(table: Table, positions: dict[str, int], faults: FileFaults, line: int | None) -> None:
    unknown = [name for name in positions if not table.column(name)]
    for name in table.required:
        if name in positions:
            continue
        near = nearest(name, [u.lower() for u in unknown])
        meant = next((u for u in unknown if u.lower() == near), "")
        unknown = [u for u in unknown if u != meant]
        found = f"no such column, but {meant}" if meant else "no such column"
        do = f"rename {meant} to {name}" if meant else "add the column"
        faults.add(line, name, found, f"a column {name} in {table.name}", do, position=len(positions))


def unknown_notice(table: Table, unknown: Sequence[str]) -> list[str]:
    """What to say about columns that the table does not declare; they are kept as text."""
    if not unknown:
        return []
    spelled = []
    for name in unknown:
        near = nearest(name, table.column_names)
        spelled.append(f"{name} (like {near})" if near else name)
    word = "column" if len(unknown) == 1 else "columns"
    return [f"unknown {word} kept as text: {listed(spelled)}"]
