"""What the next run would do, workpaper by workpaper, and why: asked before anything is sealed or written.

The books may be older than the sources. Which rows of an edited file changed is only known when it is sealed again, so
what reads such a file *may* run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from close_library.run.freshness.fresh import NEVER_RUN, Decision, decide
from close_library.run.planning.plan import folder_of
from close_library.run.planning.prepare import Prepared
from close_library.run.said.recorded import record_if_any
from close_library.run.said.said_tables import rows_seen, said_rows, written_rows
from close_library.workpaper.inputs import SealedBooks

Pending = dict[tuple[str, str], Decision]
"""Program and ref → what would be done."""

SAID_SINCE = "something was said since"
"""Why a workpaper would run again whose books, parameters and notebook are as they were."""


def pending_work(prepared: Prepared, *, look_at_sources: bool = True) -> Pending:
    """What a run of the plan would do with each workpaper. Raises CloseError where the sources or the record can't be read.

    Without a look at the sources: over the books as they are sealed, which is what a person signs.
    """
    period, folder = str(prepared.period), prepared.folder
    parameters = prepared.company.to_json(prepared.period, prepared.glance.program_ids)
    try:
        sealed = SealedBooks.read(folder / "books", parameters=parameters)
    except (OSError, ValueError):
        return {(program, each.ref): Decision("execute", NEVER_RUN) for program, each in prepared.plan.pairs}
    edited = edited_files(prepared, sealed.manifest) if look_at_sources else {}
    with record_if_any(prepared.settings.record, prepared.company_folder) as record:
        now = said_rows(record, period)
    written = written_rows(folder / "books")
    found: Pending = {}
    for program, workpaper in prepared.plan.pairs:
        tables = (*workpaper.tables, *workpaper.optional_tables)
        document = folder / folder_of(program) / f"{workpaper.stem}.json"
        decision = decide(document, workpaper.as_data(), sealed, program, period)
        since = [f"{file} was edited since" for table in tables for file in edited.get(table, ())]
        place = (program, workpaper.ref)
        if rows_seen(written, tables, period, *place) != rows_seen(now, tables, period, *place):
            since.append(SAID_SINCE)
        found[place] = _with(decision, since)
    return found


def edited_files(prepared: Prepared, manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Table → its source files that are not what was sealed: edited, added or taken away."""
    from close_library.sources import SYSTEMS, list_files
    from close_library.sources.faults import FaultLog

    faults = FaultLog()
    listed = list_files(prepared.settings.sources, SYSTEMS, faults)
    faults.raise_if_any()
    now = {(raw.table, raw.file, source.digests[raw.path]) for source in listed for raw in source.files}
    then = {
        (table, each["file"], each["sha256"])
        for table, sealed in manifest["tables"].items()
        for each in sealed["sources"]
    }
    found: dict[str, list[str]] = defaultdict(list)
    for table, file, _ in sorted(now ^ then):
        if file not in found[table]:
            found[table].append(file)
    return dict(found)


def _with(decision: Decision, since: list[str]) -> Decision:
    if not since or decision.why == NEVER_RUN:
        return decision
    work = "execute" if decision.work == "nothing" else decision.work
    return Decision(work, ", ".join(filter(None, [decision.why, *since])))
