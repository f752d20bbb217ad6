"""How a report spells amounts, statuses, severities and signatures: one home for words and marks.

Colour is never the only signal: each status and severity has a mark and a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from close_library.money import minor_unit, round_half_up, show
from close_library.parameters import COMPANY

NOT_DEFINED = "not defined"

STATUS = {
    "agreed": ("✓", "agreed"),
    "open": ("!", "open"),
    "failed": ("✗", "failed"),
    "not_applicable": ("–", "not applicable"),
}
"""Status of a workpaper: its mark and its word."""

SEVERITY = {"error": ("✗", "error"), "warning": ("▲", "warning"), "info": ("i", "info")}
"""Severity of a finding: its mark and its word, gravest first."""

SHOWN_PLACES = {"percent": 2, "days": 1, "rows": 0}
"""Ratios are kept with four decimals and shown with these."""

NEVER_SUMMED = frozenset({"percent", "days", "date", "ratio"})
"""Units of figures that are not the sum of their rows."""

_CURRENCY = re.compile(r"[A-Z]{3}")


def currency_of(document: Mapping[str, Any]) -> str:
    """The functional currency, in which a document's schedules, tie-outs and findings stand."""
    return document.get("functional_currency") or "USD"


def least_places(unit: str) -> int:
    """Decimal places that a unit always shows: a currency's minor unit, 0 for what is counted."""
    return minor_unit(unit) if _CURRENCY.fullmatch(unit) else 0


def places_of(amount: Decimal, unit: str) -> int:
    """Decimal places that show an amount exactly: its own, and at least those of the currency's minor unit."""
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is a finite number"
    return max(-exponent, least_places(unit))


def show_amount(text: str | None, unit: str) -> str:
    """An amount of a document as a reader sees it: `(1,234.50)`, `12.35`, `not defined`; a date as it is."""
    if text is None:
        return NOT_DEFINED
    if unit == "date":
        return text
    amount = Decimal(text)
    if unit in SHOWN_PLACES and unit != "rows":
        amount = round_half_up(amount, SHOWN_PLACES[unit])
        return show_plain(amount) + (" %" if unit == "percent" else "")
    return show(amount, unit) if _CURRENCY.fullmatch(unit) else show_plain(amount)


def show_plain(amount: Decimal) -> str:
    """A number that is no money: thousands separated, its own decimals, negatives in parentheses."""
    grouped = f"{abs(amount):,f}"
    return f"({grouped})" if amount < 0 else grouped


def show_total(text: str | None) -> str:
    """A source's control total; empty where the table has no amount."""
    return "" if text is None else show_plain(Decimal(text))


def show_cell(text: str | None, kind: str, currency: str) -> str:
    """A cell of a schedule as a reader sees it; a missing value stays empty."""
    if text is None:
        return ""
    if kind == "money":
        return show_amount(text, currency)
    if kind == "int":
        return show_amount(text, "rows")
    if kind in ("percent", "days"):
        return show_amount(text, kind)
    return show_plain(Decimal(text)) if kind in NUMERIC_KINDS else text


NUMERIC_KINDS = frozenset({"money", "int", "ratio", "percent", "days", "decimal", "quantity"})
"""Kinds of schedule columns that hold numbers and stand at the right."""


def show_name(name: str) -> str:
    """A column or a series as words: `days_31_60` is days 31–60, `due_date` is due date."""
    return re.sub(r"(?<=\d)_(?=\d)", "–", name).replace("_", " ")


def show_program(program: str) -> str:
    """The program that a workpaper is of, or that it is of all of them."""
    return "all programs" if program == COMPANY else program


def signature(said: Mapping[str, Any], role: str) -> str:
    """Who signed in a role (`preparer`, `reviewer`) and when, or that nobody did. Never empty."""
    signed = (said.get("sign_offs") or {}).get(role)
    if not signed:
        return {"preparer": "not prepared", "reviewer": "not reviewed"}[role]
    verb = {"preparer": "prepared", "reviewer": "reviewed"}[role]
    return f"{verb} by {signed['by']}, {signed['at']}"


def sign_off(said: Mapping[str, Any]) -> str:
    """Whether preparer and reviewer have both signed."""
    signed = said.get("sign_offs") or {}
    return "signed off" if signed.get("preparer") and signed.get("reviewer") else "not signed off"


def identification(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What a workpaper says about itself before anything else: label, value, and a second line."""
    mark, word = STATUS[document["status"]]
    period_end = document.get("period_end") or ""
    return [
        ("Company", document.get("company_name") or document["company"], ""),
        ("Program", show_program(document["program"]), ""),
        ("Period", document["period"], f"ended {period_end}" if period_end else ""),
        ("Workpaper", document["ref"], document["name"]),
        ("Preparer", document.get("preparer") or "nobody is named", signature(said, "preparer")),
        ("Reviewer", document.get("reviewer") or "nobody is named", signature(said, "reviewer")),
        ("Status", f"{mark} {word}", sign_off(said)),
        ("Inputs (SHA-256)", document.get("inputs") or "not recorded", ""),
    ]


def error_text(document: Mapping[str, Any]) -> str:
    """Why a workpaper reached no conclusion; empty where it did."""
    error = document.get("error")
    if isinstance(error, Mapping):
        return (
            f"{error['kind']}: {error['message']}"
            if not str(error["message"]).startswith(error["kind"])
            else str(error["message"])
        )
    return error or ""


def show_keys(keys: Mapping[str, list[str]]) -> str:
    """The documents that a finding is known by: `invoices inv-17, inv-18; programs atlas`."""
    return "; ".join(f"{table} {', '.join(values)}" for table, values in keys.items())


def address_of(file: str) -> str:
    """A file beside the page as a link; no name can become another host or another kind of address."""
    return "./" + quote(file.lstrip("/"))


def count_of(number: int, noun: str) -> str:
    """A count with its noun: `1 row`, `2 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
