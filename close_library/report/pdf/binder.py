"""The binder as one PDF with an outline: cover, matrix, lead sheets, what needs attention, what changed, every workpaper.

Each workpaper's code and parameters stand in its own PDF; here the parameters stand once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.parameters import COMPANY
from close_library.report.checks import NO_TIE_OUT
from close_library.report.front_page import front_page_of
from close_library.report.ipe.paper import sheets_content
from close_library.report.page import page_of
from close_library.report.pdf.content import content_of, pictures_of, table_parts
from close_library.report.pdf.letters import breakable, readable
from close_library.report.pdf.setting import pdf_of
from close_library.report.rows_file import RowsFile
from close_library.report.wording import company_of, currency_of, show_amount, show_program

PAPERS_AT_MOST = 300
"""Workpapers of one binder PDF; above that the programs' stand in their own PDFs only, and the cover says so."""


@dataclass(frozen=True)
class Paper:
    """A workpaper that goes into the binder: its document, its rows file, what people said."""

    document: Mapping[str, Any]
    rows: Path | None
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Cover:
    """What stands before the workpapers: the seal (label, value), what it proves, what changed since the binder before,
    what is not tested."""

    seal: Sequence[tuple[str, str]]
    about: str
    changes: Sequence[Mapping[str, str | None]]
    compared_with: str
    not_tested: Sequence[str]


def render_binder(
    cover: Cover,
    index: Mapping[str, Any],
    said: Mapping[str, Any],
    papers: Sequence[Paper],
    parameters: Mapping[str, Any],
    ipe: Mapping[str, Any] | None = None,
) -> bytes:
    """The binder of a period as PDF/A-3b; the same input gives the same bytes. Raises ReportError.

    `index` is the period's index, `said` what its front page shows of the record, `parameters` its `books/parameters.json`,
    `ipe` the sheets of its sources.
    """
    page = front_page_of(index, said)
    whole = len(papers) <= PAPERS_AT_MOST
    inside = [paper for paper in papers if whole or paper.document["program"] == COMPANY]
    content = readable(
        {
            "title": f"{company_of(index)} · binder {index['period']}",
            "running_head": {**page["running_head"], "right": "Binder"},
            "identification": [[label, breakable(value), second] for label, value, second in page["identification"]],
            "seal": [[label, breakable(value)] for label, value in cover.seal],
            "about": cover.about,
            "left_out": ""
            if whole
            else f"The {len(papers) - len(inside):,} workpapers of programs stand in their own PDFs.",
            "matrix": _matrix(page),
            "lead_sheets": _lead_sheets([paper.document for paper in papers if paper.document["program"] == COMPANY]),
            "no_tie_out": NO_TIE_OUT,
            "attention": _attention(page),
            "changes": _changes(cover),
            "compared_with": cover.compared_with,
            "not_tested": list(cover.not_tested),
            "parameters": table_parts(["Program", "Parameter", "Value", "Set in"], _settings(parameters)),
        }
    )
    content["papers"] = [_paper(paper, number) for number, paper in enumerate(inside)]
    content["source_sheets"] = sheets_content(ipe) if ipe else None
    pictures: dict[str, bytes] = {}
    for number, paper in enumerate(inside):
        pictures |= pictures_of(paper.document, _within(number))
    return pdf_of("binder.typ", content, index["period_end"], f"binder {index['period']}", pictures=pictures)


def _paper(paper: Paper, number: int) -> dict[str, Any]:
    document = {**paper.document, "parameters": []}
    page = page_of(document, RowsFile(paper.rows, document), paper.said, ())
    content = content_of(document, page, _within(number))
    return {**content, "title": f"{show_program(document['program'])}: {content['title']}"}


def _within(number: int) -> str:
    return f"{number}-"


def _matrix(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Programs × workpapers: the status mark, and below it the state of the sign-off."""
    refs = [paper["ref"] for paper in page["index"]["workpapers"]]
    signs = {(each["program"], each["ref"]): each.get("sign_off") or {} for each in page["index"]["entries"]}
    programs = page["index"]["programs"]
    rows = [
        [
            row["program"],
            *(
                f"{cell['mark']} {_SIGNED.get(signs[(program, ref)].get('state', ''), '')}".strip() if cell else ""
                for ref, cell in zip(refs, row["cells"], strict=True)
            ),
        ]
        for program, row in zip(programs, page["rows"], strict=True)
    ]
    return table_parts(["Program", *refs], rows)


_SIGNED = {"prepared": "P", "reviewed": "R", "lapsed": "L", "rejected": "X"}


def _lead_sheets(documents: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every tie-out of the company's workpapers: what was proved, and by how much it differs."""
    rows = [
        [
            f"{document['ref']} {document['title']}",
            tie_out["label"],
            *(
                show_amount(tie_out[name], tie_out.get("unit") or currency_of(document))
                for name in ("per_workpaper", "per_books", "difference")
            ),
            tie_out["tick"] if tie_out["agreed"] else "✗",
        ]
        for document in documents
        for tie_out in document.get("tie_outs") or []
    ]
    headings = ["Workpaper", "What must agree", "Per workpaper", "Per books", "Difference", "Tick"]
    return table_parts(headings, rows, numbers={2, 3, 4}, bad={n for n, row in enumerate(rows) if row[5] == "✗"})


def _attention(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = [
        [each["program"], each["ref"], each["kind"], each["finding"], each["text"], each["amount"]]
        for each in page["attention"]
    ]
    return table_parts(["Program", "Workpaper", "Kind", "Finding", "What was found", "Amount"], rows, numbers={5})


def _changes(cover: Cover) -> list[dict[str, Any]]:
    rows = [
        [
            show_program(each["scope"] or ""),
            each["key"] or "",
            each["before"] if each["before"] is not None else "not there",
            each["now"] if each["now"] is not None else "not there",
            each["direction"] or "",
            each["origin"] or "",
        ]
        for each in cover.changes
    ]
    loosened = {number for number, each in enumerate(cover.changes) if each["direction"] == "loosened"}
    return table_parts(["Program", "What", "Before", "Now", "Way", "Set in"], rows, bad=loosened)


def _settings(parameters: Mapping[str, Any]) -> list[list[str]]:
    """Every setting of the company, then what a program has otherwise."""
    settings = {
        scope: {key: (_setting(held["values"], key), origin) for key, origin in held["origins"].items()}
        for scope, held in parameters["scopes"].items()
    }
    company = settings[COMPANY]
    return [
        [show_program(scope), key, value, origin]
        for scope in (COMPANY, *sorted(set(settings) - {COMPANY}))
        for key, (value, origin) in settings[scope].items()
        if scope == COMPANY or company.get(key, ("", ""))[0] != value
    ]


def _setting(values: Any, dotted: str) -> str:
    for part in dotted.split("."):
        values = values[part]
    if isinstance(values, list):
        return ", ".join(" ".join(map(str, each.values())) if isinstance(each, dict) else str(each) for each in values)
    return "" if values is None else str(values).lower() if isinstance(values, bool) else str(values)
