"""The nouns of a workpaper: scope, population, figure, tie-out, finding, result.

A figure is never a bare number: it has the population of source rows that makes it up, or it is a ratio of
figures. Nothing here knows Jupyter, files or how a report looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd

from close_library.books import Books
from close_library.money import agrees
from close_library.parameters import COMPANY, Settings
from close_library.period import Period

TICKS = {
    "F": "footed: the rows were added up again",
    "CF": "cross-footed: rows and columns add up to the same total",
    "TB": "agrees to the trial balance",
    "GL": "agrees to the general ledger",
    "PY": "agrees to the prior period's closing",
    "T": "traced to another workpaper",
    "R": "recalculated",
}
"""The legend of the tick marks that an executed check can earn."""

POPULATION_COLUMNS = ("source_table", "source_file", "source_row", "amount", "shown")
"""Columns that a population's query gives: the row's address, its amount, and what a reader sees of it (a map of text)."""

POPULATION_ORDER = "source_table, source_file, source_row, amount, CAST(shown AS VARCHAR)"
"""The one order of a population's rows."""


@dataclass(frozen=True)
class Scope:
    """What a procedure looks at: the books, the parameters in force, a program (or `_company`) and a period."""

    books: Books
    parameters: Settings
    program: str
    period: Period

    @property
    def is_company(self) -> bool:
        """Whether all programs are looked at, and what belongs to none."""
        return self.program == COMPANY

    @property
    def closing_date(self) -> date:
        """T, the last day of the period, inclusive."""
        return self.period.last_day

    @property
    def opening_date(self) -> date:
        """The last day of the prior period."""
        return self.period.prior.last_day

    @property
    def currency(self) -> str:
        """The functional currency, in which figures and findings stand."""
        return self.parameters.functional_currency


@dataclass(frozen=True)
class Population:
    """A set of source rows with an amount each, as a query over the books: nothing is read until it is asked.

    The query gives POPULATION_COLUMNS. `amount` is in the sign in which the figure takes it. `known`: count and total, where
    they were found with those of other populations, in one reading of the rows that they are parts of.
    """

    books: Books
    query: str
    known: tuple[int, Decimal] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def _measure(self) -> tuple[int, Decimal]:
        if self.known is not None:
            return self.known
        [row] = self.books.rows(f"SELECT count(*) AS n, coalesce(sum(amount), 0) AS total FROM ({self.query})")
        return row["n"], row["total"]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._measure[0]

    @property
    def total(self) -> Decimal:
        """The exact sum of the rows' amounts."""
        return self._measure[1]

    def rows(self) -> pd.DataFrame:
        """The rows themselves, in the order of their addresses: source_table, source_file, source_row, amount, shown."""
        return self.books.frame(f"SELECT * FROM ({self.query}) ORDER BY {POPULATION_ORDER}")


@dataclass(frozen=True)
class Figure:
    """A number of a workpaper: its id, what it says, its amount and the population that makes it up.

    `unit`: a currency, `rows`, `days`, `percent` or `date`. A ratio has no population, and no amount where it is not defined;
    its `formula` names the figures that it is made of (`{total} / {credit_sales} * 31`), its `convention` says it in words.
    """

    id: str
    label: str
    amount: Decimal | date | None
    unit: str
    population: Population | None = None
    formula: str = ""
    convention: str = ""

    @classmethod
    def of(cls, id: str, label: str, unit: str, population: Population) -> Figure:
        """A figure whose amount is its population's total."""
        return cls(id, label, population.total, unit, population)

    @classmethod
    def ratio(
        cls, id: str, label: str, unit: str, amount: Decimal | None, convention: str = "", formula: str = ""
    ) -> Figure:
        """A ratio of figures, with four decimals; None where it is not defined."""
        return cls(id, label, amount, unit, None, formula, convention)

    @property
    def money(self) -> Decimal:
        """The amount of a figure that is an amount."""
        assert isinstance(self.amount, Decimal), f"{self.id} is not an amount"
        return self.amount


