"""The procedures against what the generator of the sample company knows from its own events."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.accounting import (
    aging_and_collections,
    receivables_roll_forward,
    receivables_to_ledger,
    source_completeness,
)
from close_library.books import Books, seal
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, load_parameters
from close_library.period import Period
from tests.conftest import Sample

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
PROCEDURES = {"20": receivables_to_ledger, "30": receivables_roll_forward, "70": aging_and_collections}


@pytest.fixture(scope="module")
def sealed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompanyParameters, dict[str, Any]]:
    import json

    books, parameters = tmp_path_factory.mktemp("sealed") / "books", load_parameters(sample.parameters)
    seal(books, parameters.resolve().sources)
    return books, parameters, json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))


def known(result: Result) -> set[tuple[str, str, str, str, Decimal | None]]:
    """Findings as the generator spells them: kind, severity, table and key that it is known by, amount."""
    return {
        (f.finding, f.severity, next(iter(f.keys)), next(iter(f.keys.values()))[0], f.amount) for f in result.findings
    }


def differences(
    books: Path, parameters: CompanyParameters, truth: dict[str, Any], period: str, program: str
) -> list[str]:
    """Every figure and finding of a period and a scope that is not as the generator knows it."""
    month = Period.parse(period)
    scope = Scope(Books.open(books), parameters.resolve(month, None if program == COMPANY else program), program, month)
    results = {ref: procedure(scope) for ref, procedure in PROCEDURES.items()}
    wrong = [
        f"{period} {program} {ref} {id}: {results[ref].figures[id].amount}, expected {amount}"
        for ref in PROCEDURES
        for id, amount in truth["figures"][period][program][ref].items()
        if results[ref].figures[id].amount != (None if amount is None else Decimal(amount))
    ]
    if program == COMPANY:
        results["10"] = source_completeness(scope)
    found = set().union(*(known(result) for result in results.values()))
    expected = {
        (f["finding"], f["severity"], f["table"], f["key"], None if f["amount"] is None else Decimal(f["amount"]))
        for f in truth["findings"]
        if f["period"] == period and f["scope"] == program and f["home"] in results
    }
    return [*wrong, *(f"missed: {f}" for f in expected - found), *(f"false: {f}" for f in found - expected)]


@pytest.mark.parametrize("program", [COMPANY, "atlas", "cygnus"])
@pytest.mark.parametrize("period", ["2026-07", "2026-10"])
def test_figures_and_findings_are_those_of_the_generator(
    sealed: tuple[Path, CompanyParameters, dict[str, Any]], period: str, program: str
) -> None:
    assert differences(*sealed, period, program) == []


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: tuple[Path, CompanyParameters, dict[str, Any]], period: str) -> None:
    for program in sealed[2]["figures"][period]:
        assert differences(*sealed, period, program) == []
