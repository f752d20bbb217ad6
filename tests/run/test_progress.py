"""What a run says while it works fits the line: counts and time stay whole, names give way."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from close_library.run.planning.task import Event, Task
from close_library.run.progress import Bar

RUNNING = ("10_source_completeness", "20_receivables_to_ledger", "22_contract_balances_to_ledger", "30_receivables")

# width of the terminal | what is running, as far as there is room
SHOWN = [
    (60, "_comp…"),
    (80, "_company/10_source_comple…"),
    (120, "_company/10_source_completeness, _company/20_receivables_to_ledge…"),
    (
        200,
        "_company/10_source_completeness, _company/20_receivables_to_ledger, _company/22_contract_balances_to_ledger …",
    ),
]


@pytest.mark.parametrize(("width", "running"), SHOWN)
def test_counts_and_time_stay_whole_and_names_give_way(width: int, running: str) -> None:
    said = io.StringIO()
    with Bar(Console(file=said, force_terminal=True, width=width, color_system=None)) as bar:
        bar.tasks(145)
        for name in RUNNING:
            bar.event(Event("started", Task(Path(), Path(), "_company", "2026-10", name)))
        said.seek(0)
        bar._progress.refresh()
        line = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.getvalue()[: said.tell()]).strip()
    assert len(line) <= width
    assert line.partition("0/145 0:00:00 ")[2] == running
