"""What a run says while it works fits the line: counts and time stay whole, names give way."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from close_library.run.planning.task import Event, Task
from close_library.run.progress import Bar, cut


@pytest.mark.parametrize(
    ("room", "shown"),
    [(12, "atlas/20_rec"), (5, "atla…"), (1, ""), (-4, "")],
    ids=["fits", "is cut", "no room for a letter", "narrower than the bar"],
)
def test_names_give_way(room: int, shown: str) -> None:
    assert cut("atlas/20_rec", room) == shown


@pytest.mark.parametrize("width", [80, 100])
def test_counts_and_time_stay_whole(width: int) -> None:
    said = io.StringIO()
    with Bar(Console(file=said, force_terminal=True, width=width, color_system=None)) as bar:
        bar.tasks(145)
        for name in ("10_source_completeness", "20_receivables_to_ledger", "22_contract_balances_to_ledger"):
            bar.event(Event("started", Task(Path(), Path(), "_company", "2026-10", name)))
        bar._progress.refresh()
    assert "0/145" in said.getvalue() and "0:00:00" in said.getvalue()
