"""How a report spells amounts, statuses, severities and signatures: one home for words and marks.

Colour is never the only signal: each status and severity has a mark and a word.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from close_library.money import counted, minor_unit, round_half_up, show
from close_library.parameters import COMPANY

NOT_DEFINED = "not defined"

STATUS = {
    "agreed": ("✓", "agreed"),
    "open": ("!", "open"),
    "failed": ("✗", "failed"),
    "not_applicable": ("–", "not applicable"),
}
"""Status of a workpaper: its mark and its word."""

AGREES, DIFFERS = "agrees", "does not agree"
"""Whether two amounts that must agree do."""

SEVERITY = {"error": ("✗", "error"), "warning": ("▲", "warning"), "info": ("i", "info")}
"""Severity of a finding: its mark and its word, gravest first."""

SHOWN_PLACES = {"percent": 2, "days": 1, "rows": 0}
"""Ratios are kept with four decimals and shown with these."""

NEVER_SUMMED = frozenset({"percent", "days", "date", "ratio"})
"""Units of figures that are not the sum of their rows."""

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip

_CURRENCY = re.compile(r"[A-Z]{3}")
_REMEASURED = re.compile(r"fx:[A-Z]{3}")
_CODE = re.compile(r"[a-z]+(_([a-z]+|\d{1,2}))+")
_SHORT = re.compile(r"\b(?:gl|po|fx|dso|usd|ar|id)\b")

_READS = {
    "in_subledger_not_in_gl": "in the subledger, not in the ledger",
    "in_gl_not_in_subledger": "in the ledger, not in the subledger",
    "best_possible_dso": "best possible DSO",
    "on_todays_books": "on today's books",
    "run_out_date": "run-out date",
    "tie_outs": "tie-outs",
    "tie_out_differs": "tie-out differs",
}
"""Codes whose words alone say too little, or are spelled otherwise."""

_CODED = frozenset((
    "class", "status", "kind", "check", "result", "rule", "role", "state", "type", "table", "known_under_table",
    "summed_column", "recognition", "billing_model", "aging_column", "measure", "category", "reason", "driver",
    "comparison", "scenario", "step", "test", "severity", "finding", "what",
))  # fmt: skip
"""Columns of schedules that hold codes of ours, not what a source says."""


def currency_of(document: Mapping[str, Any]) -> str:
    """The functional currency, in which a document's schedules, tie-outs and findings stand."""
    return document.get("functional_currency") or "USD"


def currency_in(unit: str | None) -> str:
    """A unit where it is a currency; empty where something else is counted."""
    return unit if unit and _CURRENCY.fullmatch(unit) else ""


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


def kinds_of(table: Mapping[str, Any]) -> Sequence[str]:
    """The kinds of a schedule's columns."""
    kinds: Sequence[str] = table.get("types") or ["text"] * len(table["columns"])
    return kinds


def plain_digits(amount: Decimal) -> str:
    """An exact amount without the zeros that only a file's scale adds: `12.3`, `-5`."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


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
    """A code of ours as words: `days_31_60` is days 31–60, `po_overbilled` is PO overbilled."""
    if name in _READS:
        return _READS[name]
    words = re.sub(r"(?<=\d)_(?=\d)", "–", name).replace("_", " ")
    return _SHORT.sub(lambda word: word[0].upper(), words)


def show_code(text: str, column: str) -> str:
    """A cell of a column that holds codes of ours as words; document numbers and names stay as they are."""
    if _REMEASURED.fullmatch(text):
        return f"{text} (remeasurement of {text[3:]})"
    return show_name(text) if column in _CODED and _CODE.fullmatch(text) else text


def show_in_column(cell: str | None, kind: str, column: str, currency: str) -> str:
    """A cell of a schedule as a reader sees it in its column: numbers spelled, codes as words."""
    shown = show_cell(cell, kind, currency)
    return show_code(shown, column) if kind == "text" else shown


def terms_in(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Spellings of this workpaper that a reader can't know, and what each means."""
    keys = {key for finding in document.get("findings") or [] for values in finding["keys"].values() for key in values}
    cells = {cell for table in (document.get("tables") or {}).values() for row in table["rows"] for cell in row if cell}
    return [
        (term, f"open {term[3:]} items at the closing rate, less what was booked for them: their remeasurement")
        for term in sorted(text for text in keys | cells if _REMEASURED.fullmatch(text))
    ]


def verdict_of(agreed: bool) -> str:
    """Whether two amounts that must agree do, in words."""
    return AGREES if agreed else DIFFERS


def marked_verdict(agreed: bool) -> str:
    """Whether two amounts that must agree do, with its mark: `✓ agrees`."""
    return f"{'✓' if agreed else '✗'} {verdict_of(agreed)}"


def company_of(document: Mapping[str, Any]) -> str:
    """What the company of a workpaper, an index or the sheets of the sources is called."""
    return document.get("company_name") or str(document["company"])


def show_program(program: str) -> str:
    """The program that a workpaper is of, or that it is of all of them."""
    return "all programs" if program == COMPANY else program


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
    """The documents that a finding is known by: `invoices inv-17, inv-18; gl entries j-1` as words."""
    return "; ".join(f"{show_name(table)} {', '.join(values)}" for table, values in keys.items())


def address_of(file: str) -> str:
    """A file beside the page as a link; no name can become another host or another kind of address."""
    return "./" + quote(file.lstrip("/"))


def source_anchor(table: str, file: str) -> str:
    """Where the sheet of a source stands on the page of all sheets (`ipe.html`), whatever its file is called."""
    return "source-" + hashlib.sha256(f"{table}/{file}".encode("utf-8", "replace")).hexdigest()[:12]


def count_of(number: int, noun: str) -> str:
    """A count with its noun: `1 row`, `2 rows`; information has no plural."""
    return f"{number:,} {noun}" if noun == "info" else counted(number, noun)
