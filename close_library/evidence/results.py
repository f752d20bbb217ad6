"""What a procedure hands over: its schedules, figures, findings and pictures together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from close_library.evidence.checks import Finding
from close_library.evidence.figures import Computed, Figure
from close_library.evidence.schedules import Chart, Table, cells_of


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
