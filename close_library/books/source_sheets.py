"""What an auditor asks of every file that the books rest on, answered from the sealed books and their manifest.

Information produced by the entity (IPE): before anybody relies on a report, somebody shows that it is complete and
accurate. For each source file: where it comes from and how it was read, which rows take part in the period and which do
not and why, control totals by currency, the tie-outs from the file to the sealed table, and rows to look up at home.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from close_library.books.opened import Books
from close_library.books.shares import NO_OWNER
from close_library.books.source_parts import describe, rows_in_parts
from close_library.money import spell
from close_library.period import Period
from close_library.sources import SYSTEMS
from close_library.sources.cast import quoted
from close_library.tables import PROVENANCE, TABLES, Table

Sheet = dict[str, Any]
File = tuple[str, str]
"""System and file: what tells one source from another."""

_ORDER = ("looked_up", "period", "earlier", "undated", "status", "later")
_ADDED = ("owner_program_id", *PROVENANCE)


def source_sheets(books: Books, period: Period, functional: str) -> list[Sheet]:
    """One sheet for each source file of the books, by table and file; `books` are open for all tables.

    All values are text, exact, or counts; the same books give the same sheets.
    """
    held = [table for table in TABLES.values() if books.has(table.name)]
    paths = _paths(books.manifest)
    sheets = [sheet for table in held for sheet in _sheets_of(books, table, period, functional, paths)]
    return [{"no": f"S{number:02}", **sheet} for number, sheet in enumerate(sheets, 1)]


def _paths(manifest: Mapping[str, Any]) -> dict[str, str]:
    """System → the folders that it was read from, as the parameters name them."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in manifest["sources"]:
        found[source["system"]].append(source["path"])
    return {system: ", ".join(paths) for system, paths in found.items()}


def _sheets_of(books: Books, table: Table, period: Period, functional: str, paths: Mapping[str, str]) -> list[Sheet]:
    entry = books.manifest["tables"][table.name]
    columns = _columns_of(books, table)
    counted = _counted(books, table, columns)
    parts = _parts(books, table, period, functional)
    witnesses = _witnesses(books, table, columns)
    return [
        _sheet(table, entry, source, paths, columns, counted.get(key, {}), parts.get(key, {}), witnesses.get(key, []), period)
        for source in entry["sources"]
        for key in [(source["system"], source["file"])]
    ]  # fmt: skip


def _sheet(
    table: Table,
    entry: Mapping[str, Any],
    source: Mapping[str, Any],
    paths: Mapping[str, str],
    columns: list[tuple[str, str]],
    counted: Mapping[str, Any],
    amounts: Mapping[tuple[str, str], tuple[int, Decimal | None]],
    witnesses: list[dict[str, Any]],
    period: Period,
) -> Sheet:
    parts = _part_lines(amounts, period, bool(table.amount))
    in_books = counted.get("rows", 0)
    total = spell(counted.get("total") or Decimal(0)) if table.amount else None
    first, last = counted.get("first_line"), counted.get("last_line")
    owners = source.get("owners") or {}
    return {
        "table": table.name,
        "file": source["file"],
        "system": source["system"],
        "folder": paths.get(source["system"], ""),
        "sha256": source["sha256"],
        "extraction": {
            "form": _form(source["file"]),
            "reader": SYSTEMS[source["system"]].described if source["system"] in SYSTEMS else "",
            "extracted_at": None,
            "first_date": counted.get("first_date"),
            "last_date": counted.get("last_date"),
            "notices": list(source["notices"]),
        },
        "lines": {
            "first": first,
            "last": last,
            "without_a_row": None if first is None or last is None else last - first + 1 - in_books,
        },
        "rows": {
            "read": source["rows"],
            "in_books": in_books,
            "used": sum(each["rows"] for each in parts if each["used"]),
            "reported": sum(each["rows"] for each in parts if not each["used"]),
        },
        "summed_column": table.amount or None,
        "control_total": {"file": source["control_total"], "books": total},
        "parts": parts,
        "programs": [
            {"program": name, "rows": share["rows"], "control_total": share["control_total"]}
            for name, share in sorted(owners.items(), key=lambda each: (each[0] == NO_OWNER, each[0]))
        ],
        "tie_outs": _tie_outs(source, in_books, total, parts, owners),
        "columns": [
            {"column": name, "type": kind, "key": name in table.key, "filled": counted.get("filled", {}).get(name, 0)}
            for name, kind in columns
        ],
        "witnesses": witnesses,
        "retained": {"file": f"books/{entry['file']}", "sha256": entry["sha256"], "rows": entry["rows"], "bytes": entry["bytes"]},
    }  # fmt: skip


def _form(file: str) -> str:
    if "#" in file:
        return f"Excel workbook, sheet {file.rpartition('#')[2]}"
    ending = file.lower().removesuffix(".gz").rpartition(".")[2]
    return {"csv": "CSV file", "parquet": "Parquet file"}.get(ending, f"{ending} file") + (
        ", compressed" if file.lower().endswith(".gz") else ""
    )


def _columns_of(books: Books, table: Table) -> list[tuple[str, str]]:
    """The columns of a table as the books hold them, with their declared types; those beyond are text."""
    held = books.sql(f"SELECT * FROM {table.name} LIMIT 0").column_names
    declared = {column.name: column for column in table.columns}
    return [
        (name, declared[name].type if name in declared else "kept as text, not asked for")
        for name in held
        if name not in _ADDED
    ]


