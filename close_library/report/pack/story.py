"""What the pack says: a few pages, each with one takeaway as its title, taken from the figures of the document.

Titles are sentences with their figures; where a figure is missing, its sentence is left out rather than guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from close_library.report.identification import identification
from close_library.report.pack.pages import Grid, Page, Tile, grid_of
from close_library.report.pack.zipped import moment_of, printable
from close_library.report.reading_order import OPEN, tables_of
from close_library.report.said import sign_off_in_words, signature
from close_library.report.wording import (
    AGREES,
    DIFFERS,
    MONTHS,
    STATUS,
    company_of,
    count_of,
    currency_of,
    show_amount,
    show_code,
    show_plain,
    show_program,
)


def pages_of(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[Page]:
    """The pages of a pack, without its cover; those that the document has nothing for are left out."""
    told = _Told(document)
    pages = [
        told.month(),
        told.cash(),
        told.programs(),
        told.matrix(),
        told.standing(),
        told.is_open(),
        told.points(),
        told.timing(),
    ]
    return [*(page for page in pages if page), told.proof(said)]


def cover_of(document: Mapping[str, Any], said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Whose pack it is, how far it is signed, and what it was computed from: label and value."""
    return [
        (label, f"{value} · {second}" if second and label != "Workpaper" else value)
        for label, value, second in identification(document, said)
        if label not in ("Program", "Workpaper")
    ]


def title_of(document: Mapping[str, Any]) -> str:
    """What stands on the cover: the company and the month."""
    return f"{company_of(document)}: the close of {in_words(document['period'])}"


def set_properties(held: Any, document: Mapping[str, Any]) -> None:
    """What the file says of itself: title, company, workpaper; no clock, no machine."""
    held.title, held.author = printable(title_of(document)), printable(company_of(document))
    held.subject, held.last_modified_by, held.revision, held.comments = printable(document["title"]), "close", 1, ""
    held.created = held.modified = moment_of(document.get("period_end") or "")


