"""What a procedure proves and what it finds: a tie-out with the tick mark that it earns, a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from close_library.evidence.figures import Figure
from close_library.money import agrees

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