def _counted(books: Books, table: Table, columns: list[tuple[str, str]]) -> dict[File, dict[str, Any]]:
    """For each file: rows, lines, total, dates, and how many rows fill each column, counted in the sealed table."""
    dated, amount = quoted(table.date) if table.date else "NULL", quoted(table.amount) if table.amount else "NULL"
    filled = "".join(f", count({quoted(name)})" for name, _ in columns)
    query = (
        f"SELECT source_system, source_file, count(*), min(source_row), max(source_row), "
        f"CAST(sum({amount}) AS DECIMAL(38,6)), CAST(min({dated}) AS DATE), CAST(max({dated}) AS DATE){filled} "
        f"FROM {table.name} GROUP BY source_system, source_file"
    )
    return {
        (system, file): {
            "rows": rows,
            "first_line": first,
            "last_line": last,
            "total": total,
            "first_date": _text(earliest),
            "last_date": _text(latest),
            "filled": dict(zip([name for name, _ in columns], counts, strict=True)),
        }
        for system, file, rows, first, last, total, earliest, latest, *counts in _rows(books, query)
    }


def _parts(
    books: Books, table: Table, period: Period, functional: str
) -> dict[File, dict[tuple[str, str], tuple[int, Decimal | None]]]:
    """File → (part, currency or unit) → its rows and the sum of their amounts."""
    unit = "coalesce(unit, '')" if table.amount else "''"
    query = (
        f"SELECT source_system, source_file, part, {unit} AS its_unit, count(*), CAST(sum(amount) AS DECIMAL(38,6)) "
        f"FROM ({rows_in_parts(table, period, functional)}) GROUP BY ALL ORDER BY ALL"
    )
    found: dict[File, dict[tuple[str, str], tuple[int, Decimal | None]]] = defaultdict(dict)
    for system, file, part, its_unit, rows, total in _rows(books, query):
        found[system, file][part, its_unit] = rows, total
    return found


def _part_lines(
    amounts: Mapping[tuple[str, str], tuple[int, Decimal | None]], period: Period, totalled: bool
) -> list[dict[str, Any]]:
    lines = []
    for (part, unit), (rows, total) in sorted(
        amounts.items(), key=lambda each: (_ORDER.index(each[0][0].partition(":")[0]), each[0])
    ):
        words, used = describe(part, period)
        amount = spell(total or Decimal(0)) if totalled else None
        lines.append({"part": part, "words": words, "used": used, "unit": unit, "rows": rows, "amount": amount})
    return lines


def _tie_outs(
    source: Mapping[str, Any],
    in_books: int,
    total: str | None,
    parts: list[dict[str, Any]],
    owners: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """From the file to the sealed table to what is used: each pair was found in two ways."""
    in_parts = sum(part["rows"] for part in parts)
    in_shares = sum(share["rows"] for share in owners.values())
    counts = [
        ("rows", "Rows of the file = rows of the sealed table (no row was left out)", in_books),
        ("parts", "Rows of the file = rows used + rows reported", in_parts),
        ("programs", "Rows of the file = rows of the programs + rows of none", in_shares),
    ]
    ties = [_tie_out(id, label, Decimal(source["rows"]), Decimal(found), str) for id, label, found in counts]
    if total is not None:
        stated = Decimal(source["control_total"])
        summed = sum((Decimal(part["amount"]) for part in parts), Decimal(0))
        ties.append(_tie_out("total", "Control total of the file = of the sealed table", stated, Decimal(total), spell))
        label = "Control total of the file = all parts and currencies together"
        ties.append(_tie_out("currencies", label, stated, summed, spell))
    return ties


def _tie_out(
    id: str, label: str, per_file: Decimal, per_books: Decimal, spelled: Callable[[Decimal], str]
) -> dict[str, Any]:
    return {
        "id": id,
        "label": label,
        "per_file": spelled(per_file),
        "per_books": spelled(per_books),
        "difference": spelled(per_books - per_file),
        "agreed": per_books == per_file,
    }


def _witnesses(books: Books, table: Table, columns: list[tuple[str, str]]) -> dict[File, list[dict[str, Any]]]:
    """File → its first, last and largest row, whole: what somebody looks up in the source system."""
    largest = (
        f"arg_max(source_row, struct_pack(size := abs({quoted(table.amount)}), early := -source_row))"
        if table.amount
        else "NULL"
    )
    chosen: dict[File, dict[int, list[str]]] = {}
    for system, file, *lines in _rows(
        books,
        f"SELECT source_system, source_file, min(source_row), max(source_row), {largest} FROM {table.name} GROUP BY ALL",
    ):
        of_file: dict[int, list[str]] = chosen.setdefault((system, file), {})
        for word, line in zip(("first", "last", "largest"), lines, strict=True):
            if line is not None:
                of_file.setdefault(line, []).append(word)
    if not chosen:
        return {}
    wanted = sorted({line for lines in chosen.values() for line in lines})
    names = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name, _ in columns)
    query = (
        f"SELECT source_system, source_file, source_row, {names} FROM {table.name} "
        f"WHERE source_row IN ({', '.join(map(str, wanted))}) ORDER BY source_system, source_file, source_row"
    )
    found: dict[File, list[dict[str, Any]]] = defaultdict(list)
    for system, file, line, *values in _rows(books, query):
        if line in chosen[system, file]:
            shown = {name: _plain(value, kind) for (name, kind), value in zip(columns, values, strict=True)}
            held = {name: value for name, value in shown.items() if value is not None}
            found[system, file].append({"which": chosen[system, file][line], "line": line, "values": held})
    return found


def _plain(value: str | None, kind: str) -> str | None:
    """A value as a reader looks it up: no zeros that only the type of the column has added."""
    if value is None or kind not in ("money", "rate", "quantity"):
        return value
    return spell(Decimal(value)) if kind == "money" else spell(Decimal(value), "JPY")


def _rows(books: Books, query: str) -> list[tuple[Any, ...]]:
    table = books.sql(query)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def _text(day: date | datetime | None) -> str | None:
    return None if day is None else day.isoformat()[:10]
