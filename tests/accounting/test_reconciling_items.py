"""Reconciling items of 20 and 21 over three months: carried, cleared, changed of class, signed, not signed; worked by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from close_library.accounting import (
    cash_and_payouts,
    items_compared,
    items_counted,
    receivables_to_ledger,
)
from close_library.accounting.parts import ROWS_AT_MOST, in_parts
from close_library.evidence import Result, Table
from tests.accounting.signed import sign_figures, sign_items
from tests.ledgers import amounts, scope_of, small_company

RECEIVABLES = """
    programs
    program_id  customer_id
    atlas       acme
    borealis    bolt

    invoices
    invoice_id  invoice_date  total_amount
    unposted    2026-01-10    100.00
    wrong       2026-01-15    55.00
    right       2026-01-16    70.00
    stray       2026-02-20    12.00
    new         2026-02-25    8.00

    gl_entries
    document_number  journal_id  effective_date  amount
    stray            j-1         2026-01-12      9.00
    wrong            j-2         2026-01-15      50.00
    right            j-3         2026-01-16      70.00
    .                j-4         2026-01-31      -4.00
    unposted         j-5         2026-02-05      100.00
"""
"""January: one invoice is not posted, one is posted with 50 for 55, the ledger has a document that comes in February, with
another amount, and a journal without a document. February: the invoice is posted; a new one is not."""

JANUARY = (
    "2026-01 _company 20 20:document:stray 9.00 2026-01-12",
    "2026-01 _company 20 20:document:unposted -100.00 2026-01-10",
    "2026-01 _company 20 20:document:wrong -5.00 2026-01-15",
    "2026-01 _company 20 20:journal:j-4 -4.00 2026-01-31",
)

SIGNED_WORKPAPER = "2026-01 _company 20 ar_subledger 225.00"


def cells(result: Result, id: str, *columns: str) -> dict[str, tuple[str | None, ...]]:
    """The rows of a schedule of items by their id, as text; nothing is None."""
    rows = result.tables[id].frame.astype(object).to_dict("records")
    return {row["item"]: tuple(spelled(row[column]) for column in columns) for row in rows}


def spelled(value: Any) -> str | None:
    """A cell as text, an amount with cents."""
    return None if pd.isna(value) else f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def items(result: Result, id: str = "20.2") -> dict[str, tuple[str | None, ...]]:
    """The open items: id → class, first date, age in days, amount."""
    return cells(result, id, "class", "first_date", "age_days", "amount")


def opening(result: Result, id: str = "20.3") -> dict[str, tuple[str | None, ...]]:
    """The opening items: id → as signed, on today's books, at T, what was before, what is since."""
    return cells(result, id, "as_signed", "on_todays_books", "at_close", "before", "since")


def because(result: Result, item: str, id: str = "20.3") -> str | None:
    """What is said of an opening item that was cleared or changed."""
    return cells(result, id, "because")[item][0]


def tie_outs(result: Result) -> tuple[tuple[str, str] | None, tuple[int, int] | None]:
    """Sum and count of the opening items against what was signed; None where there is no such tie-out."""
    (today, signed), (known, stand) = items_compared(result), items_counted(result)
    if signed is None or stand is None:
        assert signed is None
        assert stand is None
        return None, None
    return (f"{today.money:.2f}", f"{signed.money:.2f}"), (int(known), int(stand))


def test_an_item_keeps_its_id_when_the_month_and_its_class_change(tmp_path: Path) -> None:
    january = receivables_to_ledger(small_company(tmp_path, RECEIVABLES, "2026-01"))
    assert items(january) == {
        "20:document:unposted": ("timing", "2026-01-10", "21", "-100.00"),
        "20:document:wrong": ("amount_differs", "2026-01-15", "16", "-5.00"),
        "20:document:stray": ("amount_differs", "2026-01-12", "19", "9.00"),
        "20:journal:j-4": ("in_gl_not_in_subledger", "2026-01-31", "0", "-4.00"),
    }
    before = RECEIVABLES.replace("    stray       2026-02-20    12.00\n", "")
    as_closed = receivables_to_ledger(small_company(tmp_path / "before", before, "2026-01"))
    assert items(as_closed)["20:document:stray"] == ("in_gl_not_in_subledger", "2026-01-12", "19", "9.00")
    february = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert items(february) == {
        "20:document:wrong": ("amount_differs", "2026-01-15", "44", "-5.00"),
        "20:document:stray": ("amount_differs", "2026-01-12", "47", "-3.00"),
        "20:document:new": ("in_subledger_not_in_gl", "2026-02-25", "3", "-8.00"),
        "20:journal:j-4": ("in_gl_not_in_subledger", "2026-01-31", "28", "-4.00"),
    }


