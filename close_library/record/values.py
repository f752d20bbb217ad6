"""What the record tells, as frozen values. Amounts are exact text, times ISO 8601 in UTC with microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

COMPANY = "_company"
"""The program of what belongs to the whole company."""

Kind = Literal["explained", "followed_up", "prepared", "reviewed", "rejected"]
Role = Literal["preparer", "reviewer"]
KIND_OF: dict[Role, Kind] = {"preparer": "prepared", "reviewer": "reviewed"}
"""What signing in a role is called."""

State = Literal["not_signed", "prepared", "reviewed", "lapsed", "rejected"]


class Head(NamedTuple):
    """Where the record ends: the number of its events and the hash of the last. Kept elsewhere, it proves that nothing
    was cut off since."""

    events: int
    hash: str


@dataclass(frozen=True)
class Event:
    """One thing that a person said. `subject` is what it is about: the subject explained, the item, the digest signed."""

    seq: int
    at: str
    by: str
    kind: Kind
    period: str
    program: str
    ref: str
    subject: str
    payload: Mapping[str, Any]
    previous: str
    hash: str


class Mark(NamedTuple):
    """An event without what it says: its number, the workpaper that it is about, its hash."""

    seq: int
    program: str
    ref: str
    hash: str


@dataclass(frozen=True)
class Explanation:
    """What a person said about a figure, bound to the amount that it had then."""

    period: str
    program: str
    ref: str
    subject: str
    amount: str | None
    text: str
    by: str
    at: str
    event: int

    def explains(self, program: str, ref: str, subject: str, amount: str | None) -> bool:
        """Whether this is about the subject of a workpaper, and its amount is still the one explained.

        What was said in a program's workpaper also holds in the company's, and the other way round.
        """
        return self.is_about(program, ref, subject) and same_amount(self.amount, amount)

    def is_about(self, program: str, ref: str, subject: str) -> bool:
        """Whether this is about the subject of a workpaper, at whatever amount."""
        return (self.ref, self.subject) == (ref, subject) and (
            self.program == program or COMPANY in (self.program, program)
        )


@dataclass(frozen=True)
class FollowUp:
    """Who looks after a reconciling item, and what is done about it; either may be empty."""

    period: str
    program: str
    ref: str
    item: str
    owner: str
    action: str
    by: str
    at: str
    event: int


@dataclass(frozen=True)
class Signature:
    """One person's statement about one document, the one with this digest."""

    by: str
    at: str
    digest: str
    event: int


@dataclass(frozen=True)
class Rejection:
    """A reviewer's no, with its reason."""

    by: str
    at: str
    digest: str
    event: int
    reason: str


@dataclass(frozen=True)
class SignOff:
    """The sign-off of one workpaper as recorded: the latest preparer and reviewer, or the rejection that withdrew both.

    Whether a signature still holds depends on the digest that the document has now, and a review also on what it found
    explained: `retold` is the last event that changed or withdrew an explanation which the document shows.
    """

    preparer: Signature | None = None
    reviewer: Signature | None = None
    rejected: Rejection | None = None
    retold: int = 0

    def holds(self, role: Role, digest_now: str | None) -> bool:
        """Whether the signature of this role is for the document as it is now. A review is of the latest preparation."""
        if role == "preparer":
            return self.preparer is not None and self.preparer.digest == digest_now
        return self._is_reviewed(digest_now) and self.reviewer is not None and self.reviewer.event > self.retold

    def _is_reviewed(self, digest_now: str | None) -> bool:
        """Whether the document as it is now was prepared, and reviewed after that."""
        review = self.reviewer
        if self.preparer is None or review is None:
            return False
        return self.preparer.digest == review.digest == digest_now and review.event > self.preparer.event

    def state(self, digest_now: str | None) -> State:
        """Where the sign-off stands for the document with this digest (None: the workpaper has no document now)."""
        if self.rejected:
            return "rejected"
        if self.preparer is None:
            return "not_signed"
        if self.holds("reviewer", digest_now):
            return "reviewed"
        if self._is_reviewed(digest_now):
            return "lapsed"
        return "prepared" if self.holds("preparer", digest_now) else "lapsed"


NOT_SIGNED = SignOff()
"""The sign-off of a workpaper that nobody has signed."""


@dataclass(frozen=True)
class SignedItem:
    """A reconciling item that is open in a workpaper when it is signed."""

    item: str
    amount: str
    first_date: str | None = None


@dataclass(frozen=True)
class ClosingItem:
    """A reconciling item that was open in a reviewed workpaper: an opening item of the next period."""

    period: str
    program: str
    ref: str
    item: str
    amount: str
    first_date: str | None
    event: int


@dataclass(frozen=True)
class SignedFigure:
    """A figure of a reviewed workpaper."""

    period: str
    program: str
    ref: str
    figure: str
    amount: str
    event: int


@dataclass(frozen=True)
class SignedRows:
    """The digest of the rows behind a figure of a reviewed workpaper: with them at hand, it tells that they are those signed."""

    period: str
    program: str
    ref: str
    figure: str
    digest: str
    event: int


def same_amount(one: str | None, other: str | None) -> bool:
    """Whether two amounts are equal, however many zeros they end with."""
    if one is None or other is None or one == other:
        return one == other
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
