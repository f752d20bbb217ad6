"""What a check notices of currencies before a close: codes that are none, and rates that will be missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from close_library.books import check
from tests.ledgers import Folder, write_tables

INVOICES = """
    invoices
    invoice_id  invoice_date  total_amount  currency  status
    inv-1       2026-05-01    10.00         EUR       posted
    inv-2       2026-05-02    10.00         EUR       posted
    inv-3       2026-05-02    10.00         USD       posted
    inv-4       2026-05-03    10.00         GBP       draft
    inv-5       2026-06-01    10.00         GBP       posted
"""

RATES = """
    fx_rates
    currency  rate_date   rate  rate_type
    EUR       2026-05-01  1.1   .
    EUR       2026-05-02  1.1   {}
"""


def notices(folder: Path, text: str) -> list[str]:
    write_tables(folder / "tables", text)
    reports = check([Folder(folder / "tables")], functional_currency="USD", closing=date(2026, 5, 31))
    return [notice for report in reports if report.table == "invoices" for notice in report.notices]


@pytest.mark.parametrize(
    ("kind", "missing"), [("spot", []), (".", []), ("average", ["EUR on 2026-05-02"])], ids=["spot", "empty", "average"]
)
def test_a_rate_of_the_day_must_be_there(kind: str, missing: list[str], tmp_path: Path) -> None:
    """Drafts and documents after the period need none."""
    found = notices(tmp_path, INVOICES + RATES.format(kind))
    assert [notice.rpartition(": ")[2] for notice in found] == missing


def test_many_missing_rates_are_said_in_one_line(tmp_path: Path) -> None:
    """Without any table of rates too."""
    [notice] = notices(tmp_path, INVOICES)
    assert notice.endswith(
        "rates that fx_rates lacks, and what converts them will fail: EUR on 2026-05-01, EUR on 2026-05-02"
    )


def test_a_currency_is_three_capital_letters(tmp_path: Path) -> None:
    found = notices(tmp_path, INVOICES.replace("USD", "US ") + RATES.format("spot"))
    assert "1 row has the currency 'US', which is no code of three capital letters, such as USD" in found


def test_without_a_period_nothing_is_looked_ahead(tmp_path: Path) -> None:
    write_tables(tmp_path / "tables", INVOICES)
    assert not [notice for report in check([Folder(tmp_path / "tables")]) for notice in report.notices]
