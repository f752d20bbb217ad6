"""What a run says while it works: a bar with what is running on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from close_library.run.planning.task import Event

_SHOWN_RUNNING = 3
_WHAT_IS_LEFT = Column(no_wrap=True, overflow="ellipsis", ratio=1)
"""Counts and time stay whole; the names of what is running have the rest of the line, and give way."""


class Reporter(Protocol):
    """What a run tells of itself: notices, the steps before the notebooks, and the notebooks."""

    def notice(self, text: str) -> None:
        """Something a person should know, which stops nothing."""

    def step(self, name: str, detail: str = "", done: int = 0, total: int = 0) -> None:
        """What is being done, what of it just now, and how far."""

    def tasks(self, count: int) -> None:
        """So many workpapers begin, besides those that began before."""

    def event(self, event: Event) -> None:
        """A notebook began or ended."""


class Silent:
    """Says nothing."""

    def notice(self, text: str) -> None: ...

    def step(self, name: str, detail: str = "", done: int = 0, total: int = 0) -> None: ...

    def tasks(self, count: int) -> None: ...

    def event(self, event: Event) -> None: ...


class Lines:
    """One line for each step and each finished notebook, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._step, self._count, self._done = "", 0, 0

    def notice(self, text: str) -> None:
        self._say(text)

    def step(self, name: str, detail: str = "", done: int = 0, total: int = 0) -> None:
        if name != self._step:
            self._step = name
            self._say(name)

    def tasks(self, count: int) -> None:
        self._count += count

    def event(self, event: Event) -> None:
        if event.outcome is not None:
            self._done += 1
            ended = f"{event.outcome.status} ({event.outcome.seconds:.1f} s)"
            self._say(f"[{self._done}/{self._count}] {event.task.label}: {ended}")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


class Bar:
    """A progress bar that names what is running and counts what failed; use it as a context."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[running]}", style="dim", markup=False, table_column=_WHAT_IS_LEFT),
            console=console,
            transient=True,
            expand=True,
        )
        self._line = self._progress.add_task("starting", total=None, running="")
        self._running: list[str] = []
        self._failed = self._count = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def notice(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)

    def step(self, name: str, detail: str = "", done: int = 0, total: int = 0) -> None:
        self._progress.update(self._line, description=detail or name, completed=done, total=total or None)

    def tasks(self, count: int) -> None:
        done = 0 if not self._count else None
        self._count += count
        self._progress.update(self._line, description="workpapers", completed=done, total=self._count)

    def event(self, event: Event) -> None:
        if event.kind == "started":
            self._running.append(event.task.label)
        else:
            self._running = [label for label in self._running if label != event.task.label]
            self._progress.advance(self._line)
            if event.outcome is not None and event.outcome.failed:
                self._failed += 1
                self._progress.console.print(f"failed: {event.task.label}", style="red", markup=False, highlight=False)
        shown = ", ".join(self._running[:_SHOWN_RUNNING]) + (" …" if len(self._running) > _SHOWN_RUNNING else "")
        self._progress.update(
            self._line,
            description="workpapers" + (f", {self._failed} failed" if self._failed else ""),
            running=shown,
        )


class Stopwatch:
    """How long each step took, for the record of the run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """The step that ends now."""
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now

    @property
    def total(self) -> float:
        """Seconds since the beginning."""
        return round(time.monotonic() - self._began, 3)
