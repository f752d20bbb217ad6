"""The staged files of all tables as SQL relations, in the order of sources, then of file name."""

from __future__ import annotations

from collections.abc import Sequence

from close_library.sources import Extract
from close_library.sources.cast import literal, quoted
from close_library.tables import PROVENANCE, TABLES, Table


def unknown_columns(extracts: Sequence[Extract]) -> list[str]:
    """The columns that files of a table have beyond its declared ones, in the order of their first appearance.

    Names that differ only in capitals are one column, spelled as it came first.
    """
    names: dict[str, str] = {}
    for extract in extracts:
        for name in extract.unknown:
            names.setdefault(name.lower(), name)
    return list(names.values())


def relation(table: Table, extracts: Sequence[Extract]) -> str:
    """All rows of a table: declared columns, unknown ones, provenance, and `_file`, the number of the file."""
    unknown = unknown_columns(extracts)
    if not extracts:
        return _empty(table)
    parts = []
    for number, extract in enumerate(extracts):
        has = {name.lower(): name for name in extract.unknown}
        kept = [
            f"{quoted(has[name.lower()])} AS {quoted(name)}"
            if name.lower() in has
            else f"CAST(NULL AS VARCHAR) AS {quoted(name)}"
            for name in unknown
        ]
        columns = [*(quoted(c.name) for c in table.columns), *kept]
        parts.append(
            f"SELECT {', '.join(columns)}, {literal(extract.raw.system)} AS source_system, "
            f"{literal(extract.raw.file)} AS source_file, source_row, {number} AS _file "
            f"FROM read_parquet({literal(str(extract.staged))})"
        )
    return f"({' UNION ALL '.join(parts)})"


def _empty(table: Table) -> str:
    return f"(SELECT {typed_nulls(table)}, CAST(NULL AS INTEGER) AS _file WHERE false)"


def typed_nulls(table: Table) -> str:
    """The columns of a table that the sources lack, of the right types."""
    columns = [f"CAST(NULL AS {c.sql_type}) AS {quoted(c.name)}" for c in table.columns]
    kinds = ("VARCHAR", "VARCHAR", "BIGINT")
    columns += [f"CAST(NULL AS {kind}) AS {name}" for name, kind in zip(PROVENANCE, kinds, strict=True)]
    return ", ".join(columns)


def relations(extracts: Sequence[Extract]) -> dict[str, str]:
    """Table name → its relation, for every canonical table."""
    return {name: relation(table, [e for e in extracts if e.raw.table == name]) for name, table in TABLES.items()}
