"""What the flux workpapers (40, 41, 42) must show: every account's change by the journals, and which changes need a reason.

The generator's own computation from its journals and its budgets, for the month before and for each scenario, with the
thresholds of the committed parameters. Nobody explained anything, so every change beyond them is a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from close_library.money import ZERO
from close_library.period import Period
from close_library.sample.accounts import ACCOUNTS, OPENING
from close_library.sample.figures_receivables import COMPANY, Figures
from close_library.sample.findings import SCOPES, Expected
from close_library.sample.history import History
from close_library.sample.programs import PERIODS
from close_library.sample.reference import budgets

LIMIT_AMOUNT, LIMIT_PERCENT = Decimal(10000), Decimal(10)
"""`flux` of the committed parameters: a change needs a reason when it is greater than both."""

_PROFIT_AND_LOSS = ("revenue", "expense")
_TYPES = {account: kind for account, _, kind, _ in ACCOUNTS}
_SIGN = {account: -1 if kind in ("revenue", "liability", "equity") else 1 for account, kind in _TYPES.items()}

Amounts = dict[tuple[str, str], Decimal]
"""(account, program) → amount in the ledger's sign; program `` is none."""


@dataclass(frozen=True)
class ExpectedChange(Expected):
    """A change that must be asked about; `aspect` is what it is compared with."""

    aspect: str = ""


class FluxFigures:
    """The figures and findings of these workpapers for any period and scope."""

    def __init__(self, history: History) -> None:
        self._booked: dict[Period, Amounts] = defaultdict(lambda: defaultdict(lambda: ZERO))
        self._budgeted: dict[tuple[str, Period], Amounts] = defaultdict(lambda: defaultdict(lambda: ZERO))
        for journal in history.journals:
            for line in journal.lines:
                self._booked[Period.of(journal.effective_date)][line.account, line.program_id] += line.amount
        for row in budgets(history):
            of_month = self._budgeted[str(row["scenario"]), Period.parse(str(row["period"]))]
            of_month[str(row["account"]), str(row["program_id"] or "")] += Decimal(str(row["amount"]))

    def figures(self, period: Period, scope: str) -> dict[str, Figures]:
        """The figures of the workpapers of a scope: `current:<account>:<comparison>` and its two siblings."""
        refs = ("40", "41", "42") if scope == COMPANY else ("40", "42")
        return {ref: self._figures(ref, period, scope) for ref in refs}

    def findings(self) -> Iterator[ExpectedChange]:
        """`flux_unexplained` of every period and scope, ordered by period, workpaper, scope and key."""
        for period in PERIODS:
            for ref in ("40", "41", "42"):
                for scope in SCOPES if ref != "41" else (COMPANY,):
                    yield from self._unexplained(ref, period, scope)

    def _unexplained(self, ref: str, period: Period, scope: str) -> Iterator[ExpectedChange]:
        for name, now, before in self._compared(ref, period):
            for account, program in sorted({*now, *before}):
                if scope not in (COMPANY, program):
                    continue
                current, comparison = (_SIGN[account] * side.get((account, program), ZERO) for side in (now, before))
                change = current - comparison
                of_comparison = comparison == 0 or abs(change) * 100 > LIMIT_PERCENT * abs(comparison)
                if abs(change) > LIMIT_AMOUNT and of_comparison:
                    yield ExpectedChange(
                        "flux_unexplained",
                        ref,
                        str(period),
                        scope,
                        "warning",
                        "gl_accounts",
                        f"{account}:{program or COMPANY}",
                        change,
                        aspect=name,
                    )

    def _figures(self, ref: str, period: Period, scope: str) -> Figures:
        found: dict[str, Decimal | None] = {}
        for name, now, before in self._compared(ref, period):
            for account in sorted({account for account, _ in [*now, *before]}):
                sides = [
                    sum((_SIGN[account] * amount for (code, program), amount in side.items()
                         if code == account and scope in (COMPANY, program)), ZERO)
                    for side in (now, before)
                ]  # fmt: skip
                if not any(scope in (COMPANY, program) for code, program in [*now, *before] if code == account):
                    continue
                found[f"current:{account}:{name}"], found[f"comparison:{account}:{name}"] = sides
                found[f"change:{account}:{name}"] = sides[0] - sides[1]
        return found

    def _compared(self, ref: str, period: Period) -> Iterator[tuple[str, Amounts, Amounts]]:
        """The comparisons of a workpaper: name, amounts now, amounts before or planned."""
        if ref == "41":
            yield "prior_month", self._balances(period), self._balances(period.prior)
            return
        now = _only(self._booked[period], lambda kind: kind in _PROFIT_AND_LOSS)
        if ref == "40":
            yield "prior_month", now, _only(self._booked[period.prior], lambda kind: kind in _PROFIT_AND_LOSS)
            return
        for scenario in ("budget", "forecast"):
            yield scenario, now, self._budgeted[scenario, period]

    def _balances(self, period: Period) -> Amounts:
        """The balance sheet of the company: opening balances and all journals to a month's end."""
        found: Amounts = defaultdict(lambda: ZERO)
        for account, amount in OPENING.items():
            found[account, ""] += amount
        for month in PERIODS:
            for (account, _), amount in self._booked[month].items():
                if month <= period:
                    found[account, ""] += amount
        return _only(found, lambda kind: kind not in _PROFIT_AND_LOSS)


def _only(amounts: Amounts, wanted: Callable[[str], bool]) -> Amounts:
    return {key: amount for key, amount in amounts.items() if wanted(_TYPES[key[0]])}
