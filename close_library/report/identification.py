"""What a workpaper says about itself before anything else, and at the edges of every printed page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from close_library.report.said import sign_off_in_words, signature, signed_in_brief
from close_library.report.wording import STATUS, show_program


def identification(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Label, value, and a second line; who prepared and reviewed is written out also where nobody did."""
    mark, word = STATUS[document["status"]]
    period_end = document.get("period_end") or ""
    return [
        ("Company", document.get("company_name") or document["company"], ""),
        ("Program", show_program(document["program"]), ""),
        ("Period", document["period"], f"ended {period_end}" if period_end else ""),
        ("Workpaper", document["ref"], document["name"]),
        ("Preparer", document.get("preparer") or "nobody is named", signature(said, "preparer")),
        ("Reviewer", document.get("reviewer") or "nobody is named", signature(said, "reviewer")),
        ("Status", f"{mark} {word}", sign_off_in_words(said)),
        ("Inputs (SHA-256)", document.get("inputs") or "not recorded", ""),
    ]


def running_head(document: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, str]:
    """What stands at the edges of every printed page: which paper it is, how it stands, who signed, its inputs."""
    company, program, period = (value for _, value, _ in identification(document, said)[:3])
    status, signed = identification(document, said)[6][1:]
    return {
        "left": f"{company} · {program} · {period}",
        "right": f"{document['ref']} {document['title']}",
        "foot": f"{status}, {signed} · {signed_in_brief(said)} · inputs {(document.get('inputs') or 'not recorded')[:16]}",
    }
