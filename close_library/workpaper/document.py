"""The workpaper as data: the fixed format `workpaper/1`, whose JSON schema stands beside this module.

Amounts are exact text. A table holds at most 1,000 rows; the rest is in the rows file. Figures with more rows than that file
takes are named in `rows.left_out`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from close_library.money import spell

if TYPE_CHECKING:
    import pandas as pd

    from close_library.evidence import Chart, Figure, Finding, Part, Table, TieOut

FORMAT = "workpaper/1"
TABLE_ROWS_AT_MOST = 1000

NOT_SIGNED = ("sources", "inputs")
"""Keys of a document that a sign-off does not cover: a file holds rows of all programs, and each has a document of its own;
a new version of the library that computes the same leaves what was signed as it was."""

_SEVERITIES = ("error", "warning", "info")


def document_digest(document: Mapping[str, Any]) -> str:
    """The sha256 that a sign-off and a workbook are bound to: of all that the document says of the books."""
    signed = {key: value for key, value in document.items() if key not in NOT_SIGNED}
    if "parameters" in signed:  # the line in which a parameter stands may move
        signed["parameters"] = [[each["key"], each["value"]] for each in signed["parameters"]]
    text = json.dumps(signed, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def status_of(tie_outs: list[TieOut], findings: list[Finding]) -> str:
    """`open` when a tie-out disagrees or an error or a warning was found, else `agreed`."""
    disagree = any(not tie_out.agreed for tie_out in tie_outs)
    return "open" if disagree or any(f.severity in ("error", "warning") for f in findings) else "agreed"


def figure_data(figure: Figure, of: str, currency: str) -> dict[str, Any]:
    """A figure as data; `rows` is how many source rows make it up, null for a ratio."""
    said = {"convention": figure.convention, "formula": figure.formula}
    return {
        "label": figure.label,
        "amount": value_text(figure.amount, currency if figure.unit not in ("rows", "total") else "JPY"),
        "unit": figure.unit,
        "of": of,
        "rows": figure.population.count if figure.population else None,
        **{key: text for key, text in said.items() if text},
    }


def rows_data(file: str, sha256: str, left_out: Mapping[str, int]) -> dict[str, Any]:
    """The rows file as data; `left_out` names the figures whose rows are too many to be copied, with their number."""
    return {"file": file, "sha256": sha256, **({"left_out": dict(left_out)} if left_out else {})}


def tie_out_data(tie_out: TieOut, currency: str, figures: Mapping[str, Figure]) -> dict[str, Any]:
    """A tie-out as data, its difference per books − per workpaper; a side that is a figure of the workpaper names it."""
    currency = currency if not tie_out.unit else "JPY"
    sides = {"per_workpaper_figure": tie_out.workpaper_figure, "per_books_figure": tie_out.books_figure}
    formulas = {"per_workpaper_formula": tie_out.workpaper_formula, "per_books_formula": tie_out.books_formula}
    return {
        **{key: figure.id for key, figure in sides.items() if figure and figures.get(figure.id) is figure},
        **{key: text for key, text in formulas.items() if text},
        "id": tie_out.id,
        "label": tie_out.label,
        "per_workpaper": spell(tie_out.per_workpaper, currency),
        "per_books": spell(tie_out.per_books, currency),
        "difference": spell(tie_out.difference, currency),
        "tolerance": spell(tie_out.tolerance, currency),
        "agreed": tie_out.agreed,
        "tick": tie_out.tick,
        **({"unit": tie_out.unit} if tie_out.unit else {}),
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding as data."""
    return {
        "finding": finding.finding,
        "severity": finding.severity,
        "amount": None if finding.amount is None else spell(finding.amount, finding.currency),
        "currency": finding.currency,
        "keys": {table: list(keys) for table, keys in finding.keys.items()},
        "message": finding.message,
        "status": finding.status,
        "subject": finding.subject,
    }


