"""What a page shows, in the order in which it is read: from the document to plain values for the template.

The template decides how it looks, nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from close_library.report import CodeCell
from close_library.report.chart_data import alternative_text, title_of
from close_library.report.charts import data_uri
from close_library.report.checks import (
    NO_TIE_OUT,
    explained_in_words,
    findings_of,
    legend_of,
    nothing_found,
    quoted_in_words,
    ticks_of,
    tie_outs_of,
)
from close_library.report.embedded import embed
from close_library.report.identification import identification, running_head
from close_library.report.prose import prose
from close_library.report.reading_order import (
    SECTIONS,
    figures_of,
    open_in_period,
    other_sections,
    results_of,
    sections_of,
    tables_of,
)
from close_library.report.rows_file import RowsFile, where_the_rest_is
from close_library.report.said import SIGN_OFF, sign_off, signed_in_brief
from close_library.report.schedules import schedule_of
from close_library.report.wording import (
    SEVERITY,
    address_of,
    count_of,
    currency_in,
    error_text,
    show_amount,
    show_program,
    terms_in,
)

_MADE_OF = {"results": ("tables", "charts"), "others": ("more_sections",)}
"""Sections that are made of other parts of a page than the one of their name."""


def page_of(
    document: Mapping[str, Any], rows: RowsFile, said: Mapping[str, Any], code: Sequence[CodeCell]
) -> dict[str, Any]:
    """Everything that the template of a workpaper needs; pictures and source rows are made when they are asked for."""
    carried = embed(document, rows)
    ticks = ticks_of(document)
    workbook = f"{document['ref']}_{document['name']}.xlsx"
    rows_file = (document.get("rows") or {}).get("file")
    page = {
        "document": document,
        "identification": identification(document, said),
        "running_head": running_head(document, said),
        "verdicts": _verdicts(document, said),
        "tie_outs": tie_outs_of(document, said),
        "open_tie_outs": any(not tie_out["agreed"] for tie_out in document.get("tie_outs") or []),
        "ticks": legend_of(document),
        "findings": findings_of(document, said, set(carried.findings)),
        "findings_in_all": len(document.get("findings") or []),
        "quoted": quoted_in_words(document),
        "nothing_found": nothing_found(document),
        "no_tie_out": NO_TIE_OUT,
        "results": results_of(document),
        "terms": terms_in(document),
        "figures": [
            _figure(id, figure, carried.blocks, [tie_out["tick"] for tie_out in ticks.get(id, [])])
            for id, figure in figures_of(document).items()
        ],
        "sections": {name: prose(text) for name, text in (document.get("sections") or {}).items()},
        "more_sections": [(title, prose(text)) for title, text in other_sections(document)],
        "error": error_text(document),
        "tables": [schedule_of(id, table, document, said) for id, table in tables_of(document).items()],
        "charts": [
            {
                "title": title_of(chart),
                "unit": currency_in(chart.get("unit")),
                "image": partial(data_uri, chart),
                "words": alternative_text(chart),
            }
            for chart in document.get("charts") or []
        ],
        "sources": document.get("sources") or [],
        "rows_file": document.get("rows") or {},
        "parameters": document.get("parameters") or [],
        "addresses": [
            {
                "label": figure["label"],
                "rows": f"{figure['rows']:,}",
                "lines": carried.addresses(id)
                or ("not copied: see Figures" if id in rows.left_out else "see the workbook's sheet Data"),
            }
            for id, figure in figures_of(document).items()
            if figure.get("rows")
        ],
        "code": [_code_cell(cell) for cell in code],
        "workbook": {"name": workbook, "address": address_of(workbook)},
        "beside": _files_beside(document),
        "source_rows": partial(
            carried.as_script,
            f"the sheet Data of {workbook}" + (f" and the file {rows_file} hold them" if rows_file else " holds them"),
        ),
        "rows_left_out": rows.total - sum(count for _, count in carried.blocks.values()),
        "rows_in_all": rows.total,
        "rest": where_the_rest_is(rows.left_out),
    }
    order = [{"name": name, **vars(SECTIONS[name])} for name in sections_of(document) if _is_there(name, page)]
    return {**page, "order": order}


def _is_there(name: str, page: Mapping[str, Any]) -> bool:
    """Whether a section has anything to show; tie-outs and findings say also that there are none."""
    if name in ("tie_outs", "findings"):
        return True
    return bool(page["sections"].get(name)) or any(page.get(part) for part in _MADE_OF.get(name, (name,)))


def _files_beside(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The workpaper's other forms, with their addresses; one that failed has no workbook."""
    forms = [("PDF", "pdf")] if document["status"] == "failed" else [("Workbook", "xlsx"), ("PDF", "pdf")]
    return [(word, address_of(f"{document['ref']}_{document['name']}.{ending}")) for word, ending in forms]


def _verdicts(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[dict[str, str]]:
    """The answers that a reader wants first, each with its mark: does it agree, what was found, who stands for it."""
    tie_outs, findings = document.get("tie_outs") or [], document.get("findings") or []
    agreed = sum(tie_out["agreed"] for tie_out in tie_outs)
    counts = {severity: sum(finding["severity"] == severity for finding in findings) for severity in SEVERITY}
    gravest = next((severity for severity in SEVERITY if counts[severity]), "none")
    in_words = ", ".join(count_of(count, severity) for severity, count in counts.items() if count) or "none"
    quoted = open_in_period(document)
    if quoted:
        gravest = next((name for name in ("error", "warning") if quoted[f"{name}s"]), "none")
        gravest = "error" if quoted["tie_outs"] or quoted["no_conclusion"] else gravest
        in_words = "none of its own"
    tied = "good" if agreed == len(tie_outs) else "bad"
    mark, tone = SIGN_OFF[sign_off(said)]
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
            "value": in_words,
            "more": quoted_in_words(document) or explained_in_words(document, said),
        },
        {
            "tone": tone,
            "mark": mark,
            "label": "Sign-off",
            "value": sign_off(said),
            "more": signed_in_brief(said),
        },
    ]


def _figure(
    id: str, figure: Mapping[str, Any], blocks: Mapping[str, tuple[int, int]], ticks: list[str]
) -> dict[str, Any]:
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
        "ticks": " ".join(dict.fromkeys(ticks)),
    }


def _code_cell(cell: CodeCell) -> dict[str, Any]:
    return {
        "number": cell.number,
        "source": cell.source,
        "tags": ", ".join(cell.tags),
        "sha256": hashlib.sha256(cell.source.encode("utf-8", "replace")).hexdigest(),
    }
