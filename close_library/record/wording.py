"""What a person may say: text without control characters, names on one line, exact amounts.

All faults of one statement are collected, then refused together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from itertools import permutations
from typing import NamedTuple

from close_library.errors import Fault, ParameterError, RecordError
from close_library.period import Period
from close_library.record.values import KIND_OF, Kind, Role, SignedItem

TEXT_AT_MOST = 10_000
NAME_AT_MOST = 200
SUBJECT_AT_MOST = 2_000

_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LOOKS_LIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухіїјѕԁԛԝһ", "abekmhopctyxiijsdqwh", strict=True)),
        **dict(zip("αβεηικμνορτυχ", "abenikmvoptux", strict=True)),
        **dict.fromkeys("\u115f\u1160\u2800", " "),
    }
)
"""Cyrillic and Greek small letters that pass for Latin ones, and letters that show nothing."""

_BESIDE_THE_NAME = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>|@\S*")
"""What stands beside a name and is none: a role in brackets, the domain of an address."""

WORDS_AT_MOST = 5
"""Words of a name that are tried in any order; of a longer one every word must be separate."""

_NOT_IN_XML = "\ufffe\uffff"


class About(NamedTuple):
    """What is spoken of: a workpaper, and in it a subject, an item, or the digest of its document."""

    period: str
    program: str
    ref: str
    subject: str

    @property
    def workpaper(self) -> str:
        """The workpaper as a message names it."""
        return f"workpaper {quoted(self.ref)} of {quoted(self.program)}, {self.period}"


class Wording:
    """Looks at what is said, piece by piece; `refuse` raises all that is wrong with it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def text(self, what: str, said: str, at_most: int = TEXT_AT_MOST) -> str:
        """A text of any length to `at_most`, trimmed, its lines ending as they do everywhere; it may be empty."""
        return self._checked(what, _lines(said), at_most, "\n\t")

    def line(self, what: str, said: str, at_most: int = NAME_AT_MOST) -> str:
        """A text on one line that is not empty."""
        line = self._checked(what, _lines(said), at_most, "")
        if not same_person(line, ""):
            return line
        self.faults.append(Fault(what, "nothing", "a text", ""))
        return line

    def about(self, period: str, program: str, ref: str, what: str, subject: str) -> About:
        """A workpaper, and what in it is spoken of."""
        return About(
            self.period(period),
            self.line("the program", program),
            self.line("the workpaper", ref),
            self.line(what, subject, SUBJECT_AT_MOST),
        )

    def period(self, said: str) -> str:
        """A month such as 2026-10."""
        try:
            Period.parse(said)
        except (ParameterError, TypeError):
            fault = Fault("the period", quoted(said), "a year and a month, such as 2026-10", "write it as YYYY-MM")
            self.faults.append(fault)
        return said

    def name_or_nothing(self, what: str, said: str | None) -> str | None:
        """A name on one line; empty where it is taken away, None where nothing is said."""
        if said is None:
            return None
        return self.line(what, said) if _lines(said) else ""

    def kind(self, role: Role) -> Kind:
        """What signing in a role is called."""
        if role not in KIND_OF:
            self.faults.append(Fault("the role", quoted(role), "preparer or reviewer"))
            return "prepared"
        return KIND_OF[role]

    def amount(self, what: str, said: str | None) -> str | None:
        """An exact amount, or none."""
        if said is not None and not (isinstance(said, str) and _AMOUNT.fullmatch(said)):
            self.faults.append(Fault(what, quoted(said), "an exact amount, such as 1250.00"))
        return said

    def moment(self, at: datetime | None) -> str:
        """A time in UTC with microseconds; now when none is given."""
        at = at or datetime.now(UTC)
        if at.tzinfo is None:
            self.faults.append(Fault("the time", at.isoformat(), "a time with its zone", "give it in UTC"))
            return ""
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def amounts(self, what: str, said: Mapping[str, str | None]) -> dict[str, str | None]:
        """Subjects or figures with their amounts."""
        return {
            self.line(what, name, SUBJECT_AT_MOST): self.amount(f"{what} {quoted(name)}", amount)
            for name, amount in said.items()
        }

    def items(self, said: Iterable[SignedItem]) -> list[dict[str, str | None]]:
        """Reconciling items, each once."""
        items: dict[str, dict[str, str | None]] = {}
        for item in said:
            name = self.line("the item", item.item, SUBJECT_AT_MOST)
            what = f"the item {quoted(name)}"
            if name in items:
                self.faults.append(Fault(what, "twice", "each item once"))
            if item.first_date is not None and not _is_date(item.first_date):
                self.faults.append(Fault(f"{what}, first date", quoted(item.first_date), "a date, such as 2026-10-31"))
            amount = self.amount(what, item.amount)
            items[name] = {"item": name, "amount": amount, "first_date": item.first_date}
        return list(items.values())

    def digests(self, said: Mapping[str, str]) -> dict[str, str]:
        """Figures with the sha256 of their rows."""
        for figure, digest in said.items():
            if not _SHA256.fullmatch(digest):
                self.faults.append(Fault(f"the rows of {quoted(figure)}", quoted(digest), "a sha256 in hex"))
        return {self.line("the figure", figure, SUBJECT_AT_MOST): digest for figure, digest in said.items()}

    def refuse(self) -> None:
        """Raise RecordError when anything is wrong."""
        if self.faults:
            raise RecordError("the record can't take this as it stands.", self.faults)

    def _checked(self, what: str, text: str, at_most: int, allowed: str) -> str:
        strange = next((place for place, character in enumerate(text) if _strange(character, allowed)), None)
        if strange is not None:
            found = f"the character U+{ord(text[strange]):04X} at place {strange + 1}"
            expected = "text without control characters" if allowed else "one line of text"
            self.faults.append(Fault(what, found, expected, "type it again without the character"))
        elif len(text) > at_most:
            self.faults.append(
                Fault(what, f"{len(text):,} characters", f"at most {at_most:,}", "say it in fewer words")
            )
        return text


def same_person(one: str, other: str) -> bool:
    """Whether two names are the same person's, however they are typed: capitals, spaces or none, points, accents, the order
    of first and last name, letters of another alphabet that look alike, an address of mail, a role in brackets."""
    return not _spellings(one).isdisjoint(_spellings(other))


def quoted(said: object) -> str:
    """A value as a message shows it: short, on one line, every character printable."""
    text = said if isinstance(said, str) else repr(said)
    shown = "".join(character if character.isprintable() else f"\\u{ord(character):04x}" for character in text[:80])
    return (shown or "nothing") + ("…" if len(text) > 80 else "")


def _spellings(name: str) -> set[str]:
    """What a name reads in any order of its words, run together; nothing that a reader sees is one spelling too."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold()).translate(_LOOKS_LIKE)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf" and not "\u0300" <= c <= "\u036f")
    words = _words(_BESIDE_THE_NAME.sub(" ", plain)) or _words(plain)
    orders = permutations(words) if len(words) <= WORDS_AT_MOST else [sorted(words)]
    return {"".join(order) for order in orders} if words else {" ".join(plain.split())}


def _words(plain: str) -> list[str]:
    return "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in plain).split()


def _lines(said: str | None) -> str:
    return (said or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _strange(character: str, allowed: str) -> bool:
    if character in allowed:
        return False
    barred = ("Cc", "Cs") if allowed else ("Cc", "Cs", "Zl", "Zp")
    return character in _NOT_IN_XML or unicodedata.category(character) in barred


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text)) and bool(date.fromisoformat(text))
    except (TypeError, ValueError):
        return False
