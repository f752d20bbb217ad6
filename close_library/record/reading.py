"""What the events say now, one query each: explanations, follow-ups, sign-offs, what was signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, null, select

from close_library.errors import Fault, RecordError
from close_library.record.database import EVENTS
from close_library.record.signing import SIGNING, add
from close_library.record.values import (
    NOT_SIGNED,
    ClosingItem,
    Event,
    Explanation,
    FollowUp,
    Kind,
    Mark,
    Rejection,
    Signature,
    SignedFigure,
    SignedRows,
    SignOff,
)
from close_library.record.wording import About

_PAGE = 1_000
_E = EVENTS.c


def explanations(connection: Connection, upto: str, since: str | None, *at: ColumnElement[bool]) -> list[Explanation]:
    """The latest of each (period, program, ref, subject) that was not withdrawn, in the order they were said."""
    latest = _latest(
        ("explained",), (_E.period, _E.program, _E.ref, _E.subject), _between(since, _E.period <= upto), *at
    )
    return [
        Explanation(
            event.period,
            event.program,
            event.ref,
            event.subject,
            said["amount"],
            said["text"],
            event.by,
            event.at,
            event.seq,
        )
        for event in _events(connection, latest)
        if (said := event.payload)["text"]
    ]


def follow_ups(connection: Connection, upto: str, *at: ColumnElement[bool]) -> list[FollowUp]:
    """The latest of each (program, ref, item): of the latest period, and in that the last one said."""
    place = func.row_number().over(
        partition_by=(_E.program, _E.ref, _E.subject), order_by=(_E.period.desc(), _E.seq.desc())
    )
    said = select(_E.seq, place.label("place")).where(_E.kind == "followed_up", _E.period <= upto, *at).subquery()
    latest = select(EVENTS).join(said, said.c.seq == _E.seq).where(said.c.place == 1).order_by(_E.seq)
    return [
        FollowUp(
            event.period, event.program, event.ref, event.subject, event.payload["owner"], event.payload["action"],
            event.by, event.at, event.seq,
        )
        for event in _events(connection, latest)
    ]  # fmt: skip


def sign_offs(connection: Connection, period: str, *at: ColumnElement[bool]) -> dict[tuple[str, str], SignOff]:
    """(program, ref) → what its signing events come to."""
    # The payload of a signature holds every figure signed: only a rejection's is read.
    payload = case((_E.kind == "rejected", _E.payload), else_=null()).label("payload")
    said = (
        select(_E.program, _E.ref, _E.kind, _E.by, _E.at, _E.subject, _E.seq, payload)
        .where(_E.kind.in_(SIGNING), _E.period == period, *at)
        .order_by(_E.seq)
    )
    found: dict[tuple[str, str], SignOff] = {}
    for program, ref, kind, by, moment, digest, seq, reason in connection.execute(said):
        statement = (
            Rejection(by, moment, digest, seq, _payload(seq, reason)["reason"])
            if kind == "rejected"
            else Signature(by, moment, digest, seq)
        )
        found[program, ref] = add(found.get((program, ref), NOT_SIGNED), kind, statement)
    return found


def sign_off(connection: Connection, about: About) -> SignOff:
    """The sign-off of one workpaper."""
    return sign_offs(connection, about.period, *of(about)).get((about.program, about.ref), NOT_SIGNED)


def of(about: About, subject: bool = False) -> tuple[ColumnElement[bool], ...]:
    """The events of one workpaper, or of one subject of it."""
    workpaper = (_E.program == about.program, _E.ref == about.ref)
    return (*workpaper, _E.subject == about.subject) if subject else workpaper


def signed_figures(connection: Connection, before: str, since: str | None) -> list[SignedFigure]:
    """The figures of the latest review of each (period, program, ref) that no later rejection withdrew."""
    return [
        SignedFigure(event.period, event.program, event.ref, figure, amount, event.seq)
        for event in _reviewed(connection, before, since)
        for figure, amount in event.payload["figures"].items()
    ]


def signed_items(connection: Connection, before: str, since: str | None) -> list[ClosingItem]:
    """The reconciling items of the same reviews."""
    return [
        ClosingItem(event.period, event.program, event.ref, item["item"], item["amount"], item["first_date"], event.seq)
        for event in _reviewed(connection, before, since)
        for item in event.payload["items"]
    ]


def signed_rows(connection: Connection, before: str, since: str | None) -> list[SignedRows]:
    """The digests of rows of the same reviews; one made before digests were taken has none."""
    return [
        SignedRows(event.period, event.program, event.ref, figure, digest, event.seq)
        for event in _reviewed(connection, before, since)
        for figure, digest in event.payload.get("rows", {}).items()
    ]


def events_after(connection: Connection, seq: int, *at: ColumnElement[bool]) -> list[Event]:
    """The next page of events after one."""
    return list(_events(connection, select(EVENTS).where(_E.seq > seq, *at).order_by(_E.seq).limit(_PAGE)))


def marks(connection: Connection, upto: str) -> list[Mark]:
    """Every event to the end of a period, without what it says."""
    query = select(_E.seq, _E.program, _E.ref, _E.hash).where(_E.period <= upto).order_by(_E.seq)
    return [Mark(*row) for row in connection.execute(query)]


def _reviewed(connection: Connection, before: str, since: str | None) -> Iterator[Event]:
    latest = _latest(("reviewed", "rejected"), (_E.period, _E.program, _E.ref), _between(since, _E.period < before))
    return _events(
        connection, latest.where(_E.kind == "reviewed").order_by(None).order_by(_E.period, _E.program, _E.ref)
    )


def _latest(kinds: tuple[Kind, ...], key: tuple[ColumnElement[str], ...], *at: ColumnElement[bool]) -> Select[Any]:
    """The last event of these kinds for each key."""
    last = select(func.max(_E.seq).label("seq")).where(_E.kind.in_(kinds), *at).group_by(*key).subquery()
    return select(EVENTS).join(last, last.c.seq == _E.seq).order_by(_E.seq)


def _between(since: str | None, end: ColumnElement[bool]) -> ColumnElement[bool]:
    return end if since is None else end & (_E.period >= since)


def _events(connection: Connection, query: Select[Any]) -> Iterator[Event]:
    for row in connection.execute(query):
        yield Event(**{**row._mapping, "payload": _payload(row.seq, row.payload)})


def _payload(seq: int, text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
        if isinstance(payload, dict):
            return payload
    except (TypeError, ValueError, RecursionError):
        pass
    fault = Fault(f"event {seq} of the record", "not as it was written", "what was said", "run close history --verify")
    raise RecordError("the record is damaged.", [fault])
