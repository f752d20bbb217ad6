"""What a person typed into a workpaper's Excel file, read back into the record: all of it, or nothing.

The workbook names its document in its custom properties. A sheet of another run is refused, and so is every cell whose
figure or subject is not the document's; the message names the cell. Only what the person changed is said: a cell is
compared with what the sheet showed when it was written, so two people can fill in copies of one workbook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from close_library.errors import Fault, RecordError
from close_library.record import Explanation, FollowUp, Record
from close_library.record.wording import Wording
from close_library.run.planning.prepare import Prepared
from close_library.run.said.heard import CURRENT, STALE, SUGGESTION, Spoken, explanations_of, follow_ups_of
from close_library.run.said.subjects import subjects_of
from close_library.run.speaking.expected_cells import faults_of
from close_library.run.speaking.filled_in import EXPLAINING, FOLLOWING_UP, SUBJECT, FilledIn, Filling
from close_library.run.speaking.recomputed import with_results
from close_library.run.speaking.saying import Conversation, Paper, speaking
from close_library.workpaper.document import document_digest

OPEN, EXPLAINED = "open", "explained"
WORDS = {CURRENT: EXPLAINED, STALE: "stale", SUGGESTION: "suggestion"}
"""State of an explanation → the word of the column `state`; where nothing is said it is `open`."""

FRESH = "fill in the workbook beside the workpaper's page as it is now"


@dataclass(frozen=True)
class Told:
    """One thing that the workbook says anew: the cell, its subject, and what is said of it."""

    place: str
    subject: str
    kind: str
    """`explained`, `withdrawn` or `followed_up`."""
    text: str = ""
    owner: str | None = None
    action: str | None = None

    @property
    def content(self) -> tuple[object, ...]:
        """What is said, wherever it stands."""
        return (self.subject, self.kind, self.text, self.owner, self.action)

    def as_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {key: value for key, value in vars(self).items() if value is not None}


def read_back(prepared: Prepared, file: FilledIn, by: str, wait: float = 0) -> list[Told]:
    """Record what a filled-in workbook says anew. Raises RecordError, and records nothing, when a cell is refused."""
    with speaking(prepared, wait) as conversation:
        paper = _paper_of(file, conversation)
        assert paper.document is not None
        file = with_results(file, paper.path.with_suffix(".xlsx"))
        faults = faults_of(paper.document, file.fillings)
        if faults:
            raise RecordError("the workbook doesn't show the workpaper as it is; nothing was recorded.", faults)
        shown = _spoken_at(conversation.record, paper, str(prepared.period), int(file.identity.get("close_event") or 0))
        wording = Wording()
        now = conversation.heard.of(*paper.place)
        told = [
            each
            for each in _told(paper.document, shown, file.fillings, wording)
            if not _is_said(paper.document, now, each)
        ]
        wording.faults += [*_contradictions(told), *_said_since(paper.document, shown, now, told)]
        if wording.faults:
            raise RecordError("the workbook can't be taken as it is filled in; nothing was recorded.", wording.faults)
        once = {each.content: each for each in told}
        with conversation.record.together():
            for each in once.values():
                _say(conversation, paper, each, by)
    return list(once.values())


def _paper_of(file: FilledIn, conversation: Conversation) -> Paper:
    """The workpaper whose document the workbook shows, digest for digest."""
    identity, prepared = file.identity, conversation.prepared
    ours = {"close_company": prepared.settings.company, "close_period": str(prepared.period)}
    faults = [
        Fault(f"{file.path.name}, {name.removeprefix('close_')}", identity.get(name) or "nothing", value, FRESH)
        for name, value in ours.items()
        if identity.get(name) != value
    ]
    place = (identity.get("close_program", ""), identity.get("close_ref", ""))
    paper = next((each for each in conversation.papers if each.place == place and each.document), None)
    if not faults and paper is None:
        found = f"workpaper {place[1]} of {place[0]}"
        faults.append(Fault(file.path.name, found, "a workpaper of the period that has run", FRESH))
    if not faults and paper and paper.document and document_digest(paper.document) != identity["close_digest"]:
        found = f"the document {identity['close_digest'][:16]}, of another run"
        now = f"the document {document_digest(paper.document)[:16]}, as {paper.label} is now"
        faults.append(Fault(file.path.name, found, now, FRESH))
    if faults or paper is None:
        raise RecordError("the workbook is of another run; nothing was recorded.", faults)
    return paper


def _spoken_at(record: Record, paper: Paper, period: str, event: int) -> Spoken:
    """What was said of a workpaper when its workbook was written: all events up to that one."""
    explanations: dict[tuple[str, str, str], Explanation] = {}
    follow_ups: dict[tuple[str, str], FollowUp] = {}
    for each in record.events(ref=paper.workpaper.ref):
        if each.seq > event or each.period > period:
            continue
        place, said = (each.period, each.program, each.ref), each.payload
        if each.kind == "explained":
            explanations[each.period, each.program, each.subject] = Explanation(
                *place, each.subject, said["amount"], said["text"], each.by, each.at, each.seq
            )
        elif each.kind == "followed_up":
            follow_ups[each.program, each.subject] = FollowUp(
                *place, each.subject, said["owner"], said["action"], each.by, each.at, each.seq
            )
    told = tuple(each for each in explanations.values() if each.text)
    return Spoken(explanations=told, follow_ups=tuple(follow_ups.values())).seen_by(paper.program)


def _told(document: dict[str, Any], shown: Spoken, fillings: Sequence[Filling], wording: Wording) -> list[Told]:
    """What the cells say that the sheet did not show."""
    explained = explanations_of(document, shown)
    followed = follow_ups_of(document, shown)
    told = []
    for each in fillings:
        subject = each.text(SUBJECT)
        if EXPLAINING[0] in each.headings:
            said, state = explained.get(subject, (None, OPEN))
            told += _explained(each, said, WORDS.get(state, OPEN), wording)
        else:
            there = followed.get(subject)
            before = {"owner": there.owner if there else "", "action": there.action if there else ""}
            now = {heading: each.text(heading) for heading in FOLLOWING_UP if heading in each.headings}
            if changed := {heading: text for heading, text in now.items() if text != before[heading]}:
                place = each.address(next(iter(changed)))
                if changed.get("owner"):
                    wording.line(each.address("owner"), changed["owner"])
                wording.text(place, changed.get("action", ""))
                told.append(Told(place, subject, "followed_up", "", changed.get("owner"), changed.get("action")))
    return told


def _explained(row: Filling, said: Explanation | None, word: str, wording: Wording) -> list[Told]:
    """What one row says anew: a text, a state, or nothing."""
    before, text = said.text if said else "", row.text("explanation")
    state = row.text("state").lower() or word
    subject, place = row.text(SUBJECT), row.address("explanation")
    do = f"write {EXPLAINED} to mean the text for this figure, {OPEN} to withdraw it"
    if state not in (OPEN, EXPLAINED, word):
        wording.faults.append(Fault(row.address("state"), state, f"{OPEN} or {EXPLAINED}", do))
        return []
    wording.text(place, text)
    if text and state == OPEN != word:
        if text == before:
            return [] if word == WORDS[SUGGESTION] else [Told(row.address("state"), subject, "withdrawn")]
        wording.faults.append(Fault(row.address("state"), f"{OPEN}, beside another text than before", EXPLAINED, do))
        return []
    if text and (text != before or (state == EXPLAINED != word)):
        return [Told(place, subject, "explained", text)]
    if not text and before and word != WORDS[SUGGESTION]:
        return [Told(place, subject, "withdrawn")]
    if not text and state == EXPLAINED != word:
        wording.faults.append(
            Fault(place, "nothing", f"a text, since the state is {EXPLAINED}", "write the explanation")
        )
    return []


def _is_said(document: dict[str, Any], now: Spoken, told: Told) -> bool:
    """Whether the record holds already what a cell says: the same workbook may be read back twice."""
    if told.kind == "followed_up":
        there = follow_ups_of(document, now).get(told.subject)
        return there is not None and (told.owner, told.action) == (
            there.owner if told.owner is not None else None,
            there.action if told.action is not None else None,
        )
    said, state = explanations_of(document, now).get(told.subject, (None, OPEN))
    if told.kind == "withdrawn":
        return state not in (CURRENT, STALE)
    return said is not None and state == CURRENT and said.text == told.text


def _contradictions(told: Sequence[Told]) -> list[Fault]:
    """A subject that stands in two places, with two new texts."""
    first: dict[str, Told] = {}
    faults = []
    for each in told:
        before = first.setdefault(each.subject, each)
        if before.content != each.content:
            expected = f"what {before.place} says of the same subject: {before.text or 'nothing'}"
            faults.append(Fault(each.place, each.text or "nothing", expected, "fill in one of the two"))
    return faults


def _said_since(document: dict[str, Any], shown: Spoken, now: Spoken, told: Sequence[Told]) -> list[Fault]:
    """What somebody else said of a subject since the workbook was written, other than what it says."""
    then_explained, now_explained = explanations_of(document, shown), explanations_of(document, now)
    then_followed, now_followed = follow_ups_of(document, shown), follow_ups_of(document, now)
    faults = []
    for each in told:
        then: Explanation | FollowUp | None
        there: Explanation | FollowUp | None
        if each.kind == "followed_up":
            then, there = then_followed.get(each.subject), now_followed.get(each.subject)
        else:
            then = then_explained.get(each.subject, (None, ""))[0]
            there = now_explained.get(each.subject, (None, ""))[0]
        if (there.event if there else 0) != (then.event if then else 0):
            who = f"{there.by} said otherwise on {there.at[:10]}" if there else "it was withdrawn since"
            faults.append(Fault(each.place, f"{who}, after this sheet was written", "a sheet that shows it", FRESH))
    return faults


def _say(conversation: Conversation, paper: Paper, told: Told, by: str) -> None:
    period, (program, ref) = str(conversation.prepared.period), paper.place
    if told.kind == "followed_up":
        conversation.record.follow_up(period, program, ref, told.subject, owner=told.owner, action=told.action, by=by)
        return
    document = paper.document or {}
    if told.kind == "withdrawn":
        said = explanations_of(document, conversation.heard.of(*paper.place))[told.subject][0]
        program = said.program
    amount = subjects_of(document)[told.subject].amount
    conversation.record.explain(period, program, ref, told.subject, amount, told.text, by)