def test_each_item_is_a_subject_with_its_amount(tmp_path: Path) -> None:
    """The items add up to the difference; a subject names the cell of its amount, and stands once."""
    result = receivables_to_ledger(small_company(tmp_path, RECEIVABLES, "2026-02"))
    table = result.tables["20.2"]
    assert [subject for _, subject, _ in table.subjects] == list(table.frame["item"])
    assert {table.frame.columns[column] for _, _, column in table.subjects} == {"amount"}
    assert len({subject for _, subject, _ in table.subjects}) == 4
    assert sum(table.frame["amount"], Decimal(0)) == result.difference.money
    assert [id for id, other in result.tables.items() if other.subjects] == ["20.2"]


def test_signed_items_are_the_opening_items(tmp_path: Path) -> None:
    """Of January's four, one is cleared by a posting, one changes, two stay; sum and count are what was signed."""
    small_company(tmp_path, RECEIVABLES)
    sign_items(tmp_path / "books", *JANUARY)
    result = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert opening(result) == {
        "20:document:stray": ("9.00", "9.00", "-3.00", "as signed", "changed"),
        "20:document:unposted": ("-100.00", "-100.00", None, "as signed", "cleared"),
        "20:document:wrong": ("-5.00", "-5.00", "-5.00", "as signed", "open"),
        "20:journal:j-4": ("-4.00", "-4.00", "-4.00", "as signed", "open"),
        "Total": ("-100.00", "-100.00", "-12.00", None, None),
    }
    assert because(result, "20:document:unposted") == "ledger j-5 of 2026-02-05 over 100.00"
    assert because(result, "20:document:stray") == "invoice of 2026-02-20 over 12.00"
    assert because(result, "20:document:wrong") is None
    assert tie_outs(result) == (("-100.00", "-100.00"), (4, 4))
    assert result.tables["20.3"].title == "Opening items, as signed for 2026-01, and what became of them"
    rows = result.opening_items_signed.population
    assert rows is not None
    assert sorted(rows.rows()["source_row"]) == [1, 2, 3, 4]


def test_what_the_books_changed_without_clearing_is_named(tmp_path: Path) -> None:
    """January's posting is corrected in January, a posting is removed, an old invoice comes: vanished, changed, appeared."""
    changed = (
        RECEIVABLES.replace("j-2         2026-01-15      50.00", "j-2         2026-01-15      55.00")
        .replace("    stray            j-1         2026-01-12      9.00", "    stray            j-1         2026-01-12      6.00")
        .replace("    right       2026-01-16    70.00", "    right       2026-01-16    70.00\n    older       2026-01-02    1.00")
    )  # fmt: skip
    small_company(tmp_path, changed)
    sign_items(tmp_path / "books", *JANUARY)
    result = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert opening(result) == {
        "20:document:older": (None, "-1.00", "-1.00", "appeared", "open"),
        "20:document:stray": ("9.00", "6.00", "-6.00", "changed", "changed"),
        "20:document:unposted": ("-100.00", "-100.00", None, "as signed", "cleared"),
        "20:document:wrong": ("-5.00", None, None, "vanished", None),
        "20:journal:j-4": ("-4.00", "-4.00", "-4.00", "as signed", "open"),
        "Total": ("-100.00", "-99.00", "-11.00", None, None),
    }
    assert (
        because(result, "20:document:wrong") == "invoice of 2026-01-15 over 55.00; ledger j-2 of 2026-01-15 over 55.00"
    )
    assert because(result, "20:document:older") == "invoice of 2026-01-02 over 1.00"
    assert tie_outs(result) == (("-99.00", "-100.00"), (5, 2))


def test_two_changes_that_cancel_are_seen_by_the_count(tmp_path: Path) -> None:
    small_company(tmp_path, RECEIVABLES)
    swapped = [line.replace("20:document:wrong", "20:document:gone") for line in JANUARY]
    sign_items(tmp_path / "books", *swapped)
    result = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert tie_outs(result) == (("-100.00", "-100.00"), (5, 3))
    assert opening(result)["20:document:gone"] == ("-5.00", None, None, "vanished", None)


