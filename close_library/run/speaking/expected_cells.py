"""Whether the rows of a filled-in workbook show the figures and subjects of its document, cell by cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from close_library.errors import Fault
from close_library.report.checks import gravest_first
from close_library.report.wording import NUMERIC_KINDS, show_name
from close_library.run.speaking.filled_in import EXPLAINING, FOLLOWING_UP, SUBJECT, Filling
from close_library.sources.workbook import Cell

_EXCEL_DIGITS = Context(prec=15)
_TIE_OUT_AMOUNTS = {name: show_name(name) for name in ("per_workpaper", "per_books", "difference", "tolerance")}

Expected = Mapping[str, str | None]
"""Heading → the number that the document has there."""


def faults_of(document: Mapping[str, Any], fillings: Sequence[Filling]) -> list[Fault]:
    """Every cell that is not as the document has it: subjects and figures."""
    faults = []
    for row in fillings:
        if SUBJECT in row.headings and row.cell(SUBJECT) is None:
            faults.append(Fault(row.address(SUBJECT), "nothing", "the subject of the row", _DO))
        else:
            faults += _row_faults(document, row)
    twice = Counter((row.sheet, row.table, row.text(SUBJECT), _number_of(row)) for row in fillings)
    return faults + [
        Fault(row.address(SUBJECT), f"{row.text(SUBJECT)}, a second time", "each row once", _DO)
        for row in {(row.sheet, row.table, row.text(SUBJECT), _number_of(row)): row for row in fillings}.values()
        if twice[row.sheet, row.table, row.text(SUBJECT), _number_of(row)] > 1
    ]


_DO = "put the row back as it was, or take a fresh workbook"


def _number_of(row: Filling) -> str:
    """The number of a row that has one, on the sheets Findings and Tie-outs."""
    return row.text("no.") if "no." in row.headings else ""


def _row_faults(document: Mapping[str, Any], row: Filling) -> Iterator[Fault]:
    subject = row.text(SUBJECT)
    expected = _expected(document, row)
    if isinstance(expected, str):
        yield Fault(row.address(SUBJECT), subject, expected, _DO)
        return
    for heading, number in expected.items():
        if heading not in row.headings:
            place = f"{row.sheet}, line {row.line}"
            yield Fault(place, f"no column {heading}", f"{heading} {number}", "take a fresh workbook")
        elif not same_number(row.cell(heading), number):
            yield Fault(row.address(heading), _shown(row.cell(heading)), number or "nothing", _DO)


def _expected(document: Mapping[str, Any], row: Filling) -> Expected | str:
    """The numbers that the row must show, or which subject it must have."""
    subject, number = row.text(SUBJECT), _number_of(row)
    if row.sheet == "Findings":
        findings = [finding for _, finding in gravest_first(document)]
        wanted = findings[int(number) - 1] if number.isdigit() and 0 < int(number) <= len(findings) else None
        if wanted is None or wanted.get("subject") != subject:
            return wanted.get("subject", "") if wanted else "a finding of the workpaper"
        return {"amount": wanted["amount"]}
    if row.sheet == "Tie-outs":
        tie_out = next((each for each in document.get("tie_outs") or [] if each["id"] == number), None)
        if tie_out is None or subject != f"tie_out:{number}":
            return f"tie_out:{number}" if tie_out else "a tie-out of the workpaper"
        return {heading: tie_out[name] for name, heading in _TIE_OUT_AMOUNTS.items()}
    return _line(document, row)


def _line(document: Mapping[str, Any], row: Filling) -> Expected | str:
    """The numbers of a line of a schedule."""
    table = (document.get("tables") or {}).get(row.table)
    lines = {subject: line for line, subject, _ in table.get("subjects") or []} if table else {}
    subject = row.text(SUBJECT)
    if table is None or subject not in lines:
        return f"a subject of {row.table or 'a schedule'}"
    cells = table["rows"][lines[subject]]
    kinds = table.get("types") or ["text"] * len(cells)
    return {
        show_name(name): cell
        for name, kind, cell in zip(table["columns"], kinds, cells, strict=True)
        if kind in NUMERIC_KINDS and name not in (*EXPLAINING, *FOLLOWING_UP)
    }


def same_number(cell: Cell | None, number: str | None) -> bool:
    """Whether a cell holds a number, at the fifteen digits that Excel keeps."""
    if cell is None or number is None:
        return cell is None and number is None
    try:
        return cell.kind == "n" and _EXCEL_DIGITS.plus(Decimal(cell.text)) == _EXCEL_DIGITS.plus(Decimal(number))
    except InvalidOperation:
        return False


def _shown(cell: Cell | None) -> str:
    if cell is None:
        return "nothing"
    if cell.kind == "f":
        return "a formula without a result"
    try:
        return format(_EXCEL_DIGITS.plus(Decimal(cell.text)).normalize(), "f") if cell.kind == "n" else cell.text
    except InvalidOperation:
        return cell.text
