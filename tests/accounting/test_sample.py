"""The procedures against what the generator of the sample company knows from its own events."""

import pytest

from close_library.accounting import (
    aging_and_collections,
    receivables_roll_forward,
    receivables_to_ledger,
    source_completeness,
)
from close_library.parameters import COMPANY
from tests.accounting.truth import PERIODS, SealedSample

PROCEDURES = {"20": receivables_to_ledger, "30": receivables_roll_forward, "70": aging_and_collections}


def differences(sealed: SealedSample, period: str, program: str) -> list[str]:
    """Every figure and finding of a period and a scope that is not as the generator knows it."""
    scope = sealed.scope(period, program)
    results = {ref: procedure(scope) for ref, procedure in PROCEDURES.items()}
    if program == COMPANY:
        results["10"] = source_completeness(scope)
    return sealed.faults(period, program, results, compared=PROCEDURES)


@pytest.mark.parametrize("program", [COMPANY, "atlas", "cygnus"])
@pytest.mark.parametrize("period", ["2026-07", "2026-10"])
def test_figures_and_findings_are_those_of_the_generator(sealed: SealedSample, period: str, program: str) -> None:
    assert differences(sealed, period, program) == []


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: SealedSample, period: str) -> None:
    for program in sealed.programs(period):
        assert differences(sealed, period, program) == []
