"""Tie-outs and findings as a page shows them: what disagrees and what is gravest first, each with what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from close_library.evidence import TICKS
from close_library.report.reading_order import open_in_period
from close_library.report.said import EXPLAINED, STALE, SUGGESTION, Remark, remark_on
from close_library.report.wording import (
    DIFFERS,
    SEVERITY,
    count_of,
    currency_of,
    show_amount,
    show_keys,
    show_name,
    verdict_of,
)

FINDINGS_AT_MOST = 1_000
"""Findings of one page; the workbook's sheet Findings holds all."""
NO_TIE_OUT = "No tie-out was made."


def tie_outs_of(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tie-outs, those that disagree first; each of these with its explanation."""
    tie_outs = sorted(document.get("tie_outs") or [], key=lambda tie_out: tie_out["agreed"])
    return [_tie_out(tie_out, document, said) for tie_out in tie_outs]


def _tie_out(tie_out: Mapping[str, Any], document: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    unit = tie_out.get("unit") or currency_of(document)
    shown = {
        name: show_amount(tie_out[name], unit) for name in ("per_workpaper", "per_books", "difference", "tolerance")
    }
    subject = subject_of_tie_out(tie_out)
    return {
        **tie_out,
        **shown,
        "verdict": verdict_of(tie_out["agreed"]),
        "mark": tie_out["tick"] if tie_out["agreed"] else "✗",
        "subject": subject,
        "remark": None if tie_out["agreed"] else remark_on(said, subject, unit),
    }


def subject_of_tie_out(tie_out: Mapping[str, Any]) -> str:
    """What an explanation of a tie-out is bound to."""
    return f"tie_out:{tie_out['id']}"


def quoted_in_words(document: Mapping[str, Any]) -> str:
    """What the workpapers that a summary quotes found and left open; empty for a workpaper that quotes none."""
    quoted = open_in_period(document)
    if quoted is None:
        return ""
    words = {"errors": "error", "warnings": "warning", "tie_outs": "tie-out", "no_conclusion": "workpaper"}
    counts = [
        count_of(quoted[name], word) + (" without a conclusion" if name == "no_conclusion" else "")
        for name, word in words.items()
        if quoted[name]
    ]
    return f"{', '.join(counts) or 'nothing'} open in the period: see {quoted['table']}"


def nothing_found(document: Mapping[str, Any]) -> str:
    """What stands in place of findings where a workpaper has none."""
    quoted = quoted_in_words(document)
    return f"None of its own; {quoted}." if quoted else "Nothing was found."


def legend_of(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The tick marks that this paper uses, and what each says."""
    tie_outs = document.get("tie_outs") or []
    used = {tie_out["tick"] for tie_out in tie_outs if tie_out["agreed"]}
    legend = [(tick, meaning) for tick, meaning in TICKS.items() if tick in used]
    disagree = any(not tie_out["agreed"] for tie_out in tie_outs)
    return legend + ([("✗", f"{DIFFERS}: no tick mark is earned")] if disagree else [])


def ticks_of(document: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """For each figure, the tie-outs that agreed on it and so earned it a tick mark."""
    earned: dict[str, list[Mapping[str, Any]]] = {}
    for tie_out in document.get("tie_outs") or []:
        sides = {tie_out.get("per_workpaper_figure"), tie_out.get("per_books_figure")} - {None}
        for figure in sorted(sides) if tie_out["agreed"] else ():
            earned.setdefault(figure, []).append(tie_out)
    return earned


def findings_of(document: Mapping[str, Any], said: Mapping[str, Any], opening_rows: set[int]) -> list[dict[str, Any]]:
    """The findings, gravest first, each with its number in the document and its explanation."""
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
            "words": show_name(finding["finding"]),
            "opens": number in opening_rows,
            "subject": finding.get("subject") or "",
            "remark": remark_of_finding(finding, said),
        }
        for number, finding in gravest_first(document)[:FINDINGS_AT_MOST]
    ]


def gravest_first(document: Mapping[str, Any]) -> list[tuple[int, Mapping[str, Any]]]:
    """The findings with their numbers in the document: errors, warnings, then information."""
    gravity = list(SEVERITY)
    return sorted(enumerate(document.get("findings") or []), key=lambda entry: gravity.index(entry[1]["severity"]))


def remark_of_finding(finding: Mapping[str, Any], said: Mapping[str, Any]) -> Remark:
    """The explanation of a finding, or that there is none."""
    return remark_on(said, finding.get("subject") or "", finding.get("currency") or "")


def explained_in_words(document: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """How many errors, warnings and disagreeing tie-outs have an explanation that holds: `3 of 8 explained, 1 stale`."""
    remarks = [remark_of_finding(each, said) for each in document.get("findings") or [] if each["severity"] != "info"]
    remarks += [tie_out["remark"] for tie_out in tie_outs_of(document, said) if tie_out["remark"]]
    counts = {state: sum(remark.state == state for remark in remarks) for state in (EXPLAINED, STALE, SUGGESTION)}
    words = [f"{counts[EXPLAINED]:,} of {len(remarks):,} explained"] if remarks else []
    words += [f"{counts[STALE]:,} stale"] if counts[STALE] else []
    words += [count_of(counts[SUGGESTION], SUGGESTION)] if counts[SUGGESTION] else []
    return ", ".join(words)
