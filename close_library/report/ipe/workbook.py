"""The sheets of the sources as a workbook: shares, totals, differences and verdicts are live formulas.

    Sources      a line for each file, taken from its own sheet; workpaper 10's tie-outs
    S01 …        a sheet for each file; cells for whoever agrees it to the source system

Currencies and programs come from outside, so formulas ask for keys of ours (C1, C2, …), never for their texts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter.exceptions import XlsxWriterException

from close_library.errors import Fault, ReportError
from close_library.parameters import COMPANY
from close_library.report.ipe.page import (
    KIND,
    LEFT_TO_DO,
    TITLE,
    facts_of,
    is_whole,
    program_word,
    state_of,
    totals_by_unit,
    unit_word,
    witness_word,
)
from close_library.report.wording import places_of, show_name
from close_library.report.workbook.frame import Book, Sheet

OWN_SHEETS_AT_MOST = 200
"""Sources with a sheet of their own; the lines of the others are numbers, and their sheets stand in the page and the PDF."""

_AGREED, _OTHER = "agrees", "does not agree"
_WIDTHS = (46, 20, 17, 17, 17, 17, 17)


def write_source_sheets(ipe: Mapping[str, Any], path: Path) -> None:
    """Write the workbook beside its place and rename it when it is whole."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        book = Book(unfinished, _paper(ipe), {})
        lead = _add_sheet(book, "Sources", ipe)
        own = ipe["sheets"][:OWN_SHEETS_AT_MOST]
        places = {each["no"]: _SourceSheet(_add_sheet(book, each["no"], ipe), each).write() for each in own}
        _write_lead(lead, ipe, places)
        book.close()
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    except (OSError, XlsxWriterException) as error:
        fault = Fault(
            path.name, str(error), "a folder that can be written, with room on the disk", "free it and run again"
        )
        raise ReportError("the workbook can't be written.", [fault]) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _paper(ipe: Mapping[str, Any]) -> dict[str, Any]:
    """The sheets as a workbook's frame knows a document: what stands at the edges of its printed pages."""
    return {
        **{
            name: ipe[name]
            for name in ("company", "company_name", "period", "period_end", "functional_currency", "inputs")
        },
        "ref": "IPE",
        "name": "ipe",
        "title": TITLE,
        "program": COMPANY,
        "status": "agreed" if all(map(is_whole, ipe["sheets"])) else "open",
    }


def _add_sheet(book: Book, name: str, ipe: Mapping[str, Any]) -> Sheet:
    """A sheet whose foot says how the sources stand: nobody signs them, workpaper 10 is what is signed."""
    sheet = book.add_sheet(name)
    sheet.sheet.set_footer(f"&L&8 {state_of(ipe)} · books {ipe['inputs'][:16]}&R&8 &A · page &P of &N")
    return sheet


class _SourceSheet:
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
        tie_outs = self._heading("Complete: from the file to the books", names)
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
        shares = {
            "used": f"={source['no']}!C{last + 2}",
            "reported": f"={source['no']}!C{last + 3}",
            "read": f"={source['no']}!B{lines['rows']}",
            "in_books": f"={source['no']}!C{lines['rows']}",
            "result": f'=IF(COUNTIF({source["no"]}!E{tie_outs + 1}:E{tie_outs + len(source["tie_outs"])},"{_AGREED}")='
            f'{len(source["tie_outs"])},"ties","does not tie")',
        }  # fmt: skip
        if self.totalled:
            shares |= {"file": f"={source['no']}!B{lines['total']}", "books": f"={source['no']}!C{lines['total']}"}
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
        first = self._heading("Filters: what of it is used", names, (2, 3))
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
        for word, name in (("yes", "used"), ("no", "reported")):
            self.row += 1
            self.sheet.text(self.row, 0, f"of them {name}")
            formula = f'=SUMIFS({numbers},B{first + 1}:B{last},"{word}")'
            self.sheet.formula(self.row, 2, formula, Decimal(counts[name]), places=0)
        self.row += 1
        return first, last, f"D{last + 1}"

    def _units(self, parts: tuple[int, int, str]) -> None:
        title = f"Control totals of {self.source['summed_column']} by currency; the source states none of its own"
        self._heading(title, ["currency or unit", "key", "rows", "sum", "of it used", "of it reported"], (2, 3, 4, 5))
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
        first = self._heading("Whose rows they are", ["program", "rows", *(["control total"] if self.totalled else [])])
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
            verdict = f'=IF(D{row + 1}=0,"{_AGREED}","{_OTHER}")'
            self.sheet.formula(row, 4, verdict, _AGREED if each["agreed"] else _OTHER, "beside")
        last = first + len(self.source["tie_outs"]) - 1
        self.sheet.verdicts(first, 4, last)
        self.sheet.not_zero(first, 3, last)

    def _found(self) -> None:
        title = "Accurate: what workpaper 10 found in it; such rows are kept and used"
        self._heading(title, ["finding", "number", "the first"], (1,))
        for each in self.source["found"]:
            self.sheet.text(self.row, 0, show_name(each["finding"]))
            self.sheet.amount(self.row, 1, Decimal(each["count"]), 0)
            self.sheet.text(self.row, 2, each["first"])
            self.row += 1

    def _columns(self) -> None:
        """Every column with the values of the rows to look up."""
        witnesses = self.source["witnesses"]
        names = ["column", "read as", "rows that fill it", *map(witness_word, witnesses)]
        self._heading("Columns of the file by their names, and the rows to look up in the source system", names, (2,))
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


