"""Workpapers 24 and 72 against what the generator of the sample company knows from its own events."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.accounting import (
    invoices_that_foot,
    rolled_accrual,
    vendor_payables_to_ledger,
    vendor_work_review,
    work_with_rates,
)
from close_library.books import Books, seal
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, load_parameters
from close_library.period import Period
from tests.conftest import Sample

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
Sealed = tuple[Path, CompanyParameters, dict[str, Any]]


@pytest.fixture(scope="module")
def sealed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    books, parameters = tmp_path_factory.mktemp("vendors") / "books", load_parameters(sample.parameters)
    seal(books, parameters.resolve().sources)
    return books, parameters, json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))


def known(result: Result) -> set[tuple[str, str, str, str, Decimal | None]]:
    """Findings as the generator spells them: kind, severity, table and key that it is known by, amount."""
    return {
        (f.finding, f.severity, next(iter(f.keys)), next(iter(f.keys.values()))[0], f.amount) for f in result.findings
    }


def differences(sealed: Sealed, period: str, program: str) -> list[str]:
    """Every figure, finding and check of a period and a scope that is not as the generator knows it."""
    books, parameters, truth = sealed
    month = Period.parse(period)
    scope = Scope(Books.open(books), parameters.resolve(month, None if program == COMPANY else program), program, month)
    payables = vendor_payables_to_ledger(scope)
    expected = truth["figures"][period][program]["24"]
    assert len(expected) == 10
    wrong = [
        f"{period} {program} {id}: {payables.figures[id].amount}, expected {amount}"
        for id, amount in expected.items()
        if payables.figures[id].amount != Decimal(amount)
    ]
    rated, footed = work_with_rates(scope), invoices_that_foot(scope)
    if rated[0] != rated[1] or footed[0] != footed[1] or rolled_accrual(scope) != payables.vendor_accrual.money:
        wrong.append(
            f"{period} {program}: {rated} work rated, {footed} invoices foot, accrual rolls to {rolled_accrual(scope)}"
        )
    results = {"24": payables} if program == COMPANY else {"24": payables, "72": vendor_work_review(scope)}
    raised = set().union(*(known(result) for result in results.values()))
    planted = {
        (f["finding"], f["severity"], f["table"], f["key"], Decimal(f["amount"]))
        for f in truth["findings"]
        if f["period"] == period and f["scope"] == program and f["home"] in results
    }
    return [*wrong, *(f"missed: {f}" for f in planted - raised), *(f"false: {f}" for f in raised - planted)]


@pytest.mark.parametrize(
    ("period", "program"),
    [
        ("2026-10", COMPANY),
        ("2026-10", "equinox"),
        ("2026-10", "atlas"),
        ("2026-10", "helix"),
        ("2026-09", "draco"),
        ("2026-07", "equinox"),
    ],
)
def test_figures_and_findings_are_those_of_the_generator(sealed: Sealed, period: str, program: str) -> None:
    assert differences(sealed, period, program) == []


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: Sealed, period: str) -> None:
    for program in sealed[2]["figures"][period]:
        assert differences(sealed, period, program) == []


def test_the_planted_findings_are_the_generator_s_own(sealed: Sealed) -> None:
    """Should the sample lose its plants, the comparison above would compare nothing."""
    homes = {plant["finding"] for plant in sealed[2]["planted"] if plant["home"] in ("24", "72")}
    assert homes == {
        "vendor_invoice_duplicate",
        "vendor_overpaid",
        "vendor_payment_duplicate",
        "vendor_quantity_differs",
        "vendor_rate_differs",
        "vendor_work_billed_twice",
        "vendor_work_not_approved",
    }
