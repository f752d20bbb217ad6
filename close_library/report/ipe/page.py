"""What the sheets of the sources show, in the order in which an auditor asks: plain values for page and paper.

First the answer for all sources, then for each: where it comes from, whether it is whole, what of it is used, what its
amounts add up to, rows to look up in the source system, and where all of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from close_library.report.ipe.grids import (
    Grid,
    agreements_grid,
    columns_grid,
    facts_of,
    found_grid,
    is_whole,
    parts_grid,
    programs_grid,
    tie_outs_grid,
    totals_grid,
)
from close_library.report.wording import company_of, count_of, show_total, source_anchor

TITLE = "Sources of the period"
KIND = "Information produced by the entity (IPE)"
COMPLETENESS = "Completeness of all sources together, and of the ledger: workpaper 10"

LEFT_TO_DO = (
    "Agree rows and control totals with a report of the source system itself, of the same day and the same settings.",
    "See who extracted the file, when, with which settings (period, company, status), and that nobody changed it since.",
    "Look up the first, the last and the largest row in the source system, and agree every value.",
    "Conclude on the general IT controls of the source system (access, changes, operations) for the period.",
)
"""What no computation over the file can show."""


def state_of(ipe: Mapping[str, Any]) -> str:
    """How many of all sources tie, with the mark of the answer."""
    sheets = ipe["sheets"]
    whole = sum(map(is_whole, sheets))
    return f"{'✓' if whole == len(sheets) else '✗'} {whole:,} of {len(sheets):,} sources tie"


def ipe_page(ipe: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the templates of the sheets need."""
    sheets = ipe["sheets"]
    whole, state = sum(map(is_whole, sheets)), state_of(ipe)
    company = company_of(ipe)
    anchors = anchors_of(sheets)
    return {
        "title": TITLE,
        "kind": KIND,
        "ipe": ipe,
        "identification": [
            ("Company", company, ""),
            ("Period", ipe["period"], f"ended {ipe['period_end']}"),
            ("Sources", f"{len(sheets):,}", count_of(sum(each["rows"]["read"] for each in sheets), "row")),
            ("Books (SHA-256 of their manifest)", ipe["inputs"], ""),
        ],
        "running_head": {
            "left": f"{company} · {ipe['period']}",
            "right": f"{KIND}: sources",
            "foot": f"{state} · books {ipe['inputs'][:16]}",
        },
        "verdicts": _verdicts(ipe, whole),
        "lead": _lead(sheets),
        "anchors": anchors,
        "completeness": _completeness(ipe),
        "completeness_page": ipe["completeness"]["page"],
        "left_to_do": LEFT_TO_DO,
        "sheets": [_sheet(each, anchor) for each, anchor in zip(sheets, anchors, strict=True)],
    }


def anchors_of(sheets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where each sheet stands on the page; two systems may hold a file of the same name."""
    found: list[str] = []
    for sheet in sheets:
        anchor = source_anchor(sheet["table"], sheet["file"])
        found.append(f"{anchor}-{found.count(anchor) + 1}" if anchor in found else anchor)
    return found


def _verdicts(ipe: Mapping[str, Any], whole: int) -> list[dict[str, str]]:
    sheets, tie_outs = ipe["sheets"], ipe["completeness"]["tie_outs"]
    totals = [tie for each in sheets for tie in each["tie_outs"] if tie["id"] == "total"]
    agreeing, agreed = sum(tie["agreed"] for tie in totals), sum(tie["agreed"] for tie in tie_outs)
    reported = sum(each["rows"]["reported"] for each in sheets)
    return [
        _verdict("Sources that tie", whole, len(sheets)),
        _verdict("Control totals that agree", agreeing, len(totals)),
        _verdict("Tie-outs of workpaper 10", agreed, len(tie_outs), none="not run"),
        {"tone": "plain", "mark": "i", "label": "Rows reported, not used", "value": f"{reported:,}"},
    ]


def _verdict(label: str, good: int, of: int, none: str = "none") -> dict[str, str]:
    tone = "good" if good == of else "bad"
    if not of:
        return {"tone": "plain", "mark": "–", "label": label, "value": none}
    return {"tone": tone, "mark": "✓" if tone == "good" else "✗", "label": label, "value": f"{good:,} of {of:,}"}


def _lead(sheets: Sequence[Mapping[str, Any]]) -> Grid:
    rows = [
        [
            each["no"],
            each["table"],
            each["file"],
            each["system"],
            *(f"{each['rows'][name]:,}" for name in ("read", "in_books", "used", "reported")),
            show_total(each["control_total"]["file"]),
            show_total(each["control_total"]["books"]),
            "✓ ties" if is_whole(each) else "✗ does not tie",
        ]
        for each in sheets
    ]
    sums = [sum(each["rows"][name] for each in sheets) for name in ("read", "in_books", "used", "reported")]
    rows.append(["all", "", "", "", *(f"{number:,}" for number in sums), "", "", ""])
    headings = ["No.", "Table", "File", "System", "Rows of the file", "In the books", "Used", "Reported",
                "Control total of the file", "In the books", "Result"]  # fmt: skip
    bad = frozenset(number for number, each in enumerate(sheets) if not is_whole(each))
    caption = (
        "Every file that the books rest on; the control total is the sum of a file's amounts, whatever their currency"
    )
    return Grid(caption, headings, rows, frozenset(range(4, 10)), bad, has_total=True)


def _completeness(ipe: Mapping[str, Any]) -> Grid | None:
    """The tie-outs of workpaper 10, or none where it did not run."""
    tie_outs = ipe["completeness"]["tie_outs"]
    return agreements_grid(COMPLETENESS, tie_outs, "per_workpaper", ("id", "label")) if tie_outs else None


def _sheet(sheet: Mapping[str, Any], anchor: str) -> dict[str, Any]:
    grids = [tie_outs_grid(sheet), parts_grid(sheet)]
    if sheet["summed_column"]:
        grids.append(totals_grid(sheet))
    grids.append(programs_grid(sheet))
    if sheet["found"]:
        grids.append(found_grid(sheet))
    return {
        "no": sheet["no"],
        "anchor": anchor,
        "title": f"{sheet['no']} {sheet['table']}",
        "facts": facts_of(sheet),
        "grids": [*grids, columns_grid(sheet)],
    }
