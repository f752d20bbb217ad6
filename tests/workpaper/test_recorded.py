"""Which parameters a workpaper reads is noted, key by key."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from close_library.parameters import Settings
from close_library.workpaper.recorded import recorded
from tests.ledgers import settings

ACCOUNTS = {"accounts.accounts_receivable"}
FLUX = {"flux.amount", "flux.percent", "flux.rule", "flux.comparisons"}


@pytest.mark.parametrize(
    ("read", "keys"),
    [
        (lambda s: s.functional_currency, {"functional_currency"}),
        (lambda s: s.flux.amount, {"flux.amount"}),
        (lambda s: s.flux, set()),
        (lambda s: s.accounts.of("accounts_receivable"), ACCOUNTS),
        (lambda s: s.accounts.held("accounts_receivable"), ACCOUNTS),
        (lambda s: s.accounts.accounts_receivable, ACCOUNTS),
        (lambda s: s.flux.model_dump(), FLUX),
        (lambda s: str(s.flux), FLUX),
        (lambda s: s.flux == settings().flux, FLUX),
    ],
)  # fmt: skip
def test_what_is_read_is_noted(read: Callable[[Settings], Any], keys: set[str]) -> None:
    seen, noted = recorded(settings())
    read(seen)
    assert noted == keys


def test_what_is_read_is_what_was_set() -> None:
    given = settings(flux={"amount": "5.00"})
    seen, _ = recorded(given)
    assert (seen.flux.amount, seen.match.days, seen.name) == (Decimal("5.00"), given.match.days, given.name)
    assert seen == given
