"""A schedule as a page shows it: its cells, the figures that they open, and what people said of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from close_library.report.reading_order import links_of
from close_library.report.said import OPEN, follow_up_of, is_items, remark_on
from close_library.report.wording import NUMERIC_KINDS, currency_of, kinds_of, show_in_column, show_name

WIDE_COLUMNS = 9
"""A schedule with more columns is printed on a page that lies."""


def schedule_of(
    id: str, table: Mapping[str, Any], document: Mapping[str, Any], said: Mapping[str, Any]
) -> dict[str, Any]:
    """A schedule with its cells as shown, the figure that a cell opens, and its lines' explanations or owners."""
    kinds = kinds_of(table)
    currency = currency_of(document)
    figures = document.get("figures") or {}
    links = links_of(table, figures)
    columns = [
        {"name": show_name(name), "number": kind in NUMERIC_KINDS, "style": _style(name, kind, table)}
        for name, kind in zip(table["columns"], kinds, strict=True)
    ]
    percents = {row for (row, _), id in links.items() if figures.get(id, {}).get("unit") == "percent"}
    rows = [
        [
            _cell(
                show_in_column(cell, "percent" if kind == "ratio" and row in percents else kind, name, currency),
                _opens(figures, links.get((row, column))),
            )
            for column, (cell, kind, name) in enumerate(zip(cells, kinds, table["columns"], strict=True))
        ]
        for row, cells in enumerate(table["rows"])
    ]
    more, beside = _said_beside(table, document, said)
    if more:
        columns += more
        rows = [row + beside.get(line, [_cell("") for _ in more]) for line, row in enumerate(rows)]
    in_all = table.get("total_rows") or len(rows)
    return {
        "id": id,
        "title": table.get("title") or id,
        "columns": columns,
        "rows": rows[:-1] if table.get("total_row") and rows else rows,
        "total": rows[-1] if table.get("total_row") and rows else None,
        "left_out": max(0, in_all - len(rows)),
        "in_all": in_all,
        "unit": currency if "money" in kinds else "",
        "wide": len(columns) > WIDE_COLUMNS,
    }


def _said_beside(
    table: Mapping[str, Any], document: Mapping[str, Any], said: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[int, list[dict[str, Any]]]]:
    """The columns that people fill in, and their cells by line; none where a schedule has no subject."""
    subjects = table.get("subjects") or []
    if not subjects:
        return [], {}
    if is_items(table):
        names, beside = ["owner", "action"], {}
        for line, subject, _ in subjects:
            follow_up = follow_up_of(said, subject)
            owner = follow_up.owner or "no owner is named"
            beside[line] = [
                _cell(owner, missing=not follow_up.owner),
                _cell(follow_up.action or "no action is named", missing=not follow_up.action, small=follow_up.said_by),
            ]
        return [_column(name) for name in names], beside
    wanted = {finding.get("subject") for finding in document.get("findings") or []}
    remarks = {line: (subject, remark_on(said, subject, currency_of(document))) for line, subject, _ in subjects}
    # A line below the threshold wants no explanation; one that is a finding says that it has none.
    return [_column("explanation")], {
        line: [_cell("" if remark.state == OPEN and subject not in wanted else remark.line, remark=remark)]
        for line, (subject, remark) in remarks.items()
    }


def _column(name: str) -> dict[str, Any]:
    return {"name": name, "number": False, "style": "said"}


def _cell(text: str, opens: str = "", **more: Any) -> dict[str, Any]:
    return {"text": text, "opens": opens, "remark": None, "missing": False, "small": "", **more}


def _style(name: str, kind: str, table: Mapping[str, Any]) -> str:
    if kind in NUMERIC_KINDS:
        return "number"
    if kind == "date":
        return "date"
    # An item's id is for the command line, not for reading.
    return "address" if name == "item" and _names_subjects(table) else ""


def _names_subjects(table: Mapping[str, Any]) -> bool:
    column: int = table["columns"].index("item")
    subjects: Sequence[Sequence[Any]] = table.get("subjects") or []
    return bool(subjects) and all(table["rows"][line][column] == subject for line, subject, _ in subjects)


def _opens(figures: Mapping[str, Any], id: str | None) -> str:
    """The figure that a cell opens, if it has source rows."""
    return id if id is not None and figures.get(id, {}).get("rows") is not None else ""
