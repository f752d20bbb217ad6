"""How long each workpaper took when it was last executed, so that the next run starts the longest first.

Nothing but the order of execution depends on it; a file that can't be read is as good as none.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from close_library.run.files.atomic import write_json
from close_library.run.planning.task import Outcome, Task

_FILE = "durations.json"


def longest_first(tasks: Sequence[Task], machinery: Path) -> list[Task]:
    """The tasks by their last durations; one never executed counts as its kind did elsewhere, or comes first."""
    known = _read(machinery)
    kinds: dict[str, list[float]] = {}
    for label, seconds in known.items():
        kinds.setdefault(label.partition("/")[2], []).append(seconds)
    usual = {kind: statistics.fmean(times) for kind, times in kinds.items()}

    def expected(task: Task) -> tuple[float, int]:
        return known.get(task.label, usual.get(task.stem, float("inf"))), task.weight

    return sorted(tasks, key=expected, reverse=True)


def remember(outcomes: Iterable[Outcome], machinery: Path) -> None:
    """Take down how long the executions of a run took."""
    took = {each.task.label: round(each.seconds, 3) for each in outcomes if each.kernel}
    if took:
        with suppress(OSError):
            write_json(machinery / _FILE, dict(sorted({**_read(machinery), **took}.items())))


def _read(machinery: Path) -> dict[str, float]:
    try:
        found = json.loads((machinery / _FILE).read_text(encoding="utf-8"))
        return {label: float(seconds) for label, seconds in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
