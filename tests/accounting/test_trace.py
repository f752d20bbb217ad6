"""The two-way walk: what leads from any row to the order and to the cash, and what does not."""

from pathlib import Path

import pytest

from close_library.accounting import trace, walk_through
from close_library.accounting.purchase_orders.trace import COLUMNS, STARTS
from close_library.errors import BooksError
from close_library.evidence import Scope
from tests.accounting.orders import order_company

TABLES = {
    "programs": "atlas",
    "contracts": "c-1\nc-2",
    "contract_lines": "u c-1 usage as_delivered 10.00\ns c-2 subscription ratable_monthly . 120.00 2026-01-01 2026-12-31",
    "purchase_orders": "PO-1 900.00 c-1 2026-01-01\nPO-2 300.00 c-2 2026-02-01",
    "po_amendments": "PO-1 1 2026-05-01 10.00\nPO-1 2 2026-06-01 10.00",
    "deliveries": """
        d-1 u PO-1 2026-05-01 2026-05-02 1 1
        d-2 u PO-1 2026-05-03 2026-05-04 2 2
        d-3 u PO-1 2026-05-05 . 3 . rejected
        d-9 u PO-1 2026-06-01 . 9 . delivered
    """,
    "invoices": """
        inv-1 PO-1 2026-05-10 10.00
        inv-2 PO-1 2026-05-11 20.00
        inv-3 PO-2 2026-05-12 120.00
        inv-4 PO-1 2026-05-13 20.00 . invoice void
        memo  PO-1 2026-05-14 -5.00 . credit_memo
    """,
    "invoice_lines": """
        inv-1 1 u 10.00 d-1
        inv-2 1 u 20.00 d-2
        inv-3 1 s 120.00
        inv-4 1 u 20.00 d-2
        memo  1 u -5.00
    """,
    "cash_receipts": "r-1 2026-05-20 130.00\nr-2 2026-05-21 15.00",
    "cash_applications": """
        x-1 r-1 inv-1 2026-05-20 10.00
        x-2 r-1 inv-3 2026-05-20 120.00
        x-3 r-2 inv-2 2026-05-21 15.00
        x-4 .   inv-2 2026-05-21 5.00 . . memo
    """,
    "gl_entries": """
        j-1 1 2026-05-10 1200 10.00  inv-1
        j-1 2 2026-05-10 4000 -10.00 inv-1
        j-2 1 2026-05-11 1200 20.00  inv-2
        j-3 1 2026-05-20 1000 130.00 r-1
        j-4 1 2026-06-20 1000 1.00   r-1
        j-5 1 2026-05-21 1000 7.00
    """,
}


@pytest.fixture(scope="module")
def scope(tmp_path_factory: pytest.TempPathFactory) -> Scope:
    return order_company(tmp_path_factory.mktemp("trace"), **TABLES)


def walked(scope: Scope, table: str, key: str) -> dict[str, list[str]]:
    """Table → keys that a walk reaches."""
    found: dict[str, list[str]] = {}
    for row in trace(scope, table, key).to_dict("records"):
        found.setdefault(row["table"], []).append(row["key"])
    return {table: sorted(keys) for table, keys in found.items()}


ORDER_2 = {
    "purchase_orders": ["PO-2"],
    "contracts": ["c-2"],
    "contract_lines": ["s"],
    "invoices": ["inv-3"],
    "invoice_lines": ["inv-3:1"],
    "revenue": ["s"] * 5,
    "gl_entries": ["j-3:1"],
    "cash_applications": ["x-2"],
    "cash_receipts": ["r-1"],
}

DELIVERY_1 = {
    "purchase_orders": ["PO-1"],
    "po_amendments": ["PO-1:1"],
    "contracts": ["c-1"],
    "contract_lines": ["u"],
    "deliveries": ["d-1"],
    "invoices": ["inv-1"],
    "invoice_lines": ["inv-1:1"],
    "revenue": ["d-1"],
    "gl_entries": ["j-1:1", "j-1:2", "j-3:1"],
    "cash_applications": ["x-1"],
    "cash_receipts": ["r-1"],
}


@pytest.mark.parametrize(
    ("table", "key"),
    [("purchase_orders", "PO-2"), ("contracts", "c-2"), ("contract_lines", "s"), ("invoices", "inv-3"),
     ("invoice_lines", "inv-3:1"), ("cash_applications", "x-2")],
)  # fmt: skip
def test_everything_about_an_order_from_any_of_its_rows(scope: Scope, table: str, key: str) -> None:
    assert walked(scope, table, key) == ORDER_2


@pytest.mark.parametrize(
    ("table", "key"),
    [("deliveries", "d-1"), ("invoices", "inv-1"), ("invoice_lines", "inv-1:1"), ("cash_applications", "x-1"),
     ("gl_entries", "j-1"), ("gl_entries", "j-1:2")],
)  # fmt: skip
def test_a_row_leads_to_its_order_and_its_cash_and_not_to_its_siblings(scope: Scope, table: str, key: str) -> None:
    assert walked(scope, table, key) == DELIVERY_1


