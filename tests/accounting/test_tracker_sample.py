"""Workpapers 90 and 91 against what the generator of the sample company knows from its own events."""

from decimal import Decimal

import pytest

from close_library.accounting import collected_by_trace, program_total
from close_library.accounting.tracker.key_figures import SUMMED, by_program, key_figures
from close_library.accounting.tracker.trend import trend
from close_library.evidence import Figure, Result
from close_library.parameters import COMPANY
from close_library.period import Period
from tests.accounting.truth import PERIODS, SealedSample


def truth_of(sealed: SealedSample, period: str) -> dict[str, dict[str, Decimal | None]]:
    """Program → figure of 90 → amount, as the generator knows it."""
    return {program: sealed.figures(period, program, "90") for program in sealed.programs(period) if program != COMPANY}


def wrong(expected: dict[str, Decimal | None], figures: dict[str, Figure], key: str = "") -> list[str]:
    return [
        f"{id}{key}: {figures[f'{id}{key}'].amount}, expected {amount}"
        for id, amount in expected.items()
        if figures[f"{id}{key}"].amount != amount
    ]


def test_the_truth_holds_figures_for_every_program_and_period(sealed: SealedSample) -> None:
    """Else the comparison would compare nothing; billed and collected of the foreign program are left out."""
    counts = [len(figures) for period in PERIODS for figures in truth_of(sealed, period).values()]
    assert sorted(set(counts)) == [6, 8]
    assert sum(counts) == 620


@pytest.mark.parametrize(("period", "program"), [("2026-10", "gaia"), ("2026-10", "draco"), ("2026-07", "cygnus")])
def test_figures_are_those_of_the_generator(sealed: SealedSample, period: str, program: str) -> None:
    assert wrong(truth_of(sealed, period)[program], key_figures(sealed.scope(period, program))) == []


@pytest.mark.parametrize("period", ["2026-07", "2026-10"])
def test_the_company_s_rows_are_the_generator_s_programs_and_add_up(sealed: SealedSample, period: str) -> None:
    """The summary computes the company once; its slices must be what the generator knows of each program."""
    scope, truth = sealed.scope(period, COMPANY), truth_of(sealed, period)
    figures = key_figures(scope)
    parts = by_program(scope, figures, truth)
    assert [fault for program, expected in truth.items() for fault in wrong(expected, parts, f":{program}")] == []
    summary = Result({}, figures | parts)
    assert [id for id in SUMMED if program_total(summary, id) != figures[id].money] == []
    assert collected_by_trace(scope) == figures["collected"].money


def test_the_trend_is_what_the_generator_knows_of_every_month(sealed: SealedSample) -> None:
    over = trend(sealed.scope("2026-10", "fornax"))
    for period in PERIODS:
        expected = truth_of(sealed, period)["fornax"]
        for measure in ("revenue", "vendor_cost", "margin", "billed", "collected"):
            assert over.of(measure, Period.parse(period)) == expected[measure], (period, measure)


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: SealedSample, period: str) -> None:
    for program, expected in truth_of(sealed, period).items():
        assert wrong(expected, key_figures(sealed.scope(period, program))) == [], program
