"""Where a number comes from: the scope that was looked at, the population of source rows, the figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

import pandas as pd

from close_library.books import Books
from close_library.parameters import COMPANY, Settings
from close_library.period import Period

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
