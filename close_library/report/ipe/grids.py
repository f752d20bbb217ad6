"""The tables of one source's sheet, as text: what ties, what is used, totals, whose rows, what was found, columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from close_library.books.shares import NO_OWNER
from close_library.money import spell
from close_library.report.wording import count_of, marked_verdict, show_name, show_plain, show_total

NOT_STATED = "not stated"

COMPLETE = "Complete: from the file to the books"
FILTERS = "Filters: what of it is used"
OWNERS = "Whose rows they are"
ACCURATE = "Accurate: what workpaper 10 found in it; such rows are kept and used"
COLUMNS = "Columns of the file by their names, and the rows to look up in the source system"
"""What each table of a sheet is called."""


@dataclass(frozen=True)
class Grid:
    """A table as text: which columns are numbers, which rows are bad, whether the last row is a total."""

    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    bad: frozenset[int] = field(default_factory=frozenset)
    has_total: bool = False


def is_whole(sheet: Mapping[str, Any]) -> bool:
    """Whether everything about a source ties."""
    return all(tie_out["agreed"] for tie_out in sheet["tie_outs"])


def totals_by_unit(sheet: Mapping[str, Any]) -> dict[str, tuple[int, Decimal, Decimal]]:
    """Currency or unit → rows, amount used, amount reported."""
    found: dict[str, tuple[int, Decimal, Decimal]] = {}
    for part in sheet["parts"]:
        rows, used, reported = found.get(part["unit"], (0, Decimal(0), Decimal(0)))
        amount = Decimal(part["amount"])
        used, reported = (used + amount, reported) if part["used"] else (used, reported + amount)
        found[part["unit"]] = rows + part["rows"], used, reported
    return dict(sorted(found.items()))


def facts_of(sheet: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a source comes from, how it was read, who relies on it, and where it is kept."""
    extraction, lines, kept = sheet["extraction"], sheet["lines"], sheet["retained"]
    dates = [extraction[name] for name in ("first_date", "last_date")]
    between = lines["without_a_row"]
    place = f"{kept['file']} (in the binder period/{kept['file']})"
    return [
        ("File", f"{sheet['file']} ({extraction['form']}), in {sheet['folder']}"),
        ("SHA-256 of the file", sheet["sha256"]),
        ("System", sheet["system"]),
        ("How it was read", extraction["reader"] or "by the reader of its system"),
        ("Extracted", "the source does not say when"),
        ("Dates of its rows", f"{dates[0]} to {dates[1]}" if dates[0] else "the table has no date of its own"),
        (
            "Lines",
            "no rows"
            if lines["first"] is None
            else f"{lines['first']:,} to {lines['last']:,}; {count_of(between, 'line')} between them without a row of its own"
            + (" (blank, or the rest of a cell of several lines)" if between else ""),
        ),
        ("Filters at reading", "none: every row of the file stands in the sealed table"),
        ("Noticed when it was read", "; ".join(extraction["notices"]) or "nothing"),
        ("Relied on by", ", ".join(sheet["relied_on_by"]) or "no workpaper of the period"),
        ("All data kept in", f"{place}: {count_of(kept['rows'], 'row')}, each with its file and line; SHA-256 {kept['sha256']}"),
    ]  # fmt: skip


def tie_outs_grid(sheet: Mapping[str, Any]) -> Grid:
    return agreements_grid(COMPLETE, sheet["tie_outs"], "per_file", ("label",))


def agreements_grid(caption: str, tie_outs: Sequence[Mapping[str, Any]], side: str, named_by: Sequence[str]) -> Grid:
    """What must agree: by which columns it is named, one side, the books, the difference, the verdict."""
    rows = [
        [
            *(each[name] for name in named_by),
            *(show_plain(Decimal(each[name])) for name in (side, "per_books", "difference")),
            marked_verdict(each["agreed"]),
        ]
        for each in tie_outs
    ]
    bad = frozenset(number for number, each in enumerate(tie_outs) if not each["agreed"])
    headings = [_HEADINGS[name] for name in (*named_by, side, "per_books", "difference")]
    first = len(named_by)
    return Grid(caption, [*headings, "Result"], rows, frozenset(range(first, first + 3)), bad)


