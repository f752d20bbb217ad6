"""What a workpaper says about itself before anything else, and at the edges of every printed page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from close_library.report.said import sign_off_in_words, signature, signed_in_brief
from close_library.report.wording import STATUS, company_of, show_program


def identification(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Label, value, and a second line; who prepared and reviewed is written out also where nobody did."""
    period_end = document.get("period_end") or ""
    return [
        ("Company", company_of(document), ""),
        ("Program", show_program(document["program"]), ""),
        ("Period", document["period"], f"ended {period_end}" if period_end else ""),
        ("Workpaper", document["ref"], document["name"]),
        ("Preparer", document.get("preparer") or "nobody is named", signature(said, "preparer")),
        ("Reviewer", document.get("reviewer") or "nobody is named", signature(said, "reviewer")),
        ("Status", _status(document), sign_off_in_words(said)),
        ("Inputs (SHA-256)", inputs_of(document), ""),
    ]


def running_head(document: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, str]:
    """What stands at the edges of every printed page: which paper it is, how it stands, who signed, its inputs."""
    return {
        "left": f"{company_of(document)} · {show_program(document['program'])} · {document['period']}",
        "right": f"{document['ref']} {document['title']}",
        "foot": f"{standing_of(document, said)} · {signed_in_brief(said)} · inputs {inputs_of(document)[:16]}",
    }


def standing_of(document: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Whether a workpaper agrees, and how far it is signed: `! open, not signed off`."""
    return f"{_status(document)}, {sign_off_in_words(said)}"


def inputs_of(document: Mapping[str, Any]) -> str:
    """The digest of all that a workpaper was computed from."""
    return document.get("inputs") or "not recorded"


def _status(document: Mapping[str, Any]) -> str:
    return " ".join(STATUS[document["status"]])
