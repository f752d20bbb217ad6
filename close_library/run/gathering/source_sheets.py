"""The sheets of a period's sources: what the books say of them, and what the period's workpapers say.

They are drawn again when the books, a workpaper that relies on a source, or what draws them has changed; else they stay.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from close_library.parameters import COMPANY
from close_library.run.files.atomic import file_digest, json_bytes, whole, write_json, write_whole

FORMAT, STEM = "ipe/1", "ipe"
HOME = "10"
"""The workpaper that proves the sources complete, all together."""

FILES = {ending: f"{STEM}.{ending}" for ending in ("html", "xlsx", "pdf", "json")}

_OF_ROWS = ("duplicate_key", "unknown_reference")
"""Findings of workpaper 10 that are about rows of one table."""


def write_source_sheets(
    period: Path, heading: Mapping[str, Any], documents: Sequence[tuple[Path, Mapping[str, Any]]], drawn_by: object
) -> None:
    """Write `ipe.json`, `ipe.html`, `ipe.xlsx` and `ipe.pdf` of a period, unless they are what they would become.

    `drawn_by`: the library and packages that draw them; `documents`: the workpapers of the period.
    """
    said = _of_workpapers(documents)
    made_from = [dict(heading), file_digest(period / "books" / "manifest.json"), said, repr(drawn_by)]
    key = hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()
    marker = period.parent / ".run" / f"{period.name}.ipe.json"
    if _read(marker) == {"key": key, "files": _digests(period)}:
        return
    from close_library.books import Books, source_sheets
    from close_library.period import Period
    from close_library.report.ipe import render_ipe_html, render_ipe_pdf, render_ipe_xlsx

    books = Books.open(period / "books")
    try:
        sheets = source_sheets(books, Period.parse(heading["period"]), heading["functional_currency"])
    finally:
        books.close()
    ipe = {
        "format": FORMAT,
        **{name: heading[name] for name in ("company", "company_name", "period", "period_end", "functional_currency")},
        "inputs": made_from[1],
        "completeness": said["completeness"],
        "sheets": [
            {
                **sheet,
                "relied_on_by": said["relied_on_by"].get(f"{sheet['table']}/{sheet['file']}", []),
                "found": said["found"].get(sheet["table"], []),
            }
            for sheet in sheets
        ],
    }
    write_whole(period / FILES["html"], render_ipe_html(ipe))
    with whole(period / FILES["xlsx"]) as part:
        render_ipe_xlsx(ipe, part)
    write_whole(period / FILES["pdf"], render_ipe_pdf(ipe))
    write_whole(period / FILES["json"], json_bytes(ipe))
    write_json(marker, {"key": key, "files": _digests(period)})


def read_source_sheets(period: Path) -> dict[str, Any] | None:
    """The sheets of a period's sources as data; None where they were never written."""
    found = _read(period / FILES["json"])
    return found if isinstance(found, dict) else None


def _of_workpapers(documents: Sequence[tuple[Path, Mapping[str, Any]]]) -> dict[str, Any]:
    """What workpapers say of the sources: who relies on which file, and what workpaper 10 proved and found."""
    relied: dict[str, set[str]] = {}
    completeness: dict[str, Any] = {"page": "", "tie_outs": []}
    found: dict[str, list[dict[str, Any]]] = {}
    for path, document in documents:
        for source in document.get("sources") or []:
            relied.setdefault(f"{source['table']}/{source['file']}", set()).add(document["ref"])
        if document["ref"] == HOME and document["program"] == COMPANY and document["status"] in ("agreed", "open"):
            page = f"{path.parent.name}/{path.stem}.html"
            completeness = {"page": page, "tie_outs": document["tie_outs"]}
            found = _found(document)
    return {
        "relied_on_by": {source: sorted(refs) for source, refs in sorted(relied.items())},
        "completeness": completeness,
        "found": found,
    }


def _found(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Table → the findings about its rows: how many, and the first in words."""
    of_rows = [each for each in document["findings"] if each["finding"] in _OF_ROWS]
    counts = Counter((next(iter(each["keys"])), each["finding"]) for each in of_rows)
    found: dict[str, list[dict[str, Any]]] = {}
    for (table, finding), count in sorted(counts.items()):
        first = next(each for each in of_rows if each["finding"] == finding and next(iter(each["keys"])) == table)
        found.setdefault(table, []).append({"finding": finding, "count": count, "first": first["message"]})
    return found


def _digests(period: Path) -> dict[str, str]:
    return {file: file_digest(period / file) for file in FILES.values() if (period / file).is_file()}


def _read(marker: Path) -> object:
    try:
        return json.loads(marker.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
