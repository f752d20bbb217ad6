"""What can go wrong, in four lines that a user can act on.

    CloseError
    ├── ParameterError   a value in parameters/ or on the command line
    ├── SourceError      a file of a source system, or a line of it
    ├── BooksError       the sealed snapshot of a period, or a rate that it lacks
    ├── NotebookError    a notebook that can't be planned or executed
    ├── ReportError      a report that can't be drawn
    └── RecordError      what people said: explanations, items, sign-offs

A `CloseError` means that the run can't go on and the user can mend it (exit code 2). A difference in the
figures is never an error: it is a finding. A broken invariant of ours is an `assert`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_AT_MOST = 10


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: its place, what stands there, what should, and what to do."""

    where: str
    found: str
    expected: str
    do: str = ""


class CloseError(Exception):
    """The run can't go on, and the user can mend it.

    One error carries all faults of its kind; the message shows at most ten of them and says how many
    there are. `count` is given when more faults were counted than are carried.
    """

    def __init__(self, summary: str, faults: Sequence[Fault], count: int | None = None) -> None:
        self.summary = summary
        self.faults = tuple(faults)
        self.count = len(self.faults) if count is None else count
        super().__init__(summary, self.faults, self.count)

    def __str__(self) -> str:
        return "\n".join([f"{type(self).__name__}: {self.summary}", *self._fault_lines()])

    def _fault_lines(self) -> list[str]:
        lines: list[str] = []
        for number, fault in enumerate(self.faults[:SHOWN_AT_MOST]):
            if number:
                lines.append("")
            for word in ("where", "found", "expected", "do"):
                text = getattr(fault, word)
                if text:
                    lines.append(f"  {word + ':':<10} {text}")
        if self.count > min(len(self.faults), SHOWN_AT_MOST):
            lines += [
                "",
                f"  … {self.count} faults in all, the first {min(len(self.faults), SHOWN_AT_MOST)} are shown.",
            ]
        return lines

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows instead of a traceback."""
        return str(self).splitlines()

    def as_data(self) -> dict[str, object]:
        """The error for `--json`: its kind, summary, count and faults, all as text."""
        return {
            "error": type(self).__name__,
            "summary": self.summary,
            "count": self.count,
            "faults": [vars(fault).copy() for fault in self.faults],
        }


class ParameterError(CloseError):
    """A parameter is unknown, missing or of the wrong type."""


class SourceError(CloseError):
    """A source file can't be read as the table that it claims to be."""


class BooksError(CloseError):
    """The snapshot of a period is missing, damaged, or lacks something that a workpaper needs."""


class NotebookError(CloseError):
    """A notebook can't be planned or did not finish."""


class ReportError(CloseError):
    """A report can't be drawn or written."""


class RecordError(CloseError):
    """The record refuses what it is told."""
