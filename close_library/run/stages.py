"""The workpapers of a run in two stages: first all that read the books, then those that read what the others found.

For each it is decided before its stage whether it runs (`fresh`); where nothing does, no process is started.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from close_library.run.execution.process import cores
from close_library.run.files.atomic import file_digest, sweep, write_whole
from close_library.run.freshness.durations import longest_first, remember
from close_library.run.freshness.fresh import decide
from close_library.run.freshness.stamps import stamp_file
from close_library.run.planning.prepare import Prepared, Request
from close_library.run.planning.task import Outcome, Task
from close_library.run.progress import Reporter
from close_library.workpaper.inputs import SealedBooks, library_digest

if TYPE_CHECKING:
    from close_library.run.execution.cluster.executor import ClusterExecutor
    from close_library.run.execution.pool import LocalPool


def carry_out(
    tasks: Sequence[Task], request: Request, prepared: Prepared, reporter: Reporter, log: Path
) -> list[Outcome]:
    """Carry out the tasks that are not done already; the outcomes of those that were executed or drawn again."""
    for folder in {task.folder for task in tasks}:
        folder.mkdir(exist_ok=True)
    outcomes: list[Outcome] = []
    executor: LocalPool | ClusterExecutor | None = None
    with ExitStack() as at_end:
        at_end.callback(sweep, prepared.folder)
        for runs_last in (False, True):
            stage = [task for task in tasks if task.runs_last == runs_last]
            if stage and runs_last:
                _gather_findings(prepared)
            todo = _to_do(stage, prepared, request.force)
            if not todo:
                continue
            reporter.tasks(len(todo))
            if executor is None:
                executor = _executor(request, prepared, len(todo), log, reporter)
                at_end.enter_context(executor)
            done = executor.run(longest_first(todo, log.parent), reporter.event)
            remember(done, log.parent)
            outcomes += done
    return outcomes


def _to_do(tasks: Sequence[Task], prepared: Prepared, force: bool) -> list[Task]:
    """The tasks for which something is to be done, and what."""
    declared = {each.ref: each.as_data() for each in prepared.notebooks.workpapers}
    books = SealedBooks.read(prepared.folder / "books")
    decided = [
        (task, decide(task.file("json"), declared[task.heading["ref"]], books, task.program, task.period, force=force))
        for task in tasks
    ]
    return [replace(task, work=decision.work) for task, decision in decided if decision.work != "nothing"]


def _gather_findings(prepared: Prepared) -> None:
    """The table of what the first stage found, for the second; left as it is where no document changed since."""
    marker = prepared.company_folder / ".run" / f"{prepared.period}.findings"
    key = _findings_key(prepared)
    table = prepared.folder / "books" / "findings.parquet"
    if table.is_file() and marker.is_file() and marker.read_text() == f"{key} {file_digest(table)}":
        return
    from close_library.run.gathering.findings_table import write_findings

    write_findings(prepared.folder, prepared.notebooks.workpapers, prepared.glance.program_ids)
    write_whole(marker, f"{key} {file_digest(table)}".encode())


def _findings_key(prepared: Prepared) -> str:
    """The digest of all documents that there are, by their stamps where they have one, and of who owns what."""
    planned = [each.stem for each in prepared.notebooks.workpapers if not each.runs_last]
    found = []
    for document in sorted(prepared.folder.glob("*/*.json")):
        if document.stem in planned:
            stamp = stamp_file(document)
            held = stamp if stamp.is_file() else document
            found.append([document.parent.name, document.name, file_digest(held)])
    books = file_digest(prepared.folder / "books" / "manifest.json")
    known = [found, planned, prepared.glance.program_ids, books, library_digest()]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def _executor(
    request: Request, prepared: Prepared, tasks: int, log: Path, reporter: Reporter
) -> LocalPool | ClusterExecutor:
    """What carries out tasks: a cluster, or processes of this machine, as many as asked for or one for each processor."""
    if request.cluster:
        from close_library.run.execution.cluster.executor import ClusterExecutor

        return ClusterExecutor(request.cluster, prepared.folder, log, request.storage, request.workers, reporter.notice)
    from close_library.run.execution.pool import LocalPool

    return LocalPool(min(request.workers or cores(), max(1, tasks)), log)