def in_order(findings: list[Finding]) -> list[Finding]:
    """Errors first, then by kind and key."""
    return sorted(findings, key=lambda f: (_SEVERITIES.index(f.severity), f.finding, str(dict(f.keys))))


def table_data(table: Table, currency: str) -> dict[str, Any]:
    """A schedule as data: its columns with their types, its rows as text, the cells that show a figure."""
    frame = table.frame
    rows = [[value_text(value, currency) for value in row] for row in frame.itertuples(index=False, name=None)]
    kept = list(range(len(rows)))[:TABLE_ROWS_AT_MOST]
    if table.total_row and kept:
        kept[-1] = len(rows) - 1
    places = {row: place for place, row in enumerate(kept)}
    links = [[places[row], column, id] for row, column, id in table.links if row in places]
    subjects = [[places[row], subject, rows[row][column]] for row, subject, column in table.subjects if row in places]
    return {
        "title": table.title,
        "columns": [str(column) for column in frame.columns],
        "types": [table.types.get(str(column)) or _type_of(frame[column]) for column in frame.columns],
        "rows": [rows[row] for row in kept],
        "total_row": table.total_row,
        "links": links,
        "total_rows": len(rows),
        **({"subjects": subjects} if subjects else {}),
        **_live(table, places),
    }


def _live(table: Table, places: Mapping[int, int]) -> dict[str, Any]:
    """How cells follow from figures, rows and each other, as far as they are declared."""
    formulas = [[places[row], column, text] for row, column, text in table.formulas if row in places]
    parts = [_part_data(part, places) for part in table.parts]
    found = {"relations": dict(table.relations), "formulas": formulas, "parts": parts}
    return {key: value for key, value in found.items() if value}


def _part_data(part: Part, places: Mapping[int, int]) -> dict[str, Any]:
    data = {
        "column": part.column,
        "figures": list(part.figures),
        "by": dict(part.by),
        "where": dict(part.where),
        "counts": part.counts,
        "table": part.table,
        "of": list(part.of),
        "unless": [list(pair) for pair in part.unless],
    }
    lines = {} if part.lines is None else {"lines": [places[line] for line in part.lines if line in places]}
    return {key: value for key, value in data.items() if value} | lines


def chart_data(chart: Chart) -> dict[str, Any]:
    """A picture as data."""
    return {"id": chart.id, "kind": chart.kind, "title": chart.title, "unit": chart.unit, "data": chart.data}


def parameter_data(values: Mapping[str, Any], keys: Iterable[str]) -> list[dict[str, str]]:
    """The parameters that were read, each as text; in which file they stand is laid over by the run."""
    return [{"key": key, "value": _setting_text(values, key), "origin": ""} for key in sorted(keys)]


def value_text(value: Any, currency: str) -> str | None:
    """A cell as text: amounts exact, dates ISO, nothing for what is missing."""
    if _is_missing(value):
        return None
    if isinstance(value, Decimal):
        return spell(value, currency)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    assert not isinstance(value, float), "money never passes through a binary float"
    return str(value)


def _is_missing(value: Any) -> bool:
    """None, or what pandas puts in its place."""
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _type_of(column: pd.Series[Any]) -> str:
    for value in column:
        if _is_missing(value):
            continue
        if isinstance(value, Decimal):
            return "money"
        if isinstance(value, date):
            return "date"
        return "int" if isinstance(value, int) and not isinstance(value, bool) else "text"
    kind = str(column.dtype)
    return "money" if kind.startswith("decimal") else "date" if kind.startswith("date") else "text"


def _setting_text(values: Mapping[str, Any], dotted: str) -> str:
    value: Any = values
    for part in dotted.split("."):
        value = value[part]
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(
            " ".join(str(item) for item in entry.values()) if isinstance(entry, dict) else str(entry) for entry in value
        )
    return str(value).lower() if isinstance(value, bool) else str(value)
