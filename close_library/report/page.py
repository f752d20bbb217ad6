"""What a page shows, in the order in which it is read: from the document to plain values for the template.

Identification, tie-outs and findings first; then figures, purpose, sources, procedure, results, conclusion; at the
end the parameters, where the figures come from, and the code. The template decides how it looks, nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from close_library.evidence import TICKS
from close_library.report import CodeCell
from close_library.report.charts import alternative_text, data_uri, title_of
from close_library.report.embedded import embed
from close_library.report.prose import prose
from close_library.report.reading_order import figures_of, tables_of
from close_library.report.rows_file import RowsFile
from close_library.report.wording import (
    NUMERIC_KINDS,
    SEVERITY,
    STATUS,
    address_of,
    count_of,
    currency_of,
    error_text,
    identification,
    show_amount,
    show_cell,
    show_keys,
    show_name,
    show_program,
)

FINDINGS_AT_MOST = 1_000
"""Findings of one page; the workbook's sheet Findings holds all."""

PLACED = frozenset({"purpose", "sources", "procedure", "tie_outs", "findings", "results", "conclusion"})
"""Sections that have their place on the page; any other stands before the conclusion."""


def page_of(
    document: Mapping[str, Any], rows: RowsFile, said: Mapping[str, Any], code: Sequence[CodeCell]
) -> dict[str, Any]:
    """Everything that the template of a workpaper needs."""
    carried = embed(document, rows)
    workbook = f"{document['ref']}_{document['name']}.xlsx"
    rows_file = (document.get("rows") or {}).get("file")
    sections = document.get("sections") or {}
    return {
        "document": document,
        "identification": identification(document, said),
        "running_head": running_head(document, said),
        "status": STATUS[document["status"]],
        "verdicts": _verdicts(document),
        "tie_outs": [_tie_out(tie_out, document) for tie_out in document.get("tie_outs") or []],
        "ticks": _legend(document),
        "findings": _findings(document, set(carried.findings)),
        "findings_in_all": len(document.get("findings") or []),
        "figures": [_figure(id, figure, carried.blocks) for id, figure in figures_of(document).items()],
        "sections": {name: prose(text) for name, text in sections.items()},
        "more_sections": [(show_name(name), prose(text)) for name, text in sections.items() if name not in PLACED],
        "error": error_text(document),
        "tables": [_table(id, table, document) for id, table in tables_of(document).items()],
        "charts": [
            {"title": title_of(chart), "image": data_uri(chart), "words": alternative_text(chart)}
            for chart in document.get("charts") or []
        ],
        "sources": document.get("sources") or [],
        "rows_file": document.get("rows") or {},
        "parameters": document.get("parameters") or [],
        "addresses": [
            {
                "label": figure["label"],
                "rows": f"{figure['rows']:,}",
                "lines": carried.addresses(id) or "see the workbook's sheet Data",
            }
            for id, figure in figures_of(document).items()
            if figure.get("rows")
        ],
        "code": [_code_cell(cell) for cell in code],
        "workbook": {"name": workbook, "address": address_of(workbook)},
        "source_rows": carried.as_script(
            f"the sheet Data of {workbook}" + (f" and the file {rows_file} hold them" if rows_file else " holds them")
        ),
        "rows_left_out": rows.total - sum(count for _, count in carried.blocks.values()),
        "rows_in_all": rows.total,
    }


def running_head(document: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, str]:
    """What stands at the edges of every printed page."""
    company, program, period = (value for _, value, _ in identification(document, said)[:3])
    status, signed = identification(document, said)[6][1:]
    return {
        "left": f"{company} · {program} · {period}",
        "right": f"{document['ref']} {document['title']}",
        "foot": f"{status}, {signed} · inputs {(document.get('inputs') or 'not recorded')[:16]}",
    }


