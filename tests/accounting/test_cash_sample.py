"""Workpaper 21 against what the generator of the sample company planted between processor, bank and receipts."""

from decimal import Decimal

import pytest

from close_library.accounting import cash_and_payouts
from close_library.accounting.cash.cash_and_payouts import money_in_placed, receipts_placed
from close_library.evidence import Result
from close_library.parameters import COMPANY
from tests.accounting.truth import PERIODS, SealedSample


def cash_of(sealed: SealedSample, period: str) -> Result:
    return cash_and_payouts(sealed.scope(period))


@pytest.mark.parametrize("period", PERIODS)
def test_each_planted_problem_is_found_and_nothing_else(sealed: SealedSample, period: str) -> None:
    """With its amount; the boundary day of grace, the manual payout and cash in transit are the near misses."""
    cash, truth = cash_of(sealed, period), sealed.truth
    planted = {
        (f["finding"], f["table"], f["key"]) for f in truth["planted"] if f["home"] == "21" and period in f["periods"]
    }
    found = {(f.finding, next(iter(f.keys)), next(iter(f.keys.values()))[0]): f for f in cash.findings}
    assert set(found) == planted
    expected = [f for f in truth["findings"] if f["home"] == "21" and f["period"] == period and f["scope"] == COMPANY]
    for f in expected:
        held = found[f["finding"], f["table"], f["key"]]
        assert (held.amount, held.severity) == (Decimal(f["amount"]), f["severity"])
    assert money_in_placed(cash) == cash.bank_in.amount
    assert len(set(receipts_placed(cash))) == 1


def test_the_bank_leads_to_the_ledger_until_the_first_misposting(sealed: SealedSample) -> None:
    """Five months with foreign cash tie to the cent; in June a receipt of 55,000.00 stands in July's ledger."""
    differences = {}
    for period in PERIODS[:7]:
        cash = cash_of(sealed, period)
        differences[period] = cash.cash_general_ledger.money - cash.bank_adjusted.money
    assert differences.pop("2026-06") == Decimal("-55000.00")
    assert not any(differences.values())