def foot_of(document: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """What stands at the foot of every page: which paper, its status, and how far it is signed."""
    word = STATUS[document["status"]][1]
    return (
        f"{company_of(document)} · {document['period']} · "
        f"{document['ref']} {document['title']} · {word}, {sign_off_in_words(said)}"
    )


class _Told:
    """A document asked for its figures and schedules."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.currency = currency_of(document)
        self.tables = tables_of(document)
        self.charts = {chart["id"].partition(".")[2]: chart for chart in document.get("charts") or [] if _holds(chart)}

    def amount(self, id: str) -> Decimal | None:
        """A figure's amount."""
        text = (self.document.get("figures") or {}).get(id, {}).get("amount")
        return None if text is None else Decimal(text)

    def shown(self, id: str) -> str:
        """A figure as a reader sees it, with its currency."""
        figure = self.document["figures"][id]
        amount = show_amount(figure["amount"], figure["unit"])
        return (
            amount
            if figure["unit"] in ("percent", "days", "rows") or figure["amount"] is None
            else f"{amount} {figure['unit']}"
        )

    def table(self, *columns: str) -> Mapping[str, Any] | None:
        """The first schedule with some columns that has a line; None where there is none."""
        tables = (table for table in self.tables.values() if table["rows"] and set(columns) <= set(table["columns"]))
        return next(tables, None)

    def month(self) -> Page | None:
        """What the month earned, beside the month before."""
        beside = self.table("figure", self.document["period"], "change")
        if beside is None or self.amount("revenue") is None:
            return None
        before = {id: beside["rows"][row][2] for row, column, id in beside.get("links") or [] if column == 1}
        revenue, prior = self.amount("revenue"), before.get("revenue")
        change = _change(revenue, None if prior is None else Decimal(prior), beside["columns"][2])
        margin = "" if self.amount("margin_percent") is None else f"; {self.shown('margin_percent')} of it is margin"
        tiles = tuple(
            Tile(
                _short(self.document["figures"][id]["label"]),
                self.shown(id),
                self._below(before.get(id), id, beside["columns"][2]),
            )
            for id in ("revenue", "vendor_cost", "margin", "margin_percent", "billed", "collected")
            if id in self.document["figures"]
        )
        return Page(f"Revenue was {self.shown('revenue')}{change}{margin}", tiles=tiles, chart=self.charts.get("c1"))

    def cash(self) -> Page | None:
        """What was collected, against what was billed, and what customers still owe."""
        if self.amount("collected") is None or "c2" not in self.charts:
            return None
        owed = f"Receivables stand at {self.shown('receivables')}" if "receivables" in self.document["figures"] else ""
        due = f"; {self.shown('past_due')} of them are past due" if self.amount("past_due") else ""
        return Page(
            f"Customers paid {self.shown('collected')}; {self.shown('billed')} was billed",
            f"{owed}{due}. Collected includes tax, billed does not." if owed else "",
            chart=self.charts["c2"],
        )

    def programs(self) -> Page | None:
        """Which programs earn most, and where least is left."""
        chart = self.charts.get("c3")
        revenue, margins = self._by_program("revenue"), self._by_program("margin_percent")
        if chart is None or not revenue or not any(revenue.values()):
            return None
        largest = max(sorted(revenue), key=lambda program: revenue[program])
        whole = sum(revenue.values(), Decimal(0))
        share = f", {show_amount(str(revenue[largest] / whole * 100), 'percent')} of all revenue" if whole > 0 else ""
        least = min(sorted(margins), key=lambda program: margins[program]) if margins else ""
        thin = (
            f"; {least} keeps the least of it, {show_amount(str(margins[least]), 'percent')}"
            if len(margins) > 1
            else ""
        )
        return Page(f"{largest} earns most{share}{thin}", chart=chart)

    def matrix(self) -> Page | None:
        """All programs at a glance."""
        return self._page("All programs at a glance: they add up to the company", "program", "revenue", "margin")

    def standing(self) -> Page | None:
        """Payment, billing and purchase orders."""
        if self.amount("past_due") is None:
            return None
        words = f"{self.shown('past_due')} is past due, {self.shown('delivered_not_billed')} is delivered and not billed yet"
        return self._page(words, "program", "past_due")

    def is_open(self) -> Page | None:
        """How much is open, and where."""
        table = self.table(*OPEN)
        if table is None:
            return None
        total = dict(zip(table["columns"], table["rows"][-1], strict=True))
        counts = {name: int(total[name] or 0) for name in OPEN}
        if not sum(counts.values()):
            return Page("Nothing is open in this close")
        words = [count_of(counts[name], noun) for name, noun in _OPEN if counts[name]]
        return Page(
            f"{_joined(words)} open in this close",
            chart=self.charts.get("c4"),
            grid=None if "c4" in self.charts else self._grid(table),
        )

    def points(self) -> Page | None:
        """The open points that weigh most."""
        columns = ("severity", "what", "amount", "message")
        table = self.table(*columns)
        if table is None:
            return None
        own = {"program": show_program(self.document["program"])}
        first = own | dict(zip(table["columns"], table["rows"][0], strict=True))
        amount = f", {show_amount(first['amount'], self.currency)} {self.currency}" if first["amount"] else ""
        return self._page(f"First to look at: {show_code(first['what'], 'what')}, {first['program']}{amount}", *columns)

    def timing(self) -> Page | None:
        """How the month was worked."""
        columns = ("measure", "amount", "unit", "convention")
        table = self.table(*columns)
        if table is None:
            return None
        days = next((row[1] for row in table["rows"] if row[2] == "days"), None)
        words = (
            "The close is not finished: a task is not complete"
            if days is None
            else f"The close took {show_plain(Decimal(days).normalize())} business days"
        )
        return self._page(words, *columns)

    def proof(self, said: Mapping[str, Any]) -> Page:
        """What was checked, and who signed."""
        tie_outs = self.document.get("tie_outs") or []
        agreed = sum(each["agreed"] for each in tie_outs)
        rows = tuple(
            (each["id"], each["label"], _tie(each, "per_workpaper", self.currency), _tie(each, "difference", self.currency),
             f"{each['tick']} {AGREES}" if each["agreed"] else f"✗ {DIFFERS}")
            for each in tie_outs
        )  # fmt: skip
        grid = Grid(
            ("tie-out", "what must agree", "amount", "difference", "check"), rows, (False, False, True, True, False)
        )
        signed = f"Preparer: {signature(said, 'preparer')}. Reviewer: {signature(said, 'reviewer')}."
        return Page(
            f"{agreed} of {len(tie_outs)} tie-outs agree; this pack is {sign_off_in_words(said)}",
            f"{signed} {(self.document.get('sections') or {}).get('conclusion', '')}".strip(),
            grid=grid if rows else None,
        )

    def _page(self, takeaway: str, *columns: str) -> Page | None:
        table = self.table(*columns)
        return Page(takeaway, grid=self._grid(table)) if table else None

    def _grid(self, table: Mapping[str, Any]) -> Grid:
        return grid_of(table, self.currency, self.document["ref"])

    def _by_program(self, id: str) -> dict[str, Decimal]:
        figures = self.document.get("figures") or {}
        return {
            key.partition(":")[2]: Decimal(figure["amount"])
            for key, figure in figures.items()
            if key.startswith(f"{id}:") and figure["amount"] is not None and not key.endswith(":_none")
        }

    def _below(self, before: str | None, id: str, month: str) -> str:
        unit = self.document["figures"][id]["unit"]
        return f"{month}: {show_amount(before, unit)}"


_OPEN = (
    ("errors", "error"),
    ("warnings", "warning"),
    ("tie_outs", "tie-out"),
    ("no_conclusion", "workpaper without a conclusion"),
)


def in_words(period: str) -> str:
    """A period as people say it: `2026-10` is October 2026."""
    year, _, month = period.partition("-")
    return f"{MONTHS[int(month) - 1]} {year}"


def _short(label: str) -> str:
    """A figure's label without the period that every page names."""
    return label.removesuffix(" of the period").replace(" in the period", "")


def _holds(chart: Mapping[str, Any]) -> bool:
    data = chart["data"]
    return bool(data["data"] if isinstance(data, Mapping) else data)


def _tie(tie_out: Mapping[str, Any], side: str, currency: str) -> str:
    return show_amount(tie_out[side], tie_out.get("unit") or currency)


def _change(now: Decimal | None, before: Decimal | None, month: str) -> str:
    """`, 14.05 % below 2026-09`; nothing where there is nothing to compare with."""
    if now is None or before is None or before <= 0:
        return ""
    percent = (now - before) / before * 100
    way = "above" if percent > 0 else "below"
    return f", as in {month}" if now == before else f", {show_amount(str(abs(percent)), 'percent')} {way} {month}"


def _joined(words: list[str]) -> str:
    """`1 error`, `1 error and 2 warnings are`, in one phrase with its verb."""
    verb = "is" if len(words) == 1 and words[0].startswith("1 ") else "are"
    return f"{', '.join(words[:-1])} and {words[-1]} {verb}" if len(words) > 1 else f"{words[0]} {verb}"
