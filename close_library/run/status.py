"""Where a period stands: the status of every workpaper of every program, from what is there now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from close_library.run.freshness.fresh import Decision
from close_library.run.gathering.index import documents_of, is_stale, sealed_files
from close_library.run.planning.plan import Plan, folder_of

NOT_RUN = "not_run"
STALE = "stale"
WORDS = {
    "agreed": "agreed",
    "open": "open",
    "failed": "failed",
    "not_applicable": "not applicable",
    STALE: "of older books",
    NOT_RUN: "not run",
}
"""Status → how a person says it."""


@dataclass(frozen=True)
class Standing:
    """One workpaper of one program: its status and what is open in it."""

    program: str
    ref: str
    name: str
    status: str
    open_tie_outs: int = 0
    findings: int = 0
    why: str = ""
    """Why a run would do something with it; empty when it would leave it as it is."""

    def as_data(self) -> dict[str, Any]:
        """The standing for `--json`."""
        return vars(self).copy()


def standings(period: Path, plan: Plan, pending: Mapping[tuple[str, str], Decision] | None = None) -> list[Standing]:
    """The standing of everything that a plan holds, in its order; `pending` says what a run would do with each."""
    there = {(path.parent.name, path.stem): document for path, document in documents_of(period)}
    sealed = sealed_files(period)
    found = [
        _standing(program, workpaper.ref, workpaper.name, there.get((folder_of(program), workpaper.stem)), sealed)
        for program, workpaper in plan.pairs
    ]
    decided = pending or {}
    return [replace(each, why=decided[each.program, each.ref].why) if decided else each for each in found]


def _standing(
    program: str, ref: str, name: str, document: dict[str, Any] | None, sealed: set[tuple[str, str, str]]
) -> Standing:
    if document is None:
        return Standing(program, ref, name, NOT_RUN)
    return Standing(
        program,
        ref,
        name,
        STALE if is_stale(document, sealed) else document["status"],
        open_tie_outs=sum(not each["agreed"] for each in document.get("tie_outs") or []),
        findings=sum(each["severity"] in ("error", "warning") for each in document.get("findings") or []),
    )
