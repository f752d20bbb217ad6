"""What was set otherwise in the binder before: parameters, notebooks, library and packages; and which limits were loosened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from close_library.parameters import COMPANY

LOOSER_WHEN_HIGHER = frozenset(
    {
        "materiality.amount",
        "materiality.percent",
        "tolerances.tie_out",
        "tolerances.match",
        "flux.amount",
        "flux.percent",
        "match.days",
        "close.last_workday",
        "purchase_orders.warn_at_percent",
        "grace_days.unbilled",
        "grace_days.payout_in_bank",
        "grace_days.unapplied",
        "grace_days.past_due",
    }
)
"""Limits that let more pass when they grow."""

LOOSENED = "loosened"
_TIGHTENED = "tightened"
_CHANGED = "changed"

_NOT_THERE, _EMPTY = "not there", "empty"
"""How a setting that there is not, and one without a value, are told apart."""


Kind = Literal["setting", "notebook", "library", "package"]
"""What can be another one: something that a person set, or what computes."""


@dataclass(frozen=True)
class Change:
    """One thing that is not what it was: where it was set, before and now (None: not there), and in which direction."""

    kind: Kind
    scope: str
    key: str
    before: str | None
    now: str | None
    origin: str
    direction: str

    def as_data(self) -> dict[str, str | None]:
        """The change for the binder's `changes.json`, where the key of what is no setting begins with its kind."""
        data = asdict(self)
        del data["kind"]
        return data if self.kind == "setting" else {**data, "key": f"{self.kind} {self.key}"}


def in_words(change: Mapping[str, str | None]) -> dict[str, str]:
    """A change of `changes.json` as a reader sees it, everywhere in the same words."""
    before, now = (_NOT_THERE if change[side] is None else change[side] or _EMPTY for side in ("before", "now"))
    return {**{name: value or "" for name, value in change.items()}, "before": before, "now": now}


def sentence(change: Mapping[str, str | None]) -> str:
    """What changed in one sentence's words: `tolerances.tie_out of atlas from 0.00 to 50.00`."""
    words = in_words(change)
    place = "" if words["scope"] == COMPANY else f" of {words['scope']}"
    return f"{words['key']}{place} from {words['before']} to {words['now']}"


def parameter_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """The changed settings of two `books/parameters.json`, the company's first; a program's only where it has its own."""
    scopes = sorted({*before["scopes"], *now["scopes"]}, key=lambda scope: (scope != COMPANY, scope))
    company: set[tuple[str, str | None, str | None]] = set()
    changes: list[Change] = []
    for scope in scopes:
        then, today = _settings(before, scope), _settings(now, scope)
        for key in sorted({*then, *today}):
            was, has = then.get(key, (None, ""))[0], today.get(key, (None, ""))[0]
            if was == has or (scope != COMPANY and (key, was, has) in company):
                continue
            if scope == COMPANY:
                company.add((key, was, has))
            changes.append(
                Change(
                    "setting",
                    scope,
                    key,
                    was,
                    has,
                    today.get(key, then.get(key, ("", "")))[1],
                    direction(key, was, has),
                )
            )
    return changes


def changes_since(
    parameters_before: Mapping[str, Any],
    made_before: Mapping[str, Any],
    parameters_now: Mapping[str, Any],
    made_now: Mapping[str, Any],
) -> list[Change]:
    """All that is not as in the binder before. `made_…` say `notebooks`, `library`, `python` and `packages`, as manifests do."""
    then, now = ({"python": made["python"], **made["packages"]} for made in (made_before, made_now))
    return [
        *parameter_changes(parameters_before, parameters_now),
        *digest_changes("notebook", made_before["notebooks"], made_now["notebooks"]),
        *digest_changes("library", made_before["library"], made_now["library"]),
        *digest_changes("package", then, now),
    ]


def digest_changes(kind: Kind, before: Mapping[str, str], now: Mapping[str, str]) -> list[Change]:
    """What of a kind (`notebook`, `package`, `library`) is another one now."""
    return [
        Change(kind, COMPANY, name, before.get(name), now.get(name), "", _CHANGED)
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]


def direction(key: str, before: str | None, now: str | None) -> str:
    """Whether a limit lets more pass than it did: `loosened`, `tightened` or just `changed`."""
    if before is None or now is None:
        return _CHANGED
    if key in LOOSER_WHEN_HIGHER:
        return _by_number(before, now)
    if key == "purchase_orders.look_ahead_months":
        return _by_number(now, before)
    if key == "purchase_orders.required":
        return LOOSENED if now == "false" else _TIGHTENED
    if key == "flux.rule":
        return LOOSENED if now == "and" else _TIGHTENED
    if key == "flux.comparisons":
        lost = {*before.split(", ")} - {*now.split(", ")}
        return LOOSENED if lost else _TIGHTENED
    return _CHANGED


def _by_number(before: str, now: str) -> str:
    try:
        more = Decimal(now) - Decimal(before)
    except InvalidOperation:
        return _CHANGED
    return LOOSENED if more > 0 else _TIGHTENED if more < 0 else _CHANGED


def _settings(parameters: Mapping[str, Any], scope: str) -> dict[str, tuple[str, str]]:
    """Key → value as text and where it was set; a program that is not there has what the company has."""
    found = parameters["scopes"].get(scope) or parameters["scopes"][COMPANY]
    origins = found["origins"]
    return {key: (value, origins.get(key, "")) for key, value in _leaves(found["values"], "")}


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{key}.{name}" if key else name)
    else:
        yield key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(
            _text(each) if not isinstance(each, Mapping) else " ".join(map(str, each.values())) for each in value
        )
    return "" if value is None else str(value)
