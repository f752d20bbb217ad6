"""Revenue and contract balances against what the generator of the sample company knows from its own events."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.accounting.revenue.contract_balances import contract_balances_to_ledger
from close_library.accounting.revenue.revenue_recognition import revenue_recognition
from close_library.accounting.revenue.revenue_to_ledger import revenue_to_ledger
from close_library.accounting.revenue.roll_contracts import (
    contract_asset_roll_forward,
    deferred_revenue_roll_forward,
    rolled_contracts,
)
from close_library.accounting.schedules import build_schedules
from close_library.books import Books, seal
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, load_parameters
from close_library.period import Period
from tests.conftest import Sample

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
PROCEDURES = {"22": contract_balances_to_ledger, "23": revenue_to_ledger}
COMPARED_HOMES = ("22", "23")

Sealed = tuple[Path, CompanyParameters, dict[str, Any]]


@pytest.fixture(scope="module")
def sealed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    books, parameters = tmp_path_factory.mktemp("sealed") / "books", load_parameters(sample.parameters)
    seal(books, parameters.resolve().sources)
    return books, parameters, json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))


def scope_of(sealed: Sealed, period: str, program: str) -> Scope:
    month = Period.parse(period)
    settings = sealed[1].resolve(month, None if program == COMPANY else program)
    return Scope(Books.open(sealed[0]), settings, program, month)


def known(result: Result) -> set[tuple[str, str, str, str, Decimal | None]]:
    """Findings as the generator spells them: kind, severity, table and key that it is known by, amount."""
    return {
        (f.finding, f.severity, next(iter(f.keys)), next(iter(f.keys.values()))[0], f.amount) for f in result.findings
    }


def differences(sealed: Sealed, period: str, program: str) -> list[str]:
    """Every figure and finding of a period and a scope that is not as the generator knows it."""
    scope, truth = scope_of(sealed, period, program), sealed[2]
    results = {ref: procedure(scope) for ref, procedure in PROCEDURES.items()}
    if program != COMPANY:
        results["60"] = revenue_recognition(scope)
    wrong = [
        f"{period} {program} {ref} {id}: {result.figures[id].amount}, expected {amount}"
        for ref, result in results.items()
        for id, amount in truth["figures"][period][program][ref].items()
        if result.figures[id].amount != Decimal(amount)
    ]
    found = set().union(*(known(result) for result in results.values()))
    expected = {
        (f["finding"], f["severity"], f["table"], f["key"], None if f["amount"] is None else Decimal(f["amount"]))
        for f in truth["findings"]
        if f["period"] == period and f["scope"] == program and f["home"] in COMPARED_HOMES
    }
    return [*wrong, *(f"missed: {f}" for f in expected - found), *(f"false: {f}" for f in found - expected)]


@pytest.mark.parametrize("program", [COMPANY, "atlas", "fornax"])
@pytest.mark.parametrize("period", ["2026-07", "2026-10"])
def test_figures_and_findings_are_those_of_the_generator(sealed: Sealed, period: str, program: str) -> None:
    assert differences(sealed, period, program) == []


@pytest.mark.parametrize("program", [COMPANY, "fornax"])
def test_the_rolls_end_where_the_generator_s_balances_stand(sealed: Sealed, program: str) -> None:
    """31 and 32 roll to the generator's figures of 22, over a change of a cost-to-cost price."""
    scope, known_balances = scope_of(sealed, "2026-07", program), sealed[2]["figures"]["2026-07"][program]["22"]
    for procedure, balance in (
        (deferred_revenue_roll_forward, "deferred_revenue"),
        (contract_asset_roll_forward, "unbilled_receivable"),
    ):
        roll = procedure(scope)
        assert rolled_contracts(roll) == roll.closing_balance.money == Decimal(known_balances[balance])


def test_every_kind_of_finding_occurs_in_the_sample(sealed: Sealed) -> None:
    """Else the comparison of findings would compare nothing with nothing."""
    kinds = {f["finding"] for f in sealed[2]["findings"] if f["home"] in COMPARED_HOMES}
    assert kinds == {"revenue_differs", "revenue_cutoff", "deferred_revenue_differs", "unbilled_differs"}


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: Sealed, period: str) -> None:
    for program in sealed[2]["figures"][period]:
        assert differences(sealed, period, program) == []


@pytest.mark.slow
def test_stored_schedules_say_the_same(sealed: Sealed, tmp_path: Path) -> None:
    """What a run computes once and stores gives the figures that an analyst's own computation gives."""
    computed = revenue_to_ledger(scope_of(sealed, "2026-09", COMPANY))
    build_schedules(sealed[0], "2026-09", sealed[1].resolve(Period.parse("2026-09")))
    stored = revenue_to_ledger(scope_of(sealed, "2026-09", COMPANY))
    assert {id: f.amount for id, f in stored.figures.items()} == {id: f.amount for id, f in computed.figures.items()}
    assert stored.findings == computed.findings
