"""When a month ends, which came before it, and what a working day is.

A period is a calendar month, spelled `2026-10`. `T`, the last day of the period, is inclusive.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from close_library.errors import Fault, ParameterError

_SPELLED = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Period:
    """One calendar month of the books, for example `Period.parse("2026-10")`."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str, where: str = "the period") -> Period:
        """The period that `2026-10` spells. Raises ParameterError on anything else."""
        spelled = _SPELLED.fullmatch(text)
        if not spelled:
            raise ParameterError(
                "the period is not a month.",
                [Fault(where, text, "a year and a month, such as 2026-10", "write the period as YYYY-MM")],
            )
        return cls(int(spelled[1]), int(spelled[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The month that a day lies in."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def shift(self, months: int) -> Period:
        """The period `months` later (earlier when negative)."""
        count = self.year * 12 + self.month - 1 + months
        return Period(count // 12, count % 12 + 1)

    @property
    def prior(self) -> Period:
        """The month before."""
        return self.shift(-1)

    @property
    def next(self) -> Period:
        """The month after."""
        return self.shift(1)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """T: the last day of the month, inclusive."""
        return self.next.first_day - timedelta(days=1)

    @property
    def days(self) -> int:
        """Calendar days in the month."""
        return self.last_day.day

    def fiscal_year(self, starts: int = 1) -> int:
        """The fiscal year, named after the calendar year in which it ends; `starts` is its first month."""
        return self.year + (1 if starts > 1 and self.month >= starts else 0)

    def fiscal_quarter(self, starts: int = 1) -> int:
        """The quarter, 1 to 4, of the fiscal year that begins in month `starts`."""
        return (self.month - starts) % 12 // 3 + 1


def months_between(first: Period, last: Period) -> list[Period]:
    """All periods from `first` to `last`, both included; empty when `last` comes first."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [first.shift(n) for n in range(count + 1)]


def working_day(after: date, number: int) -> date:
    """The `number`-th working day (Monday to Friday, no holidays) after a day; number 0 is the day itself."""
    day = after
    while number > 0:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day