class Computed(Decimal):
    """An amount that is made of figures of a workpaper, and how: `{opening_balance} + {invoices}`.

    What is computed with it is a plain amount again.
    """

    formula: str

    def __new__(cls, amount: Decimal, formula: str) -> Computed:
        """The amount, and its formula over figures or cells of schedules."""
        made = super().__new__(cls, amount)
        made.formula = formula
        return made

    @classmethod
    def of(cls, terms: Iterable[tuple[int, Figure]]) -> Computed:
        """The sum of figures, each with the sign in which it is taken."""
        listed = list(terms)
        formula = " ".join(f"{'-' if sign < 0 else '+'} {{{figure.id}}}" for sign, figure in listed)
        return cls(sum((sign * figure.money for sign, figure in listed), Decimal(0)), formula.removeprefix("+ "))


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


@dataclass(frozen=True)
class TieOut:
    """Two amounts that must agree, the figures that they are where they are figures, and the tick mark that the check earns."""

    id: str
    label: str
    per_workpaper: Decimal
    per_books: Decimal
    tolerance: Decimal
    tick: str
    workpaper_figure: Figure | None = None
    books_figure: Figure | None = None
    unit: str = ""
    """What is compared where it is not money: `rows`, or `total` for control totals of mixed columns."""
    workpaper_formula: str = ""
    books_formula: str = ""
    """How a side that is no figure is made of figures: `{opening_balance} + {invoices}`."""

    def __post_init__(self) -> None:
        assert self.tick in TICKS, f"{self.tick} is not in the legend"

    @property
    def difference(self) -> Decimal:
        """Per books − per workpaper."""
        return self.per_books - self.per_workpaper

    @property
    def agreed(self) -> bool:
        """Whether the difference lies within the tolerance."""
        return agrees(self.difference, self.tolerance)


@dataclass(frozen=True)
class Finding:
    """A row that a person must look at.

    `keys`: table → keys; the table and key that it is known by stand first. `amount` is what is at stake, None where
    nothing is. `aspect` tells findings of one key apart (`prior_month`); `subject` is what an explanation names.
    """

    finding: str
    severity: str
    amount: Decimal | None
    currency: str
    keys: Mapping[str, tuple[str, ...]]
    message: str
    status: str = "open"
    aspect: str = ""

    @property
    def subject(self) -> str:
        """What an explanation of it is bound to: `po_overbilled:PO-1`, `flux_unexplained:4000:atlas:prior_month`."""
        known_by = next(iter(self.keys.values()))[0]
        return ":".join([self.finding, known_by, *([self.aspect] if self.aspect else [])])

    def __post_init__(self) -> None:
        assert self.severity in ("error", "warning", "info"), self.severity
        assert self.keys and all(self.keys.values()), f"{self.finding} has no key"


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


@dataclass(frozen=True, repr=False)
class Result:
    """What a procedure found: its schedules, its named figures, its findings, its pictures.

    A figure is read by its name: `roll.closing_balance`. `table` is the first schedule, for a reader at a notebook.
    """

    tables: Mapping[str, Table]
    figures: Mapping[str, Figure]
    findings: tuple[Finding, ...] = ()
    charts: tuple[Chart, ...] = ()

    def __repr__(self) -> str:
        return f"{len(self.figures)} figures, {len(self.tables)} schedules, {len(self.findings)} findings"

    def __getattr__(self, name: str) -> Figure:
        figures = self.__dict__.get("figures", {})
        if name in figures:
            found: Figure = figures[name]
            return found
        raise AttributeError(f"no figure {name!r}; there are: {', '.join(figures)}")

    def added_up(self, table: str, columns: Iterable[str], lines: Iterable[int] | None = None) -> Computed:
        """The sum of cells of a schedule: of these lines, else of all above its total row."""
        frame = self.tables[table].frame
        these = range(len(frame) - self.tables[table].total_row) if lines is None else list(lines)
        names = list(columns)
        total = sum((Decimal(str(frame[name].iloc[line])) for name in names for line in these), Decimal(0))
        return Computed(total, " + ".join(cells_of(name, these, table) for name in names if these))

    @property
    def table(self) -> pd.DataFrame:
        """The first schedule as a pandas table with exact decimals."""
        return next(iter(self.tables.values())).frame
