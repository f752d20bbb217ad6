"""The order in which a reader meets sections, tables, pictures and figures: a document as JSON keeps none.

Tables stand by their number; figures as the schedules show them, then the rest as the document has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from close_library.report.wording import show_name


@dataclass(frozen=True)
class Section:
    """A section of a page: what it is called, and what its table is."""

    title: str
    caption: str = ""


SECTIONS = {
    "tie_outs": Section("Tie-outs", "Amounts that must agree; difference = per books − per workpaper"),
    "findings": Section("Findings", "What a person must look at, gravest first"),
    "figures": Section("Figures", "Figures of this workpaper"),
    "purpose": Section("Purpose"),
    "sources": Section("Sources", "Files that were read"),
    "procedure": Section("Procedure"),
    "results": Section("Results"),
    "others": Section(""),
    "conclusion": Section("Conclusion"),
    "parameters": Section("Parameters", "Settings in force, and where each was set"),
    "addresses": Section("Where the figures come from", "Lines of the source files behind each figure"),
    "code": Section("Code"),
}
"""The sections of a page, as most workpapers have them; those that only a notebook of its own has are its `others`."""

PROSE = ("purpose", "sources", "procedure", "tie_outs", "findings", "results", "conclusion")
"""Sections of a notebook that have their place on the page."""


def sections_of(document: Mapping[str, Any]) -> list[str]:
    """The sections in the order in which they are read: the answers, where there are any, then how they came about.

    A workpaper that sums up others is read from what is open, and its figures stand last.
    """
    answers = ["findings", "results", "tie_outs"] if leads(document) else ["tie_outs", "findings"]
    rest = [name for name in SECTIONS if name not in answers]
    if figures_last(document):
        rest.remove("figures")
        rest.insert(rest.index("conclusion") + 1, "figures")
    return [*answers, *rest] if document["status"] in ("agreed", "open") else rest


def other_sections(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Titles and texts of the sections that only this notebook has."""
    sections = document.get("sections") or {}
    titles = {name: show_name(name) for name in sections if name not in PROSE}
    return [(title[:1].upper() + title[1:], sections[name]) for name, title in titles.items()]


def tables_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The schedules by number: 30.2 before 30.10."""
    tables = document.get("tables") or {}
    return {id: tables[id] for id in sorted(tables, key=_by_number)}


def figures_of(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The figures, first those that a schedule shows, in its order."""
    figures = document.get("figures") or {}
    shown = [link[2] for table in tables_of(document).values() for link in sorted(table.get("links") or [])]
    return {id: figures[id] for id in dict.fromkeys([*shown, *figures]) if id in figures}


def links_of(table: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]]) -> dict[tuple[int, int], str]:
    """The figure that a cell shows: as the document says, else where a line is called as one figure and has its amount."""
    labels: dict[str, list[str]] = {}
    for id, figure in figures.items():
        labels.setdefault(figure["label"], []).append(id)
    links: dict[tuple[int, int], str] = {}
    for line, cells in enumerate(table["rows"]):
        named = labels.get(cells[0] or "", []) if cells else []
        if len(named) == 1 and figures[named[0]]["amount"] is not None:
            amount = figures[named[0]]["amount"]
            links |= {(line, column): named[0] for column, text in enumerate(cells) if column and text == amount}
    return links | {(line, column): figure for line, column, figure in table.get("links") or []}


def leads(document: Mapping[str, Any]) -> bool:
    """Whether a workpaper sums up the others: it quotes what they found, and is read from its schedules, not its figures."""
    return open_in_period(document) is not None


FIGURES_FIRST = 30
"""So many figures stand before the results; more of them would hide the results, and stand behind the conclusion."""


def figures_last(document: Mapping[str, Any]) -> bool:
    """Whether the list of figures stands after the conclusion: where it is long, and in a workpaper that sums up others."""
    return leads(document) or len(document.get("figures") or {}) > FIGURES_FIRST


def open_in_period(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a workpaper that quotes the others says is open: `table` and the sums of OPEN; None for all other workpapers."""
    if document.get("findings"):
        return None
    for id, table in tables_of(document).items():
        if set(OPEN) <= set(table["columns"]):
            rows = table["rows"][-1:] if table.get("total_row") else table["rows"]
            places = [table["columns"].index(name) for name in OPEN]
            sums = [sum(int(row[place] or 0) for row in rows) for place in places]
            return {"table": id, **dict(zip(OPEN, sums, strict=True))}
    return None


def results_of(document: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Schedules and pictures in reading order, as (`table` or `chart`, its place).

    By number, the pictures last; a workpaper that sums up others shows what is open, then the programs, then how the months
    went with the pictures, then the rest.
    """
    tables, charts = (
        list(tables_of(document).values()),
        [("chart", n) for n in range(len(document.get("charts") or []))],
    )
    if not leads(document):
        return [*(("table", place) for place in range(len(tables))), *charts]
    ranked = sorted(range(len(tables)), key=lambda place: (_rank(tables, place), place))
    trends = max((number for number, place in enumerate(ranked) if "month" in tables[place]["columns"]), default=-1)
    in_order = [("table", place) for place in ranked]
    return [*in_order[: trends + 1], *charts, *in_order[trends + 1 :]]


OPEN = ("errors", "warnings", "tie_outs", "no_conclusion")
"""Columns of a schedule that says what is open in a period."""


def _rank(tables: Sequence[Mapping[str, Any]], place: int) -> int:
    columns = set(tables[place]["columns"])
    if set(OPEN) <= columns:
        first = next(number for number, table in enumerate(tables) if set(OPEN) <= set(table["columns"]))
        return 0 if place == first else 9
    if {"severity", "message"} <= columns:
        return 1
    return 2 if "program" in columns else 3 if "month" in columns or place < 3 else 4


def _by_number(id: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"[0-9]+|[^0-9]+", id)]
