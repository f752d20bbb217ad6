"""One execution of one notebook, what came of it, and what is told while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from close_library.parameters import COMPANY
from close_library.run.said.heard import NOTHING, Spoken

ENDINGS = ("ipynb", "rows.parquet", "xlsx", "pdf", "pptx", "docx", "html", "json")
"""The files of a workpaper in the order in which they are put in place; `pptx` and `docx` where its notebook asks for them."""

EXECUTED = ("ipynb", "rows.parquet", "json")
"""The files that only an execution makes."""

DRAWN = ("html", "xlsx", "pdf", "pptx", "docx")
"""The files that are drawn from them."""

Work = Literal["execute", "draw", "nothing"]
"""What a run does with a workpaper: execute and draw it, only draw it, or leave it as it is."""


@dataclass(frozen=True)
class Task:
    """A notebook to execute for one program (or the company) of one period. `folder` is where its files go."""

    notebook: Path
    folder: Path
    program: str
    period: str
    stem: str
    heading: dict[str, Any] = field(hash=False, default_factory=dict)
    timeout: int = 1800
    spoken: Spoken = NOTHING
    """What people said about it so far, for its reports."""
    runs_last: bool = False
    """Whether it waits for all others, because it reads what they found."""
    work: Work = "execute"
    attempt: str = ""
    """What tells its unfinished files from those of another process that works on it too, as a cluster can't rule out."""
    died: str = ""
    """Why an earlier worker died on it: then it is not executed again, only written down as failed."""

    @property
    def label(self) -> str:
        """How messages call it: `atlas/20_receivables_to_ledger`."""
        return f"{self.program}/{self.stem}"

    @property
    def weight(self) -> int:
        """What to start first: the company's workpapers read everything and take longest."""
        return 2 if self.program == COMPANY else 1

    def file(self, ending: str) -> Path:
        """One of its files: `json`, `rows.parquet`, `html`, `xlsx`, `ipynb`."""
        return self.folder / f"{self.stem}.{ending}"


@dataclass(frozen=True)
class Outcome:
    """How a task ended. `ours` marks a failure that the user can't mend: a bug, with its traceback in the log."""

    task: Task
    status: str
    seconds: float = 0.0
    message: str = ""
    ours: bool = False
    kernel: str = ""
    """Which kernel executed it: `forked` or `stock`."""

    @property
    def failed(self) -> bool:
        """Whether there is no conclusion."""
        return self.status == "failed"


@dataclass(frozen=True)
class Event:
    """A task began or ended; `outcome` is there when it ended."""

    kind: Literal["started", "finished"]
    task: Task
    outcome: Outcome | None = None


OnEvent = Callable[[Event], None]
