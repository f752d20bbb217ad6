"""One source on a sheet of its own: facts, tie-outs, parts, control totals, whose rows they are, rows to look up.

Currencies come from outside, so formulas ask for keys of ours (C1, C2, …), never for their texts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import quote_sheetname

from close_library.report.ipe.grids import (
    ACCURATE,
    COLUMNS,
    COMPLETE,
    FILTERS,
    OWNERS,
    facts_of,
    program_word,
    totals_by_unit,
    totals_caption,
    unit_word,
    witness_word,
)
from close_library.report.ipe.page import LEFT_TO_DO
from close_library.report.wording import AGREES, places_of, show_name
from close_library.report.workbook.frame import Sheet

_WIDTHS = (46, 20, 17, 17, 17, 17, 17)


class SourceSheet:
    """One source, from the top down; remembers where its numbers stand, for the line of all sources."""

    def __init__(self, sheet: Sheet, source: Mapping[str, Any]) -> None:
        self.source = source
        self.sheet = sheet
        self.row = 0
        self.totalled = bool(source["summed_column"])
        amounts = [each["amount"] for each in source["parts"] if each["amount"]] + [
            source["control_total"]["file"] or "0"
        ]
        self.places = max(places_of(Decimal(each), "USD") for each in amounts)
        self.units = (
            {unit: f"C{number}" for number, unit in enumerate(totals_by_unit(source), 1)} if self.totalled else {}
        )

    def write(self) -> dict[str, str]:
        """All blocks of the sheet; returns name → reference of the cells that the line of all sources takes."""
        sheet, source = self.sheet, self.source
        sheet.widths(*_WIDTHS)
        sheet.text(0, 0, f"{source['no']} {source['table']}", "title")
        self.row = 1
        for label, value in facts_of(source):
            sheet.text(self.row, 0, label, "label")
            sheet.sheet.merge_range(self.row, 1, self.row, 6, "", sheet.book.format("wrapped"))
            sheet.text(self.row, 1, value, "wrapped")
            sheet.height_for(self.row, (value, 105))
            self.row += 1
        names = ["what must agree", "per file", "per books", "difference", "agrees?"]
        tie_outs = self._heading(COMPLETE, names)
        self.row += len(source["tie_outs"])
        parts = self._parts()
        if self.totalled:
            self._units(parts)
        programs = self._programs()
        self._tie_outs(tie_outs, parts, programs)
        if source["found"]:
            self._found()
        self._columns()
        self._left_to_do()
        lines = {each["id"]: tie_outs + number for number, each in enumerate(source["tie_outs"], 1)}
        last = parts[1]
        own = quote_sheetname(source["no"])  # S01 alone would be a cell
        shares = {
            "used": f"={own}!C{last + 2}",
            "reported": f"={own}!C{last + 3}",
            "read": f"={own}!B{lines['rows']}",
            "in_books": f"={own}!C{lines['rows']}",
            "result": f'=IF(COUNTIF({own}!E{tie_outs + 1}:E{tie_outs + len(source["tie_outs"])},"{AGREES}")='
            f'{len(source["tie_outs"])},"ties","does not tie")',
        }  # fmt: skip
        if self.totalled:
            shares |= {"file": f"={own}!B{lines['total']}", "books": f"={own}!C{lines['total']}"}
        return shares

    def _heading(self, title: str, names: Sequence[str], numbers: Sequence[int] = (1, 2, 3)) -> int:
        """A block's title and headings below a blank row; returns the row of its first line."""
        self.sheet.text(self.row + 1, 0, title, "heading")
        self.sheet.columns(self.row + 2, names, [column in numbers for column in range(len(names))])
        self.row += 3
        return self.row

    def _parts(self) -> tuple[int, int, str]:
        """The parts with their shares; returns first and last row, and the reference of the sum of all amounts."""
        names = ["rows", "used?", "number", *(["amount", "currency or unit", "key"] if self.totalled else [])]
        first = self._heading(FILTERS, names, (2, 3))
        for each in self.source["parts"]:
            self.sheet.text(self.row, 0, each["words"], "wrapped")
            self.sheet.height_for(self.row, (each["words"], 46))
            self.sheet.text(self.row, 1, "yes" if each["used"] else "no")
            self.sheet.amount(self.row, 2, Decimal(each["rows"]), 0)
            if self.totalled:
                self.sheet.amount(self.row, 3, Decimal(each["amount"]), self.places)
                self.sheet.text(self.row, 4, unit_word(each["unit"]), "beside")
                self.sheet.text(self.row, 5, self.units[each["unit"]])
            self.row += 1
        if not self.source["parts"]:
            self.sheet.text(self.row, 0, "The file has no rows.", "note")
            self.row += 1
        last = self.row
        numbers = f"C{first + 1}:C{last}"
        counts = self.source["rows"]
        self.sheet.text(self.row, 0, "all rows", "total")
        self.sheet.text(self.row, 1, "", "total")
        self.sheet.formula(
            self.row, 2, f"=SUM({numbers})", Decimal(sum(p["rows"] for p in self.source["parts"])), "total", 0
        )
        if self.totalled:
            amounts, in_all = (
                f"D{first + 1}:D{last}",
                sum((Decimal(p["amount"]) for p in self.source["parts"]), Decimal(0)),
            )
            self.sheet.formula(self.row, 3, f"=ROUND(SUM({amounts}),{self.places})", in_all, "total", self.places)
            for column in (4, 5):
                self.sheet.text(self.row, column, "", "total")
        for word, name in (("yes", "used"), ("no", "reported")):
            self.row += 1
            self.sheet.text(self.row, 0, f"of them {name}")
            formula = f'=SUMIFS({numbers},B{first + 1}:B{last},"{word}")'
            self.sheet.formula(self.row, 2, formula, Decimal(counts[name]), places=0)
        self.row += 1
        return first, last, f"D{last + 1}"

    def _units(self, parts: tuple[int, int, str]) -> None:
        names = ["currency or unit", "key", "rows", "sum", "of it used", "of it reported"]
        self._heading(totals_caption(self.source), names, (2, 3, 4, 5))
        first, last = parts[0] + 1, parts[1]
        for unit, (rows, used, reported) in totals_by_unit(self.source).items():
            line = self.row + 1
            self.sheet.text(self.row, 0, unit_word(unit))
            self.sheet.text(self.row, 1, self.units[unit])
            asked = f"F{first}:F{last},B{line}"
            self.sheet.formula(self.row, 2, f"=SUMIFS(C{first}:C{last},{asked})", Decimal(rows), places=0)
            for column, word, value in ((4, "yes", used), (5, "no", reported)):
                formula = f'=ROUND(SUMIFS(D{first}:D{last},{asked},B{first}:B{last},"{word}"),{self.places})'
                self.sheet.formula(self.row, column, formula, value, places=self.places)
            total = f"=ROUND(E{line}+F{line},{self.places})"
            self.sheet.formula(self.row, 3, total, used + reported, places=self.places)
            self.row += 1

    def _programs(self) -> str:
        """Whose rows they are; returns the reference of their number."""
        first = self._heading(OWNERS, ["program", "rows", *(["control total"] if self.totalled else [])])
        for each in self.source["programs"]:
            self.sheet.text(self.row, 0, program_word(each["program"]))
            self.sheet.amount(self.row, 1, Decimal(each["rows"]), 0)
            if each["control_total"] is not None:
                self.sheet.amount(self.row, 2, Decimal(each["control_total"]), self.places)
            self.row += 1
        last = max(self.row, first + 1)
        self.row = last
        in_all = Decimal(sum(each["rows"] for each in self.source["programs"]))
        self.sheet.text(self.row, 0, "all programs", "total")
        self.sheet.formula(self.row, 1, f"=SUM(B{first + 1}:B{last})", in_all, "total", 0)
        if self.totalled:
            amounts = [Decimal(each["control_total"] or 0) for each in self.source["programs"]]
            formula = f"=ROUND(SUM(C{first + 1}:C{last}),{self.places})"
            self.sheet.formula(self.row, 2, formula, sum(amounts, Decimal(0)), "total", self.places)
        self.row += 1
        return f"B{last + 1}"

    def _tie_outs(self, first: int, parts: tuple[int, int, str], programs: str) -> None:
        """What the file gave, against what stands in this sheet."""
        per_books = {"parts": f"=C{parts[1] + 1}", "programs": f"={programs}", "currencies": f"={parts[2]}"}
        for row, each in enumerate(self.source["tie_outs"], first):
            places = self.places if each["id"] in ("total", "currencies") else 0
            self.sheet.text(row, 0, each["label"], "wrapped")
            self.sheet.height_for(row, (each["label"], 46))
            self.sheet.amount(row, 1, Decimal(each["per_file"]), places)
            value = Decimal(each["per_books"])
            if each["id"] in per_books:
                self.sheet.formula(row, 2, per_books[each["id"]], value, places=places)
            else:
                self.sheet.amount(row, 2, value, places)
            difference = f"=ROUND(C{row + 1}-B{row + 1},{places})"
            self.sheet.formula(row, 3, difference, Decimal(each["difference"]), places=places)
            self.sheet.verdict(row, 4, f"D{row + 1}=0", each["agreed"])
        last = first + len(self.source["tie_outs"]) - 1
        self.sheet.verdicts(first, 4, last)
        self.sheet.not_zero(first, 3, last)

    def _found(self) -> None:
        self._heading(ACCURATE, ["finding", "number", "the first"], (1,))
        for each in self.source["found"]:
            self.sheet.text(self.row, 0, show_name(each["finding"]))
            self.sheet.amount(self.row, 1, Decimal(each["count"]), 0)
            self.sheet.text(self.row, 2, each["first"], "beside")
            self.row += 1

    def _columns(self) -> None:
        """Every column with the values of the rows to look up."""
        witnesses = self.source["witnesses"]
        names = ["column", "read as", "rows that fill it", *map(witness_word, witnesses)]
        self._heading(COLUMNS, names, (2,))
        for each in self.source["columns"]:
            self.sheet.text(self.row, 0, each["column"] + (" (key)" if each["key"] else ""))
            self.sheet.text(self.row, 1, each["type"])
            self.sheet.amount(self.row, 2, Decimal(each["filled"]), 0)
            values = [witness["values"].get(each["column"], "") for witness in witnesses]
            for column, value in enumerate(values, 3):
                self.sheet.text(self.row, column, value, "wrapped_beside" if column == 3 else "wrapped")
            self.sheet.height_for(self.row, *((value, 16) for value in values))
            self.row += 1

    def _left_to_do(self) -> None:
        """Cells for whoever agrees the file to its system."""
        self._heading("Left to whoever relies on it", ["what", "by", "date", "reference"], ())
        for each in LEFT_TO_DO:
            self.sheet.text(self.row, 0, each, "wrapped")
            for column in (1, 2, 3):
                self.sheet.text(self.row, column, "", "fill_in")
            self.sheet.height_for(self.row, (each, 46))
            self.row += 1
