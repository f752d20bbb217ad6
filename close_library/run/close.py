"""The conductor: one close of a period, from the parameters to the index and the record of the run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from close_library.books import seal
from close_library.errors import Fault, NotebookError
from close_library.run.diary import diary_of
from close_library.run.execution.process import cores, do_without_grammar, memory_limit
from close_library.run.files.atomic import part_of, sweep, write_json
from close_library.run.files.disk import writing_to
from close_library.run.files.lock import locked
from close_library.run.files.scratch import remove_abandoned
from close_library.run.freshness.stamps import drawing_packages
from close_library.run.gathering.index import (
    documents_of,
    has_unplanned,
    read_index,
    remove_unplanned,
    write_index,
    write_manifest,
)
from close_library.run.gathering.settled import is_settled, settle, settled_by
from close_library.run.gathering.signed_rows import take_down_rows
from close_library.run.planning.glance import keep
from close_library.run.planning.prepare import Prepared, Request, kept_glance, prepare
from close_library.run.planning.task import Outcome, Task
from close_library.run.progress import Reporter, Stopwatch
from close_library.run.said.heard import Heard, hear
from close_library.run.said.recorded import doubts, doubts_in_words, record_if_any
from close_library.run.said.said_tables import said_rows, write_said_tables
from close_library.run.schedules import compute_schedules
from close_library.run.stages import carry_out
from close_library.workpaper.inputs import library_digest


@dataclass(frozen=True)
class CloseResult:
    """What a run came to."""

    prepared: Prepared
    outcomes: tuple[Outcome, ...]
    """Of the workpapers that were executed or drawn again."""
    unchanged: int
    index: dict[str, Any] = field(hash=False)
    seconds: float
    log: Path

    @property
    def executed(self) -> list[Outcome]:
        """Those whose notebook was executed."""
        return [outcome for outcome in self.outcomes if outcome.task.work == "execute"]

    @property
    def failed(self) -> list[Outcome]:
        """The workpapers without a conclusion, of this run."""
        return [outcome for outcome in self.outcomes if outcome.failed]

    @property
    def open_in_period(self) -> int:
        """How many workpapers of the period are open, failed or of older books, run now or before."""
        return sum(entry["status"] in ("open", "failed") or entry["stale"] for entry in self.index["entries"])

    def error(self) -> NotebookError | None:
        """The error that names every notebook without a conclusion, or None."""
        reasons: dict[str, list[str]] = {}
        for outcome in self.failed:
            reasons.setdefault(outcome.message, []).append(outcome.task.label)
        if not reasons:
            return None
        count = (
            f"{len(self.failed)} of {len(self.executed)} notebooks have" if len(self.failed) > 1 else "a notebook has"
        )
        faults = [
            Fault(
                _listed(labels),
                _indented(reason),
                "a workpaper that comes to its conclusion",
                f"open {self.prepared.folder.name}/{labels[0]}.html or .ipynb, which hold the error",
            )
            for reason, labels in reasons.items()
        ]
        return NotebookError(f"{count} no conclusion.", faults)


def _indented(reason: str) -> str:
    """A message of several lines, below the word `found:` of another."""
    return "\n".join([line and " " * 13 + line for line in reason.splitlines()]).lstrip()


def _listed(labels: list[str]) -> str:
    return ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")


def run_close(request: Request, reporter: Reporter) -> CloseResult:
    """Close a period: seal the books, execute the workpapers that need it, draw their reports, write the index.

    Notebooks that fail are outcomes, not errors: the others finish. Raises CloseError when the run can't go on.
    """
    watch = Stopwatch()
    started_at = datetime.now(UTC)
    reporter.step("reading parameters and notebooks")
    prepared = prepare(request)
    for notice in prepared.notices:
        reporter.notice(notice)
    if request.cluster:
        from close_library.run.execution.cluster.scheduler import refuse_unreachable

        refuse_unreachable(request.cluster)
    watch.lap("plan")
    folder, machinery = prepared.folder, prepared.company_folder / ".run"
    log = machinery / f"{prepared.period}.log"
    with (
        writing_to(prepared.company_folder),
        locked(machinery, prepared.settings.company, str(prepared.period), request.wait),
    ):
        log.unlink(missing_ok=True)
        sweep(folder)
        remove_abandoned()
        keep(prepared.glance, kept_glance(prepared.company_folder))
        with _nothing_left_if_new(folder):
            _seal_books(request, prepared, reporter)
            heard = _take_down_what_was_said(prepared, reporter)
            watch.lap("books")
        outcomes = perform(request, prepared, heard, reporter, watch, log)
        unchanged = len(prepared.plan.pairs) - len(outcomes)
        result = CloseResult(prepared, tuple(outcomes), unchanged, read_index(folder), watch.total, log)
        write_json(folder / "run.json", diary_of(request, prepared, outcomes, started_at, watch))
    return result


def perform(
    request: Request, prepared: Prepared, heard: Heard, reporter: Reporter, watch: Stopwatch, log: Path
) -> list[Outcome]:
    """From the sealed books to the manifest: schedules, workpapers, reports, index. Does what is not done already."""
    folder, period = prepared.folder, str(prepared.period)
    reporter.step("computing the schedules")
    compute_schedules(folder / "books", period, prepared.settings)
    watch.lap("schedules")
    tasks = prepared.plan.tasks(folder, period, prepared.heading, request.timeout, heard)
    outcomes = carry_out(tasks, request, prepared, reporter, log)
    watch.lap("workpapers")
    heading, planned = _index_heading(prepared), {(task.folder.name, task.stem) for task in tasks}
    key = settled_by(heading, prepared.glance.programs, heard, drawing_packages(), library_digest())
    unplanned = not prepared.plan.partial and has_unplanned(folder, planned)
    if outcomes or unplanned or not is_settled(folder, key):
        _gather(prepared, tasks, outcomes, heard, reporter)
        settle(folder, key)
    watch.lap("index")
    return outcomes


def _gather(
    prepared: Prepared, tasks: Sequence[Task], outcomes: Sequence[Outcome], heard: Heard, reporter: Reporter
) -> None:
    """What is written of a period as a whole, from the workpapers that are there."""
    do_without_grammar()
    from close_library.run.gathering.journals import write_journal_entries
    from close_library.run.gathering.redraw import redraw
    from close_library.run.gathering.source_sheets import write_source_sheets

    folder = prepared.folder
    if not prepared.plan.partial:
        removed = remove_unplanned(folder, {(task.folder.name, task.stem) for task in tasks})
        if removed:
            reporter.notice(f"Removed, for the plan no longer holds them: {_listed(removed)}.")
    write_journal_entries(folder)
    redraw(folder, heard, {(each.task.program, each.task.heading["ref"]) for each in outcomes})
    drawn_by = (drawing_packages(), library_digest())
    write_source_sheets(folder, _index_heading(prepared), list(documents_of(folder)), drawn_by)
    write_index(folder, _index_heading(prepared), prepared.glance.programs, heard)
    write_manifest(folder)


def _take_down_what_was_said(prepared: Prepared, reporter: Reporter) -> Heard:
    """Write the tables `said_*` into the books, from one moment of the record; returns what reports show of it.

    A record that is not as it was written is named: what was signed in it may not be what people signed.
    """
    period = str(prepared.period)
    with record_if_any(prepared.settings.record, prepared.company_folder) as record:
        if doubt := doubts_in_words(doubts(record, prepared.company_folder)):
            reporter.notice(doubt)
        write_said_tables(prepared.folder / "books", said_rows(record, period))
        take_down_rows(record, prepared.company_folder, prepared.period)
        return hear(record, period)


@contextmanager
def _nothing_left_if_new(folder: Path) -> Iterator[None]:
    """A period that can't be sealed for the first time leaves no folder behind."""
    is_new = not folder.exists()
    try:
        yield
    except BaseException:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _seal_books(request: Request, prepared: Prepared, reporter: Reporter) -> None:
    books = prepared.folder / "books"
    books.mkdir(parents=True, exist_ok=True)
    with _forgotten(books / "manifest.json") if request.force else nullcontext():
        seal(
            books,
            prepared.settings.sources,
            period=str(prepared.period),
            threads=cores(),
            memory_limit=memory_limit(1),
            progress=lambda doing, done, total: reporter.step("sealing the books", doing, done, total),
        )
    write_json(books / "parameters.json", prepared.company.to_json(prepared.period, prepared.glance.program_ids))
    write_json(books / "workpapers.json", [each.as_data() for each in prepared.notebooks.workpapers])


@contextmanager
def _forgotten(manifest: Path) -> Iterator[None]:
    """Have the books sealed as if for the first time; the old manifest comes back when that fails."""
    aside = part_of(manifest)
    if manifest.exists():
        manifest.replace(aside)
    try:
        yield
    except BaseException:
        if aside.exists():
            aside.replace(manifest)
        raise
    aside.unlink(missing_ok=True)


def _index_heading(prepared: Prepared) -> dict[str, str]:
    return {
        **prepared.heading,
        "period": str(prepared.period),
        "period_end": prepared.period.last_day.isoformat(),
        "functional_currency": prepared.settings.functional_currency,
    }
