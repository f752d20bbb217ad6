"""What people said about a workpaper, as a reader sees it: sign-offs, explanations, who follows up. Never blank.

`said` comes from the record by way of `run` and is laid over the document here: nothing that it holds changes a
figure. Where nobody said anything, that is written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from close_library.report.wording import show_amount

NOTHING_SAID: dict[str, Any] = {}
"""What is known of a workpaper that nobody has signed or explained."""

NOT_SIGNED_OFF = "not signed off"

SIGN_OFF = {
    "reviewed": ("✓", "good"),
    "prepared": ("P", "doubt"),
    "lapsed": ("~", "bad"),
    "rejected": ("✗", "bad"),
    NOT_SIGNED_OFF: ("·", "plain"),
}
"""How far the signing of a workpaper is: its word with its mark and its tone."""

EXPLAINED, STALE, SUGGESTION, OPEN = "explained", "stale", "suggestion", "open"

REMARKS = {
    EXPLAINED: ("✓", "explained"),
    STALE: ("~", "stale"),
    SUGGESTION: ("?", "suggestion"),
    OPEN: ("·", "not explained"),
}
"""The state of an explanation: its mark and its word."""


@dataclass(frozen=True)
class Remark:
    """An explanation as it is shown: its state, its text, who said it when, and a note on what it was said of."""

    state: str
    text: str = ""
    said_by: str = ""
    note: str = ""

    @property
    def mark(self) -> str:
        """The mark of its state."""
        return REMARKS[self.state][0]

    @property
    def word(self) -> str:
        """The word of its state; a missing explanation is written out."""
        return REMARKS[self.state][1]

    @property
    def line(self) -> str:
        """All of it in one text."""
        parts = [f"{self.word}: {self.text}" if self.text else self.word, self.note, self.said_by]
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class FollowUp:
    """Who looks after a reconciling item and what is done about it; empty where nobody said."""

    owner: str = ""
    action: str = ""
    said_by: str = ""


def remark_on(said: Mapping[str, Any], subject: str, unit: str) -> Remark:
    """The explanation of a subject: a finding, a tie-out that disagrees, a line of a schedule."""
    entry = (said.get("explanations") or {}).get(subject)
    if not entry or not entry.get("text"):
        return Remark(OPEN)
    by = _said_by(entry)
    if entry["state"] == SUGGESTION:
        return Remark(SUGGESTION, entry["text"], by, f"of {entry['period']}, not an explanation until somebody says so")
    if entry["state"] == STALE:
        bound = entry.get("amount")
        of = show_amount(bound, unit) if _is_number(bound) else bound or "another figure"
        return Remark(STALE, entry["text"], by, f"said of {of}, which is no longer the amount")
    return Remark(EXPLAINED, entry["text"], by)


def follow_up_of(said: Mapping[str, Any], subject: str) -> FollowUp:
    """Who looks after a reconciling item."""
    items = said.get("items")
    entry = items.get(subject) if isinstance(items, Mapping) else None
    return FollowUp(entry.get("owner") or "", entry.get("action") or "", _said_by(entry)) if entry else FollowUp()


def sign_off(said: Mapping[str, Any]) -> str:
    """How far the signing is: `not signed off`, `prepared`, `reviewed`, `lapsed` or `rejected`."""
    state = said.get("state")
    if state in SIGN_OFF:
        return str(state)
    signed = said.get("sign_offs") or {}
    if signed.get("rejected"):
        return "rejected"
    if any((signed.get(role) or {}).get("lapsed") for role in ("preparer", "reviewer")):
        return "lapsed"
    return "reviewed" if signed.get("reviewer") else "prepared" if signed.get("preparer") else NOT_SIGNED_OFF


def sign_off_in_words(said: Mapping[str, Any]) -> str:
    """How far the signing is; a rejection with its reason."""
    rejected = (said.get("sign_offs") or {}).get("rejected")
    state = sign_off(said)
    return f"{state} ({rejected['reason']})" if state == "rejected" and rejected else state


def signature(said: Mapping[str, Any], role: str) -> str:
    """Who signed in a role (`preparer`, `reviewer`) and when, whether it still holds, or that nobody did."""
    verb = {"preparer": "prepared", "reviewer": "reviewed"}[role]
    signed = said.get("sign_offs") or {}
    entry, rejected = signed.get(role), signed.get("rejected")
    if role == "reviewer" and rejected:
        return f"rejected by {rejected['by']}, {show_moment(rejected['at'])}: {rejected['reason']}"
    if not entry:
        return f"not {verb}"
    lapsed = "; lapsed: the workpaper or an explanation in it changed since" if entry.get("lapsed") else ""
    return f"{verb} by {entry['by']}, {show_moment(entry['at'])}{lapsed}"


def signed_in_brief(said: Mapping[str, Any]) -> str:
    """Both roles in one line for the edge of a printed page: names with their days, or that nobody signed."""
    signed = said.get("sign_offs") or {}
    parts = []
    for role, verb in (("preparer", "prepared"), ("reviewer", "reviewed")):
        entry = signed.get("rejected") if role == "reviewer" and signed.get("rejected") else signed.get(role)
        verb = "rejected" if entry and entry is signed.get("rejected") else verb
        lapsed = " (lapsed)" if entry and entry.get("lapsed") else ""
        parts.append(f"{verb} by {entry['by']} {entry['at'][:10]}{lapsed}" if entry else f"not {verb}")
    return ", ".join(parts)


def show_moment(at: str) -> str:
    """A time of the record as a reader sees it: `2026-11-03T09:15:00Z` is 2026-11-03 09:15 UTC; a day stays a day."""
    return f"{at[:10]} {at[11:16]} UTC" if len(at) > 16 and at[10] == "T" else at


def is_items(table: Mapping[str, Any]) -> bool:
    """Whether a schedule lists reconciling items, which somebody follows up: lines of a subject with a first date."""
    return bool(table.get("subjects")) and "first_date" in table["columns"]


def _said_by(entry: Mapping[str, Any]) -> str:
    by, at = entry.get("by") or "", (entry.get("at") or "")[:10]
    return ", ".join(part for part in (by, at) if part)


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and Decimal(text).is_finite()
    except ArithmeticError:
        return False
