"""What a person can speak about in a workpaper: its findings, its open tie-outs, its flux lines, its reconciling items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

ITEM_COLUMN = "first_date"
"""The column that makes a schedule with subjects one of reconciling items, not of lines to explain."""


@dataclass(frozen=True)
class Subject:
    """Something that an explanation can be bound to, and the amount that it is bound to (None where there is none).

    `needs` says that it asks for an explanation, `blocks` that no reviewer can sign without one.
    """

    subject: str
    amount: str | None
    currency: str
    text: str
    needs: bool
    blocks: bool


@dataclass(frozen=True)
class Item:
    """A reconciling item of a workpaper: its stable id, its amount, the date on which it first stood open."""

    item: str
    amount: str
    first_date: str


def subjects_of(document: Mapping[str, Any]) -> dict[str, Subject]:
    """All that can be explained in a document, gravest first; a finding and a flux line of one subject are one.

    Several findings of one subject are explained together, at their sum.
    """
    found: dict[str, Subject] = {}
    for each in _each_subject(document):
        there = found.get(each.subject)
        if there is None:
            found[each.subject] = each
        elif each.needs:
            found[each.subject] = replace(
                there, amount=_sum(there.amount, each.amount), blocks=there.blocks or each.blocks
            )
    return found


def _sum(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one or other
    return format(Decimal(one) + Decimal(other), "f")


def _each_subject(document: Mapping[str, Any]) -> Iterator[Subject]:
    currency = document.get("functional_currency") or ""
    for tie_out in document.get("tie_outs") or []:
        if not tie_out["agreed"]:
            subject = f"tie_out:{tie_out['id']}"
            yield Subject(subject, tie_out["difference"], tie_out.get("unit") or currency, tie_out["label"], True, True)
    for finding in document.get("findings") or []:
        if finding.get("subject"):
            severity = finding["severity"]
            yield Subject(
                finding["subject"],
                finding["amount"],
                finding.get("currency") or currency,
                finding["message"],
                severity in ("error", "warning"),
                severity == "error",
            )
    for table in (document.get("tables") or {}).values():
        if ITEM_COLUMN not in table["columns"]:
            for row, subject, amount in table.get("subjects") or []:
                yield Subject(subject, amount, currency, _line_text(table, row), False, False)


def _line_text(table: Mapping[str, Any], row: int) -> str:
    """A line of a schedule in words: its texts."""
    cells = table["rows"][row]
    kinds = table.get("types") or ["text"] * len(cells)
    return " · ".join(cell for cell, kind in zip(cells, kinds, strict=True) if cell and kind == "text")


def items_of(document: Mapping[str, Any]) -> dict[str, Item]:
    """The reconciling items of a document, in its order."""
    found: dict[str, Item] = {}
    for table in (document.get("tables") or {}).values():
        if ITEM_COLUMN in table["columns"]:
            first = table["columns"].index(ITEM_COLUMN)
            for row, subject, amount in table.get("subjects") or []:
                found[subject] = Item(subject, amount or "0", table["rows"][row][first] or "")
    return found
