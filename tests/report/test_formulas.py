"""How numbers follow from others: the language of a document's formulas, and that only what is borne out is written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from close_library.report.workbook.formula import Reference, Undefined, Unknown, read
from close_library.report.workbook.live import Live, Place
from close_library.report.workbook.summary import FigureCell
from tests.report.papers import HOSTILE

FIGURES = {
    "total": FigureCell("Summary!$C$9", Decimal("10.00"), 2),
    "sales": FigureCell("Summary!$C$10", Decimal("4.00"), 2),
    "none": FigureCell("Summary!$C$11", None, 2),
}


def table(columns: list[str], rows: list[list[str | None]], **more: Any) -> dict[str, Any]:
    types = ["text" if column in ("line", "kind") else "money" for column in columns]
    return {"title": "T", "columns": columns, "types": types, "rows": rows, **more}


def live(**tables: dict[str, Any]) -> Live:
    named = {id.removeprefix("t").replace("_", "."): each for id, each in tables.items()}
    return Live({"tables": named}, FIGURES, {id: f"{id} It''s" for id in named})


LEAD = table(
    ["line", "current", "comparison", "change", "percent"],
    [
        ["a", "12.00", "10.00", "2.00", "20.00"],
        ["b", "1.00", "0.00", "1.00", None],
        ["Total", "13.00", "10.00", "3.00", "30.00"],
    ],
)


@pytest.mark.parametrize(
    ("text", "place", "amount", "written"),
    [
        ("{total} / {sales} * 2", (0, 1), "5.00", "=IF(Summary!$C$10=0,\"\",ROUND(Summary!$C$9/Summary!$C$10*2,2))"),
        ("[current] - [comparison]", (0, 3), "2.00", "=ROUND(B3-C3,2)"),
        ("[change] / abs([comparison]) * 100", (2, 4), "30.00", '=IF(ABS(C5)=0,"",ROUND(D5/ABS(C5)*100,2))'),
        ("sum([current#0:1])", (2, 1), "13.00", "=ROUND(SUM(B3:B4),2)"),
        ("[current#2] - [current#1]", (0, 1), "12.00", "=ROUND(B5-B4,2)"),
        ("[40.2!current#0]", (0, 1), "7.00", "=ROUND('40.2 It''s'!$B$3,2)"),
        ("sum([40.2!current#0:1]) - {sales}", (0, 1), "5.00", "=ROUND(SUM('40.2 It''s'!$B$3:$B$4)-Summary!$C$10,2)"),
        ("-[current] + 24", (0, 1), "12.00", ""),
        ("[current#0] - [change]", (1, 1), "11.00", "=ROUND(B3-D4,2)"),
        ("[current] - [comparison]", (0, 3), "2.01", ""),
        ("[current] - [nothing]", (0, 3), "2.00", ""),
        ("{nothing} + 2", (0, 3), "2.00", ""),
        ("{none} + 2", (0, 3), "2.00", ""),
        ("[line] + 2", (0, 3), "2.00", ""),
        ("[current#9]", (0, 3), "2.00", ""),
        ("[41.1!current#0]", (0, 3), "2.00", ""),
        ("[percent]", (1, 1), "0.00", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_a_formula_is_written_where_it_gives_the_documents_amount(
    text: str, place: tuple[int, int], amount: str, written: str
) -> None:
    second = table(["line", "current"], [["x", "7.00"], ["y", "2.00"]])
    formula = read(text)
    assert formula is not None
    assert live(t40_1=LEAD, t40_2=second).formula(formula, Decimal(amount), 2, Place("40.1", *place)) == written


def test_what_leads_back_to_its_own_cell_is_not_written() -> None:
    follows, back, own = (read(text) for text in ("[current] - [comparison]", "[comparison] + [change]", "[change]"))
    assert follows and back and own
    book = live(t40_1=LEAD)
    assert book.formula(own, Decimal("2.00"), 2, Place("40.1", 0, 3)) == ""
    assert book.formula(follows, Decimal("2.00"), 2, Place("40.1", 0, 3)) == "=ROUND(B3-C3,2)"
    assert book.formula(back, Decimal("12.00"), 2, Place("40.1", 0, 1)) == "", "current would follow from itself"
    assert book.formula(back, Decimal("13.00"), 2, Place("40.1", 2, 1)) == "=ROUND(C5+D5,2)", "another line"


def test_a_ratio_of_nothing_shows_nothing_and_is_a_formula() -> None:
    percent = read("[change] / abs([comparison]) * 100")
    assert percent is not None
    expected = '=IF(ABS(C4)=0,"",ROUND(D4/ABS(C4)*100,4))'
    assert live(t40_1=LEAD).undefined(percent, 4, Place("40.1", 1, 4)) == expected
    assert live(t40_1=LEAD).undefined(percent, 4, Place("40.1", 0, 4)) == "", "it has a value"


@pytest.mark.parametrize(
    "text", ["", "sum({total})", "sum([a#0:1]", "[a#0:1] +", "[a] [b]", "WEBSERVICE(1)", "{a}&{b}", "1e3", *HOSTILE]
)
def test_what_is_no_formula_is_none(text: str) -> None:
    assert (read(text) is None) == (text != "-2+3"), "the one hostile text that is a sum"


def test_nesting_has_an_end() -> None:
    assert read("(" * 10 + "1" + ")" * 10) is not None
    assert read("(" * 5_000 + "1" + ")" * 5_000) is None
    assert read("-" * 10 + "1") is not None
    assert read("-" * 5_000 + "1") is None


def test_a_sum_longer_than_a_cell_holds_is_no_formula() -> None:
    """A thousand orders add up on both sides of a tie-out: the cell keeps the number, and the workbook is written."""
    terms = " + ".join(f"{{f{number}}}" for number in range(450))
    formula = read(terms)
    assert formula is not None
    assert formula.value({f"f{number}": Fraction(1) for number in range(450)}, lambda reference: []) == 450
    assert read(" + ".join(f"{{f{number}}}" for number in range(3_000))) is None


def test_a_formula_is_computed_exactly() -> None:
    third = read("[a] / 3 * 3")
    assert third is not None
    assert third.value({}, lambda reference: [Fraction(1)]) == 1
    assert third.references == [Reference("", "a", None, None)]
    sum_of_two = read("-2+3")
    assert sum_of_two is not None and sum_of_two.value({}, lambda reference: []) == 1
    zero, gone = read("1 / {x}"), read("{y}")
    assert zero is not None and gone is not None
    with pytest.raises(Undefined):
        zero.value({"x": Fraction(0)}, lambda reference: [])
    with pytest.raises(Unknown):
        gone.value({}, lambda reference: [])


@pytest.mark.parametrize(
    ("line", "relation", "written"),
    [
        (["100.00", "90.00", "-10.00"], "[ledger] - [subledger]", "=ROUND(B3-A3,2)"),
        (["100.00", "90.00", "-10.01"], "[ledger] - [subledger]", ""),
        (["100.00", None, "-100.00"], "[ledger] - [subledger]", ""),
        (["100.00", "90.00", "10.00"], "[ledger] - [subledger]", ""),
        (["100.00", "90.00", "-10.00"], "[ledger] - [booked]", ""),
        (["100.00", "90.00", "-10.00"], "[difference]", ""),
    ],
    ids=["holds", "a cent off", "one is missing", "the other way", "no such column", "itself"],
)
def test_a_relation_is_taken_where_the_line_bears_it_out(line: list[str | None], relation: str, written: str) -> None:
    book = live(t20_2=table(["subledger", "ledger", "difference"], [line]))
    formula = read(relation)
    assert formula is not None
    assert book.formula(formula, Decimal(line[2] or 0), 2, Place("20.2", 0, 2)) == written


POINTS = table(
    ["line", "kind", "amount"],
    [["20", "error", "1.00"], ["20", "error", "2.50"], ["020", "error", None], ["=1+1", "note", "4.00"]],
)


@pytest.mark.parametrize(
    ("line", "part", "amount", "written"),
    [
        ("20", {"counts": True}, "2", "=SUMPRODUCT(EXACT('90.8 It''s'!$A$3:$A$6,A3)*1)"),
        (
            "20",
            {"of": ["amount"], "where": {"kind": "error"}},
            "3.50",
            (
                "=ROUND(SUMPRODUCT(EXACT('90.8 It''s'!$A$3:$A$6,A3)*EXACT('90.8 It''s'!$B$3:$B$6,\"error\")*1,"
                "'90.8 It''s'!$C$3:$C$6),2)"
            ),
        ),
        ("=1+1", {"counts": True}, "1", "=SUMPRODUCT(EXACT('90.8 It''s'!$A$3:$A$6,A3)*1)"),
        (
            "20",
            {"counts": True, "unless": [["kind", 'x"y']]},
            "2",
            "=SUMPRODUCT(EXACT('90.8 It''s'!$A$3:$A$6,A3)*(1-EXACT('90.8 It''s'!$B$3:$B$6,\"x\"\"y\"))*1)",
        ),
        ("20", {"counts": True}, "3", ""),
        ("20", {"of": ["kind"]}, "0.00", ""),
        ("20", {"counts": True, "where": {"nothing": "x"}}, "2", ""),
        ("20", {"counts": True, "where": {"kind": "\x07"}}, "0", ""),
    ],
    ids=["count", "sum", "hostile", "unless", "another count", "texts", "no such column", "control character"],
)
def test_lines_of_another_schedule_are_found_by_exact_texts(
    line: str, part: dict[str, Any], amount: str, written: str
) -> None:
    book = live(t90_7=table(["line", "errors"], [[line, amount]]), t90_8=POINTS)
    asked = {"column": "errors", "table": "90.8", "by": {"line": "line"}, **part}
    places = 0 if part.get("counts") else 2
    assert book.listed(asked, Decimal(amount), places, Place("90.7", 0, 1)) == written


def test_a_schedule_that_is_cut_is_not_added_up() -> None:
    book = live(t90_7=table(["line", "errors"], [["20", "2"]]), t90_8={**POINTS, "total_rows": 1_001})
    asked = {"column": "errors", "table": "90.8", "by": {"line": "line"}, "counts": True}
    assert book.listed(asked, Decimal(2), 0, Place("90.7", 0, 1)) == ""
