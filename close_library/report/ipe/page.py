"""What the sheets of the sources show, in the order in which an auditor asks: plain values for page and paper.

First the answer for all sources, then for each: where it comes from, whether it is whole, what of it is used, what its
amounts add up to, rows to look up in the source system, and where all of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from close_library.money import spell
from close_library.report.wording import count_of, show_name, show_plain, show_total, source_anchor

TITLE = "Sources of the period"
KIND = "Information produced by the entity (IPE)"
NO_PROGRAM = "_none"
NOT_STATED = "not stated"

LEFT_TO_DO = (
    "Agree rows and control totals with a report of the source system itself, of the same day and the same settings.",
    "See who extracted the file, when, with which settings (period, company, status), and that nobody changed it since.",
    "Look up the first, the last and the largest row in the source system, and agree every value.",
    "Conclude on the general IT controls of the source system (access, changes, operations) for the period.",
)
"""What no computation over the file can show."""


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


def state_of(ipe: Mapping[str, Any]) -> str:
    """How many of all sources tie, with the mark of the answer."""
    sheets = ipe["sheets"]
    whole = sum(map(is_whole, sheets))
    return f"{'✓' if whole == len(sheets) else '✗'} {whole:,} of {len(sheets):,} sources tie"


def totals_by_unit(sheet: Mapping[str, Any]) -> dict[str, tuple[int, Decimal, Decimal]]:
    """Currency or unit → rows, amount used, amount reported."""
    found: dict[str, tuple[int, Decimal, Decimal]] = {}
    for part in sheet["parts"]:
        rows, used, reported = found.get(part["unit"], (0, Decimal(0), Decimal(0)))
        amount = Decimal(part["amount"])
        used, reported = (used + amount, reported) if part["used"] else (used, reported + amount)
        found[part["unit"]] = rows + part["rows"], used, reported
    return dict(sorted(found.items()))


def ipe_page(ipe: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the templates of the sheets need."""
    sheets = ipe["sheets"]
    whole, state = sum(map(is_whole, sheets)), state_of(ipe)
    company = ipe.get("company_name") or ipe["company"]
    anchors = anchors_of(sheets)
    return {
        "title": TITLE,
        "kind": KIND,
        "ipe": ipe,
        "identification": [
            ("Company", company, ""),
            ("Period", ipe["period"], f"ended {ipe['period_end']}"),
            ("Sources", f"{len(sheets):,}", count_of(sum(each["rows"]["read"] for each in sheets), "row")),
            ("Books (SHA-256 of their manifest)", ipe["inputs"], ""),
        ],
        "running_head": {
            "left": f"{company} · {ipe['period']}",
            "right": f"{KIND}: sources",
            "foot": f"{state} · books {ipe['inputs'][:16]}",
        },
        "verdicts": _verdicts(ipe, whole),
        "lead": _lead(sheets),
        "anchors": anchors,
        "completeness": _completeness(ipe),
        "completeness_page": ipe["completeness"]["page"],
        "left_to_do": LEFT_TO_DO,
        "sheets": [_sheet(each, anchor) for each, anchor in zip(sheets, anchors, strict=True)],
    }


