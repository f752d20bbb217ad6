"""Workpaper 24 over small ledgers worked by hand: work, invoices, payments, accrual and ledger."""

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import (
    invoices_that_foot,
    rolled_accrual,
    vendor_figure,
    vendor_payables_to_ledger,
    work_with_rates,
)
from close_library.accounting.vendors.vendor_payables import LABELS
from close_library.errors import BooksError, ParameterError
from close_library.evidence import Scope
from tests.accounting.vendors import same_books, vendor_company
from tests.ledgers import amounts, found, scope_of

MEASURES = tuple(LABELS)


def measured(scope: Scope) -> str:
    """Approved work, invoiced, paid, payable, accrued: the five measures in a line, each equal to the sum of its rows."""
    result = vendor_payables_to_ledger(scope)
    for figure in result.figures.values():
        assert figure.population is not None
        assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id
    return " ".join(amounts(result, *MEASURES).values())


CHAIN = {
    "vendor_rates": "base 0.5",
    "vendor_work": """
        w-1  2026-04-10  100  pat  2026-04-12
        w-2  2026-04-30  100  pat  2026-05-04
        w-3  2026-05-20  80   pat  2026-05-22
        w-4  2026-05-21  80   .    .
    """,
    "vendor_invoices": """
        i-1  2026-05-05  57.00  paid
        i-2  2026-06-05  90.00  approved
    """,
    "vendor_invoice_lines": """
        i-1  1  50.00  w-1  100  0.5
        i-1  2  7.00   .
        i-2  1  50.00  w-2  100  0.5
        i-2  2  40.00  w-3  80   0.5
    """,
    "vendor_payments": """
        p-1  2026-06-20  57.00  i-1  R-1
    """,
    "gl_entries": """
        j-1  2026-04-30  5000  100.00  .
        j-1b  2026-04-30  2100  -100.00 .
        j-2  2026-05-05  2100  50.00   i-1
        j-2b 2026-05-05  5000  7.00    i-1
        j-2c 2026-05-05  2000  -57.00  i-1
        j-3  2026-05-31  5000  40.00   .
        j-3b 2026-05-31  2100  -40.00  .
        j-4  2026-06-05  2100  90.00   i-2
        j-4b 2026-06-05  2000  -90.00  i-2
        j-5  2026-06-20  2000  57.00   p-1
    """,
}
"""April: two rows of work, one approved in May. May: one is billed with a fee. June: the rest is billed, May's is paid."""


def test_work_becomes_accrual_then_payable_then_payment_and_the_ledger_agrees(tmp_path: Path) -> None:
    scope = vendor_company(tmp_path, **CHAIN)
    assert {
        period: measured(same_books(scope, period)) for period in [f"2026-{month:02d}" for month in range(3, 8)]
    } == {
        "2026-03": "0.00 0.00 0.00 0.00 0.00",
        "2026-04": "100.00 0.00 0.00 0.00 100.00",
        "2026-05": "47.00 57.00 0.00 57.00 90.00",
        "2026-06": "0.00 90.00 57.00 90.00 0.00",
        "2026-07": "0.00 0.00 0.00 90.00 0.00",
    }
    for period in ("2026-04", "2026-05", "2026-06"):
        at = same_books(scope, period)
        result = vendor_payables_to_ledger(at)
        for id in MEASURES:
            assert result.figures[id].money == result.figures[f"{id}_general_ledger"].money, (period, id)
        assert rolled_accrual(at) == result.vendor_accrual.money
        assert list(result.tables["24.4"].frame["document"]) == []
        assert found(result) == []


def test_work_waits_until_an_approved_or_paid_invoice_of_the_period_names_it(tmp_path: Path) -> None:
    """A received, a void or a later invoice takes nothing out of the accrual; an invoice may come before the work."""
    scope = vendor_company(
        tmp_path,
        vendor_rates="base 0.01",
        vendor_work="""
            received 2026-05-01 100
            void     2026-05-01 200
            later    2026-05-01 400
            on-T     2026-05-01 800
            ahead    2026-06-01 1600
            named    2026-05-31 3200
            refused  2026-05-31 6400 .
        """,
        vendor_invoices="""
            r  2026-05-10  1  received
            v  2026-05-10  2  void
            l  2026-06-01  4  paid
            t  2026-05-31  8  paid
            a  2026-05-31  16 approved
        """,
        vendor_invoice_lines="""
            r 1 1 received
            v 1 2 void
            l 1 4 later
            t 1 8 on-T
            a 1 16 ahead
        """,
    )
    assert measured(scope) == "47.00 24.00 0.00 24.00 39.00"
    june = same_books(scope, "2026-06")
    assert amounts(vendor_payables_to_ledger(june), "approved_work", "vendor_accrual") == {
        "approved_work": "16.00",
        "vendor_accrual": "35.00",
    }
    assert [rolled_accrual(scope), rolled_accrual(june)] == [Decimal("39.00"), Decimal("35.00")]