def test_nothing_signed_the_opening_items_are_computed_and_say_so(tmp_path: Path) -> None:
    result = receivables_to_ledger(small_company(tmp_path, RECEIVABLES, "2026-02"))
    assert tie_outs(result) == (None, None)
    assert result.tables["20.3"].title == (
        "Opening items, computed on today's books: nothing was signed for 2026-01, and what became of them"
    )
    assert opening(result)["20:document:unposted"] == (None, "-100.00", None, "computed", "cleared")
    assert amounts(result, "opening_items") == {"opening_items": "-100.00"}


def test_signed_without_items_is_not_the_same_as_not_signed(tmp_path: Path) -> None:
    """January was signed with nothing open: every item of January has appeared since."""
    small_company(tmp_path, RECEIVABLES)
    sign_figures(tmp_path / "books", SIGNED_WORKPAPER)
    result = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert tie_outs(result) == (("-100.00", "0.00"), (4, 0))
    assert {row[3] for row in opening(result).values()} == {"appeared", None}


NOT_THE_PRIOR_ITEMS = {
    "another period": "2025-12 _company 20 20:document:wrong -5.00 2025-12-01",
    "another workpaper": "2026-01 _company 21 20:document:wrong -5.00 2025-12-01",
    "another program": "2026-01 atlas 20 20:document:wrong -5.00 2025-12-01",
    "looked after, not signed": "2026-01 _company 20 20:document:wrong . 2025-12-01",
}


@pytest.mark.parametrize("case", NOT_THE_PRIOR_ITEMS)
def test_near_misses_are_not_the_signed_items(tmp_path: Path, case: str) -> None:
    small_company(tmp_path, RECEIVABLES)
    sign_items(tmp_path / "books", NOT_THE_PRIOR_ITEMS[case])
    result = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert tie_outs(result) == (None, None)
    assert items(result)["20:document:wrong"][1:3] == ("2026-01-15", "44")


def test_only_one_program_is_signed(tmp_path: Path) -> None:
    """A program reads its own signature; the other and the company have none."""
    small_company(tmp_path, RECEIVABLES)
    sign_items(tmp_path / "books", *(line.replace("_company", "atlas") for line in JANUARY))
    atlas, borealis, company = (
        receivables_to_ledger(scope_of(tmp_path / "books", "2026-02", p)) for p in ("atlas", "borealis", "_company")
    )
    assert tie_outs(atlas) == (("-100.00", "-100.00"), (4, 4))
    assert tie_outs(borealis) == tie_outs(company) == (None, None)


FOREIGN = """
    invoices
    invoice_id  invoice_date  total_amount  currency
    inv-1       2026-01-10    100.00        EUR

    gl_entries
    document_number  journal_id  effective_date  amount
    inv-1            j-1         2026-01-10      110.00

    fx_rates
    currency  rate_date   rate
    EUR       2026-01-10  1.10
    EUR       2026-01-31  1.12
    EUR       2026-02-28  1.15
    EUR       2026-03-31  1.16
"""


def test_the_first_date_is_kept_from_the_signed_item(tmp_path: Path) -> None:
    """A remeasurement is known at the ends of two months; as an item it is as old as when it was first signed."""
    small_company(tmp_path, FOREIGN)
    unsigned = receivables_to_ledger(scope_of(tmp_path / "books", "2026-02"))
    assert items(unsigned) == {"20:document:fx:EUR": ("in_subledger_not_in_gl", "2026-01-31", "28", "-5.00")}
    march = receivables_to_ledger(scope_of(tmp_path / "books", "2026-03"))
    assert items(march) == {"20:document:fx:EUR": ("in_subledger_not_in_gl", "2026-02-28", "31", "-6.00")}
    sign_items(tmp_path / "books", "2026-02 _company 20 20:document:fx:EUR -5.00 2026-01-31")
    signed = receivables_to_ledger(scope_of(tmp_path / "books", "2026-03"))
    assert items(signed) == {"20:document:fx:EUR": ("in_subledger_not_in_gl", "2026-01-31", "59", "-6.00")}
    assert opening(signed)["20:document:fx:EUR"] == ("-5.00", "-5.00", "-6.00", "as signed", "changed")
    sign_items(tmp_path / "books", "2026-02 _company 20 20:document:fx:EUR -5.00 2026-04-01")
    later = receivables_to_ledger(scope_of(tmp_path / "books", "2026-03"))
    assert items(later)["20:document:fx:EUR"][1] == "2026-02-28"


