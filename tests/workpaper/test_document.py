"""A schedule as data: what is kept of a long one, and where its links, subjects and formulas lead then."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.evidence import Part, Table
from close_library.workpaper.document import TABLE_ROWS_AT_MOST, table_data

LONG = TABLE_ROWS_AT_MOST + 2
"""Lines of a schedule of which one is left out and the total row is kept."""


def schedule(total_row: bool) -> Table:
    amounts = [Decimal(line) for line in range(LONG)]
    lines = range(LONG - 4, LONG)
    return Table(
        "Long",
        pd.DataFrame({"line": [f"l{line}" for line in range(LONG)], "amount": amounts}, dtype=object),
        total_row=total_row,
        links=tuple((line, 1, f"figure {line}") for line in lines),
        subjects=tuple((line, f"subject {line}", 1) for line in lines),
        formulas=tuple((line, 1, f"{{figure {line}}}") for line in lines),
        parts=(Part("amount", ("figure",), lines=tuple(lines)),),
    )


def test_what_belongs_to_a_line_that_is_left_out_is_left_out_with_it() -> None:
    data = table_data(schedule(total_row=True), "USD")
    last = TABLE_ROWS_AT_MOST - 1
    assert [row[0] for row in data["rows"][-2:]] == [f"l{LONG - 4}", f"l{LONG - 1}"]
    assert data["total_rows"] == LONG
    assert data["links"] == [[last - 1, 1, f"figure {LONG - 4}"], [last, 1, f"figure {LONG - 1}"]]
    assert [line for line, *_ in data["subjects"]] == [last - 1, last]
    assert [line for line, *_ in data["formulas"]] == [last - 1, last]
    assert data["parts"][0]["lines"] == [last - 1, last]


def test_without_a_total_row_the_first_lines_are_kept() -> None:
    data = table_data(schedule(total_row=False), "USD")
    assert len(data["rows"]) == TABLE_ROWS_AT_MOST
    assert data["rows"][-1][0] == f"l{TABLE_ROWS_AT_MOST - 1}"
    assert [line for line, *_ in data["links"]] == [TABLE_ROWS_AT_MOST - 2, TABLE_ROWS_AT_MOST - 1]
