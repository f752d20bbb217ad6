"""Workbooks: cells as the file stores them, dates by style in both date systems, sheets by name."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from close_library.books import check
from tests.sources.files import cell, sheet, source, workbook
from tests.sources.test_reading import rows, sealed

_RATES = ["currency", "rate_date", "rate"]


def rates(date_cell: str, rate_cell: str, *, from_1904: bool = False) -> bytes:
    """A workbook with one exchange rate."""
    return workbook({"fx_rates": sheet(_RATES, cell("A2", "EUR") + date_cell + rate_cell)}, from_1904=from_1904)


@pytest.mark.parametrize(
    ("stored", "amount"),
    [
        ("1.1", "1.1"),
        ("1E-4", "0.0001"),
        ("123456789012345678.123456789012", "123456789012345678.123456789012"),
        ("1.1000000000000001", "1.1"),
        ("1234567.8900000001", "1234567.8900000001"),
    ],
)
def test_a_number_is_the_decimal_text_that_the_file_stores(stored: str, amount: str, tmp_path: Path) -> None:
    """Exactly; only where Excel spells 17 digits that the column can't hold, its own 15 are read."""
    content = rates(cell("B2", "2026-04-30"), cell("C2", stored, "n"))
    books = sealed(tmp_path, source(tmp_path / "inbox", {"any name.xlsx": content}))
    assert rows(books, "SELECT rate FROM fx_rates") == [(Decimal(amount),)]


@pytest.mark.parametrize(
    ("serial", "style", "from_1904", "day"),
    [
        ("46142", 1, False, date(2026, 4, 30)),
        ("46142", 2, False, date(2026, 4, 30)),
        ("44680", 1, True, date(2026, 4, 30)),
        ("59", 1, False, date(1900, 2, 28)),
        ("61", 1, False, date(1900, 3, 1)),
    ],
)
def test_a_date_is_a_number_with_the_style_of_a_date(
    serial: str, style: int, from_1904: bool, day: date, tmp_path: Path
) -> None:
    """Both date systems, and the 29 February 1900 that never was."""
    content = rates(cell("B2", serial, "n", style), cell("C2", "1", "n"), from_1904=from_1904)
    books = sealed(tmp_path, source(tmp_path / "inbox", {"book.xlsx": content}))
    assert rows(books, "SELECT rate_date, source_file, source_row FROM fx_rates") == [(day, "book.xlsx#fx_rates", 2)]


def test_a_workbook_of_a_library_is_read(tmp_path: Path) -> None:
    """Shared texts, dates, truth, empty cells and rows, formulas with a result, several sheets."""
    inbox = source(tmp_path / "inbox", {})
    with xlsxwriter.Workbook(str(inbox.folder / "tables.xlsx")) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        payouts = book.add_worksheet("payouts")
        payouts.write_row(0, 0, ["payout_id", "arrival_date", "currency", "amount", "status", "is_automatic"])
        payouts.write_row(2, 0, ["0123", None, "USD", None, "paid", True])
        payouts.write_datetime(2, 1, datetime(2026, 4, 30), day)
        payouts.write_formula(2, 3, "=1+0.25", None, "1.25")
        customers = book.add_worksheet("customers")
        customers.write_row(0, 0, ["customer_id", "customer_name", "currency"])
        customers.write_rich_string(1, 0, "c", book.add_format({"bold": True}), "-1")
        customers.write_row(1, 1, ["Acme <&> Søn", "USD"])
        book.add_worksheet("customer")
        book.add_worksheet("invoices").hide()
    books = sealed(tmp_path, inbox)
    assert rows(books, "SELECT payout_id, arrival_date, amount, is_automatic, source_row FROM payouts") == [
        ("0123", date(2026, 4, 30), Decimal("1.25"), True, 3)
    ]
    assert rows(books, "SELECT customer_id, customer_name FROM customers") == [("c-1", "Acme <&> Søn")]
    assert check([inbox])[-1].notices == (
        "tables.xlsx, sheet customer is not read: no table is called customer; customers is",
        "tables.xlsx, sheet invoices is not read: it is hidden",
    )
