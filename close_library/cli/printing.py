"""How the commands show what was said: explanations, items, signings and events, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from textwrap import indent
from typing import Any

from rich.console import Console
from rich.table import Table

from close_library.money import counted, show
from close_library.parameters import COMPANY
from close_library.record import Event
from close_library.run.gathering.redraw import Place
from close_library.run.speaking.explaining import Asked
from close_library.run.speaking.following_up import OpenItem
from close_library.run.speaking.history import event_line
from close_library.run.speaking.read_back import Told
from close_library.run.speaking.signing import Signing
from close_library.run.status import WORDS, Standing

SignOffs = Mapping[Place, Mapping[str, Any]]
"""Program and ref → what the record says of the sign-off."""

_STATES = {
    "open": "not explained",
    "current": "explained",
    "stale": "stale: the figure changed since",
    "suggestion": "suggestion",
}
_RESULTS = {
    "signed": ("✓", "signed"),
    "rejected": ("✗", "rejected"),
    "already": ("·", "signed already"),
    "skipped": ("–", "nothing to sign"),
    "refused": ("!", "refused"),
}


def say(console: Console, text: str) -> None:
    """One line, as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def named(program: str) -> str:
    """A program as a person says it."""
    return "all programs" if program == COMPANY else program


def print_asked(console: Console, asked: Sequence[Asked]) -> None:
    """What asks for an explanation, workpaper by workpaper: subject, amount and state, then what it is, then what was said."""
    for place, lines in groupby(asked, key=lambda each: each.paper.place):
        first, *others = lines
        say(console, f"{place[1]} {first.paper.workpaper.title} · {named(place[0])}")
        for each in (first, *others):
            _print_subject(console, each)
        say(console, "")
    states = [each.state for each in asked]
    counts = ", ".join(
        f"{states.count(state)} {word.partition(':')[0]}" for state, word in _STATES.items() if state in states
    )
    say(console, f"{counted(len(asked), 'subject')}: {counts}." if asked else "Nothing asks for an explanation.")
    blocking = sum(each.subject.blocks and each.state != "current" for each in asked)
    if blocking:
        say(
            console,
            f"{blocking} of them {'keeps its' if blocking == 1 else 'keep their'} workpaper from being reviewed.",
        )


def _print_subject(console: Console, asked: Asked) -> None:
    subject = asked.subject
    say(console, f"  {subject.subject}")
    say(console, f"    {_amount(subject.amount, subject.currency)}{_state(asked)}")
    say(console, indent(subject.text, "    "))
    if asked.said:
        by = f"{asked.said.by}, {asked.said.at[:10]}"
        about = (
            f" of {_amount(asked.said.amount, subject.currency).strip()}"
            if asked.state != "current" and asked.said.amount
            else ""
        )
        say(console, indent(f"“{asked.said.text}” ({by}{about})", "    "))


def _state(asked: Asked) -> str:
    if asked.state == "suggestion" and asked.said:
        return f"suggestion of {asked.said.period}: take it over, or write another"
    return _STATES[asked.state]


def _amount(amount: str | None, currency: str) -> str:
    if amount is None:
        return ""
    shown = show(Decimal(amount), currency) if len(currency) == 3 and currency.isupper() else amount
    return f"{shown} {currency} · "


def print_items(console: Console, items: Sequence[OpenItem]) -> None:
    """The reconciling items as a table."""
    if not items:
        say(console, "No reconciling item is open.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("workpaper", "item"):
        table.add_column(heading, overflow="fold")
    for heading in ("amount", "since", "days"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("owner, action", overflow="fold")
    for each in items:
        followed = "; ".join(filter(None, (each.said.owner, each.said.action))) if each.said else ""
        table.add_row(
            *(_plain(f"{named(each.paper.program)} {each.paper.workpaper.ref}"), _plain(each.item.item)),
            show(Decimal(each.item.amount)),
            each.item.first_date or "–",
            "–" if each.age is None else str(each.age),
            _plain(followed) or "nobody",
        )
    console.print(table)
    say(
        console,
        f"\n{counted(len(items), 'item')}, {sum(each.said is None or not each.said.owner for each in items)} without an owner.",
    )


def print_signings(console: Console, signings: Sequence[Signing]) -> None:
    """What came of each workpaper."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "program", "workpaper", "", ""):
        table.add_column(heading, overflow="fold")
    for each in signings:
        mark, word = _RESULTS[each.result]
        table.add_row(mark, _plain(named(each.program)), f"{each.ref} {each.name}", word, _plain(each.why))
    console.print(table, highlight=False)
    results = [each.result for each in signings]
    counts = ", ".join(f"{results.count(result)} {word}" for result, (_, word) in _RESULTS.items() if result in results)
    say(console, f"\n{counts or 'Nothing to sign'}.")


def print_sign_offs(console: Console, standings: Sequence[Standing], signed: SignOffs) -> None:
    """One line a workpaper: its status, its sign-off, who signed and when."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("program", "ref", "status", "sign-off", "preparer", "reviewer"):
        table.add_column(heading, overflow="fold")
    for each in standings:
        entry = signed.get((each.program, each.ref))
        by = [_signature(entry["sign_offs"][role]) if entry else "" for role in ("preparer", "reviewer")]
        state = entry["state"] if entry else ""
        rejected = entry and entry["sign_offs"]["rejected"]
        if rejected:
            by[1] = f"rejected by {rejected['by']}, {rejected['at'][:10]}: {rejected['reason']}"
        table.add_row(_plain(named(each.program)), each.ref, WORDS[each.status], state, *map(_plain, by))
    console.print(table, highlight=False)


def sign_offs_in_words(standings: Sequence[Standing], signed: SignOffs) -> str:
    """How many workpapers that can be signed are in each state of the sign-off."""
    states = [
        signed[each.program, each.ref]["state"]
        for each in standings
        if (each.program, each.ref) in signed and each.status != "not_applicable"
    ]
    known = ("reviewed", "prepared", "lapsed", "rejected", "not signed off")
    counts = ", ".join(f"{states.count(state)} {state}" for state in known if state in states)
    return f"Sign-offs: {counts}." if set(states) - {"not signed off"} else "Nothing is signed off."


def _signature(signature: Mapping[str, Any] | None) -> str:
    if not signature:
        return ""
    return f"{signature['by']}, {signature['at'][:10]}" + (" (lapsed)" if signature["lapsed"] else "")


def print_told(console: Console, told: Sequence[Told]) -> None:
    """What was read back from a workbook."""
    for each in told:
        content = each.text or "; ".join(filter(None, (each.owner, each.action)))
        say(
            console, f"{each.place}  {each.kind.replace('_', ' ')} {each.subject}" + (f": {content}" if content else "")
        )
    say(
        console,
        f"{counted(len(told), 'change')} recorded." if told else "Nothing new is filled in; nothing was recorded.",
    )


def print_events(console: Console, events: Iterable[Event]) -> None:
    """The events, one below the other."""
    events = list(events)
    for event in events:
        seq, at, by, place, words = event_line(event)
        say(console, f"{seq:>5}  {at}  {by}  ·  {place}")
        say(console, indent(words, "       "))
    say(console, f"{counted(len(events), 'event')}." if events else "Nobody has said anything yet.")


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
