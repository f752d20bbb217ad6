"""Workpapers 90 and 91 against what the generator of the sample company knows from its own events."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.accounting import collected_by_trace, program_total
from close_library.accounting.tracker.key_figures import SUMMED, by_program, key_figures
from close_library.accounting.tracker.trend import trend
from close_library.books import Books, seal
from close_library.evidence import Figure, Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, load_parameters
from close_library.period import Period
from tests.conftest import Sample

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
Sealed = tuple[Path, CompanyParameters, dict[str, Any]]


@pytest.fixture(scope="module")
def sealed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    books, parameters = tmp_path_factory.mktemp("tracked") / "books", load_parameters(sample.parameters)
    seal(books, parameters.resolve().sources)
    return books, parameters, json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))


def scope_of(sealed: Sealed, period: str, program: str) -> Scope:
    month = Period.parse(period)
    settings = sealed[1].resolve(month, None if program == COMPANY else program)
    return Scope(Books.open(sealed[0]), settings, program, month)


def truth_of(sealed: Sealed, period: str) -> dict[str, dict[str, Decimal | None]]:
    """Program → figure of 90 → amount, as the generator knows it."""
    scopes = sealed[2]["figures"][period]
    return {
        program: {id: None if amount is None else Decimal(amount) for id, amount in refs["90"].items()}
        for program, refs in scopes.items()
        if program != COMPANY
    }


def wrong(expected: dict[str, Decimal | None], figures: dict[str, Figure], key: str = "") -> list[str]:
    return [
        f"{id}{key}: {figures[f'{id}{key}'].amount}, expected {amount}"
        for id, amount in expected.items()
        if figures[f"{id}{key}"].amount != amount
    ]


def test_the_truth_holds_figures_for_every_program_and_period(sealed: Sealed) -> None:
    """Else the comparison would compare nothing; billed and collected of the foreign program are left out."""
    counts = [len(figures) for period in PERIODS for figures in truth_of(sealed, period).values()]
    assert sorted(set(counts)) == [6, 8]
    assert sum(counts) == 620


@pytest.mark.parametrize(("period", "program"), [("2026-10", "gaia"), ("2026-10", "draco"), ("2026-07", "cygnus")])
def test_figures_are_those_of_the_generator(sealed: Sealed, period: str, program: str) -> None:
    assert wrong(truth_of(sealed, period)[program], key_figures(scope_of(sealed, period, program))) == []


@pytest.mark.parametrize("period", ["2026-07", "2026-10"])
def test_the_company_s_rows_are_the_generator_s_programs_and_add_up(sealed: Sealed, period: str) -> None:
    """The summary computes the company once; its slices must be what the generator knows of each program."""
    scope, truth = scope_of(sealed, period, COMPANY), truth_of(sealed, period)
    figures = key_figures(scope)
    parts = by_program(scope, figures, truth)
    assert [fault for program, expected in truth.items() for fault in wrong(expected, parts, f":{program}")] == []
    summary = Result({}, figures | parts)
    assert [id for id in SUMMED if program_total(summary, id) != figures[id].money] == []
    assert collected_by_trace(scope) == figures["collected"].money


def test_the_trend_is_what_the_generator_knows_of_every_month(sealed: Sealed) -> None:
    over = trend(scope_of(sealed, "2026-10", "fornax"))
    for period in PERIODS:
        expected = truth_of(sealed, period)["fornax"]
        for measure in ("revenue", "vendor_cost", "margin", "billed", "collected"):
            assert over.of(measure, Period.parse(period)) == expected[measure], (period, measure)


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(sealed: Sealed, period: str) -> None:
    for program, expected in truth_of(sealed, period).items():
        assert wrong(expected, key_figures(scope_of(sealed, period, program))) == [], program
