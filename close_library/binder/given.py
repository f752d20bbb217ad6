"""Is what the notebooks are given what the rest of the binder says?

Beside the books these are the parameters in force, the list of workpapers and programs, and the tables `said_*`. A run
writes those before its notebooks start; what is said after that is laid over the reports and stands in no table until
the next run. So a row of them must be what its event said, and what was said by then and still holds must be there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow.parquet as pq

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.comparing import compare_data
from close_library.binder.verdict import Verdict
from close_library.record import Event, Record
from close_library.run.gathering.signed_rows import TABLE as SIGNED_ROWS
from close_library.run.gathering.signed_rows import rows_not_signed
from close_library.run.planning.prepare import Prepared
from close_library.run.said.said_tables import Rows, said_rows, table_written, written_rows

Row = tuple[str | int | None, ...]
_BOOKS = f"{contents.PERIOD}/books"
_INDEX = f"{contents.PERIOD}/index.json"


def check_given(
    archive: Archive, manifest: Mapping[str, Any], prepared: Prepared, record: Record, verdict: Verdict
) -> None:
    """Add to the verdict whatever the notebooks are given that nothing else in the binder says."""
    resolved = prepared.company.to_json(prepared.period, prepared.glance.program_ids)
    notebooks = prepared.notebooks.workpapers
    for name, made, of in (
        (contents.RESOLVED, resolved, contents.PARAMETERS),
        (f"{_BOOKS}/workpapers.json", [each.as_data() for each in notebooks], contents.NOTEBOOKS),
    ):
        for place, what in compare_data(json.loads(archive.read(name)), made):
            verdict.differs(f"{name}, {place}", f"not as {of}/ says: {what}")
    for name, what in compare_data(manifest["notebooks"], {each.path.name: each.sha256 for each in notebooks}):
        verdict.differs(f"{contents.NOTEBOOKS}/{name}", what)
    if prepared.settings.company != manifest["company"]:
        found = f"the company {prepared.settings.company}, sealed as {manifest['company']}"
        verdict.differs(f"{contents.PARAMETERS}/company.yaml", found)
    for program, where in _programs_differing(prepared):
        verdict.differs(_INDEX, f"the program {program} is only in {where}")
    now = said_rows(record, str(prepared.period))
    for table, what in said_differences(written_rows(prepared.folder / "books"), now, record.events()):
        verdict.differs(f"{_BOOKS}/{table}.parquet", what)
    rows = table_written(prepared.folder / "books", SIGNED_ROWS) or []
    for what in rows_not_signed(rows, record.events()):
        verdict.differs(f"{_BOOKS}/{SIGNED_ROWS}.parquet", what)


def _programs_differing(prepared: Prepared) -> Iterator[tuple[str, str]]:
    """The programs that only the index or only the books have; a program left out would not be performed again."""
    path = prepared.folder / "books" / "programs.parquet"
    held = pq.ParquetFile(path).read(columns=["program_id"])["program_id"].to_pylist() if path.exists() else []
    books, index = {each for each in held if each}, set(prepared.glance.programs)
    yield from ((program, "the books") for program in sorted(books - index))
    yield from ((program, "the index") for program in sorted(index - books))


def said_differences(
    written: Mapping[str, Rows], now: Mapping[str, Rows], events: Iterable[Event]
) -> Iterator[tuple[str, str]]:
    """(table, what) of every row that no event says, or that is left out. `now`: the tables as all events give them."""
    known = {event.seq: event for event in events}
    seen = max((_event_of(row) for rows in written.values() for row in rows), default=0)
    for table, rows in written.items():
        for row in rows:
            if not _is_said(table, row, known.get(_event_of(row))):
                yield table, f"no event says {_shown(row)}"
        there = {_without_follow_up(table, row) for row in rows}
        for row in now[table]:
            if _event_of(row) <= seen and _without_follow_up(table, row) not in there:
                yield table, f"left out: {_shown(row)}"


def _is_said(table: str, row: Row, event: Event | None) -> bool:
    period, program, ref, subject, amount = row[:5]
    if event is None or (event.period, event.program, event.ref) != (period, program, ref):
        return False
    said: Mapping[str, Any] = event.payload
    if table == "said_explanations":
        return event.kind == "explained" and (event.subject, said["amount"] or "", said["text"]) == (
            subject,
            amount,
            row[5],
        )
    if event.kind != "reviewed":
        return False
    if table == "said_figures":
        return bool(said["figures"].get(subject) == amount)
    return (subject, amount, row[5]) in {
        (each["item"], each["amount"], each["first_date"] or "") for each in said["items"]
    }


def _without_follow_up(table: str, row: Row) -> Row:
    """Who looks after an item may have been said later."""
    return (*row[:6], row[-1]) if table == "said_items" else tuple(row)


def _event_of(row: Row) -> int:
    return row[-1] if isinstance(row[-1], int) else 0


def _shown(row: Row) -> str:
    return " ".join(str(each) for each in row[:5])
