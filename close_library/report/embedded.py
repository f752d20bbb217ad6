"""The source rows that a page carries, so that a reader opens a figure without the network or another file.

A page carries about ten thousand rows. Where a workpaper has more, it carries those of the findings' documents
and of the smaller figures, and says where the rest is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from close_library.report.rows_file import Address, RowsFile, SourceRow, address_of_row
from close_library.report.wording import NEVER_SUMMED, currency_of, least_places, plain_digits

PAGE_ROWS = 10_000
"""Source rows that one page carries at most (about 600 kB)."""


@dataclass(frozen=True)
class Embedded:
    """Rows of a page, the block of each figure that is whole, the rows that name each finding's documents, and the
    figures that each line of a source file feeds."""

    rows: Sequence[SourceRow]
    blocks: Mapping[str, tuple[int, int]]
    findings: Mapping[int, list[int]]
    figures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    feeds: Mapping[Address, Sequence[str]] = field(default_factory=dict)
    currency: str = "USD"

    def as_script(self, elsewhere: str) -> Markup:
        """The rows as JSON for a script element: column by column, each text once, with nothing that could end it."""
        names = list(dict.fromkeys(name for row in self.rows for name in row.shown))
        content = {
            "elsewhere": elsewhere,
            "currency": self.currency,
            "places": {unit: least_places(unit) for unit in self._units()},
            "figures": {id: self._figure(id, figure) for id, figure in self.figures.items()},
            "findings": {str(number): rows for number, rows in self.findings.items()},
            "feeds": self._feeds(),
            "table": _column(row.source_table for row in self.rows),
            "file": _column(row.source_file for row in self.rows),
            "line": [row.source_row for row in self.rows],
            "amount": [None if row.amount is None else plain_digits(row.amount) for row in self.rows],
            "shown": [[name, _column(row.shown.get(name) for row in self.rows)] for name in names],
        }
        return script_json(content)

    def addresses(self, id: str) -> str:
        """Files and lines of a figure's rows: `invoices.csv: 2-14, 20`; empty where the page does not carry them."""
        start, length = self.blocks.get(id, (0, 0))
        lines: dict[str, list[int]] = {}
        for row in self.rows[start : start + length]:
            lines.setdefault(row.source_file, []).extend([] if row.source_row is None else [row.source_row])
        return "; ".join(f"{file}: {_ranges(numbers)}" if numbers else file for file, numbers in lines.items())

    def _feeds(self) -> dict[str, Any]:
        """For each row the figures that its line feeds, as places in `figures`; each combination once."""
        places = {id: place for place, id in enumerate(self.figures)}
        combinations: dict[tuple[int, ...], int] = {}
        fed = [tuple(places[id] for id in self.feeds.get(address_of_row(row), ()) if id in places) for row in self.rows]
        numbers = [combinations.setdefault(each, len(combinations)) for each in fed]
        return {"sets": [list(each) for each in combinations], "places": numbers}

    def _units(self) -> list[str]:
        return list(dict.fromkeys([self.currency, *(figure["unit"] for figure in self.figures.values())]))

    def _figure(self, id: str, figure: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "label": figure["label"],
            "amount": figure["amount"],
            "unit": figure["unit"],
            "rows": figure.get("rows"),
            "block": self.blocks.get(id),
            "foots": "count" if figure["unit"] == "rows" else "none" if figure["unit"] in NEVER_SUMMED else "sum",
        }


def embed(document: Mapping[str, Any], rows: RowsFile) -> Embedded:
    """Choose the rows that the page carries, see the head of this module."""
    fits = rows.total <= PAGE_ROWS
    figures = {id: figure for id, figure in (document.get("figures") or {}).items() if figure.get("rows") is not None}
    findings = document.get("findings") or []
    copied = {id: count for id, count in rows.counts.items() if id not in rows.left_out}
    whole = _whole_figures(copied, PAGE_ROWS if fits or not findings else PAGE_ROWS // 2)
    carried = list(rows.stream(None if fits else whole)) if whole else []
    blocks: dict[str, tuple[int, int]] = {
        id: (0, 0) for id, figure in figures.items() if not rows.counts.get(id) and id not in rows.left_out
    }
    for place, row in enumerate(carried):
        if row.figure not in rows.left_out:
            start, _ = blocks.setdefault(row.figure, (place, 0))
            blocks[row.figure] = (start, place + 1 - start)
    if not fits:
        keys = {key for finding in findings for values in finding["keys"].values() for key in values}
        carried += rows.naming(keys, whole, PAGE_ROWS - len(carried))
    feeds = rows.feeds({address_of_row(row) for row in carried if row.source_row is not None})
    return Embedded(carried, blocks, _rows_of_findings(findings, carried), figures, feeds, currency_of(document))


def _whole_figures(counts: Mapping[str, int], room: int) -> set[str]:
    """The figures whose rows all fit, smallest first."""
    whole = set()
    for figure, count in sorted(counts.items(), key=lambda entry: (entry[1], entry[0])):
        room -= count
        if room < 0:
            break
        whole.add(figure)
    return whole


def _rows_of_findings(findings: Sequence[Mapping[str, Any]], rows: Sequence[SourceRow]) -> dict[int, list[int]]:
    """For each finding, the carried rows that show the key which it is known by; each address once."""
    wanted: dict[str, list[int]] = {}
    for number, finding in enumerate(findings):
        for key in next(iter(finding["keys"].values())):
            wanted.setdefault(key, []).append(number)
    found: dict[int, dict[Address, int]] = {}
    for place, row in enumerate(rows):
        for value in row.shown.values():
            for number in wanted.get(value, ()):
                found.setdefault(number, {}).setdefault(address_of_row(row), place)
    return {number: list(places.values()) for number, places in sorted(found.items())}


def _ranges(numbers: Sequence[int], at_most: int = 12) -> str:
    """Line numbers as ranges: 2, 3, 4, 9 → `2-4, 9`; the first twelve ranges."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:at_most]]
    return ", ".join(shown) + (f" and {len(ranges) - at_most:,} more" if len(ranges) > at_most else "")


def _column(values: Iterable[str | None]) -> dict[str, Any]:
    """A column of texts, each text stored once; a missing one is -1."""
    numbers: dict[str, int] = {}
    places = [-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values]
    return {"texts": list(numbers), "places": places}


def script_json(content: Any) -> Markup:
    """JSON that can stand in a script element: `<`, `>`, `&` and the line separators are written as escapes."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)