def test_work_counts_by_its_day_whenever_it_was_approved(tmp_path: Path) -> None:
    scope = vendor_company(
        tmp_path,
        vendor_rates="base 0.5",
        vendor_work="w-1 2026-05-31 100 pat 2026-08-20\nw-2 2026-06-01 100 pat 2026-06-01",
    )
    assert measured(scope) == "50.00 0.00 0.00 0.00 50.00"


def test_lines_that_name_no_work_cost_what_they_say_on_approved_and_paid_invoices(tmp_path: Path) -> None:
    """A line that names work that nobody knows is invoiced and costs nothing."""
    scope = vendor_company(
        tmp_path,
        vendor_invoices="""
            i-1  2026-05-01  1   approved
            i-2  2026-05-31  2   paid
            i-3  2026-05-02  4   received
            i-4  2026-05-02  8   void
            i-5  2026-04-30  16  paid
            i-6  2026-05-02  32  paid
        """,
        vendor_invoice_lines="\n".join(f"i-{n} 1 {2 ** (n - 1)} {'unknown' if n == 6 else '.'}" for n in range(1, 7)),
    )
    assert measured(scope) == "3.00 35.00 0.00 51.00 0.00"


def test_payments_belong_to_their_invoice_s_program_or_to_none(tmp_path: Path) -> None:
    """A payment of a void invoice, of none, or of one that is not dated yet makes the payable negative."""
    scope = vendor_company(
        tmp_path,
        programs="atlas\nborealis",
        vendor_invoices="""
            a-1   2026-05-01  10.00  paid      v-1  atlas
            b-1   2026-05-01  20.00  approved  v-1  borealis
            void  2026-05-01  5.00   void      v-1  borealis
            june  2026-06-01  3.00   approved  v-1  borealis
        """,
        vendor_invoice_lines="a-1 1 10.00\nb-1 1 20.00",
        vendor_payments="""
            p-1  2026-05-10  4.00  a-1
            p-2  2026-05-10  5.00  void
            p-3  2026-05-10  1.00  .
            p-4  2026-05-10  3.00  june
            p-5  2026-06-10  6.00  a-1
        """,
    )
    assert {
        program: measured(same_books(scope, "2026-05", program)) for program in ("_company", "atlas", "borealis")
    } == {
        "_company": "30.00 30.00 13.00 17.00 0.00",
        "atlas": "10.00 10.00 4.00 6.00 0.00",
        "borealis": "20.00 20.00 8.00 12.00 0.00",
    }
    by_program = vendor_payables_to_ledger(scope).tables["24.2"].frame
    assert list(by_program["program"]) == ["atlas", "borealis", "no program", "Total"]
    assert [f"{amount:.2f}" for amount in by_program["vendor_payable"]] == ["6.00", "12.00", "-1.00", "17.00"]


def test_doubled_documents_all_count_and_a_look_up_takes_the_first(tmp_path: Path) -> None:
    """Two rows of one invoice: both are payable, its lines and payments count once, on the first row's date."""
    scope = vendor_company(
        tmp_path,
        vendor_rates="base 0.5",
        vendor_work="w-1 2026-05-01 100\nw-1 2026-05-01 100\nw-2 2026-05-01 10",
        vendor_invoices="i-1 2026-05-02 50.00\ni-1 2026-06-02 50.00",
        vendor_invoice_lines="i-1 1 50.00 w-1",
        vendor_payments="p-1 2026-05-20 20.00 i-1",
    )
    assert measured(scope) == "105.00 50.00 20.00 30.00 5.00"
    assert measured(same_books(scope, "2026-06")) == "0.00 0.00 0.00 80.00 5.00"


def test_foreign_documents_stand_at_their_day_s_rate_and_balances_at_that_of_T(tmp_path: Path) -> None:
    """EUR 100 billed, 40 paid in EUR and 22 USD at 1.1, which are EUR 20: EUR 40 are open. Accrued: EUR 12.63."""
    scope = vendor_company(
        tmp_path,
        vendors="v-1 EUR",
        vendor_rates="base 0.125",
        vendor_work="w-1 2026-05-02 101",
        vendor_invoices="i-1 2026-05-03 100.00 approved v-1 atlas EUR",
        vendor_invoice_lines="i-1 1 100.00",
        vendor_payments="p-1 2026-05-04 40.00 i-1 A v-1 EUR\np-2 2026-05-05 22.00 i-1 B v-1 USD",
        fx_rates="""
            EUR 2026-05-02 1.3
            EUR 2026-05-03 1.2
            EUR 2026-05-04 1.15
            EUR 2026-05-05 1.1
            EUR 2026-05-31 1.05
        """,
    )
    assert measured(scope) == "136.42 120.00 68.00 42.00 13.26"
    assert rolled_accrual(scope) == Decimal("13.26")