@pytest.mark.parametrize(
    ("ledger", "since"),
    [
        ("j-2 2026-02-05 9.00", "2026-02-05"),
        ("j-2 2026-01-20 9.00\n inv-1 j-3 2026-01-25 -9.00\n inv-1 j-4 2026-02-07 2.00", "2026-02-07"),
        ("j-2 2026-01-20 9.00\n inv-1 j-3 2026-02-25 -8.00", "2026-01-20"),
    ],
    ids=["right until February", "right again in between", "open ever since"],
)
def test_an_item_is_as_old_as_its_difference_not_as_its_document(tmp_path: Path, ledger: str, since: str) -> None:
    """An invoice that was posted right; what came later made the difference. The date is the same from each month on."""
    tables = f"""
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-01-10    100.00

        gl_entries
        document_number  journal_id  effective_date  amount
        inv-1            j-1         2026-01-10      100.00
        inv-1 {ledger}
    """
    small_company(tmp_path, tables)
    for period in ("2026-02", "2026-03"):
        found = items(receivables_to_ledger(scope_of(tmp_path / "books", period)))
        assert found["20:document:inv-1"][1] == since


def test_the_opening_balance_of_the_ledger_is_that_of_the_evening_before(tmp_path: Path) -> None:
    """In the ledger's first period the documents of the year before meet its opening balance: 10 is not explained by them."""
    tables = """
        invoices
        invoice_id  invoice_date  total_amount
        old         2025-12-10    450.00

        gl_entries
        document_number  journal_id  effective_date  amount
        other            j-1         2026-01-10      1.00

        account_balances
        account  period   opening_balance  closing_balance
        1200     2026-01  460.00           461.00
    """
    result = receivables_to_ledger(small_company(tmp_path, tables, "2026-01"))
    assert opening(result) == {
        "20:opening:1200:2026-01": (None, "10.00", "10.00", "computed", "open"),
        "Total": (None, "10.00", "10.00", None, None),
    }


def test_a_rate_missing_at_the_prior_period_end_stops_nothing(tmp_path: Path) -> None:
    """What is open at T does not need the rate of the prior T; the opening remeasurement is then left out."""
    result = receivables_to_ledger(
        small_company(tmp_path, FOREIGN.replace("    EUR       2026-01-31  1.12\n", ""), "2026-02")
    )
    assert amounts(result, "in_subledger_not_in_gl", "opening_items") == {
        "in_subledger_not_in_gl": "-5.00", "opening_items": "0.00",
    }  # fmt: skip


CASH = """
    cash_receipts
    receipt_id  receipt_date  amount  reference
    r-1         2026-01-20    500.00  W-1
    r-2         2026-01-25    60.00   W-2
    r-3         2026-02-10    70.00   W-3
    r-4         2026-01-28    5.00    W-4
    r-4         2026-01-29    6.00    W-5

    payouts
    payout_id  arrival_date  currency  amount  status
    po-1       2026-01-30    USD       33.00   paid
    po-2       2026-01-31    USD       44.00   in_transit

    bank_transactions
    bank_transaction_id  bank_account  value_date  currency  amount   reference
    b-1                  main          2026-01-15  USD       12.00    X
    b-2                  main          2026-02-03  USD       500.00   W-1
    b-3                  main          2026-02-04  USD       33.00    .

    gl_entries
    document_number  journal_id  account  effective_date  amount
    r-1              j-1         1000     2026-01-20      500.00
"""

OPEN_IN_JANUARY = (
    "2026-01 _company 21 21:cash_receipts:r-1 500.00 2026-01-20",
    "2026-01 _company 21 21:cash_receipts:r-2 60.00 2025-12-31",
    "2026-01 _company 21 21:cash_receipts:r-4 5.00 2026-01-28",
    "2026-01 _company 21 21:cash_receipts:r-4#2 6.00 2026-01-29",
    "2026-01 _company 21 21:payouts:po-1 33.00 2026-01-30",
    "2026-01 _company 21 21:payouts:po-2 44.00 2026-01-31",
    "2026-01 _company 21 21:bank_transactions:b-1 12.00 2026-01-15",
)


