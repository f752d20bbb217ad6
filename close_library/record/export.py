"""The events outside the database: one line of JSON each, which anybody can read and verify, and the way back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from close_library.errors import Fault, RecordError
from close_library.record.chain import Row, canonical, check_chain, genesis
from close_library.record.database import EVENTS, open_database
from close_library.record.opening import WAIT_SECONDS, open_record
from close_library.record.record import Record
from close_library.record.values import Event

_FILE = "restored.db"


def exported(events: Iterable[Event], period: str) -> bytes:
    """The events to the last one about this period or an earlier one, as they were hashed: one line of JSON each."""
    rows = [
        Row(e.seq, e.at, e.by, e.kind, e.period, e.program, e.ref, e.subject, canonical(e.payload), e.previous, e.hash)
        for e in events
    ]
    last = max((row.seq for row in rows if row.period <= period), default=0)
    return "".join(canonical(row._asdict()) + "\n" for row in rows if row.seq <= last).encode()


def read_export(content: bytes) -> list[Row]:
    """The events of an export. Raises RecordError naming the first line that is none."""
    rows = []
    for number, line in enumerate(_lines(content), 1):
        try:
            row = Row(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            row = None
        if row is None or canonical(row._asdict()) != line:
            fault = Fault(
                f"record/events.jsonl, line {number}", "a line that is no event", "an event as it was exported"
            )
            raise RecordError("the events can't be read.", [fault])
        rows.append(row)
    return rows


def _lines(content: bytes) -> list[str]:
    """The lines of an export; a text that somebody said may hold what Python takes for other ends of a line."""
    text = content.decode("utf-8", "surrogateescape")
    return text.removesuffix("\n").split("\n") if text else []


def faults_of_export(rows: Iterable[Row], company: str, head: tuple[int, str]) -> list[Fault]:
    """What does not hold in the chain of an export that must end at `head`; nothing when it is whole."""
    return list(check_chain(rows, genesis(company), [head]))


def restored(rows: Iterable[Row], company_folder: Path) -> Record:
    """A record of the company of this folder that holds the events of an export, in a file of its own there."""
    url = f"sqlite:///{_FILE}"
    record = open_record(url, company_folder)
    events = [row._asdict() for row in rows]
    if events:
        with open_database(url, company_folder, WAIT_SECONDS).writing() as connection:
            connection.execute(EVENTS.insert(), events)
    return record
