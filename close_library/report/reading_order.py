"""The order in which a reader meets tables and figures: a document as JSON keeps none.

Tables stand by their number; figures as the schedules show them, then the rest as the document has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


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


def _by_number(id: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"[0-9]+|[^0-9]+", id)]
