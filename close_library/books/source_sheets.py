"""What an auditor asks of every file that the books rest on, answered from the sealed books and their manifest.

Information produced by the entity (IPE): before anybody relies on a report, somebody shows that it is complete and
accurate. For each source file: where it comes from and how it was read, which rows take part in the period and which do
not and why, control totals by currency, the tie-outs from the file to the sealed table, and rows to look up at home.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from close_library.books.opened import Books
from close_library.books.shares import NO_OWNER
from close_library.books.source_counts import columns_of, count_rows, sum_parts, witnesses_of
from close_library.books.source_parts import describe
from close_library.money import spell
from close_library.period import Period
from close_library.sources import SYSTEMS
from close_library.tables import TABLES, Table

Sheet = dict[str, Any]
_ORDER = ("looked_up", "period", "earlier", "undated", "status", "later")


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
    columns = columns_of(books, table)
    counted = count_rows(books, table, columns)
    parts = sum_parts(books, table, period, functional)
    witnesses = witnesses_of(books, table, columns)
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