def anchors_of(sheets: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where each sheet stands on the page; two systems may hold a file of the same name."""
    found: list[str] = []
    for sheet in sheets:
        anchor = source_anchor(sheet["table"], sheet["file"])
        found.append(f"{anchor}-{found.count(anchor) + 1}" if anchor in found else anchor)
    return found


def _verdicts(ipe: Mapping[str, Any], whole: int) -> list[dict[str, str]]:
    sheets, tie_outs = ipe["sheets"], ipe["completeness"]["tie_outs"]
    totals = [tie for each in sheets for tie in each["tie_outs"] if tie["id"] == "total"]
    agreeing, agreed = sum(tie["agreed"] for tie in totals), sum(tie["agreed"] for tie in tie_outs)
    reported = sum(each["rows"]["reported"] for each in sheets)
    return [
        _verdict("Sources that tie", whole, len(sheets)),
        _verdict("Control totals that agree", agreeing, len(totals)),
        _verdict("Tie-outs of workpaper 10", agreed, len(tie_outs), none="not run"),
        {"tone": "plain", "mark": "i", "label": "Rows reported, not used", "value": f"{reported:,}"},
    ]


def _verdict(label: str, good: int, of: int, none: str = "none") -> dict[str, str]:
    tone = "good" if good == of else "bad"
    if not of:
        return {"tone": "plain", "mark": "–", "label": label, "value": none}
    return {"tone": tone, "mark": "✓" if tone == "good" else "✗", "label": label, "value": f"{good:,} of {of:,}"}


def _lead(sheets: Sequence[Mapping[str, Any]]) -> Grid:
    rows = [
        [
            each["no"],
            each["table"],
            each["file"],
            each["system"],
            *(f"{each['rows'][name]:,}" for name in ("read", "in_books", "used", "reported")),
            show_total(each["control_total"]["file"]),
            show_total(each["control_total"]["books"]),
            "✓ ties" if is_whole(each) else "✗ does not tie",
        ]
        for each in sheets
    ]
    sums = [sum(each["rows"][name] for each in sheets) for name in ("read", "in_books", "used", "reported")]
    rows.append(["all", "", "", "", *(f"{number:,}" for number in sums), "", "", ""])
    headings = ["No.", "Table", "File", "System", "Rows of the file", "In the books", "Used", "Reported",
                "Control total of the file", "In the books", "Result"]  # fmt: skip
    bad = frozenset(number for number, each in enumerate(sheets) if not is_whole(each))
    caption = (
        "Every file that the books rest on; the control total is the sum of a file's amounts, whatever their currency"
    )
    return Grid(caption, headings, rows, frozenset(range(4, 10)), bad, has_total=True)


def _completeness(ipe: Mapping[str, Any]) -> Grid | None:
    """The tie-outs of workpaper 10, or none where it did not run."""
    tie_outs = ipe["completeness"]["tie_outs"]
    rows = [
        [
            each["id"],
            each["label"],
            *(show_plain(Decimal(each[name])) for name in ("per_workpaper", "per_books", "difference")),
            "✓ agrees" if each["agreed"] else "✗ does not agree",
        ]
        for each in tie_outs
    ]
    bad = frozenset(number for number, each in enumerate(tie_outs) if not each["agreed"])
    headings = ["No.", "What must agree", "Per workpaper", "Per books", "Difference", "Result"]
    caption = "Completeness of all sources together, and of the ledger: workpaper 10"
    return Grid(caption, headings, rows, frozenset((2, 3, 4)), bad) if rows else None


def _sheet(sheet: Mapping[str, Any], anchor: str) -> dict[str, Any]:
    grids = [_tie_outs(sheet), _parts(sheet)]
    if sheet["summed_column"]:
        grids.append(_totals(sheet))
    grids.append(_programs(sheet))
    if sheet["found"]:
        grids.append(_found(sheet))
    return {
        "no": sheet["no"],
        "anchor": anchor,
        "title": f"{sheet['no']} {sheet['table']}",
        "facts": facts_of(sheet),
        "grids": [*grids, _columns(sheet)],
    }


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
        ("Extracted", extraction["extracted_at"] or "the source does not say when"),
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


def _tie_outs(sheet: Mapping[str, Any]) -> Grid:
    rows = [
        [
            each["label"],
            *(show_plain(Decimal(each[name])) for name in ("per_file", "per_books", "difference")),
            "✓ agrees" if each["agreed"] else "✗ does not agree",
        ]
        for each in sheet["tie_outs"]
    ]
    bad = frozenset(number for number, each in enumerate(sheet["tie_outs"]) if not each["agreed"])
    headings = ["What must agree", "Per file", "Per books", "Difference", "Result"]
    return Grid("Complete: from the file to the books", headings, rows, frozenset((1, 2, 3)), bad)


def unit_word(unit: str) -> str:
    """A currency or unit as it stands in the source."""
    return unit or NOT_STATED


def _parts(sheet: Mapping[str, Any]) -> Grid:
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
    return Grid("Filters: what of it is used", headings, rows, frozenset((2, 4)), has_total=True)


def _totals(sheet: Mapping[str, Any]) -> Grid:
    rows = [
        [
            unit_word(unit),
            f"{count:,}",
            *(show_plain(Decimal(spell(each))) for each in (used + reported, used, reported)),
        ]
        for unit, (count, used, reported) in totals_by_unit(sheet).items()
    ]
    headings = ["Currency or unit", "Rows", "Sum", "Of it used", "Of it reported"]
    caption = f"Control totals of {sheet['summed_column']} by currency; the source states none of its own"
    return Grid(caption, headings, rows, frozenset((1, 2, 3, 4)))


def program_word(program: str) -> str:
    """A program, or that no program owns the rows."""
    return "no program" if program == NO_PROGRAM else program


def _programs(sheet: Mapping[str, Any]) -> Grid:
    totalled = bool(sheet["summed_column"])
    rows = [
        [program_word(each["program"]), f"{each['rows']:,}", *([show_total(each["control_total"])] if totalled else [])]
        for each in sheet["programs"]
    ]
    in_all = f"{sum(each['rows'] for each in sheet['programs']):,}"
    rows.append(["all programs", in_all, *([show_total(sheet["control_total"]["books"])] if totalled else [])])
    headings = ["Program", "Rows", *(["Control total"] if totalled else [])]
    return Grid("Whose rows they are", headings, rows, frozenset((1, 2)), has_total=True)


def _found(sheet: Mapping[str, Any]) -> Grid:
    rows = [[show_name(each["finding"]), f"{each['count']:,}", each["first"]] for each in sheet["found"]]
    caption = "Accurate: what workpaper 10 found in it; such rows are kept and used"
    return Grid(caption, ["Finding", "Number", "The first"], rows, frozenset((1,)))


def _columns(sheet: Mapping[str, Any]) -> Grid:
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
    caption = "Columns of the file by their names, and the rows to look up in the source system"
    return Grid(caption, ["Column", "Read as", "Rows that fill it", *seen], rows, frozenset((2,)))


def witness_word(witness: Mapping[str, Any]) -> str:
    """Which row of the file it is: `First and largest row, line 2`."""
    return f"{' and '.join(witness['which']).capitalize()} row, line {witness['line']:,}"