def _verdicts(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """The two answers that a reader wants first, each with its mark."""
    tie_outs, findings = document.get("tie_outs") or [], document.get("findings") or []
    agreed = sum(tie_out["agreed"] for tie_out in tie_outs)
    counts = {severity: sum(finding["severity"] == severity for finding in findings) for severity in SEVERITY}
    gravest = next((severity for severity in SEVERITY if counts[severity]), "none")
    in_words = ", ".join(count_of(count, severity) for severity, count in counts.items() if count) or "none"
    tied = "good" if agreed == len(tie_outs) else "bad"
    return [
        {
            "tone": tied,
            "mark": "✓" if tied == "good" else "✗",
            "label": "Tie-outs that agree",
            "value": f"{agreed} of {len(tie_outs)}",
        },
        {
            "tone": {"error": "bad", "warning": "doubt"}.get(gravest, "good"),
            "mark": "✓" if gravest == "none" else SEVERITY[gravest][0],
            "label": "Findings",
            "value": in_words.replace("infos", "info"),
        },
    ]


def _tie_out(tie_out: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    currency = tie_out.get("unit") or currency_of(document)
    shown = {
        name: show_amount(tie_out[name], currency) for name in ("per_workpaper", "per_books", "difference", "tolerance")
    }
    return {
        **tie_out,
        **shown,
        "verdict": "agrees" if tie_out["agreed"] else "does not agree",
        "mark": tie_out["tick"] if tie_out["agreed"] else "✗",
    }


def _legend(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tick marks that this paper uses, and what each says."""
    tie_outs = document.get("tie_outs") or []
    used = {tie_out["tick"] for tie_out in tie_outs if tie_out["agreed"]}
    legend = [(tick, meaning) for tick, meaning in TICKS.items() if tick in used]
    return legend + (
        [("✗", "does not agree: no tick mark is earned")] if any(not t["agreed"] for t in tie_outs) else []
    )


def _findings(document: Mapping[str, Any], opening_rows: set[int]) -> list[dict[str, Any]]:
    """The findings, gravest first, each with its number in the document."""
    gravity = list(SEVERITY)
    numbered = sorted(enumerate(document.get("findings") or []), key=lambda entry: gravity.index(entry[1]["severity"]))
    return [
        {
            **finding,
            "number": number,
            "mark": SEVERITY[finding["severity"]][0],
            "amount": ""
            if finding["amount"] is None
            else show_amount(finding["amount"], finding.get("currency") or ""),
            "currency": finding.get("currency") or "",
            "keys": show_keys(finding["keys"]),
            "opens": number in opening_rows,
        }
        for number, finding in numbered[:FINDINGS_AT_MOST]
    ]


def _figure(id: str, figure: Mapping[str, Any], blocks: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    rows = figure.get("rows")
    return {
        "id": id,
        "label": figure["label"],
        "shown": show_amount(figure["amount"], figure["unit"]),
        "unit": "" if figure["unit"] == "percent" else figure["unit"],
        "of": show_program(figure.get("of") or ""),
        "rows": "ratio" if rows is None else f"{rows:,}",
        "opens": rows is not None,
        "carried": id in blocks,
        "convention": figure.get("convention") or "",
    }


def _table(id: str, table: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """A schedule with its cells as shown, and the figure that a cell opens."""
    kinds = table.get("types") or ["text"] * len(table["columns"])
    currency = currency_of(document)
    links = {(row, column): figure for row, column, figure in table.get("links") or []}
    figures = document.get("figures") or {}
    rows = [
        [
            {"text": show_cell(cell, kind, currency), "opens": _opens(figures, links.get((row, column)))}
            for column, (cell, kind) in enumerate(zip(cells, kinds, strict=True))
        ]
        for row, cells in enumerate(table["rows"])
    ]
    in_all = table.get("total_rows") or len(rows)
    return {
        "id": id,
        "title": table.get("title") or id,
        "columns": [
            {"name": show_name(name), "number": kind in NUMERIC_KINDS, "style": _style(kind)}
            for name, kind in zip(table["columns"], kinds, strict=True)
        ],
        "rows": rows[:-1] if table.get("total_row") and rows else rows,
        "total": rows[-1] if table.get("total_row") and rows else None,
        "left_out": max(0, in_all - len(rows)),
        "in_all": in_all,
        "unit": currency if "money" in kinds else "",
    }


def _style(kind: str) -> str:
    return "number" if kind in NUMERIC_KINDS else "date" if kind == "date" else ""


def _opens(figures: Mapping[str, Any], id: str | None) -> str:
    """The figure that a cell opens, if it has source rows."""
    return id if id is not None and figures.get(id, {}).get("rows") is not None else ""


def _code_cell(cell: CodeCell) -> dict[str, Any]:
    return {
        "number": cell.number,
        "source": cell.source,
        "tags": ", ".join(cell.tags),
        "sha256": hashlib.sha256(cell.source.encode("utf-8", "replace")).hexdigest(),
    }
