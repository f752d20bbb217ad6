"""Faults of source files: gathered a file at a time, bounded, in the order of lines, and put into words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from close_library.errors import Fault, SourceError
from close_library.sources.extract import RawFile
from close_library.tables import Column

KEPT_AT_MOST = 100
"""Faults kept of a file, the first ones; all are counted."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[+-]?(\d*)\.?(\d*)")
_DECIMALS = {"money": 4, "rate": 12, "quantity": 6}


@dataclass
class FaultLog:
    """All faults of all files of all sources, so that one error can report them together."""

    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, fault: Fault) -> None:
        """A fault that belongs to no line: a folder or a whole file."""
        self.faults.append(fault)
        self.count += 1

    def take(self, of_file: FileFaults) -> None:
        """The faults of a file that has been read to its end."""
        self.faults += of_file.in_order()
        self.count += of_file.count

    def raise_if_any(self) -> None:
        """Gives up with one SourceError if anything was wrong anywhere."""
        if self.count:
            raise SourceError("the sources can't be read as they stand.", self.faults, self.count)


class FileFaults:
    """The faults of one file: the first hundred by line, and how many there are."""

    def __init__(self, raw: RawFile) -> None:
        self.raw = raw
        self.count = 0
        self._kept: list[tuple[int, int, Fault]] = []

    def add(self, line: int | None, column: str, found: str, expected: str, do: str = "", *, position: int = 0) -> None:
        """One fault at a line (None: the whole file) and a column, given by name and position."""
        self.count += 1
        if len(self._kept) < KEPT_AT_MOST:
            self._kept.append((line or 0, position, Fault(self.raw.where(line, column), found, expected, do)))

    def add_cells(self, cells: Iterable[tuple[int, int, Column, str, str | None]], count: int) -> None:
        """Faulty cells: line, position, column, what kind (`empty`, `value`, `sign`) and the text; `count` in all."""
        for line, position, column, kind, text in cells:
            found, expected, do = explain(column, kind, text)
            self._kept.append((line, position, Fault(self.raw.where(line, column.name), found, expected, do)))
        self.count += count

    def in_order(self) -> list[Fault]:
        """The first faults, by line and column."""
        return [fault for _, _, fault in sorted(self._kept, key=lambda kept: kept[:2])][:KEPT_AT_MOST]


def nearest(word: str, words: Iterable[str]) -> str:
    """The word that was probably meant, or an empty text."""
    return next(iter(difflib.get_close_matches(word.lower(), list(words), n=1, cutoff=0.6)), "")


def shown(text: str) -> str:
    """A cell's text for a message: short, on one line, its blanks visible."""
    cut = text if len(text) <= 40 else text[:39] + "…"
    plain = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)
    return plain if plain == plain.strip() else f"'{plain}'"


def listed(words: Sequence[str]) -> str:
    """Words as a list for a message: `a, b and c`."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def explain(column: Column, kind: str, text: str | None) -> tuple[str, str, str]:
    """What was found in a faulty cell, what its column expects, and what to do."""
    if kind == "empty" or text is None:
        return "nothing", f"{column.expected}; the column is required", "fill the cell"
    if kind == "sign":
        return _explain_sign(column, text)
    if column.words:
        near = nearest(text, column.words)
        return shown(text), column.expected, f"write {near}" if near else "use one of these words"
    if column.type in ("date", "timestamp"):
        return _explain_date(column, text)
    if column.type in _DECIMALS or column.type == "int":
        return _explain_number(column, text)
    return shown(text), column.expected, f"write {column.expected}"


def _explain_sign(column: Column, text: str) -> tuple[str, str, str]:
    if column.name == "rate":
        return shown(text), "a rate above 0", "write how many units of the functional currency one unit is worth"
    wrong = "a positive amount on a credit memo" if not text.startswith("-") else "a negative amount on an invoice"
    return (
        f"{shown(text)}, {wrong}",
        "0 or more for an invoice, 0 or less for a credit memo",
        ("turn the sign, or correct the document_type"),
    )


def _explain_date(column: Column, text: str) -> tuple[str, str, str]:
    word = "date" if column.type == "date" else "time"
    if _DATE.match(text) and (column.type == "timestamp" or _DATE.fullmatch(text)):
        what = "a day that the calendar lacks" if column.type == "date" else "a time that no clock shows"
        if column.type == "timestamp" and len(text) > 19 and not re.search(r"(Z|[+-]\d{2}(:?\d{2})?)$", text[19:]):
            return shown(text), column.expected, "write it as ISO 8601, at most six digits of a second"
        return f"{shown(text)}, {what}", column.expected, f"correct the {word}"
    spelled = "YYYY-MM-DD" if column.type == "date" else "YYYY-MM-DDTHH:MM:SSZ"
    return shown(text), column.expected, f"write {word}s as {spelled}"


def _explain_number(column: Column, text: str) -> tuple[str, str, str]:
    spelled = _NUMBER.fullmatch(text)
    if not spelled or not (spelled[1] or spelled[2]):
        if re.fullmatch(r"[+-]?[\d.,' \u00a0\u202f]*\d[\d.,' \u00a0\u202f]*", text):
            return shown(text), column.expected, "write a point before the decimals and no separators of thousands"
        if re.fullmatch(r"[+-]?[\d.]+[eE][+-]?\d+", text):
            return shown(text), column.expected, "write the number out, without an exponent"
        return shown(text), column.expected, "write digits only, a point before the decimals"
    whole, decimals = spelled[1].lstrip("0"), spelled[2].rstrip("0")
    if column.type == "int" and decimals:
        return shown(text), column.expected, "write it without decimals"
    if len(decimals) > _DECIMALS.get(column.type, 0):
        return f"{shown(text)}, {len(decimals)} digits after the point", column.expected, "round it in the source"
    if len(whole) > 18:
        return f"{shown(text)}, {len(whole)} digits before the point", column.expected, "correct the number"
    return shown(text), column.expected, "write digits after the point, or leave the point away"
