"""Invoice review and billing calendar against what the generator of the sample company planted, near misses included."""

from decimal import Decimal

import pytest

from close_library.accounting import (
    billing_calendar,
    checks_done,
    documents_in_the_period,
    invoice_review,
    review_drafts,
    states_counted,
)
from close_library.books import Books
from close_library.parameters import COMPANY
from tests.accounting.truth import PERIODS, SealedSample, raised

PROGRAMS = ("atlas", "borealis", "cygnus", "draco", "equinox", "fornax", "gaia", "helix")


@pytest.fixture(scope="module")
def opened(sealed: SealedSample) -> Books:
    """One connection for all periods: what deliveries are worth is computed once."""
    return Books.open(sealed.books)


def agree(sealed: SealedSample, opened: Books, period: str) -> None:
    """Each program's review and the company's calendar of a period against what was planted."""
    for program in PROGRAMS:
        scope = sealed.scope(period, program, opened)
        review = invoice_review(scope)
        assert raised(review) == sealed.findings(period, program, ["71"]), program
        assert review.amount_reviewed.money == documents_in_the_period(scope)
        done, expected = checks_done(review)
        assert done == expected
    calendar = billing_calendar(sealed.scope(period, COMPANY, opened))
    assert raised(calendar) == sealed.findings(period, COMPANY, ["73"])
    assert states_counted(calendar, "73.1") == (calendar.tasks.money, calendar.tasks.money)


@pytest.mark.parametrize("period", ["2026-09", "2026-10"])
def test_findings_are_those_that_were_planted(sealed: SealedSample, opened: Books, period: str) -> None:
    agree(sealed, opened, period)


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_period(sealed: SealedSample, opened: Books, period: str) -> None:
    agree(sealed, opened, period)


def test_the_waiting_draft_passes_its_checks(sealed: SealedSample) -> None:
    drafts = review_drafts(sealed.scope("2026-10", "draco"))
    assert [figure.amount for figure in drafts.figures.values()] == [Decimal(1), Decimal(1)]
