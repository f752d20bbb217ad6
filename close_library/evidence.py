"""The nouns of a workpaper: scope, population, figure, tie-out, finding, result.

A figure is never a bare number: it has the population of source rows that makes it up, or it is a ratio of
figures. Nothing here knows Jupyter, files or how a report looks.
"""

from __future__ import annotations

from collections.abc import Mapping
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
class Table:
    """A schedule of a workpaper: a frame, what it is called, and which of its cells show a figure.

    `links`: (row, column, figure id). `total_row`: the last row is the sum of the rows above. `types`: the type of a
    column whose values don't say it (`ratio` for amounts of mixed units). `subjects`: (row, subject, column of the amount)
    of rows that a person explains or follows up: reports lay over them what the record holds of the subject.
    """

    title: str
    frame: pd.DataFrame
    total_row: bool = False
    links: tuple[tuple[int, int, str], ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    subjects: tuple[tuple[int, str, int], ...] = ()


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

    @property
    def table(self) -> pd.DataFrame:
        """The first schedule as a pandas table with exact decimals."""
        return next(iter(self.tables.values())).frame
