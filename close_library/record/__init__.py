"""Who said what, when: explanations, follow-ups of reconciling items, sign-offs, as plain values.

The record is a database of events that is only ever added to; each event carries the hash of the one before. What it
says now (the explanations, the sign-offs, the signed figures) is read from the events. It knows nothing of workpapers,
reports or files of a run: those ask it, and lay what it says over what was computed.

    from close_library.record import open_record

    with open_record("sqlite:///close.db", Path("outputs/meridian")) as record:
        record.explain("2026-10", "atlas", "40", "flux_unexplained:4000:atlas:prior_month", "1250.00", "New task type", by="Ana")
        record.sign("2026-10", "atlas", "40", "preparer", digest, by="Ana")
        record.sign("2026-10", "atlas", "40", "reviewer", digest, by="Ben", figures=figures, items=items, errors=errors)
        record.sign_offs("2026-10")[("atlas", "40")].state(digest)      # "reviewed"
        record.verify()                                                  # [] when every event is as it was written
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from close_library.record.values import (
    NOT_SIGNED,
    ClosingItem,
    Event,
    Explanation,
    FollowUp,
    Head,
    Kind,
    Mark,
    Rejection,
    Role,
    Signature,
    SignedFigure,
    SignedItem,
    SignedRows,
    SignOff,
    State,
)

if TYPE_CHECKING:
    from close_library.record.opening import open_record
    from close_library.record.record import Record

__all__ = [
    "NOT_SIGNED",
    "ClosingItem",
    "Event",
    "Explanation",
    "FollowUp",
    "Head",
    "Kind",
    "Mark",
    "Record",
    "Rejection",
    "Role",
    "SignOff",
    "Signature",
    "SignedFigure",
    "SignedItem",
    "SignedRows",
    "State",
    "open_record",
]


def __getattr__(name: str) -> Any:
    """The database is loaded by who opens a record: a run that has none to read does without."""
    if name == "open_record":
        from close_library.record.opening import open_record

        return open_record
    if name == "Record":
        from close_library.record.record import Record

        return Record
    raise AttributeError(f"{__name__} has no {name}")