def test_cash_items_are_carried_and_cleared_by_what_they_match(tmp_path: Path) -> None:
    """A receipt and a payout reach the bank in February; the rest stays open, a doubled key is two items."""
    small_company(tmp_path, CASH)
    sign_items(tmp_path / "books", *OPEN_IN_JANUARY)
    result = cash_and_payouts(scope_of(tmp_path / "books", "2026-02"))
    assert items(result, "21.4") == {
        "21:cash_receipts:r-2": ("unmatched_receipts", "2025-12-31", "59", "60.00"),
        "21:cash_receipts:r-4": ("unmatched_receipts", "2026-01-28", "31", "5.00"),
        "21:cash_receipts:r-4#2": ("unmatched_receipts", "2026-01-29", "30", "6.00"),
        "21:payouts:po-2": ("payout_not_paid", "2026-01-31", "28", "44.00"),
        "21:cash_receipts:r-3": ("unmatched_receipts", "2026-02-10", "18", "70.00"),
        "21:bank_transactions:b-1": ("unmatched_bank", "2026-01-15", "44", "12.00"),
    }
    assert opening(result, "21.7") == {
        "21:bank_transactions:b-1": ("12.00", "12.00", "12.00", "as signed", "open"),
        "21:cash_receipts:r-1": ("500.00", "500.00", None, "as signed", "cleared"),
        "21:cash_receipts:r-2": ("60.00", "60.00", "60.00", "as signed", "open"),
        "21:cash_receipts:r-4": ("5.00", "5.00", "5.00", "as signed", "open"),
        "21:cash_receipts:r-4#2": ("6.00", "6.00", "6.00", "as signed", "open"),
        "21:payouts:po-1": ("33.00", "33.00", None, "as signed", "cleared"),
        "21:payouts:po-2": ("44.00", "44.00", "44.00", "as signed", "open"),
        "Total": ("660.00", "660.00", "127.00", None, None),
    }
    assert (because(result, "21:cash_receipts:r-1", "21.7") or "").startswith("bank b-2 of 2026-02-03 over 500.00 (")
    assert (because(result, "21:payouts:po-1", "21.7") or "").startswith("bank b-3 of 2026-02-04 over 33.00 (")
    assert tie_outs(result) == (("660.00", "660.00"), (7, 7))
    assert [id for id, table in result.tables.items() if table.subjects] == ["21.4"]


def test_a_payout_that_is_paid_changes_its_class_and_keeps_its_id(tmp_path: Path) -> None:
    paid = CASH.replace("44.00   in_transit", "44.00   paid")
    for folder, text, expected in (("a", CASH, "payout_not_paid"), ("b", paid, "unmatched_payouts")):
        result = cash_and_payouts(small_company(tmp_path / folder, text, "2026-02"))
        assert items(result, "21.4")["21:payouts:po-2"][0] == expected


def test_cash_items_of_an_unsigned_company_are_computed(tmp_path: Path) -> None:
    """A receipt that is banked earlier than it was closed vanishes without a trace when nobody signed; the title says so."""
    result = cash_and_payouts(small_company(tmp_path, CASH, "2026-02"))
    assert tie_outs(result) == (None, None)
    assert "computed on today's books: nothing was signed for 2026-01" in result.tables["21.7"].title
    assert amounts(result, "opening_items") == {"opening_items": "660.00"}


def test_a_bank_line_dated_back_makes_a_signed_item_vanish(tmp_path: Path) -> None:
    """The bank's line of the receipt is entered in January, which was signed with the receipt open."""
    small_company(tmp_path, CASH.replace("2026-02-03  USD       500.00", "2026-01-22  USD       500.00"))
    sign_items(tmp_path / "books", *OPEN_IN_JANUARY)
    result = cash_and_payouts(scope_of(tmp_path / "books", "2026-02"))
    assert opening(result, "21.7")["21:cash_receipts:r-1"] == ("500.00", None, None, "vanished", None)
    assert (because(result, "21:cash_receipts:r-1", "21.7") or "").startswith("bank b-2 of 2026-01-22")
    assert tie_outs(result) == (("160.00", "660.00"), (7, 6))


def test_more_items_than_a_document_holds_go_on_in_the_next_schedule() -> None:
    """Every row stands once, its subject beside it."""
    count = 2 * ROWS_AT_MOST + 1
    frame = pd.DataFrame({"item": [f"i-{n}" for n in range(count)], "amount": [Decimal(n) for n in range(count)]})
    parts = in_parts("20.2", Table("Items", frame, subjects=tuple((n, f"i-{n}", 1) for n in range(count))))
    assert list(parts) == ["20.2", "20.2.2", "20.2.3"]
    assert [len(part.frame) for part in parts.values()] == [ROWS_AT_MOST, ROWS_AT_MOST, 1]
    for part in parts.values():
        assert [part.frame.iloc[row, 0] for row, _, _ in part.subjects] == [subject for _, subject, _ in part.subjects]
    assert sum(len(part.subjects) for part in parts.values()) == count
