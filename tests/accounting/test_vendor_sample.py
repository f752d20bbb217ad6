"""Workpapers 24 and 72 against what the generator of the sample company knows from its own events."""

import pytest

from close_library.accounting import (
    invoices_that_foot,
    rolled_accrual,
    vendor_payables_to_ledger,
    vendor_work_review,
    work_with_rates,
)
from close_library.parameters import COMPANY
from tests.accounting.truth import PERIODS, SealedSample


def differences(sealed: SealedSample, period: str, program: str) -> list[str]:
    """Every figure, finding and check of a period and a scope that is not as the generator knows it."""
    scope = sealed.scope(period, program)
    assert len(sealed.figures(period, program, "24")) == 10
    payables = vendor_payables_to_ledger(scope)
    results = {"24": payables} if program == COMPANY else {"24": payables, "72": vendor_work_review(scope)}
    wrong = sealed.faults(period, program, results, compared=["24"])
    rated, footed = work_with_rates(scope), invoices_that_foot(scope)
    if rated[0] != rated[1] or footed[0] != footed[1] or rolled_accrual(scope) != payables.vendor_accrual.money:
        wrong.append(
            f"{period} {program}: {rated} work rated, {footed} invoices foot, accrual rolls to {rolled_accrual(scope)}"
        )
    return wrong


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
def test_figures_and_findings_are_those_of_the_generator(sealed: SealedSample, period: str, program: str) -> None:
    assert differences(sealed, period, program) == []


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: SealedSample, period: str) -> None:
    for program in sealed.programs(period):
        assert differences(sealed, period, program) == []


def test_the_planted_findings_are_the_generator_s_own(sealed: SealedSample) -> None:
    """Should the sample lose its plants, the comparison above would compare nothing."""
    homes = {plant["finding"] for plant in sealed.truth["planted"] if plant["home"] in ("24", "72")}
    assert homes == {
        "vendor_invoice_duplicate",
        "vendor_overpaid",
        "vendor_payment_duplicate",
        "vendor_quantity_differs",
        "vendor_rate_differs",
        "vendor_work_billed_twice",
        "vendor_work_not_approved",
    }
