"""What stands on the pages: the values of the HTML page, as plain data for the template.

Long words may break, tables know their widths, and every letter is one that the fonts have.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence, Set
from typing import Any

from close_library.report.charts import draw
from close_library.report.pdf.letters import breakable, readable
from close_library.report.pdf.prose import blocks_of
from close_library.report.pdf.widths import Part, parts_of
from close_library.report.reading_order import PROSE, other_sections
from close_library.report.wording import marked_verdict, show_total

_CODE_WIDTH = 150
_ROWS_TOGETHER, _LETTERS_TOGETHER = 14, 2_500
"""A table that is no longer than this stands on one page whole."""


def content_of(document: Mapping[str, Any], page: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Everything that the template sets, from a document and its page (`page_of`).

    `within` tells the pictures of one paper of a binder from those of another.
    """
    sections = document.get("sections") or {}
    charts = page["charts"]
    content = {
        "title": f"{document['ref']} {document['title']}",
        "running_head": page["running_head"],
        "identification": [[label, breakable(value), second] for label, value, second in page["identification"]],
        "verdicts": page["verdicts"] if document["status"] in ("agreed", "open") else [],
        "trouble": _trouble(document, page),
        "tie_outs": _tie_outs(page["tie_outs"]),
        "ticks": page["ticks"],
        "findings": _findings(page["findings"]),
        "findings_in_all": page["findings_in_all"],
        "figures": _figures(page["figures"]),
        "prose": {name: blocks_of(sections.get(name)) for name in PROSE},
        "more_prose": [[title, blocks_of(text)] for title, text in other_sections(document)],
        "quoted": page["quoted"],
        "nothing_found": page["nothing_found"],
        "no_tie_out": page["no_tie_out"],
        "order": page["order"],
        "results": [list(each) for each in page["results"]],
        "tables": [_schedule(table) for table in page["tables"]],
        "charts": [
            {
                "file": _picture(within, number),
                "title": chart["title"] + (f", in {chart['unit']}" if chart["unit"] else ""),
                "words": chart["words"],
            }
            for number, chart in enumerate(charts)
        ],
        "sources": table_parts(
            ["Table", "File", "Rows", "Control total", "SHA-256"],
            [
                [each["table"], each["file"], f"{each['rows']:,}", show_total(each["control_total"]), each["sha256"]]
                for each in page["sources"]
            ],
            numbers={2, 3},
        ),
        "rows_file": page["rows_file"],
        "parameters": table_parts(
            ["Parameter", "Value", "Set in"],
            [[each["key"], each["value"], each["origin"]] for each in page["parameters"]],
        ),
        "addresses": table_parts(
            ["Figure", "Rows", "File and lines"],
            [[each["label"], each["rows"], each["lines"]] for each in page["addresses"]],
            numbers={1},
        ),
        "code": [{**cell, "source": _wrapped(cell["source"])} for cell in page["code"]],
    }
    found: dict[str, Any] = readable(content)
    return found


def pictures_of(document: Mapping[str, Any], within: str = "") -> dict[str, bytes]:
    """The pictures that the content of a document names."""
    return {_picture(within, number): draw(chart) for number, chart in enumerate(document.get("charts") or [])}


def _picture(within: str, number: int) -> str:
    return f"chart-{within}{number}.svg"


def _trouble(document: Mapping[str, Any], page: Mapping[str, Any]) -> list[str]:
    """What stands in place of an answer where there is none: a heading and the reason."""
    if document["status"] == "failed":
        return ["Failed: no conclusion was reached", page["error"] or "No reason was recorded."]
    if document["status"] == "not_applicable":
        missing = ", ".join(document.get("missing_tables") or []) or "that this workpaper needs"
        return ["Not applicable", f"The sources hold no table {missing}."]
    return []


def _tie_outs(tie_outs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    headings = ["No.", "What must agree", "Per workpaper", "Per books", "Difference", "Tolerance", "Result", "Tick"]
    rows = [
        [
            each["id"],
            each["label"] + (f" — {each['remark'].line}" if each["remark"] else ""),
            *(each[name] for name in ("per_workpaper", "per_books", "difference", "tolerance")),
            marked_verdict(each["agreed"]),
            each["mark"],
        ]
        for each in tie_outs
    ]
    return table_parts(
        headings, rows, numbers={2, 3, 4, 5}, bad={n for n, each in enumerate(tie_outs) if not each["agreed"]}
    )


def _findings(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    headings = ["Severity", "Finding", "What was found", "Explanation", "Known by", "Amount", "Currency", "Status"]
    rows = [
        [
            f"{each['mark']} {each['severity']}",
            each["words"],
            each["message"],
            each["remark"].line,
            each["keys"],
            each["amount"],
            each["currency"],
            each["status"],
        ]
        for each in findings
    ]
    bad = {number for number, each in enumerate(findings) if each["severity"] == "error"}
    return table_parts(headings, rows, numbers={5}, bad=bad)


def _figures(figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = [
        [
            each["label"] + (f" ({each['convention']})" if each["convention"] else ""),
            each["id"],
            each["shown"],
            each["unit"],
            each["rows"],
        ]
        for each in figures
    ]
    return table_parts(["Figure", "Id", "Amount", "Unit", "Source rows"], rows, numbers={2, 4})


def _schedule(table: Mapping[str, Any]) -> dict[str, Any]:
    columns, total = table["columns"], table["total"]
    rows = [[cell["text"] for cell in row] for row in [*table["rows"], *([total] if total else [])]]
    left_out = table["left_out"]
    return {
        "title": f"{table['id']} {table['title']}" + (f", in {table['unit']}" if table["unit"] else ""),
        "note": f"{table['in_all'] - left_out:,} of {table['in_all']:,} rows are shown." if left_out else "",
        "parts": table_parts(
            [column["name"] for column in columns],
            rows,
            numbers={place for place, column in enumerate(columns) if column["number"]},
            has_total=total is not None,
        ),
    }


def table_parts(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: Set[int] = frozenset(),
    bad: Set[int] = frozenset(),
    has_total: bool = False,
) -> list[dict[str, Any]]:
    """A table in as many parts as its width needs; no parts where it has no rows."""
    if not rows:
        return []
    texts = [[breakable(readable(cell)) for cell in row] for row in rows]
    heads = [breakable(heading) for heading in headings]
    return [_part_data(part, heads, texts, numbers, bad, has_total) for part in parts_of(heads, texts)]


def _part_data(
    part: Part,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    numbers: Set[int],
    bad: Set[int],
    has_total: bool,
) -> dict[str, Any]:
    return {
        "widths": list(part.widths),
        "size": part.size,
        "headings": [headings[column] for column in part.columns],
        "rows": [[row[column] for column in part.columns] for row in rows],
        "numbers": [place for place, column in enumerate(part.columns) if column in numbers],
        "bad": sorted(bad),
        "has_total": has_total,
        "together": len(rows) <= _ROWS_TOGETHER and sum(len(cell) for row in rows for cell in row) <= _LETTERS_TOGETHER,
    }


def _wrapped(source: str) -> str:
    return "\n".join(
        "\n    ".join(textwrap.wrap(line, _CODE_WIDTH, drop_whitespace=False, break_on_hyphens=False) or [""])
        for line in source.split("\n")
    )
