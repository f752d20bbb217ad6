"""The rules of signing, over the sign-off as it stands at that moment.

The reviewer is another person than the preparer of the document; what is not prepared, or has an error that nobody
explained, can't be reviewed; what was rejected must be prepared anew. Nothing signs by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from close_library.errors import Fault
from close_library.record.values import KIND_OF, NOT_SIGNED, Explanation, Kind, Rejection, Role, Signature, SignOff
from close_library.record.wording import About, quoted, same_person

SIGNING: tuple[Kind, ...] = ("prepared", "reviewed", "rejected")
"""The kinds of events that make a sign-off."""


def add(sign_off: SignOff, kind: Kind, statement: Signature | Rejection) -> SignOff:
    """The sign-off after one more statement. A rejection withdraws both signatures; a new preparation settles it."""
    if isinstance(statement, Rejection):
        return replace(NOT_SIGNED, rejected=statement)
    if kind == "prepared":
        return replace(sign_off, preparer=statement, rejected=None)
    return replace(sign_off, reviewer=statement)


def signing_faults(document: About, role: Role, by: str, sign_off: SignOff, unexplained: Iterable[str]) -> list[Fault]:
    """Why this person can't sign this document in this role now; nothing when they can."""
    where, digest = document.workpaper, document.subject
    signed = sign_off.preparer if role == "preparer" else sign_off.reviewer
    if signed and sign_off.holds(role, digest):
        found = f"{KIND_OF[role]} by {quoted(signed.by)} on {signed.at[:10]}, and not changed since"
        return [Fault(where, found, "a document that is not signed in this role", "there is nothing to do")]
    return [] if role == "preparer" else _review_faults(where, by, digest, sign_off, unexplained)


def _review_faults(where: str, by: str, digest: str, sign_off: SignOff, unexplained: Iterable[str]) -> list[Fault]:
    faults = []
    prepared = sign_off.preparer
    expected = "a document that its preparer signed as it is now"
    if sign_off.rejected:
        found = f"rejected by {quoted(sign_off.rejected.by)} on {sign_off.rejected.at[:10]}, and not prepared since"
        faults.append(Fault(where, found, expected, "let the preparer mend it and sign"))
    elif prepared is None:
        faults.append(Fault(where, "not prepared", expected, "let the preparer sign first"))
    elif prepared.digest != digest:
        found = f"changed since {quoted(prepared.by)} prepared it on {prepared.at[:10]}"
        faults.append(Fault(where, found, expected, "let the preparer look at it and sign again"))
    elif same_person(prepared.by, by):
        found = f"{quoted(by)} prepared it and would review it"
        faults.append(Fault(where, found, "two people", "ask somebody else to review it"))
    for subject in unexplained:
        faults.append(
            Fault(
                f"{where}, {quoted(subject)}",
                "an error that nobody explained",
                "an explanation of its amount now",
                "explain it, or mend it and run the close again",
            )
        )
    return faults


def rejecting_faults(document: About, sign_off: SignOff) -> list[Fault]:
    """Why this can't be rejected now; nothing when it can."""
    if sign_off.preparer:
        return []
    found = f"rejected already, by {quoted(sign_off.rejected.by)}" if sign_off.rejected else "signed by nobody"
    return [Fault(document.workpaper, found, "a workpaper that somebody signed", "there is nothing to withdraw")]


def unexplained(document: About, errors: Mapping[str, str | None], explanations: Iterable[Explanation]) -> list[str]:
    """The errors of a document that no explanation holds for at their amount now."""
    said: dict[str, list[Explanation]] = {}
    for explanation in explanations:
        said.setdefault(explanation.subject, []).append(explanation)
    return [
        subject
        for subject, amount in errors.items()
        if not any(one.explains(document.program, document.ref, subject, amount) for one in said.get(subject, ()))
    ]