@pytest.mark.parametrize(
    ("rates", "missing"),
    [
        ("EUR 2026-05-02 1\nEUR 2026-05-03 1\nEUR 2026-05-04 1", "EUR, 2026-05-31"),
        ("EUR 2026-05-02 1\nEUR 2026-05-03 1\nEUR 2026-05-31 1", "EUR, 2026-05-04"),
        ("EUR 2026-05-02 1\nEUR 2026-05-04 1\nEUR 2026-05-31 1", "EUR, 2026-05-03"),
        ("EUR 2026-05-03 1\nEUR 2026-05-04 1\nEUR 2026-05-31 1", "EUR, 2026-05-02"),
    ],
)
def test_a_missing_rate_is_named_and_nothing_is_guessed(tmp_path: Path, rates: str, missing: str) -> None:
    """The rates of the work, the invoice, the payment (in dollars) and T are all needed."""
    scope = vendor_company(
        tmp_path,
        vendors="v-1 EUR",
        vendor_rates="base 0.5",
        vendor_work="w-1 2026-05-02",
        vendor_invoices="i-1 2026-05-03 100.00 approved v-1 atlas EUR",
        vendor_invoice_lines="i-1 1 100.00",
        vendor_payments="p-1 2026-05-04 40.00 i-1 A v-1 USD",
        fx_rates=rates,
    )
    with pytest.raises(BooksError) as refused:
        vendor_payables_to_ledger(scope)
    assert [fault.where for fault in refused.value.faults] == [f"fx_rates, {missing}"]


def test_the_ledger_is_compared_by_role_and_each_difference_named(tmp_path: Path) -> None:
    """Credits and debits of the period, balances with the opening balance; documents that stand otherwise in the ledger."""
    scope = vendor_company(
        tmp_path,
        vendor_invoices="i-1 2026-05-03 100.00\ni-2 2026-05-04 10.00",
        vendor_invoice_lines="i-1 1 100.00\ni-2 1 10.00",
        vendor_payments="p-1 2026-05-04 40.00 i-1",
        gl_entries="""
            j-1 2026-05-03 2000 -90.00 i-1
            j-2 2026-05-04 2000 -10.00 i-2
            j-3 2026-05-04 2000 35.00  p-1
            j-4 2026-05-05 5000 3.00   .
            j-5 2026-05-05 2100 -3.00  .
            j-6 2026-04-30 2000 -1.00  old
        """,
        account_balances="2000 2026-04 -7.00 -8.00\n2100 2026-04 -2.00 -2.00",
    )
    result = vendor_payables_to_ledger(scope)
    booked = {id: figure.money for id, figure in result.figures.items() if id.endswith("_general_ledger")}
    assert [f"{amount:.2f}" for amount in booked.values()] == ["3.00", "100.00", "35.00", "73.00", "5.00"]
    rows = result.tables["24.4"].frame.to_dict("records")
    assert [(row["document"], row["kind"], f"{row['difference']:.2f}") for row in rows] == [
        ("i-1", "invoice", "-10.00"),
        ("p-1", "payment", "-5.00"),
    ]
    program = vendor_payables_to_ledger(same_books(scope, "2026-05", "atlas"))
    assert amounts(program, "vendor_payable_general_ledger") == {"vendor_payable_general_ledger": "66.00"}


def test_an_account_that_nobody_named_is_asked_for(tmp_path: Path) -> None:
    scope = vendor_company(tmp_path, vendor_invoices="i-1 2026-05-03 100.00")
    with pytest.raises(ParameterError, match="vendor_cost"):
        vendor_payables_to_ledger(scope_of(scope.books.directory, "2026-05"))
    assert vendor_figure(scope_of(scope.books.directory, "2026-05"), "vendor_payable").money == Decimal("100.00")


def test_work_without_a_base_rate_and_invoices_that_do_not_foot_are_counted(tmp_path: Path) -> None:
    scope = vendor_company(
        tmp_path,
        vendor_rates="base 0.5\nbonus 0.1 2026-01-01 . . audio",
        vendor_work="w-1 2026-05-01\nw-2 2026-05-01 1 pat 2026-05-02 v-1 audio\nw-3 2026-05-01 1 . . v-1 audio\nw-4 2026-06-01",
        vendor_invoices="i-1 2026-05-03 100.00\ni-2 2026-05-03 10.00\ni-3 2026-05-03 10.00 void\ni-4 2026-05-03 5.00",
        vendor_invoice_lines="i-1 1 60.00\ni-1 2 40.00\ni-2 1 9.99",
    )
    assert work_with_rates(scope) == (Decimal(1), Decimal(2))
    assert invoices_that_foot(scope) == (Decimal(1), Decimal(3))


