"""The events of the record as a person reads them, and whether their chain is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.errors import RecordError
from close_library.parameters import CompanyParameters, load_parameters
from close_library.period import Period
from close_library.record import Event, Head
from close_library.run.said.heard import moment
from close_library.run.said.recorded import doubts, record_if_any


def history(parameters: Path, outputs: Path, period: str = "", program: str = "", ref: str = "") -> list[Event]:
    """What was said, in its order: of all periods, or of a period, a program, a workpaper."""
    company = load_parameters(parameters)
    wanted = str(Period.parse(period, "the period on the command line")) if period else None
    with record_if_any(*_place(company, outputs)) as record:
        return list(record.events(wanted, program or None, ref or None)) if record else []


def verify_history(parameters: Path, outputs: Path) -> Head:
    """Read and hash every event again, and hold it against the heads kept on this machine.

    Returns where the record ends. Raises RecordError naming every event that is not as it was written.
    """
    url, folder = _place(load_parameters(parameters), outputs)
    with record_if_any(url, folder) as record:
        faults = doubts(record, folder)
        head = record.head if record else Head(0, "")
    if faults:
        raise RecordError("the record is not as it was written.", faults)
    return head


def event_as_data(event: Event) -> dict[str, Any]:
    """An event for `--json`, whole: another program can hash it again."""
    return {**vars(event), "payload": dict(event.payload)}


def in_words(event: Event) -> str:
    """What an event says."""
    said = event.payload
    match event.kind:
        case "explained" if said.get("text"):
            amount = f" ({said['amount']})" if said.get("amount") else ""
            return f"explained {event.subject}{amount}: {said['text']}"
        case "explained":
            return f"withdrew the explanation of {event.subject}"
        case "followed_up":
            parts = [said.get("owner") and f"owner {said['owner']}", said.get("action")]
            return f"item {event.subject}: {'; '.join(filter(None, parts)) or 'nobody looks after it'}"
        case "rejected":
            return f"rejected the document {event.subject[:12]}: {said.get('reason', '')}"
        case _:
            return f"{event.kind} the document {event.subject[:12]}"


def event_line(event: Event) -> tuple[str, str, str, str, str]:
    """Number, time, person, place and words."""
    return (
        str(event.seq),
        moment(event.at).replace("T", " ").removesuffix("Z"),
        event.by,
        f"{event.period} {event.program} {event.ref}",
        in_words(event),
    )


def _place(company: CompanyParameters, outputs: Path) -> tuple[str, Path]:
    settings = company.resolve()
    return settings.record, outputs.resolve() / settings.company
