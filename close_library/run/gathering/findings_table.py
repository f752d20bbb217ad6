"""The table `findings` of the books: what the workpapers of a period found, for those that run last (90 and 91).

Written between the two stages of a run from the documents that are there, so that a run of one tracker alone reads those of the
run before. A finding of the company and of a program stands once, with the program that it concerns; one that only the company
raises (a late task, a journal) stands with the program that owns its row. Sorted, so equal findings give equal bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from close_library.accounting.tracker.open_points import NO_CONCLUSION, TIE_OUT
from close_library.books import Books
from close_library.money import show
from close_library.parameters import COMPANY
from close_library.run.gathering.index import documents_of, identity_of
from close_library.run.planning.plan import folder_of
from close_library.run.said.said_tables import write_said_tables
from close_library.tables import SAID, TABLES
from close_library.workpaper.notebook import Workpaper

Row = dict[str, str | None]
Identity = tuple[str, ...]


def write_findings(period: Path, workpapers: Iterable[Workpaper], programs: Collection[str]) -> None:
    """Write `books/findings.parquet` from the documents of the workpapers and programs that the period still has."""
    stems = {each.stem for each in workpapers if not each.runs_last}
    folders = {COMPANY, *map(folder_of, programs)}
    documents = [
        document for path, document in documents_of(period) if path.stem in stems and path.parent.name in folders
    ]
    books = period / "books"
    rows = _each_once(row for document in documents for row in rows_of(document))
    owners = _owners_of(books, rows)
    owned = [{**row, "program": _concerns(row, owners, programs)} for row in rows]
    columns = tuple(SAID["findings"])
    lines = [tuple(row[column] for column in columns) for row in owned]
    write_said_tables(books, {"findings": sorted(lines, key=lambda line: [cell or "" for cell in line])})


def rows_of(document: Mapping[str, Any]) -> Iterator[tuple[Identity, Row]]:
    """What is open in a document: its findings, its tie-outs that do not agree, and that it has no conclusion.

    Each with what makes it the same one, whoever raised it; tie-outs and failures are each scope's own.
    """
    ref, program = document["ref"], document["program"]
    place = {"program": document["program"], "ref": document["ref"], "title": document["title"]}
    currency = document.get("functional_currency") or ""
    for each in document.get("findings") or []:
        table, keys = next(iter(each["keys"].items()))
        yield (
            identity_of(ref, each),
            {
                **place,
                **{name: each[name] for name in ("finding", "severity", "amount", "message", "status")},
                "currency": each.get("currency") or "",
                "known_table": table,
                "known_key": keys[0],
            },
        )
    own = {**place, "severity": "error", "currency": currency}
    for each in document.get("tie_outs") or []:
        if not each["agreed"]:
            amount = None if each.get("unit") else each["difference"]
            yield (ref, TIE_OUT, each["id"], program), {
                **own, "finding": TIE_OUT, "amount": amount, "known_table": "tie_outs", "known_key": each["id"],
                "message": _sides(each, currency), "status": "open",
            }  # fmt: skip
    if document["status"] == "failed":
        yield (ref, NO_CONCLUSION, program), {
            **own, "finding": NO_CONCLUSION, "amount": None, "known_table": "workpapers", "known_key": ref,
            "message": f"No conclusion: {_reason(document)}", "status": "failed",
        }  # fmt: skip


def _sides(tie_out: Mapping[str, Any], currency: str) -> str:
    """A tie-out in one sentence: money with its cents, what is counted without any."""
    unit = "JPY" if tie_out.get("unit") else currency
    sides = [show(Decimal(tie_out[side]), unit) for side in ("per_workpaper", "per_books")]
    return f"{tie_out['label']}: per workpaper {sides[0]}, per books {sides[1]}."


def _reason(document: Mapping[str, Any]) -> str:
    error = document.get("error") or ""
    lines = str(error.get("message", "") if isinstance(error, Mapping) else error).strip().splitlines()
    return lines[0] if lines else "it says no reason."


def _each_once(rows: Iterable[tuple[Identity, Row]]) -> list[Row]:
    """The company's finding falls away where a program raises the same."""
    by_identity: dict[Identity, dict[str, Row]] = defaultdict(dict)
    for identity, row in rows:
        by_identity[identity].setdefault(str(row["program"]), row)
    kept: list[Row] = []
    for raised in by_identity.values():
        of_programs = [row for program, row in raised.items() if program != COMPANY]
        kept += of_programs or raised.values()
    return kept


def _concerns(row: Row, owners: Mapping[str, Mapping[str, str]], programs: Collection[str]) -> str:
    """The program that a row concerns: the one that raised it, else the one that owns what it is known by, else none."""
    raised_by, table, key = str(row["program"]), str(row["known_table"]), str(row["known_key"])
    if raised_by != COMPANY:
        return raised_by
    if table == "gl_accounts":  # known by account and program: `4000:atlas`
        program = key.rpartition(":")[2]
        return program if program in programs else COMPANY
    return owners.get(table, {}).get(key, COMPANY)


def _owners_of(books: Path, rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Table → key → owner, of what only the company raised."""
    asked: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["program"] == COMPANY and row["known_table"] in TABLES:
            asked[str(row["known_table"])].add(str(row["known_key"]))
    if not asked:
        return {}
    with closing(Books.open(books, (), sorted(asked))) as opened:
        return {table: _owners(opened, table, keys) for table, keys in asked.items()}


def _owners(books: Books, table: str, keys: Collection[str]) -> dict[str, str]:
    """Key → the one program that owns its rows. A key is the table's, joined by colons, or its first part."""
    columns = TABLES[table].key
    whole = " || ':' || ".join(f"CAST({column} AS VARCHAR)" for column in columns)
    asked = books.take("asked_keys", pa.table({"asked": sorted(keys)}))
    rows = books.sql(
        f"""
        SELECT asked, min(owner_program_id) AS owner
        FROM {asked} JOIN {table} ON asked = {whole} OR asked = CAST({columns[0]} AS VARCHAR)
        GROUP BY asked HAVING count(DISTINCT owner_program_id) = 1
        """
    ).to_pylist()
    return {row["asked"]: row["owner"] for row in rows}
