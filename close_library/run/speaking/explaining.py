"""What asks for an explanation in a period, what was said of it, and saying it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from close_library.errors import Fault, RecordError
from close_library.parameters import COMPANY
from close_library.record import Explanation
from close_library.run.planning.prepare import Prepared
from close_library.run.said.heard import CURRENT, STALE, SUGGESTION, Heard, explanations_of, moment
from close_library.run.said.subjects import Subject, subjects_of
from close_library.run.speaking.saying import Paper, listening, refuse_never_run, speaking

OPEN = "open"
_LISTED = 6


@dataclass(frozen=True)
class Asked:
    """A subject of a workpaper that asks for an explanation or has one: `open`, `current`, `stale` or a `suggestion`."""

    paper: Paper
    subject: Subject
    state: str
    said: Explanation | None = None

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        said = self.said
        return {
            **self.paper.as_data(),
            "subject": self.subject.subject,
            "amount": self.subject.amount,
            "currency": self.subject.currency,
            "message": self.subject.text,
            "blocks_review": self.subject.blocks and self.state != CURRENT,
            "state": self.state,
            "explanation": {
                "text": said.text,
                "amount": said.amount,
                "by": said.by,
                "at": moment(said.at),
                "period": said.period,
                "program": said.program,
            }
            if said
            else None,
        }


def asked(prepared: Prepared) -> list[Asked]:
    """What asks for an explanation in the workpapers of the plan, and what has one."""
    refuse_never_run(prepared)
    heard, papers = listening(prepared)
    return asked_of(papers, heard)


def asked_of(papers: Iterable[Paper], heard: Heard) -> list[Asked]:
    """The same of some workpapers. What a program's workpaper asks is not asked again by the company's."""
    found: dict[tuple[str, str, str | None], Asked] = {}
    for paper in sorted(papers, key=lambda paper: paper.program == COMPANY):
        if paper.document is None:
            continue
        explained = explanations_of(paper.document, heard.of(*paper.place))
        for subject in subjects_of(paper.document).values():
            said, state = explained.get(subject.subject, (None, OPEN))
            if said or subject.needs:
                key = (paper.workpaper.ref, subject.subject, subject.amount)
                found.setdefault(key, Asked(paper, subject, state, said))
    return sorted(found.values(), key=lambda each: (each.paper.workpaper.ref, each.paper.program != COMPANY))


def explain(prepared: Prepared, subject: str, text: str, by: str, wait: float = 0) -> Asked:
    """Explain a subject of the plan's workpapers at the amount that it has now; an empty text withdraws what was said."""
    with speaking(prepared, wait) as conversation:
        paper, found = _only(conversation.papers, subject)
        said = explanations_of(paper.document or {}, conversation.heard.of(*paper.place)).get(subject, (None, ""))[0]
        program = said.program if said and not text.strip() else paper.program
        conversation.record.explain(
            str(prepared.period), program, paper.workpaper.ref, found.subject, found.amount, text, by
        )
    return _now(conversation.heard, paper, found)


def take_over(prepared: Prepared, subjects: Sequence[str], by: str, wait: float = 0) -> list[Asked]:
    """Say again, for the amounts of now, what an earlier period said: all suggestions, or the subjects that are named.

    What is stale is only taken over by its name.
    """
    with speaking(prepared, wait) as conversation:
        asked_now = asked_of(conversation.papers, conversation.heard)
        for subject in subjects:
            _only(conversation.papers, subject)
        adopted = [
            each
            for each in asked_now
            if (each.subject.subject in subjects and each.state in (SUGGESTION, STALE))
            or (not subjects and each.state == SUGGESTION)
        ]
        with conversation.record.together():
            for each in adopted:
                assert each.said is not None, "a suggestion has a text"
                conversation.record.explain(
                    str(prepared.period),
                    *each.paper.place,
                    each.subject.subject,
                    each.subject.amount,
                    each.said.text,
                    by,
                )
    return [_now(conversation.heard, each.paper, each.subject) for each in adopted]


def _only(papers: Iterable[Paper], subject: str) -> tuple[Paper, Subject]:
    """The one workpaper that has a subject; the program's where the company's has it too. Raises RecordError."""
    papers = list(papers)
    known = {paper.place: subjects_of(paper.document) for paper in papers if paper.document is not None}
    having = [(paper, known[paper.place][subject]) for paper in papers if subject in known.get(paper.place, {})]
    of_programs = [each for each in having if each[0].program != COMPANY]
    if len(of_programs or having) == 1:
        return (of_programs or having)[0]
    if having:
        found = ", ".join(paper.label for paper, _ in having[:_LISTED])
        raise RecordError(
            "several workpapers have this subject.",
            [Fault(subject, found, "one workpaper", "give --workpaper REF and --program P")],
        )
    raise unknown_subject(subject, [each for subjects in known.values() for each in subjects])


def unknown_subject(
    subject: str, known: Sequence[str], what: str = "a subject that close explain lists"
) -> RecordError:
    """The error about a subject that no workpaper has, with the one that was meant."""
    near = difflib.get_close_matches(subject, known, n=1, cutoff=0.5)
    do = f"did you mean {near[0]}?" if near else "run it again if the books changed, and see the list"
    return RecordError("no workpaper has this subject.", [Fault(subject or "empty text", "no such subject", what, do)])


def _now(heard: Heard, paper: Paper, subject: Subject) -> Asked:
    said, state = explanations_of(paper.document or {}, heard.of(*paper.place)).get(subject.subject, (None, OPEN))
    return Asked(paper, subject, state, said)
