"""The sheet of a source: each row stands in one part, amounts by currency, tie-outs to the books, rows to look up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from close_library.books import Books, seal, source_sheets
from close_library.period import Period
from close_library.tables import TABLES
from tests.conftest import Sample
from tests.ledgers import Folder, small_company

MAY = Period.parse("2026-05")

LEDGER = """
    invoices
    invoice_id  invoice_date  status  currency  total_amount  program_id
    inv-1       2026-04-30    posted  USD       100.00        atlas
    inv-2       2026-05-01    posted  USD       250.10        atlas
    inv-3       2026-05-31    posted  EUR       80.00         borealis
    inv-4       2026-05-31    draft   USD       999.00        atlas
    inv-5       2026-04-02    void    USD       7.00          atlas
    inv-6       2026-06-01    posted  USD       40.00         nowhere

    invoice_lines
    invoice_id  amount
    inv-1       100.00
    inv-3       80.00
    inv-4       999.00
    inv-7       1.00

    customers
    customer_id  customer_name
    acme         Acme

    programs
    program_id  program_name
    atlas       Atlas
    borealis    Borealis

    account_balances
    account  period   opening_balance  closing_balance
    1200     2026-04  0.00             100.00
    1200     2026-05  100.00           430.10
    1200     2026-06  430.10           470.10
"""


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The sheets of a small company, by table."""
    scope = small_company(tmp_path_factory.mktemp("company"), LEDGER, period="2026-05")
    return {each["table"]: each for each in source_sheets(scope.books, MAY, "USD")}


def parts(sheet: dict[str, Any]) -> list[tuple[str, bool, str, int, str | None]]:
    return [(each["part"], each["used"], each["unit"], each["rows"], each["amount"]) for each in sheet["parts"]]


def test_each_invoice_stands_in_one_part(sheets: dict[str, Any]) -> None:
    assert parts(sheets["invoices"]) == [
        ("period", True, "EUR", 1, "80.00"),
        ("period", True, "USD", 1, "250.10"),
        ("earlier", True, "USD", 1, "100.00"),
        ("status:draft", False, "USD", 1, "999.00"),
        ("status:void", False, "USD", 1, "7.00"),
        ("later", False, "USD", 1, "40.00"),
    ]
    assert sheets["invoices"]["rows"] == {"read": 6, "in_books": 6, "used": 3, "reported": 3}


def test_a_line_goes_with_its_document(sheets: dict[str, Any]) -> None:
    """Date, currency and status are the invoice's; a line of an unknown invoice is looked at in every period."""
    assert parts(sheets["invoice_lines"]) == [
        ("period", True, "EUR", 1, "80.00"),
        ("earlier", True, "USD", 1, "100.00"),
        ("undated", True, "", 1, "1.00"),
        ("status:draft", False, "USD", 1, "999.00"),
    ]


def test_a_trial_balance_goes_by_its_period_and_master_data_is_used_whole(sheets: dict[str, Any]) -> None:
    assert [each[:4] for each in parts(sheets["account_balances"])] == [
        ("period", True, "USD", 1),
        ("earlier", True, "USD", 1),
        ("later", False, "USD", 1),
    ]
    assert parts(sheets["customers"]) == [("looked_up", True, "", 1, None)]


def test_a_sheet_says_where_its_rows_stand_and_whose_they_are(sheets: dict[str, Any]) -> None:
    sheet = sheets["invoices"]
    assert sheet["lines"] == {"first": 2, "last": 7, "without_a_row": 0}
    assert (sheet["extraction"]["first_date"], sheet["extraction"]["last_date"]) == ("2026-04-02", "2026-06-01")
    assert [(each["program"], each["rows"]) for each in sheet["programs"]] == [
        ("atlas", 4),
        ("borealis", 1),
        ("_none", 1),
    ]
    assert sheet["control_total"] == {"file": "1476.10", "books": "1476.10"}
    assert "one value that does not fit stops the close" in sheet["extraction"]["reader"]


def test_the_first_the_last_and_the_largest_row_are_shown_whole(sheets: dict[str, Any]) -> None:
    seen = [(each["which"], each["line"], each["values"]["invoice_id"]) for each in sheets["invoices"]["witnesses"]]
    assert seen == [(["first"], 2, "inv-1"), (["largest"], 5, "inv-4"), (["last"], 7, "inv-6")]
    assert sheets["invoices"]["witnesses"][1]["values"] | {} == {
        "invoice_id": "inv-4",
        "invoice_number": "inv-4",
        "document_type": "invoice",
        "program_id": "atlas",
        "customer_id": "acme",
        "invoice_date": "2026-05-31",
        "currency": "USD",
        "total_amount": "999.00",
        "status": "draft",
    }
    only = sheets["customers"]["witnesses"]
    assert [(each["which"], each["line"]) for each in only] == [(["first", "last"], 2)]


def test_a_blank_line_is_told_and_is_no_row(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    text = "program_id,program_name\natlas,Atlas\n\nborealis,Borealis\n"
    (folder / "programs.csv").write_text(text, encoding="utf-8")
    seal(tmp_path / "books", [Folder(folder)], period="2026-05")
    [sheet] = source_sheets(Books.open(tmp_path / "books"), MAY, "USD")
    assert (sheet["rows"]["read"], sheet["lines"]) == (2, {"first": 2, "last": 4, "without_a_row": 1})


def test_a_row_that_is_gone_from_the_books_does_not_tie(sheets: dict[str, Any], tmp_path: Path) -> None:
    """The manifest says what the file held; the books are counted. One row less shows in rows and control total."""
    scope = small_company(tmp_path, LEDGER, period="2026-05")
    manifest = json.loads(json.dumps(scope.books.manifest))
    [of_invoices] = manifest["tables"]["invoices"]["sources"]
    of_invoices["rows"], of_invoices["control_total"] = 7, "1486.10"
    scope.books.manifest = manifest
    sheet = next(each for each in source_sheets(scope.books, MAY, "USD") if each["table"] == "invoices")
    assert {each["id"]: each["difference"] for each in sheet["tie_outs"] if not each["agreed"]} == {
        "rows": "-1",
        "parts": "-1",
        "programs": "-1",
        "total": "-10.00",
        "currencies": "-10.00",
    }


def test_every_source_of_the_sample_ties(sample: Sample, tmp_path: Path) -> None:
    """Rows of the file = rows used + rows reported = lines of the file without its heading, for each of them."""
    seal(tmp_path / "books", [Folder(sample.tables)], period="2026-10")
    found = source_sheets(Books.open(tmp_path / "books"), Period.parse("2026-10"), "USD")
    assert {each["table"] for each in found} == set(TABLES)
    for each in found:
        in_file = len((sample.tables / each["file"]).read_text(encoding="utf-8").splitlines()) - 1
        rows = each["rows"]
        assert rows["used"] + rows["reported"] == rows["read"] == rows["in_books"] == in_file, each["table"]
        assert all(tie_out["agreed"] for tie_out in each["tie_outs"]), each["table"]
    assert sum(each["rows"]["reported"] for each in found) > 0
