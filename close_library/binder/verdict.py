"""What verifying came to: what held, what came out again, what to know, and what differs, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

from close_library.errors import CloseError


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was sealed, or not as it comes out again: where, and what."""

    place: str
    what: str


@dataclass
class Verdict:
    """What was looked at and held, what was performed again, what is worth knowing, and every difference."""

    held: list[str] = field(default_factory=list)
    performed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def differs(self, place: str, what: str) -> None:
        """Note a difference."""
        self.differences.append(Difference(place, what))


def first_line(error: Exception) -> str:
    """What was found, of an error, in one line."""
    if isinstance(error, CloseError) and error.faults:
        return error.faults[0].found
    return str(error).splitlines()[0] if str(error) else type(error).__name__