_HEADINGS = {
    "id": "No.",
    "label": "What must agree",
    "per_file": "Per file",
    "per_workpaper": "Per workpaper",
    "per_books": "Per books",
    "difference": "Difference",
}


def unit_word(unit: str) -> str:
    """A currency or unit as it stands in the source."""
    return unit or NOT_STATED


def parts_grid(sheet: Mapping[str, Any]) -> Grid:
    totalled = bool(sheet["summed_column"])
    rows = [
        [
            each["words"],
            "used" if each["used"] else "reported",
            f"{each['rows']:,}",
            *([unit_word(each["unit"]), show_total(each["amount"])] if totalled else []),
        ]
        for each in sheet["parts"]
    ]
    in_all = f"{sum(each['rows'] for each in sheet['parts']):,}"
    rows.append(["all rows", "", in_all, *(["", show_total(sheet["control_total"]["books"])] if totalled else [])])
    headings = ["Rows", "In the period's figures", "Number", *(["Currency or unit", "Amount"] if totalled else [])]
    return Grid(FILTERS, headings, rows, frozenset((2, 4)), has_total=True)


def totals_grid(sheet: Mapping[str, Any]) -> Grid:
    rows = [
        [
            unit_word(unit),
            f"{count:,}",
            *(show_plain(Decimal(spell(each))) for each in (used + reported, used, reported)),
        ]
        for unit, (count, used, reported) in totals_by_unit(sheet).items()
    ]
    headings = ["Currency or unit", "Rows", "Sum", "Of it used", "Of it reported"]
    return Grid(totals_caption(sheet), headings, rows, frozenset((1, 2, 3, 4)))


def totals_caption(sheet: Mapping[str, Any]) -> str:
    """What the table of a source's control totals is called."""
    return f"Control totals of {sheet['summed_column']} by currency; the source states none of its own"


def program_word(program: str) -> str:
    """A program, or that no program owns the rows."""
    return "no program" if program == NO_OWNER else program


def programs_grid(sheet: Mapping[str, Any]) -> Grid:
    totalled = bool(sheet["summed_column"])
    rows = [
        [program_word(each["program"]), f"{each['rows']:,}", *([show_total(each["control_total"])] if totalled else [])]
        for each in sheet["programs"]
    ]
    in_all = f"{sum(each['rows'] for each in sheet['programs']):,}"
    rows.append(["all programs", in_all, *([show_total(sheet["control_total"]["books"])] if totalled else [])])
    headings = ["Program", "Rows", *(["Control total"] if totalled else [])]
    return Grid(OWNERS, headings, rows, frozenset((1, 2)), has_total=True)


def found_grid(sheet: Mapping[str, Any]) -> Grid:
    rows = [[show_name(each["finding"]), f"{each['count']:,}", each["first"]] for each in sheet["found"]]
    return Grid(ACCURATE, ["Finding", "Number", "The first"], rows, frozenset((1,)))


def columns_grid(sheet: Mapping[str, Any]) -> Grid:
    """Every column, how many rows fill it, and its values in the rows to look up."""
    witnesses = sheet["witnesses"]
    rows = [
        [
            each["column"] + (" (key)" if each["key"] else ""),
            each["type"],
            f"{each['filled']:,}",
            *(witness["values"].get(each["column"], "") for witness in witnesses),
        ]
        for each in sheet["columns"]
    ]
    seen = [witness_word(each) for each in witnesses]
    return Grid(COLUMNS, ["Column", "Read as", "Rows that fill it", *seen], rows, frozenset((2,)))


def witness_word(witness: Mapping[str, Any]) -> str:
    """Which row of the file it is: `First and largest row, line 2`."""
    return f"{' and '.join(witness['which']).capitalize()} row, line {witness['line']:,}"
