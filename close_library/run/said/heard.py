"""What people said, laid over what was computed: the `said` of a workpaper's reports, from its document and the record.

A `Spoken` is what the record holds of one workpaper, as plain values that can be sent to a worker; `said_of` compares it
with the document as it is now: which sign-offs still hold, which explanations are current.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from close_library.parameters import COMPANY
from close_library.record import NOT_SIGNED, Event, Explanation, FollowUp, Signature, SignOff
from close_library.run.said.subjects import Subject, items_of, subjects_of
from close_library.workpaper.document import document_digest

if TYPE_CHECKING:
    from close_library.record import Record

CURRENT, STALE, SUGGESTION = "current", "stale", "suggestion"
STATES = {
    "not_signed": "not signed off",
    "prepared": "prepared",
    "reviewed": "reviewed",
    "lapsed": "lapsed",
    "rejected": "rejected",
}
"""State of a sign-off → how a report says it."""


class Retold(NamedTuple):
    """An explanation of the period that was changed or withdrawn, and the event that did it."""

    program: str
    subject: str
    event: int


@dataclass(frozen=True)
class Spoken:
    """What was said about one workpaper to the end of its period. `hashes`: number → hash of the events behind it."""

    sign_off: SignOff = NOT_SIGNED
    explanations: tuple[Explanation, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    retold: tuple[Retold, ...] = ()
    last: int = 0
    hashes: Mapping[int, str] = field(default_factory=dict, hash=False)

    def seen_by(self, program: str) -> Spoken:
        """What of it holds in the workpaper of a program: what was said in the company's holds in its programs', and back."""
        return replace(
            self,
            explanations=tuple(each for each in self.explanations if _heard_in(program, each.program)),
            follow_ups=tuple(each for each in self.follow_ups if _heard_in(program, each.program)),
            retold=tuple(each for each in self.retold if _heard_in(program, each.program)),
        )

    def signed(self, document: Mapping[str, Any]) -> SignOff:
        """The sign-off, and whether an explanation that the document shows was changed or withdrawn, by which event."""
        if not self.retold:
            return self.sign_off
        subjects = subjects_of(document)
        return replace(
            self.sign_off, retold=max((each.event for each in self.retold if each.subject in subjects), default=0)
        )


NOTHING = Spoken()
"""What is said of a workpaper that nobody spoke about."""


@dataclass(frozen=True)
class Heard:
    """What the record holds of a period, read once, so that all its reports show one moment."""

    sign_offs: Mapping[tuple[str, str], SignOff] = field(default_factory=dict)
    explanations: Mapping[str, tuple[Explanation, ...]] = field(default_factory=dict)
    follow_ups: Mapping[str, tuple[FollowUp, ...]] = field(default_factory=dict)
    retold: Mapping[str, tuple[Retold, ...]] = field(default_factory=dict)
    last: Mapping[tuple[str, str], int] = field(default_factory=dict)
    hashes: Mapping[int, str] = field(default_factory=dict)

    def of(self, program: str, ref: str) -> Spoken:
        """What was said about a workpaper."""
        last = self.last.get((program, ref), 0)
        spoken = Spoken(
            self.sign_offs.get((program, ref), NOT_SIGNED),
            self.explanations.get(ref, ()),
            self.follow_ups.get(ref, ()),
            self.retold.get(ref, ()),
            last,
        ).seen_by(program)
        shown = {last, *(said.event for said in spoken.explanations), *(told.event for told in spoken.follow_ups)} - {0}
        return replace(spoken, hashes={event: self.hashes[event] for event in sorted(shown)})


def _heard_in(program: str, said_in: str) -> bool:
    return said_in == program or COMPANY in (said_in, program)


def hear(record: Record | None, period: str) -> Heard:
    """What the record holds of a period and of those before it; nothing where there is no record yet."""
    if record is None:
        return Heard()
    marks = record.marks(period)
    explanations: dict[str, list[Explanation]] = {}
    for explanation in record.explanations(period):
        explanations.setdefault(explanation.ref, []).append(explanation)
    follow_ups: dict[str, list[FollowUp]] = {}
    for follow_up in record.follow_ups(period):
        follow_ups.setdefault(follow_up.ref, []).append(follow_up)
    return Heard(
        record.sign_offs(period),
        {ref: tuple(said) for ref, said in explanations.items()},
        {ref: tuple(said) for ref, said in follow_ups.items()},
        _retold(record.events(period=period, kind="explained")),
        {(mark.program, mark.ref): mark.seq for mark in marks},
        {mark.seq: mark.hash for mark in marks},
    )


def _retold(events: Iterable[Event]) -> dict[str, tuple[Retold, ...]]:
    """Ref → the explanations that say otherwise than one before them, in the program or in the company."""
    said: dict[tuple[str, str], dict[str, str]] = {}
    found: dict[str, list[Retold]] = {}
    for event in events:
        texts, now = said.setdefault((event.ref, event.subject), {}), event.payload["text"]
        if any(text != now for program, text in texts.items() if _heard_in(event.program, program)):
            found.setdefault(event.ref, []).append(Retold(event.program, event.subject, event.seq))
        if now:
            texts[event.program] = now
        else:
            texts.pop(event.program, None)
    return {ref: tuple(retold) for ref, retold in found.items()}


def said_of(document: Mapping[str, Any], spoken: Spoken) -> dict[str, Any]:
    """What the reports of a workpaper show of the record: sign-offs, explanations, follow-ups of its items."""
    digest = document_digest(document)
    explained = explanations_of(document, spoken)
    followed = follow_ups_of(document, spoken)
    sign_off = spoken.signed(document)
    last = max(
        [spoken.last, *(each.event for each, _ in explained.values()), *(each.event for each in followed.values())]
    )
    return {
        "state": STATES[sign_off.state(digest)],
        "sign_offs": _sign_offs(sign_off, digest),
        "explanations": {
            subject: {
                "text": each.text,
                "by": each.by,
                "at": moment(each.at),
                "amount": each.amount,
                "state": state,
                "period": each.period,
            }
            for subject, (each, state) in explained.items()
        },
        "items": {
            item: {"owner": each.owner, "action": each.action, "by": each.by, "at": moment(each.at)}
            for item, each in followed.items()
        },
        "record": {"events": last, "head": spoken.hashes.get(last, "")},
    }


def follow_ups_of(document: Mapping[str, Any], spoken: Spoken) -> dict[str, FollowUp]:
    """Item → who looks after it and what is done, said last of it in this program or the company."""
    items = items_of(document)
    return {
        each.item: each
        for each in sorted(spoken.follow_ups, key=lambda each: (each.period, each.event))
        if each.item in items
    }


def explanations_of(document: Mapping[str, Any], spoken: Spoken) -> dict[str, tuple[Explanation, str]]:
    """Subject → its explanation and whether that is current, stale, or a suggestion from an earlier period."""
    subjects = subjects_of(document)
    about: dict[str, list[Explanation]] = {}
    for each in spoken.explanations:
        if each.subject in subjects:
            about.setdefault(each.subject, []).append(each)
    found = {
        subject: _explanation(document, subjects[subject], about[subject]) for subject in subjects if subject in about
    }
    return {subject: explained for subject, explained in found.items() if explained}


def _explanation(
    document: Mapping[str, Any], subject: Subject, about: list[Explanation]
) -> tuple[Explanation, str] | None:
    of_period = [each for each in about if each.period == document["period"]]
    current = [
        each
        for each in of_period
        if each.explains(document["program"], document["ref"], subject.subject, subject.amount)
    ]
    own = [each for each in of_period if each.program == document["program"]]
    if current:
        return max(current, key=lambda each: each.event), CURRENT
    if own:
        return max(own, key=lambda each: each.event), STALE
    # What another scope said of another amount is none of this one's; said here or earlier, it is a suggestion.
    earlier = [each for each in about if each.period < document["period"]]
    if earlier and subject.needs:
        return max(earlier, key=lambda each: (each.period, each.program == document["program"], each.event)), SUGGESTION
    return None


def unexplained(document: Mapping[str, Any], spoken: Spoken) -> list[Subject]:
    """What asks for an explanation and has no current one."""
    explained = explanations_of(document, spoken)
    return [
        each
        for subject, each in subjects_of(document).items()
        if each.needs and explained.get(subject, (None, ""))[1] != CURRENT
    ]


def sign_off_entry(document: Mapping[str, Any], spoken: Spoken, said: Mapping[str, Any]) -> dict[str, Any]:
    """What the index says of the sign-off of a workpaper."""
    signed = [each for each in said["sign_offs"].values() if each]
    return {
        "state": said["state"],
        **{role: (said["sign_offs"][role] or {}).get("by") for role in ("preparer", "reviewer")},
        "at": max((each["at"] for each in signed), default=None),
        "unexplained": len(unexplained(document, spoken)),
    }


def said_of_period(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What the front page shows of the record: how many workpapers are in each state, and whether all are reviewed."""
    states = [each["sign_off"]["state"] for each in entries if each["status"] in ("agreed", "open")]
    counts = {state: states.count(state) for state in STATES.values() if state in states}
    all_reviewed = bool(states) and set(states) == {STATES["reviewed"]}
    return {"state": "signed off" if all_reviewed else "not signed off", "counts": counts}


def said_digest(said: Mapping[str, Any]) -> str:
    """The sha256 of what a report shows of the record: a report with another one must be drawn again."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def moment(at: str) -> str:
    """A time of the record as reports show it: UTC, whole seconds."""
    return f"{at[:19]}Z"


def _sign_offs(sign_off: SignOff, digest: str) -> dict[str, Any]:
    rejected = sign_off.rejected
    return {
        "preparer": _signature(sign_off.preparer, sign_off.holds("preparer", digest)),
        "reviewer": _signature(sign_off.reviewer, sign_off.holds("reviewer", digest)),
        "rejected": {"by": rejected.by, "at": moment(rejected.at), "reason": rejected.reason} if rejected else None,
    }


def _signature(signature: Signature | None, holds: bool) -> dict[str, Any] | None:
    return {"by": signature.by, "at": moment(signature.at), "lapsed": not holds} if signature else None
