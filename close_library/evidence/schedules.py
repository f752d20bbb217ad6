"""What a reader sees of figures: a schedule and how its cells follow, a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Chart:
    """A picture as data: `waterfall` (label, amount, kind), `bars` (label, amount), `stacked_bars`, `lines` (label, amounts)."""

    id: str
    kind: str
    title: str
    unit: str
    data: Any


@dataclass(frozen=True)
class Part:
    """The cells of a column as sums: of those rows of `figures` that show what the cell's line has.

    `by`: shown name → column of the line (`date[:7]`: its first seven characters); `where`: shown name → value. `counts`: the
    rows are counted. `lines`: only these lines of the schedule, all where it is None. With `table`, a schedule of the same
    workpaper, its lines are added up instead: `of` are its columns, the names are its columns, and lines that hold one of
    `unless` (column, value) are left out. A figure or column that begins with `-` is taken away.
    """

    column: str
    figures: tuple[str, ...] = ()
    by: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    counts: bool = False
    lines: tuple[int, ...] | None = None
    table: str = ""
    of: tuple[str, ...] = ()
    unless: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Table:
    """A schedule of a workpaper: a frame, what it is called, which of its cells show a figure, and how others follow.

    `links`: (row, column, figure id). `total_row`: the last row is the sum of the rows above. `types`: the type of a
    column whose values don't say it (`ratio` for amounts of mixed units). `subjects`: (row, subject, column of the amount)
    of rows that a person explains or follows up: reports lay over them what the record holds of the subject.

    `relations`: column → how each of its cells follows from its line, `[change] / abs([comparison]) * 100`. `formulas`: (row,
    column, text) of single cells: of figures `{id}`, of lines `[current#3]`, `sum([current#0:2])`, of another schedule
    `[90.2!revenue#8]`. `parts`: columns that are sums of rows. A workbook writes them as live formulas where the cell's own
    amount bears them out; else it stays a number.
    """

    title: str
    frame: pd.DataFrame
    total_row: bool = False
    links: tuple[tuple[int, int, str], ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[tuple[int, str, int], ...] = ()
    relations: Mapping[str, str] = field(default_factory=dict)
    formulas: tuple[tuple[int, int, str], ...] = ()
    parts: tuple[Part, ...] = ()


def cells_of(column: str, lines: Iterable[int], table: str = "") -> str:
    """The formula that adds up cells of a column, neighbours as one span: `sum([40.2!change#0:3]) + [40.2!change#7]`."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    named = f"{table}!{column}" if table else column
    return " + ".join(
        f"[{named}#{first}]" if first == last else f"sum([{named}#{first}:{last}])" for first, last in runs
    )