def test_where_a_receipt_went(scope: Scope) -> None:
    """r-1 paid two invoices of two orders: each with its own way, and nothing of inv-2."""
    both = {table: sorted({*ORDER_2.get(table, []), *DELIVERY_1.get(table, [])}) for table in {*ORDER_2, *DELIVERY_1}}
    assert walked(scope, "cash_receipts", "r-1") == both | {"revenue": ["d-1", *["s"] * 5]}
    assert walked(scope, "gl_entries", "j-3") == both | {"revenue": ["d-1", *["s"] * 5]}


def test_an_order_shows_voids_and_rejected_rows_with_their_status(scope: Scope) -> None:
    found = trace(scope, "purchase_orders", "PO-1")
    assert tuple(found.columns) == COLUMNS
    status = {row["key"]: row["status"] for row in found.to_dict("records")}
    assert (status["inv-4"], status["d-3"], status["inv-1"]) == ("void", "rejected", "posted")
    assert "d-9" not in status
    assert list(found["step"]) == sorted(found["step"])


def test_a_memo_leads_to_what_it_settled(scope: Scope) -> None:
    found = walked(scope, "invoices", "memo")
    assert (found["invoices"], found["cash_applications"]) == (["inv-2", "memo"], ["x-4"])


def test_amounts_and_lines_of_the_files(scope: Scope) -> None:
    rows = {row["table"]: row for row in trace(scope, "deliveries", "d-2").to_dict("records")}
    told = {
        table: (f"{row['amount']:.2f}", row["file"], row["line"])
        for table, row in rows.items()
        if row["step"] in (5, 8, 11)
    }
    assert told == {
        "deliveries": ("20.00", "deliveries.csv", 3),
        "revenue": ("20.00", "deliveries.csv", 3),
        "cash_receipts": ("15.00", "cash_receipts.csv", 3),
    }


def test_a_journal_line_that_names_nothing_leads_to_itself(scope: Scope) -> None:
    assert walked(scope, "gl_entries", "j-5") == {"gl_entries": ["j-5:1"]}


@pytest.mark.parametrize("table", STARTS)
def test_a_key_that_no_row_has_is_refused(scope: Scope, table: str) -> None:
    with pytest.raises(BooksError, match="nothing leads from it's not there"):
        trace(scope, table, "it's not there")


def test_a_walk_starts_only_on_the_way(scope: Scope) -> None:
    with pytest.raises(BooksError, match="no walk starts in vendors"):
        trace(scope, "vendors", "v-1")


def test_the_largest_collection_is_walked_both_ways(scope: Scope, tmp_path: Path) -> None:
    tables = walk_through(scope).tables
    assert [table.title for table in tables.values()] == [
        "Purchase order PO-2 to cash",
        "Receipt r-1 back to its orders",
    ]
    alone = walk_through(order_company(tmp_path / "alone", purchase_orders="PO-1 9.00")).tables
    assert [table.title for table in alone.values()] == ["Purchase order PO-1 to cash"]
    assert walk_through(order_company(tmp_path / "none")).tables == {}


def test_a_long_step_is_shortened_by_currency(tmp_path: Path) -> None:
    """130 invoices in dollars and 110 in euros, of which the first 99 each are shown; the line for the others adds them up."""
    invoices = [f"u-{n:03} PO-1 2026-05-{1 + n % 28:02} {n}.00" for n in range(1, 131)]
    invoices += [f"e-{n:03} PO-1 2026-05-{1 + n % 14:02} {n}.00 . invoice posted EUR" for n in range(1, 111)]
    scope = order_company(
        tmp_path,
        purchase_orders="PO-1 900.00",
        invoices="\n".join(invoices),
        invoice_lines="\n".join(f"{line.split()[0]} 1 u 1.00" for line in invoices),
        cash_receipts="r-1 2026-05-20 1.00",
        cash_applications="x-1 r-1 u-001 2026-05-20 1.00",
        fx_rates="EUR 2026-01-01 1.10",
    )
    whole = trace(scope, "purchase_orders", "PO-1")
    shown = walk_through(scope).tables["50.3"].frame
    whole, shown = (frame[frame["table"] == "invoices"] for frame in (whole, shown))
    for currency, others in (("USD", 31), ("EUR", 11)):
        all_rows, some = (frame[frame["currency"] == currency] for frame in (whole, shown))
        assert list(some["key"]) == [*all_rows["key"][:99], f"and {others} more"]
        assert list(some["amount"])[-1] == sum(all_rows["amount"][99:])
        assert list(some["date"])[-1] == list(all_rows["date"])[-1]
        assert sum(some["amount"]) == sum(all_rows["amount"])
