"""The front page of a period: a matrix of programs × workpapers, what needs attention, and the books' sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from close_library.parameters import COMPANY
from close_library.report.said import NOT_SIGNED_OFF, SIGN_OFF
from close_library.report.wording import (
    SEVERITY,
    STATUS,
    address_of,
    company_of,
    count_of,
    show_amount,
    show_name,
    show_program,
)

ATTENTION_AT_MOST = 500
"""Lines of the needs-attention list; every workpaper's own page has its rest."""

_URGENCY = ("failed", "open tie-out", "error", "warning")


def front_page_of(index: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the template of the front page needs."""
    entries = {(entry["program"], entry["ref"]): entry for entry in index["entries"]}
    names = index.get("program_names") or {}
    attention = _attention(index)
    overall, sign_off = _overall(index), said.get("state") or NOT_SIGNED_OFF
    return {
        "index": index,
        "identification": [
            ("Company", company_of(index), ""),
            ("Period", index["period"], f"ended {index['period_end']}" if index.get("period_end") else ""),
            ("Programs", f"{sum(not program.startswith('_') for program in index['programs']):,}", ""),
            ("Workpapers", f"{len(index['entries']):,}", ""),
            ("Status", overall, sign_off),
        ],
        "running_head": {
            "left": f"{company_of(index)} · {index['period']}",
            "right": "Close: all workpapers",
            "foot": f"{overall}, {sign_off} · {_signed_counts(index, said)[0]['value']} reviewed",
        },
        "counts": _counts(index),
        "signed": _signed_counts(index, said),
        "rows": [
            {
                "program": show_program(program),
                "name": names.get(program, "") if program in names and names[program] != program else "",
                "cells": [_cell(entries.get((program, paper["ref"]))) for paper in index["workpapers"]],
            }
            for program in index["programs"]
        ],
        "attention": attention[:ATTENTION_AT_MOST],
        "attention_in_all": len(attention),
        "sources": index.get("sources") or [],
    }


def _overall(index: Mapping[str, Any]) -> str:
    """The gravest status of all workpapers, with its mark."""
    statuses = {entry["status"] for entry in index["entries"]}
    gravest = next((status for status in ("failed", "open", "agreed") if status in statuses), "not_applicable")
    return " ".join(STATUS[gravest])


def _counts(index: Mapping[str, Any]) -> list[dict[str, Any]]:
    tones = {"agreed": "good", "open": "doubt", "failed": "bad", "not_applicable": "plain"}
    return [
        {
            "tone": tones[status],
            "mark": mark,
            "label": word,
            "value": f"{sum(entry['status'] == status for entry in index['entries']):,}",
        }
        for status, (mark, word) in STATUS.items()
    ]


def _signed_counts(index: Mapping[str, Any], said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many workpapers are reviewed, prepared, lapsed, rejected, not signed off."""
    states = [_state(entry) for entry in index["entries"]]
    counts = said.get("counts") or {state: states.count(state) for state in SIGN_OFF}
    in_all = len(index["entries"])
    return [
        {
            "tone": tone if counts.get(state) else "plain",
            "mark": mark,
            "label": state,
            "value": f"{counts.get(state, 0):,} of {in_all:,}",
        }
        for state, (mark, tone) in SIGN_OFF.items()
        if counts.get(state) or state in ("reviewed", "prepared", NOT_SIGNED_OFF)
    ]


def _state(entry: Mapping[str, Any]) -> str:
    return (entry.get("sign_off") or {}).get("state") or NOT_SIGNED_OFF


def _signed(entry: Mapping[str, Any]) -> str:
    """Who signed a workpaper last: `reviewed: M. Lind, 2026-11-04`, or that nobody did."""
    signed = entry.get("sign_off") or {}
    state = _state(entry)
    last = signed.get("reviewer") or signed.get("preparer")
    said = ", ".join(part for part in (last, (signed.get("at") or "")[:10]) if part)
    return f"{SIGN_OFF[state][0]} {state}" + (f": {said}" if said else "")


def _cell(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """One workpaper of one program: its status, what is open in it, its files."""
    if entry is None:
        return None
    mark, word = STATUS[entry["status"]]
    open_tie_outs = (entry.get("tie_outs") or {}).get("open", 0)
    found = entry.get("findings") or {}
    remarks = ["of older books: run it again"] if entry.get("stale") else []
    remarks += [count_of(open_tie_outs, "open tie-out")] if open_tie_outs else []
    remarks += [count_of(found[severity], severity) for severity in SEVERITY if found.get(severity)]
    unexplained = (entry.get("sign_off") or {}).get("unexplained")
    remarks += [f"{unexplained:,} not explained"] if unexplained else []
    state = _state(entry)
    return {
        "status": entry["status"],
        "mark": mark,
        "word": word,
        "count": open_tie_outs + sum(found.get(severity, 0) for severity in ("error", "warning")),
        "stale": bool(entry.get("stale")),
        "remarks": remarks,
        "state": "" if state == NOT_SIGNED_OFF else state,
        "signed": _signed(entry),
        "files": _files(entry),
    }


def _files(entry: Mapping[str, Any]) -> dict[str, str]:
    """Addresses of an entry's files, relative to the page; a name can't become another kind of address."""
    return {kind: address_of(path) for kind, path in (entry.get("files") or {}).items() if path}


@dataclass(frozen=True)
class Line:
    """One line of the needs-attention list."""

    mark: str
    kind: str
    text: str
    finding: str = ""
    amount: str = ""
    currency: str = ""


def _attention(index: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Failed workpapers, then tie-outs that disagree, then errors, then warnings; what the company says is said once."""
    shown = []
    said_of_company = {
        _point(entry, finding)
        for entry in index["entries"]
        if entry["program"] == COMPANY
        for finding in entry.get("top_findings") or []
    }
    for entry in index["entries"]:
        place = {
            "program": show_program(entry["program"]),
            "ref": entry["ref"],
            "name": show_name(entry["name"]),
            "page": _files(entry).get("html", ""),
        }
        own = [
            finding
            for finding in entry.get("top_findings") or []
            if entry["program"] == COMPANY or _point(entry, finding) not in said_of_company
        ]
        lines = _lines_of({**entry, "top_findings": own}, index.get("functional_currency") or "")
        shown += [{**place, **vars(line)} for line in lines]
    return sorted(shown, key=lambda line: _URGENCY.index(line["kind"]))


def _point(entry: Mapping[str, Any], finding: Mapping[str, Any]) -> tuple[str, str, str]:
    """What makes a finding the same one, whoever raised it."""
    return entry["ref"], finding["finding"], str(finding.get("keys") or finding["message"])


def _lines_of(entry: Mapping[str, Any], currency: str) -> Iterator[Line]:
    if entry["status"] == "failed":
        yield Line("✗", "failed", entry.get("error") or "no conclusion was reached")
    for tie_out in entry.get("open_tie_outs") or []:
        unit = tie_out.get("unit") or currency
        shown = unit if unit == currency else ""
        amount = show_amount(tie_out["difference"], unit)
        yield Line("✗", "open tie-out", f"{tie_out['id']} {tie_out['label']}", amount=amount, currency=shown)
    for finding in entry.get("top_findings") or []:
        mark, word = SEVERITY[finding["severity"]]
        if word in _URGENCY:
            unit = finding.get("currency") or ""
            amount = "" if finding.get("amount") is None else show_amount(finding["amount"], unit)
            yield Line(mark, word, finding["message"], show_name(finding["finding"]), amount, unit)
