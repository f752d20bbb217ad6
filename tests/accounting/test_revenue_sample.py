"""Revenue and contract balances against what the generator of the sample company knows from its own events."""

import shutil
from pathlib import Path

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
from close_library.books import Books
from close_library.parameters import COMPANY
from tests.accounting.truth import PERIODS, SealedSample

PROCEDURES = {"22": contract_balances_to_ledger, "23": revenue_to_ledger}


def differences(sealed: SealedSample, period: str, program: str) -> list[str]:
    """Every figure and finding of a period and a scope that is not as the generator knows it."""
    scope = sealed.scope(period, program)
    results = {ref: procedure(scope) for ref, procedure in PROCEDURES.items()}
    if program != COMPANY:
        results["60"] = revenue_recognition(scope)
    return sealed.faults(period, program, results, results)


@pytest.mark.parametrize("program", [COMPANY, "atlas", "fornax"])
@pytest.mark.parametrize("period", ["2026-07", "2026-10"])
def test_figures_and_findings_are_those_of_the_generator(sealed: SealedSample, period: str, program: str) -> None:
    assert differences(sealed, period, program) == []


@pytest.mark.parametrize("program", [COMPANY, "fornax"])
def test_the_rolls_end_where_the_generator_s_balances_stand(sealed: SealedSample, program: str) -> None:
    """31 and 32 roll to the generator's figures of 22, over a change of a cost-to-cost price."""
    scope, known_balances = sealed.scope("2026-07", program), sealed.figures("2026-07", program, "22")
    for procedure, balance in (
        (deferred_revenue_roll_forward, "deferred_revenue"),
        (contract_asset_roll_forward, "unbilled_receivable"),
    ):
        roll = procedure(scope)
        assert rolled_contracts(roll) == roll.closing_balance.money == known_balances[balance]


def test_every_kind_of_finding_occurs_in_the_sample(sealed: SealedSample) -> None:
    """Else the comparison of findings would compare nothing with nothing."""
    kinds = {f["finding"] for f in sealed.truth["findings"] if f["home"] in PROCEDURES}
    assert kinds == {"revenue_differs", "revenue_cutoff", "deferred_revenue_differs", "unbilled_differs"}


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: SealedSample, period: str) -> None:
    for program in sealed.programs(period):
        assert differences(sealed, period, program) == []


@pytest.mark.slow
def test_stored_schedules_say_the_same(sealed: SealedSample, tmp_path: Path) -> None:
    """What a run computes once and stores gives the figures that an analyst's own computation gives."""
    stored_books, settings = tmp_path / "books", sealed.settings("2026-09")
    shutil.copytree(sealed.books, stored_books)
    computed = revenue_to_ledger(sealed.scope("2026-09"))
    build_schedules(stored_books, "2026-09", settings)
    stored = revenue_to_ledger(sealed.scope("2026-09", books=Books.open(stored_books)))
    assert {id: f.amount for id, f in stored.figures.items()} == {id: f.amount for id, f in computed.figures.items()}
    assert stored.findings == computed.findings
