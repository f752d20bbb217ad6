"""Invoice review and billing calendar against what the generator of the sample company planted, near misses included."""

import json
from decimal import Decimal
from typing import Any

import pytest

from close_library.accounting import (
    billing_calendar,
    checks_done,
    documents_in_the_period,
    invoice_review,
    review_drafts,
    states_counted,
)
from close_library.books import Books, seal
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, load_parameters
from close_library.period import Period
from tests.conftest import Sample

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
PROGRAMS = ("atlas", "borealis", "cygnus", "draco", "equinox", "fornax", "gaia", "helix")


Sealed = tuple[Books, CompanyParameters, dict[str, Any]]


@pytest.fixture(scope="module")
def sealed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """One connection for all periods: what deliveries are worth is computed once."""
    books, parameters = tmp_path_factory.mktemp("sealed") / "books", load_parameters(sample.parameters)
    seal(books, parameters.resolve().sources)
    truth = json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))
    return Books.open(books), parameters, truth


def known(result: Result) -> set[tuple[str, str, str, str, Decimal | None]]:
    return {
        (f.finding, f.severity, next(iter(f.keys)), next(iter(f.keys.values()))[0], f.amount) for f in result.findings
    }


def planted(
    truth: dict[str, Any], home: str, period: str, program: str
) -> set[tuple[str, str, str, str, Decimal | None]]:
    return {
        (f["finding"], f["severity"], f["table"], f["key"], None if f["amount"] is None else Decimal(f["amount"]))
        for f in truth["findings"]
        if (f["home"], f["period"], f["scope"]) == (home, period, program)
    }


def agree(sealed: Sealed, period: str) -> None:
    """Each program's review and the company's calendar of a period against what was planted."""
    books, parameters, truth = sealed
    month = Period.parse(period)
    for program in PROGRAMS:
        scope = Scope(books, parameters.resolve(month, program), program, month)
        review = invoice_review(scope)
        assert known(review) == planted(truth, "71", period, program), program
        assert review.amount_reviewed.money == documents_in_the_period(scope)
        done, expected = checks_done(review)
        assert done == expected
    calendar = billing_calendar(Scope(books, parameters.resolve(month), COMPANY, month))
    assert known(calendar) == planted(truth, "73", period, COMPANY)
    assert states_counted(calendar, "73.1") == (calendar.tasks.money, calendar.tasks.money)


@pytest.mark.parametrize("period", ["2026-09", "2026-10"])
def test_findings_are_those_that_were_planted(sealed: Sealed, period: str) -> None:
    agree(sealed, period)


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_period(sealed: Sealed, period: str) -> None:
    agree(sealed, period)


def test_the_waiting_draft_passes_its_checks(sealed: Sealed) -> None:
    books, parameters, _ = sealed
    month = Period.parse("2026-10")
    drafts = review_drafts(Scope(books, parameters.resolve(month, "draco"), "draco", month))
    assert [figure.amount for figure in drafts.figures.values()] == [Decimal(1), Decimal(1)]
