"""Workpaper 21 against what the generator of the sample company planted between processor, bank and receipts."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.accounting import cash_and_payouts
from close_library.accounting.cash.cash_and_payouts import money_in_placed, receipts_placed
from close_library.books import Books, seal
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY, CompanyParameters, load_parameters
from close_library.period import Period
from tests.conftest import Sample

PERIODS = [f"2026-{month:02d}" for month in range(1, 11)]
Sealed = tuple[Path, CompanyParameters, dict[str, Any]]


@pytest.fixture(scope="module")
def sealed(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    books, parameters = tmp_path_factory.mktemp("cash") / "books", load_parameters(sample.parameters)
    seal(books, parameters.resolve().sources)
    return books, parameters, json.loads((sample.tables / "expected.json").read_text(encoding="utf-8"))


def cash_of(sealed: Sealed, period: str) -> Result:
    month = Period.parse(period)
    return cash_and_payouts(Scope(Books.open(sealed[0]), sealed[1].resolve(month), COMPANY, month))


@pytest.mark.parametrize("period", PERIODS)
def test_each_planted_problem_is_found_and_nothing_else(sealed: Sealed, period: str) -> None:
    """With its amount; the boundary day of grace, the manual payout and cash in transit are the near misses."""
    cash, truth = cash_of(sealed, period), sealed[2]
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


def test_the_bank_leads_to_the_ledger_until_the_first_misposting(sealed: Sealed) -> None:
    """Five months with foreign cash tie to the cent; in June a receipt of 55,000.00 stands in July's ledger."""
    differences = {}
    for period in PERIODS[:7]:
        cash = cash_of(sealed, period)
        differences[period] = cash.cash_general_ledger.money - cash.bank_adjusted.money
    assert differences.pop("2026-06") == Decimal("-55000.00")
    assert not any(differences.values())
