"""What a command prints at its end: tables for a person, one object for a program."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from close_library.money import counted
from close_library.parameters import COMPANY
from close_library.run.gathering.redraw import Place
from close_library.run.planning.plan import Plan
from close_library.run.status import STALE, WORDS, Standing
from close_library.workpaper.notebook import Workpaper

if TYPE_CHECKING:
    from close_library.run.close import CloseResult

_MARKS = {"agreed": "✓", "open": "!", "failed": "✗", "not_applicable": "–", "stale": "~", "not_run": "·"}
LETTERS = {"prepared": "P", "reviewed": "R", "lapsed": "L", "rejected": "X"}
"""State of a sign-off → its letter in the matrix; what nobody signed has none."""

_PLACES = 4
_KINDS = {"error": "error", "warning": "warning", "info": "note"}
_STYLES = {
    "agreed": "green",
    "open": "yellow",
    "failed": "red",
    "not_applicable": "dim",
    "stale": "red",
    "not_run": "dim",
}


def print_matrix(console: Console, standings: Sequence[Standing], signed: Mapping[Place, str] | None = None) -> None:
    """Programs × workpapers: a mark for the status of each, how much is open in it, and the letter of its sign-off.

    Wrapped where the terminal ends. `signed`: program and ref → the state of the sign-off.
    """
    letters = {place: LETTERS[state] for place, state in (signed or {}).items() if state in LETTERS}
    refs = sorted({each.ref for each in standings})
    by_place = {(each.program, each.ref): each for each in standings}
    programs = list(dict.fromkeys(each.program for each in standings))
    names = {program: "all programs" if program == COMPANY else program for program in programs}
    marks = {
        (program, ref): _mark(by_place.get((program, ref))) + letters.get((program, ref), "")
        for program in programs
        for ref in refs
    }
    widths = {ref: max(len(ref), *(len(marks[program, ref]) for program in programs)) for ref in refs}
    room = console.width - max(map(len, ["program", *names.values()]))
    for fitting in _wrapped({ref: widths[ref] + 2 for ref in refs}, room):
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("program", no_wrap=True)
        for ref in fitting:
            table.add_column(ref, no_wrap=True)
        for program in programs:
            cells = [_cell(by_place.get((program, ref)), marks[program, ref]) for ref in fitting]
            table.add_row(_plain(names[program]), *cells)
        console.print(table)
    console.print("  ".join(f"{mark} {WORDS[status]}" for status, mark in _MARKS.items()), style="dim", highlight=False)
    if any(character.isdigit() for mark in marks.values() for character in mark):
        console.print("A number is that of the open tie-outs, errors and warnings.", style="dim", highlight=False)
    if letters:
        legend = "  ".join(f"{letter} {state}" for state, letter in LETTERS.items())
        console.print(legend, style="dim", highlight=False)


def _wrapped(widths: Mapping[str, int], room: int) -> list[list[str]]:
    """Columns in as few lines as there is room for, the lines about equally long."""
    whole = sum(widths.values())
    fewest = max(1, ceil(whole / max(room, 1)))
    lines: list[list[str]] = [[]]
    used = 0
    for column, width in widths.items():
        if lines[-1] and (used + width > room or (used >= whole / fewest and len(lines) < fewest)):
            lines.append([])
            used = 0
        lines[-1].append(column)
        used += width
    return lines


def print_pending(console: Console, standings: Sequence[Standing]) -> None:
    """What a run would do, one line a reason, with the workpapers that it concerns."""
    reasons: dict[str, list[str]] = {}
    for each in standings:
        if each.why:
            reasons.setdefault(each.why, []).append(f"{each.program}/{each.ref}")
    if not reasons:
        console.print("A run would find nothing to do.", markup=False, highlight=False)
        return
    count = sum(map(len, reasons.values()))
    console.print(f"A run would look after {counted(count, 'workpaper')}:", markup=False, highlight=False)
    for why, places in reasons.items():
        shown = ", ".join(places[:_PLACES]) + (f" and {len(places) - _PLACES} more" if len(places) > _PLACES else "")
        console.print(f"  {why}: {shown}", markup=False, highlight=False, soft_wrap=True)


def _mark(standing: Standing | None) -> str:
    return "" if standing is None else f"{_MARKS[standing.status]}{standing.open_tie_outs + standing.findings or ''}"


def _cell(standing: Standing | None, mark: str) -> str:
    return "" if standing is None else f"[{_STYLES[standing.status]}]{mark}[/]"


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def counts_of(statuses: Iterable[str]) -> dict[str, int]:
    """How many workpapers have each status, those that occur."""
    statuses = list(statuses)
    return {status: statuses.count(status) for status in WORDS if status in statuses}


def in_words(counts: dict[str, int]) -> str:
    """`24 agreed, 3 open`."""
    return ", ".join(f"{count} {WORDS[status]}" for status, count in counts.items()) or "nothing"


def print_result(console: Console, result: CloseResult) -> None:
    """The end of a run: the matrix of the period, what was found, and where the front page is."""
    entries = result.index["entries"]
    print_matrix(
        console,
        [
            Standing(
                each["program"],
                each["ref"],
                each["name"],
                STALE if each["stale"] else each["status"],
                each["tie_outs"]["open"],
                each["findings"]["error"] + each["findings"]["warning"],
            )
            for each in entries
        ],
        {(each["program"], each["ref"]): each["sign_off"]["state"] for each in entries},
    )
    found = result.index["findings"]
    heading = f"{result.prepared.settings.name} · {result.prepared.period}"
    console.print(
        f"\n{heading}: {in_words(counts_of(STALE if each['stale'] else each['status'] for each in entries))}.",
        markup=False,
        highlight=False,
    )
    console.print(
        f"Findings: {', '.join(counted(found[kind], word) for kind, word in _KINDS.items())}.", highlight=False
    )
    for each in result.index["attention"]:
        console.print(f"  {each['ref']} {each['message']}", markup=False, highlight=False, soft_wrap=True)
    more = found["error"] + found["warning"] - len(result.index["attention"])
    if more > 0:
        console.print(
            f"  … and {more:,} more: see the front page and the workpapers' own.", markup=False, highlight=False
        )
    front_page = shown_path(result.prepared.folder / "index.html")
    console.print(
        f"{_done_in_words(result)}, in {result.seconds:.1f} s. Read {front_page}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _done_in_words(result: CloseResult) -> str:
    """`117 workpapers, 112 unchanged, 5 executed`."""
    executed, drawn = len(result.executed), len(result.outcomes) - len(result.executed)
    parts = [
        counted(result.unchanged + executed + drawn, "workpaper"),
        *([f"{result.unchanged} unchanged"] if result.unchanged else []),
        *([f"{drawn} drawn again"] if drawn else []),
        f"{executed} executed",
    ]
    return ", ".join(parts)


def result_as_data(result: CloseResult) -> dict[str, Any]:
    """The end of a run for `--json`."""
    prepared = result.prepared
    return {
        "company": prepared.settings.company,
        "period": str(prepared.period),
        "folder": str(prepared.folder),
        "index": str(prepared.folder / "index.html"),
        "executed": len(result.executed),
        "drawn_again": len(result.outcomes) - len(result.executed),
        "unchanged": result.unchanged,
        "seconds": result.seconds,
        "statuses": counts_of(each["status"] for each in result.index["entries"]),
        "workpapers": [
            {key: each[key] for key in ("program", "ref", "name", "status", "tie_outs", "findings", "error", "files")}
            for each in result.index["entries"]
        ],
        "failed": [{"workpaper": each.task.label, "message": each.message} for each in result.failed],
    }


def print_plan(console: Console, plan: Plan, notices: Sequence[str]) -> None:
    """What a run would execute."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("ref", "workpaper", "runs for", "reads", "notebook"):
        table.add_column(heading, overflow="fold")
    for each in plan.workpapers:
        runs_for = {"both": "programs, company", "program": "programs", "company": "company"}[each.scope]
        optional = f"{len(each.optional_tables)} optional" if each.optional_tables else ""
        reads = ", ".join(filter(None, [*each.tables, optional]))
        table.add_row(each.ref, _plain(each.title), runs_for, reads, _plain(each.path.name))
    console.print(table)
    console.print(
        f"\n{counted(len(plan.pairs), 'notebook')} to execute: {counted(len(plan.workpapers), 'workpaper')}, "
        f"{counted(len(plan.programs), 'program')} ({', '.join(plan.programs)}).",
        markup=False,
        highlight=False,
    )
    for notice in notices:
        console.print(notice, markup=False, highlight=False)


def plan_as_data(plan: Plan, period: str, notices: Sequence[str]) -> dict[str, Any]:
    """What a run would execute, for `--json`."""
    return {
        "period": period,
        "programs": list(plan.programs),
        "workpapers": [_workpaper_as_data(each) for each in plan.workpapers],
        "executions": [{"program": program, "ref": each.ref, "name": each.name} for program, each in plan.pairs],
        "notices": list(notices),
    }


def _workpaper_as_data(workpaper: Workpaper) -> dict[str, Any]:
    kept = ("ref", "name", "title", "scope", "tables", "optional_tables")
    return {key: value for key, value in workpaper.as_data().items() if key in kept} | {"notebook": str(workpaper.path)}


def shown_path(path: Path) -> str:
    """A path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("../../") else relative
