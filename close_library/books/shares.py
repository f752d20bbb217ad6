"""Which rows of the books a scope sees, and their digests: a program sees its own, those linked with it and nobody's.

The company sees everything. Only plain values are known here, so that what must run again can be told without opening
the books.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from close_library.money import spell
from close_library.parameters import COMPANY

SCHEDULES = "schedules"
STAMP = "schedules.json"

NO_OWNER = "_none"
"""The name of the share of rows that no program owns."""

Owners = tuple[str, ...] | None
"""The programs whose rows a scope sees beside nobody's; None: everything."""


def owners_seen(manifest: Mapping[str, Any], program: str) -> Owners:
    """The programs whose rows are seen by a program; None for the company, and where the books don't say what is linked."""
    linked = manifest.get("linked")
    if program in ("", COMPANY) or linked is None:
        return None
    return tuple(sorted({program, *linked.get(program, ())}))


def seen(owners: Owners, column: str = "owner_program_id") -> str:
    """The condition in SQL that a row is seen."""
    return "true" if owners is None else f"({column} IN {_texts(owners)} OR {column} IS NULL)"


def said_seen(table: str, owners: Owners, program: str, ref: str) -> str:
    """The condition in SQL that a row of a table of SAID is seen: what was said or found of the program.

    Of explanations a workpaper sees those of itself, also those that were said for the company; of the rows that were signed
    those of itself.
    """
    wanted = _wanted(table, owners, program, ref)
    return " AND ".join(f"{column} IN {_texts(values)}" for column, values in wanted.items()) or "true"


def share_digests(by_owner: Mapping[str, str], owners: Owners) -> dict[str, str]:
    """Owner → digest of its rows, of the rows that are seen."""
    return {
        owner: digest for owner, digest in by_owner.items() if owners is None or owner in owners or owner == NO_OWNER
    }


def source_shares(manifest: Mapping[str, Any], tables: Iterable[str], owners: Owners) -> list[dict[str, Any]]:
    """The files from which the rows that are seen come: table, file, rows, control_total; files without any are left out."""
    found = []
    for name in tables:
        for source in manifest["tables"].get(name, {}).get("sources", []):
            shares = [
                share
                for owner, share in source.get("owners", {}).items()
                if owners is None or owner in owners or owner == NO_OWNER
            ]
            if shares:
                found.append({"table": name, "file": source["file"], **_summed(shares)})
    return found


def stored_schedules(books_dir: Path) -> dict[str, Any]:
    """What is said of each schedule that a run computed: what it was made from, its rows, their digests by owner."""
    try:
        stamp = json.loads((books_dir / SCHEDULES / STAMP).read_text(encoding="utf-8"))
        schedules: dict[str, Any] = stamp["schedules"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return schedules


def are_stored(books_dir: Path, key: str) -> bool:
    """Whether all schedules are there that a run computed under a key, whole."""
    folder = books_dir / SCHEDULES
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        return stamp["key"] == key and all(
            (folder / f"{name}.parquet").stat().st_size == schedule["bytes"]
            for name, schedule in stamp["schedules"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def said_digest(books_dir: Path, table: str, owners: Owners, program: str, ref: str) -> str:
    """The digest of the rows of a table of SAID that are seen (`said_seen`); empty where the run did not write it."""
    by_program = _said_rows(books_dir / f"{table}.parquet")
    if by_program is None:
        return ""
    wanted = _wanted(table, owners, program, ref)
    programs = wanted.pop("program", tuple(by_program))
    rows = [
        row
        for each in programs
        for row in by_program.get(each, ())
        if all(row[column] in values for column, values in wanted.items())
    ]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


_OF_ONE_WORKPAPER = ("said_explanations", "said_populations")
"""Tables of SAID of which a workpaper sees what is about itself."""


def _wanted(table: str, owners: Owners, program: str, ref: str) -> dict[str, tuple[str, ...]]:
    """Column → the values of which a row that is seen has one."""
    wanted: dict[str, tuple[str, ...]] = {}
    if owners is not None:
        wanted["program"] = (program, COMPANY) if table == "said_explanations" else (program,)
    if ref and table in _OF_ONE_WORKPAPER:
        wanted["ref"] = (ref,)
    return wanted


def _said_rows(path: Path) -> dict[str, list[dict[str, Any]]] | None:
    """Program → its rows of a table of SAID; None where there is no such file. A file that was replaced is read anew."""
    try:
        status = path.stat()
    except OSError:
        return None
    return _read_said_rows(path, status.st_ino, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=16)
def _read_said_rows(path: Path, *version: int) -> dict[str, list[dict[str, Any]]]:
    import pyarrow.parquet as pq

    by_program: dict[str, list[dict[str, Any]]] = {}
    for row in pq.ParquetFile(path).read().to_pylist():  # read_table, or a filter, would load pandas
        by_program.setdefault(row["program"], []).append(row)
    return by_program


def _summed(shares: list[dict[str, Any]]) -> dict[str, Any]:
    totals = [Decimal(share["control_total"]) for share in shares if share["control_total"] is not None]
    return {
        "rows": sum(share["rows"] for share in shares),
        "control_total": spell(sum(totals, Decimal(0))) if totals else None,
    }


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _texts(values: Iterable[str]) -> str:
    return "(" + ", ".join(map(_text, values)) + ")"
