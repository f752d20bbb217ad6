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


def _by_number(id: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"[0-9]+|[^0-9]+", id)]
