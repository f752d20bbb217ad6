"""What is compared with what: an interval of days, the same interval some months earlier, or a scenario of the same months.

ACCOUNTING.md §5. A month is compared with the month before it, with the same month of the quarter before it, or with the
same month of the year before it; a balance with the balance at the end of that month. So like stands against like: the second
month of a quarter against the second month of the last one, and at a quarter's or a year's end a balance stands against that
of the prior quarter's or year's end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from close_library.accounting.schedules import scenarios
from close_library.errors import Fault, ParameterError
from close_library.evidence import Scope
from close_library.period import Period, months_between

EARLIER = {"prior_month": 1, "prior_quarter": 3, "prior_year": 12}
"""Comparison with an earlier time → how many months earlier it is."""


@dataclass(frozen=True)
class Interval:
    """Days from the first to the last, both inside."""

    first_day: date
    last_day: date

    @classmethod
    def of(cls, asked: Period | tuple[date, date], name: str) -> Interval:
        """The interval of a month, or from one day to another. Raises ParameterError where it ends before it begins."""
        if isinstance(asked, Period):
            return cls(asked.first_day, asked.last_day)
        first, last = asked
        if last < first:
            where, expected = f"flux_by, {name}", "a first day that is not after the last"
            raise ParameterError("the interval ends before it begins.", [Fault(where, f"{first} to {last}", expected)])
        return cls(first, last)

    @property
    def months(self) -> list[Period]:
        """The calendar months that it is made of; none where it does not begin and end with a month."""
        first, last = Period.of(self.first_day), Period.of(self.last_day)
        whole = first.first_day == self.first_day and last.last_day == self.last_day
        return months_between(first, last) if whole else []

    def earlier(self, months: int) -> Interval:
        """The same days some months earlier; a month's last day stays a month's last day."""
        return Interval(_earlier(self.first_day, months), _earlier(self.last_day, months, stays_last=True))

    def __str__(self) -> str:
        months = self.months
        if not months:
            return f"{self.first_day} to {self.last_day}"
        return str(months[0]) if len(months) == 1 else f"{months[0]} to {months[-1]}"


def _earlier(day: date, months: int, stays_last: bool = False) -> date:
    month = Period.of(day).shift(-months)
    is_last = stays_last and day == Period.of(day).last_day
    return month.last_day if is_last else month.first_day.replace(day=min(day.day, month.days))


@dataclass(frozen=True)
class Comparison:
    """A current interval and what it is compared with: another interval, or a scenario of its months."""

    name: str
    current: Interval
    against: Interval | None = None

    @property
    def label(self) -> str:
        """What it is compared with, in words: `prior month (2026-09)`."""
        return f"{self.name.replace('_', ' ')} ({self.against or self.current})"

    @property
    def table_name(self) -> str:
        """A name that no other comparison has, for rows held in the connection."""
        days = [self.current.first_day, self.current.last_day]
        days += [self.against.first_day, self.against.last_day] if self.against else []
        return "_".join(f"{day:%Y%m%d}" for day in days)


def comparison_of(current: Interval, name: str) -> Comparison:
    """A comparison by its name: `prior_month`, `prior_quarter`, `prior_year`; any other name is a scenario."""
    return Comparison(name, current, current.earlier(EARLIER[name]) if name in EARLIER else None)


def earlier_comparisons(scope: Scope, names: Iterable[str]) -> list[Comparison]:
    """The comparisons of the period with earlier times among the names; a scenario is compared in workpaper 42."""
    current = Interval.of(scope.period, "current")
    return [comparison_of(current, name) for name in dict.fromkeys(names) if name in EARLIER]


def scenario_comparisons(scope: Scope) -> list[Comparison]:
    """Each scenario that has a row in the period, whichever program's: budget first, then forecast, then any other."""
    rows = scope.books.rows(f"SELECT scenario FROM {scenarios(scope)} WHERE period = '{scope.period}'")
    order = ("budget", "forecast")
    names = sorted((row["scenario"] for row in rows), key=lambda name: (name not in order, name))
    return [comparison_of(Interval.of(scope.period, "current"), name) for name in names]
