"""The sample company, sealed, beside what its generator knows: a procedure's figures and findings must be the same."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from close_library.books import Books
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, Settings
from close_library.period import Period

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
Known = tuple[str, str, str, str, Decimal | None]
"""A finding as the generator spells it: kind, severity, the table and key that it is known by, amount."""


@dataclass(frozen=True)
class SealedSample:
    """The sample company's books, its parameters and the truth of its generator (`expected.json`)."""

    books: Path
    parameters: CompanyParameters
    truth: dict[str, Any]

    def settings(self, period: str, program: str = COMPANY) -> Settings:
        return self.parameters.resolve(Period.parse(period), None if program == COMPANY else program)

    def scope(self, period: str, program: str = COMPANY, books: Books | None = None) -> Scope:
        """A scope over a connection of its own, or over one that is open."""
        return Scope(books or Books.open(self.books), self.settings(period, program), program, Period.parse(period))

    def programs(self, period: str) -> list[str]:
        """The scopes that the generator knows figures of, `_company` among them."""
        return list(self.truth["figures"][period])

    def figures(self, period: str, program: str, ref: str) -> dict[str, Decimal | None]:
        """Figure → amount, None where there is nothing to say."""
        known = self.truth["figures"][period][program][ref]
        return {id: None if amount is None else Decimal(amount) for id, amount in known.items()}

    def findings(self, period: str, program: str, homes: Collection[str]) -> set[Known]:
        """The findings that workpapers must raise."""
        return {
            (f["finding"], f["severity"], f["table"], f["key"], None if f["amount"] is None else Decimal(f["amount"]))
            for f in self.truth["findings"]
            if f["period"] == period and f["scope"] == program and f["home"] in homes
        }

    def faults(self, period: str, program: str, results: dict[str, Result], compared: Collection[str]) -> list[str]:
        """Each figure of some workpapers' results (by ref), and each of their findings, that is not as it is known."""
        wrong = [
            f"{period} {program} {ref} {id}: {results[ref].figures[id].amount}, expected {amount}"
            for ref in compared
            for id, amount in self.figures(period, program, ref).items()
            if results[ref].figures[id].amount != amount
        ]
        found = set().union(*(raised(result) for result in results.values()))
        expected = self.findings(period, program, results)
        return [*wrong, *(f"missed: {f}" for f in expected - found), *(f"false: {f}" for f in found - expected)]


def raised(result: Result) -> set[Known]:
    """The findings of a result, as the generator spells them."""
    return {
        (f.finding, f.severity, next(iter(f.keys)), next(iter(f.keys.values()))[0], f.amount) for f in result.findings
    }
