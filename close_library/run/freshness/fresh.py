"""What must run: the decision for each workpaper, and why in words.

A workpaper is executed when anything that it is computed from is not what it was, when it has no conclusion, or when its
files are not those that were written. It is only drawn again when no more than an address or a package that draws changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.books.shares import NO_OWNER
from close_library.run.freshness.stamps import (
    Stamp,
    addresses_of,
    damaged,
    drawing_packages,
    executing_packages,
    read_stamp,
)
from close_library.run.planning.task import EXECUTED, Work
from close_library.workpaper.inputs import SealedBooks, inputs_of

NEVER_RUN = "never run"
NOT_FINISHED = "failed, or not finished"
FORCED = "asked for with --force"

_SAID = {
    "said_figures": "signed figures",
    "said_explanations": "explanations",
    "said_items": "signed reconciling items",
    "said_populations": "rows of signed balances",
    "findings": "findings of other workpapers",
}
_REASONS_AT_MOST = 3


@dataclass(frozen=True)
class Decision:
    """What is to be done with a workpaper, and why; `why` is empty where nothing is."""

    work: Work
    why: str = ""


NOTHING = Decision("nothing")


def decide(
    document: Path, declared: Mapping[str, Any], books: SealedBooks, program: str, period: str, *, force: bool = False
) -> Decision:
    """What a run does with a workpaper whose document has this path."""
    stamp = read_stamp(document)
    if stamp is None:
        return Decision("execute", NOT_FINISHED if document.exists() else NEVER_RUN)
    if force:
        return Decision("execute", FORCED)
    keys = list(stamp.inputs.get("parameters", ()))
    now = inputs_of(declared, books, program, period, keys)
    reasons = list(_differences(stamp.inputs, now))
    reasons += _packages(stamp.executed_by, executing_packages())
    torn = damaged(document, stamp)
    reasons += [f"{document.stem}.{ending} is not as it was written" for ending in torn if ending in EXECUTED]
    if reasons:
        return Decision("execute", _in_words(reasons))
    return _to_draw(document, stamp, torn, addresses_of(books, declared, program, keys))


def _to_draw(document: Path, stamp: Stamp, torn: list[str], addresses: str) -> Decision:
    reasons = [f"{document.stem}.{ending} is not as it was written" for ending in torn]
    reasons += ["its source files or parameter files changed, not what it reads of them"] * (
        stamp.addresses != addresses
    )
    reasons += _packages(stamp.drawn_by, drawing_packages())
    return Decision("draw", _in_words(reasons)) if reasons else NOTHING


def _in_words(reasons: list[str]) -> str:
    more = len(reasons) - _REASONS_AT_MOST
    return ", ".join(reasons[:_REASONS_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Each thing that a workpaper is computed from and that is not what it was."""
    if before == now:
        return
    for key, words in (("notebook", "notebook changed"), ("library", "library changed"), ("python", "Python changed")):
        if before.get(key) != now[key]:
            yield words
    yield from _packages(before.get("packages", {}), now["packages"])
    for key in _changed(before.get("parameters", {}), now["parameters"]):
        yield f"parameter {key} changed"
    for program in _changed(before.get("contract_changes", {}), now["contract_changes"]):
        yield f"parameter contract_changes of {program} changed"
    tables = list(_tables(before.get("tables", {}), now["tables"]))
    yield from tables
    for name in _changed(before.get("said", {}), now["said"]):
        yield f"{_SAID.get(name, name)} changed"
    if not tables:
        for name in _changed(before.get("schedules", {}), now["schedules"]):
            yield f"schedule {name} changed"
        if before.get("files") != now["files"]:
            yield "the division of rows into files changed"


def _tables(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in _changed(before, now):
        if name not in before:
            yield f"{name} is there now"
        elif name not in now:
            yield f"{name} is gone"
        else:
            owners = [_owner(owner) for owner in _changed(before[name], now[name])]
            shown = ", ".join(owners[:_REASONS_AT_MOST]) + (" …" if len(owners) > _REASONS_AT_MOST else "")
            yield f"{name} of {shown} changed" if any(owners) else f"{name} changed"


def _owner(owner: str) -> str:
    return "no program" if owner == NO_OWNER else owner


def _packages(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [f"package {name} changed" for name in _changed(before, now)]


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    missing = object()
    return sorted(key for key in {*before, *now} if before.get(key, missing) != now.get(key, missing))