def test_invoices_whose_payments_exceed_them_at_T(tmp_path: Path) -> None:
    """Paid in full, overpaid after T, and an unpaid credit note are near misses; an overpaid one stays until it is cleared."""
    scope = vendor_company(
        tmp_path,
        vendor_invoices="""
            full      2026-05-01  10.00   paid
            over      2026-03-01  10.00   paid
            later     2026-05-01  10.00   paid
            void      2026-05-01  10.00   void
            received  2026-05-01  10.00   received
            credit    2026-05-01  -10.00  approved
            returned  2026-03-01  10.00   paid
        """,
        vendor_payments="""
            p-1  2026-05-10  10.00  full      A
            p-2  2026-03-10  10.00  over      B
            p-3  2026-03-11  0.01   over      C
            p-4  2026-05-10  10.00  later     D
            p-5  2026-06-01  10.00  later     E
            p-6  2026-05-10  4.00   void      F
            p-7  2026-05-10  12.00  received  G
            p-8  2026-03-10  20.00  returned  H
            p-9  2026-05-31  -10.00 returned  I
        """,
    )
    at = {
        period: found(vendor_payables_to_ledger(same_books(scope, period)))
        for period in ("2026-04", "2026-05", "2026-06")
    }
    assert at["2026-04"] == [("vendor_overpaid", "over", "0.01"), ("vendor_overpaid", "returned", "10.00")]
    assert at["2026-05"] == [
        ("vendor_overpaid", "over", "0.01"),
        ("vendor_overpaid", "received", "2.00"),
        ("vendor_overpaid", "void", "4.00"),
    ]
    assert ("vendor_overpaid", "later", "10.00") in at["2026-06"]


def test_payments_of_one_vendor_amount_and_reference_within_thirty_days(tmp_path: Path) -> None:
    """The thirtieth day is within, the thirty-first is not; an empty reference equals nothing."""
    pairs = {
        "same-day": ("2026-05-01 7.00 . A v-1", "2026-05-01 7.00 . A v-1"),
        "day-30": ("2026-04-01 8.00 . B v-1", "2026-05-01 8.00 . B v-1"),
        "day-31": ("2026-04-01 9.00 . C v-1", "2026-05-02 9.00 . C v-1"),
        "other-amount": ("2026-05-01 10.00 . D v-1", "2026-05-02 10.01 . D v-1"),
        "other-reference": ("2026-05-01 11.00 . E v-1", "2026-05-02 11.00 . F v-1"),
        "no-reference": ("2026-05-01 12.00 . . v-1", "2026-05-02 12.00 . . v-1"),
        "other-vendor": ("2026-05-01 13.00 . G v-1", "2026-05-02 13.00 . G v-2"),
        "other-currency": ("2026-05-01 14.00 . H v-1 USD", "2026-05-02 14.00 . H v-1 EUR"),
        "in-june": ("2026-05-31 15.00 . I v-1", "2026-06-01 15.00 . I v-1"),
    }
    rows = "\n".join(f"{name}-{n} {row}" for name, pair in pairs.items() for n, row in enumerate(pair, start=1))
    scope = vendor_company(
        tmp_path,
        vendor_invoices="i-1 2026-05-01 1.00",
        vendor_payments=rows,
        fx_rates="EUR 2026-05-02 1.1\nEUR 2026-05-31 1.1",
    )
    assert found(vendor_payables_to_ledger(scope)) == [
        ("vendor_payment_duplicate", "day-30-2", "8.00"),
        ("vendor_payment_duplicate", "same-day-2", "7.00"),
    ]
    assert found(vendor_payables_to_ledger(same_books(scope, "2026-05", "atlas"))) == []


def test_a_program_sees_its_own_payments_findings(tmp_path: Path) -> None:
    """A chain of three is two findings; the company raises them under the same keys."""
    scope = vendor_company(
        tmp_path,
        programs="atlas\nborealis",
        vendor_invoices="a 2026-04-01 90.00 paid v-1 atlas\nb 2026-04-01 30.00 paid v-1 borealis",
        vendor_payments="""
            p-1  2026-05-01  30.00  a  R
            p-2  2026-05-20  30.00  b  R
            p-3  2026-05-31  30.00  a  R
        """,
    )
    second, third = (("vendor_payment_duplicate", f"p-{n}", "30.00") for n in (2, 3))
    assert found(vendor_payables_to_ledger(scope)) == [second, third]
    assert found(vendor_payables_to_ledger(same_books(scope, "2026-05", "atlas"))) == [third]
    assert found(vendor_payables_to_ledger(same_books(scope, "2026-05", "borealis"))) == [second]