def _write_lead(sheet: Sheet, ipe: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]) -> None:
    """A line for each source, its numbers taken from its sheet; below, workpaper 10's tie-outs."""
    sheet.widths(7, 26, 40, 10, 20, 20, 14, 16, 22, 22, 14)
    sheet.text(0, 0, f"{KIND}: {TITLE.lower()}", "title")
    names = ["no.", "table", "file", "system", "rows of the file", "in the books", "used", "reported",
             "control total of the file", "in the books", "result"]  # fmt: skip
    sheet.columns(2, names, [4 <= column <= 9 for column in range(len(names))])
    for row, source in enumerate(ipe["sheets"], 3):
        _lead_line(sheet, row, source, places.get(source["no"]))
    below = 3 + len(ipe["sheets"])
    sheet.text(below, 1, "all sources", "total")
    for column, name in enumerate(("read", "in_books", "used", "reported"), 4):
        letter, in_all = "EFGH"[column - 4], Decimal(sum(each["rows"][name] for each in ipe["sheets"]))
        sheet.formula(below, column, f"=SUM({letter}4:{letter}{max(4, below)})", in_all, "total", 0)
    sheet.coloured(3, 10, max(3, below - 1), {"ties": "good", "does not tie": "bad"})
    sheet.sheet.autofilter(2, 0, max(3, below - 1), len(names) - 1)
    sheet.sheet.freeze_panes(3, 2)
    sheet.sheet.repeat_rows(2)
    _write_completeness(sheet, below + 2, ipe["completeness"]["tie_outs"])


def _lead_line(sheet: Sheet, row: int, source: Mapping[str, Any], places: Mapping[str, str] | None) -> None:
    counts, totals = source["rows"], source["control_total"]
    if places:
        sheet.sheet.write_url(row, 0, f"internal:'{source['no']}'!A1", sheet.book.format("opens"), source["no"])
    else:
        sheet.text(row, 0, source["no"])
    for column, name in enumerate(("table", "file", "system"), 1):
        sheet.text(row, column, source[name], "wrapped")
    values = {name: Decimal(counts[name]) for name in ("read", "in_books", "used", "reported")}
    values |= {name: Decimal(total) for name, total in totals.items() if total is not None}
    for column, name in enumerate(("read", "in_books", "used", "reported", "file", "books"), 4):
        if name in values:
            digits = 0 if name in counts else places_of(values[name], "USD")
            if places:
                sheet.formula(row, column, places[name], values[name], places=digits)
            else:
                sheet.amount(row, column, values[name], digits)
    result = "ties" if is_whole(source) else "does not tie"
    if places:
        sheet.formula(row, 10, places["result"], result, "beside")
    else:
        sheet.text(row, 10, result, "beside")


def _write_completeness(sheet: Sheet, row: int, tie_outs: Sequence[Mapping[str, Any]]) -> None:
    sheet.text(row, 1, "Completeness of all sources together, and of the ledger: workpaper 10", "heading")
    if not tie_outs:
        sheet.text(row + 1, 1, "Workpaper 10 was not run.", "note")
        return
    names = ["no.", "what must agree", "", "", "per workpaper", "per books", "difference", "agrees?"]
    sheet.columns(row + 1, names, [4 <= column <= 6 for column in range(len(names))])
    for line, each in enumerate(tie_outs, row + 2):
        amounts = {name: Decimal(each[name]) for name in ("per_workpaper", "per_books", "difference", "tolerance")}
        digits = max(places_of(amount, "") for amount in amounts.values())
        sheet.text(line, 0, each["id"])
        sheet.text(line, 1, each["label"])
        sheet.amount(line, 4, amounts["per_workpaper"], digits)
        sheet.amount(line, 5, amounts["per_books"], digits)
        sheet.formula(line, 6, f"=ROUND(F{line + 1}-E{line + 1},{digits})", amounts["difference"], places=digits)
        verdict = f'=IF(ABS(G{line + 1})<={amounts["tolerance"]},"{_AGREED}","{_OTHER}")'
        sheet.formula(line, 7, verdict, _AGREED if each["agreed"] else _OTHER, "beside")
    sheet.verdicts(row + 2, 7, row + 1 + len(tie_outs))
