"""Saying something about a period: the record open under the period's lock, and the reports brought up to date after it.

What is said reaches the record first, then the reports; a process that is killed in between leaves reports that the next
command or run draws again. The tables `said_*` of the books are left to the next run: notebooks read them when they run.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from close_library.errors import Fault, RecordError
from close_library.record import NOT_SIGNED, Record
from close_library.run.files.atomic import sweep
from close_library.run.files.disk import writing_to
from close_library.run.files.lock import locked
from close_library.run.files.scratch import remove_abandoned
from close_library.run.gathering.index import documents_of
from close_library.run.gathering.redraw import Place, refresh
from close_library.run.planning.plan import Plan, folder_of
from close_library.run.planning.prepare import Prepared
from close_library.run.said.heard import Heard, hear, said_of, sign_off_entry
from close_library.run.said.recorded import doubts, doubts_in_words, record_if_any, record_to_say
from close_library.workpaper.notebook import Workpaper


@dataclass(frozen=True)
class Paper:
    """A workpaper of the plan with its document, where it has one."""

    program: str
    workpaper: Workpaper
    path: Path
    document: dict[str, Any] | None = field(hash=False)

    @property
    def place(self) -> Place:
        """Its program and ref."""
        return self.program, self.workpaper.ref

    def as_data(self) -> dict[str, str]:
        """Which one it is, for `--json`."""
        return {"program": self.program, "ref": self.workpaper.ref, "name": self.workpaper.name}

    @property
    def label(self) -> str:
        """How messages call it: `atlas/20_receivables_to_ledger`."""
        return f"{self.path.parent.name}/{self.path.stem}"


@dataclass
class Conversation:
    """The record, open to be added to, and the workpapers of the period as they are now."""

    prepared: Prepared
    record: Record
    heard: Heard
    papers: list[Paper]


@contextmanager
def speaking(prepared: Prepared, wait: float = 0) -> Iterator[Conversation]:
    """Hold a period and its record while something is said; then bring its reports and index up to date."""
    period, folder = str(prepared.period), prepared.company_folder
    refuse_never_run(prepared)
    with writing_to(folder), locked(folder / ".run", prepared.settings.company, period, wait):
        sweep(prepared.folder)
        remove_abandoned()
        with record_to_say(prepared.settings.record, folder) as record:
            said = Conversation(prepared, record, hear(record, period), papers_of(prepared.folder, prepared.plan))
            before = record.head
            try:
                yield said
            finally:
                if record.head != before:
                    said.heard = hear(record, period)
        refresh(prepared.folder, said.heard)


def listening(prepared: Prepared) -> tuple[Heard, list[Paper]]:
    """What the record holds of a period and the workpapers as they are now, without a word."""
    with record_if_any(prepared.settings.record, prepared.company_folder) as record:
        return hear(record, str(prepared.period)), papers_of(prepared.folder, prepared.plan)


def record_doubt(prepared: Prepared) -> str:
    """What is said of a record that is not as it was written; empty when it is whole."""
    with record_if_any(prepared.settings.record, prepared.company_folder) as record:
        return doubts_in_words(doubts(record, prepared.company_folder))


def sign_offs(prepared: Prepared) -> dict[Place, dict[str, Any]]:
    """Program and ref → state of the sign-off, preparer, reviewer, rejection, and what is not explained."""
    heard, papers = listening(prepared)
    found = {}
    for paper in papers:
        spoken = heard.of(*paper.place)
        if paper.document is None and spoken.sign_off == NOT_SIGNED:
            continue
        # A sign-off of a document that is gone has lapsed.
        gone = {"program": paper.program, "ref": paper.workpaper.ref, "period": str(prepared.period)}
        document = paper.document or gone
        said = said_of(document, spoken)
        found[paper.place] = {**sign_off_entry(document, spoken, said), "sign_offs": said["sign_offs"]}
    return found


def papers_of(period: Path, plan: Plan) -> list[Paper]:
    """Every workpaper of a plan, in its order, with the document that is there."""
    there = {(path.parent.name, path.stem): document for path, document in documents_of(period)}
    return [
        Paper(
            program,
            workpaper,
            period / folder_of(program) / f"{workpaper.stem}.json",
            there.get((folder_of(program), workpaper.stem)),
        )
        for program, workpaper in plan.pairs
    ]


def refuse_never_run(prepared: Prepared) -> None:
    """Refuse to speak about a period that was never closed. Raises RecordError."""
    if not (prepared.folder / "index.json").is_file():
        fault = Fault(
            str(prepared.folder), "no close of this period", "the workpapers of a run", "run it first: close run"
        )
        raise RecordError("there is nothing to speak about yet.", [fault])


def operating_user() -> str:
    """The user of the operating system, who speaks when nobody is named; empty where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
