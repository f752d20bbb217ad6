"""The record of a company, open: say something, or ask what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, select

from close_library.errors import Fault, RecordError
from close_library.record import reading
from close_library.record.chain import canonical, chained, genesis
from close_library.record.database import EVENTS, Database
from close_library.record.signing import rejecting_faults, signing_faults, unexplained
from close_library.record.values import (
    ClosingItem,
    Event,
    Explanation,
    FollowUp,
    Head,
    Kind,
    Mark,
    Role,
    SignedFigure,
    SignedItem,
    SignedRows,
    SignOff,
)
from close_library.record.verifying import verify
from close_library.record.wording import About, Wording, quoted

Look = Callable[[Connection], Mapping[str, Any]]
"""Looks at the record while no one else can add to it: gives what is to be kept of a statement, or refuses it."""


class Record:
    """What people said about the closes of one company. Open one with `open_record`.

    Every method raises RecordError when the database can't be reached, is locked, is read-only or is damaged, and when
    what is said breaks a rule. `at` is for taking over what was said elsewhere; without it, it is now.
    """

    company: str
    """The company that the record belongs to: the name of its folder in outputs/."""

    def __init__(self, database: Database, company: str) -> None:
        self._database = database
        self._joint: Connection | None = None
        self.company = company

    def explain(
        self,
        period: str,
        program: str,
        ref: str,
        subject: str,
        amount: str | None,
        text: str,
        by: str,
        at: datetime | None = None,
    ) -> Event:
        """Explain the subject of a workpaper at the amount that it has now. An empty text withdraws the explanation."""
        wording = Wording()
        about = wording.about(period, program, ref, "the subject explained", subject)
        said = {"amount": wording.amount("the amount explained", amount), "text": wording.text("the explanation", text)}

        def look(connection: Connection) -> Mapping[str, Any]:
            if not said["text"] and not reading.explanations(
                connection, period, period, *reading.of(about, subject=True)
            ):
                where = f"{about.workpaper}, {quoted(about.subject)}"
                _refuse([Fault(where, "no explanation", "one that can be withdrawn", "write the explanation")])
            return said

        return self._append(wording, "explained", about, by, at, look)

    def follow_up(
        self,
        period: str,
        program: str,
        ref: str,
        item: str,
        *,
        owner: str | None = None,
        action: str | None = None,
        by: str,
        at: datetime | None = None,
    ) -> Event:
        """Say who looks after a reconciling item, or what is done. None leaves as it is, an empty text takes away."""
        wording = Wording()
        about = wording.about(period, program, ref, "the item", item)
        said = {
            "owner": wording.name_or_nothing("the owner", owner),
            "action": None if action is None else wording.text("the action", action),
        }
        if owner is None and action is None:
            wording.faults.append(Fault(f"the item {quoted(item)}", "nothing said", "an owner, an action or both"))

        def look(connection: Connection) -> Mapping[str, Any]:
            before = reading.follow_ups(connection, period, *reading.of(about, subject=True))
            kept = {"owner": before[0].owner, "action": before[0].action} if before else {"owner": "", "action": ""}
            return {**kept, **{key: text for key, text in said.items() if text is not None}}

        return self._append(wording, "followed_up", about, by, at, look)

    def sign(
        self,
        period: str,
        program: str,
        ref: str,
        role: Role,
        digest: str,
        by: str,
        at: datetime | None = None,
        *,
        figures: Mapping[str, str | None] | None = None,
        items: Sequence[SignedItem] = (),
        errors: Mapping[str, str | None] | None = None,
        rows: Mapping[str, str] | None = None,
        retold: int = 0,
    ) -> Event:
        """Sign a document as preparer or reviewer.

        `figures`: id → amount as the document holds them (None, an undefined ratio, is left out). `items`: its open
        reconciling items. `errors`: subject → amount of every finding of severity error and of every tie-out that
        disagrees; the record itself looks whether each is explained at that amount, and a reviewer can't sign
        otherwise. `rows`: figure → digest of the source rows behind it, of balances that the next period opens with.
        `retold`: the last event that changed an explanation which the document shows; a review before it is
        made anew.
        """
        wording = Wording()
        about = wording.about(period, program, ref, "the digest of the document", digest)
        kind = wording.kind(role)
        wrong = wording.amounts("the error", errors or {})
        signed = {
            "errors": wrong,
            "figures": wording.amounts(
                "the figure", {id: text for id, text in (figures or {}).items() if text is not None}
            ),
            "items": wording.items(items),
            **({"rows": wording.digests(rows)} if rows else {}),
        }

        def look(connection: Connection) -> Mapping[str, Any]:
            said = reading.explanations(connection, period, period, EVENTS.c.ref == about.ref)
            left = unexplained(about, wrong, said)
            sign_off = replace(reading.sign_off(connection, about), retold=retold)
            _refuse(signing_faults(about, role, by, sign_off, left))
            return signed

        return self._append(wording, kind, about, by, at, look)

    def reject(
        self, period: str, program: str, ref: str, digest: str, by: str, reason: str, at: datetime | None = None
    ) -> Event:
        """Withdraw the sign-offs of a workpaper, with a reason. It must be prepared anew."""
        wording = Wording()
        about = wording.about(period, program, ref, "the digest of the document", digest)
        said = {"reason": wording.text("the reason", reason)}
        if not said["reason"]:
            wording.faults.append(Fault("the reason", "nothing", "why it is rejected", "say what is to be mended"))

        def look(connection: Connection) -> Mapping[str, Any]:
            _refuse(rejecting_faults(about, reading.sign_off(connection, about)))
            return said

        return self._append(wording, "rejected", about, by, at, look)

    def explanations(self, upto_period: str, since: str | None = None) -> list[Explanation]:
        """The latest explanation of each (period, program, ref, subject), withdrawn ones left out."""
        with self._asked(upto_period, since) as connection:
            return reading.explanations(connection, upto_period, since)

    def follow_ups(self, upto_period: str) -> list[FollowUp]:
        """The latest follow-up of each (program, ref, item) to the end of a period: it carries forward."""
        with self._asked(upto_period) as connection:
            return reading.follow_ups(connection, upto_period)

    def sign_offs(self, period: str) -> dict[tuple[str, str], SignOff]:
        """(program, ref) → its sign-off as recorded. What nobody signed is left out: use `.get(key, NOT_SIGNED)`."""
        with self._asked(period) as connection:
            return reading.sign_offs(connection, period)

    def signed_figures(self, before_period: str, since: str | None = None) -> list[SignedFigure]:
        """The figures of the latest review of each (period, program, ref) before a period. A later rejection withdraws
        them; a lapsed sign-off still gives them."""
        with self._asked(before_period, since) as connection:
            return reading.signed_figures(connection, before_period, since)

    def signed_items(self, before_period: str, since: str | None = None) -> list[ClosingItem]:
        """The reconciling items of the latest review of each (period, program, ref), as `signed_figures`."""
        with self._asked(before_period, since) as connection:
            return reading.signed_items(connection, before_period, since)

    def signed_rows(self, before_period: str, since: str | None = None) -> list[SignedRows]:
        """The digests of rows that the latest review of each (period, program, ref) signed, as `signed_figures`."""
        with self._asked(before_period, since) as connection:
            return reading.signed_rows(connection, before_period, since)

    def events(
        self,
        period: str | None = None,
        program: str | None = None,
        ref: str | None = None,
        kind: Kind | None = None,
        after: int = 0,
    ) -> Iterator[Event]:
        """The events in their order, those after a number."""
        asked = {"period": period, "program": program, "ref": ref, "kind": kind}
        at = [EVENTS.c[name] == value for name, value in asked.items() if value is not None]
        while True:
            with self._database.reading() as connection:
                page = reading.events_after(connection, after, *at)
            yield from page
            if not page:
                return
            after = page[-1].seq

    def marks(self, upto_period: str) -> list[Mark]:
        """Where each event to the end of a period stands, without what it says: a review holds every figure signed."""
        with self._asked(upto_period) as connection:
            return reading.marks(connection, upto_period)

    @property
    def head(self) -> Head:
        """The number of events and the hash of the last."""
        with self._database.reading() as connection:
            return self._head(connection)

    def verify(self, known_heads: Iterable[tuple[int, str]] = ()) -> list[Fault]:
        """Every event read and hashed again: what does not hold, or nothing.

        `known_heads` are earlier heads that were kept elsewhere, in a report or a binder: with them a cut-off end and
        a history written anew are found too.
        """
        return verify(self._database, self.company, known_heads)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is said inside is recorded whole, or nothing of it when one thing is refused or the process ends."""
        with self._database.writing() as connection:
            self._joint = connection
            try:
                yield
            finally:
                self._joint = None

    def close(self) -> None:
        """Let go of the database."""
        self._database.engine.dispose()

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _append(self, wording: Wording, kind: Kind, about: About, by: str, at: datetime | None, look: Look) -> Event:
        said = {"at": wording.moment(at), "by": wording.line("who says it", by), "kind": kind, **about._asdict()}
        wording.refuse()
        with nullcontext(self._joint) if self._joint is not None else self._database.writing() as connection:
            payload = look(connection)
            row = chained(self._head(connection), {**said, "payload": canonical(payload)})
            connection.execute(EVENTS.insert().values(row._asdict()))
        return Event(**{**row._asdict(), "payload": payload})

    def _head(self, connection: Connection) -> Head:
        last = connection.execute(select(EVENTS.c.seq, EVENTS.c.hash).order_by(EVENTS.c.seq.desc()).limit(1)).first()
        return Head(*last) if last else Head(0, genesis(self.company))

    @contextmanager
    def _asked(self, *periods: str | None) -> Iterator[Connection]:
        wording = Wording()
        for period in periods:
            if period is not None:
                wording.period(period)
        wording.refuse()
        with self._database.reading() as connection:
            yield connection


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise RecordError("this can't be said now.", faults)
