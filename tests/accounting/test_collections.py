"""Aging findings and collections ratios, with the published figures where there are some."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import aging, aging_and_collections, collections
from close_library.books import Books, seal
from close_library.evidence import Scope
from close_library.parameters import COMPANY, load_parameters
from close_library.period import Period
from tests.ledgers import amounts, found, small_company

SHARED = Path(__file__).parents[2].parent / "shared"


def test_golden_16_dso_best_possible_dso_and_add(tmp_path: Path) -> None:
    """Sales 10,000,000, receivables 1,200,000, not due 800,000, 365 days: 43.8, 29.2, 14.6."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  due_date    total_amount
        paid        2026-03-01    2026-04-01  8800000.00
        due         2026-04-01    2026-05-01  400000.00
        not-due     2026-12-01    2027-01-01  800000.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-04-01    8800000.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         paid        2026-04-01        8800000.00
    """,
        "2026-12",
    )
    result = collections(scope, date(2026, 1, 1), date(2026, 12, 31))
    assert amounts(result, "dso", "best_possible_dso", "average_days_delinquent") == {
        "dso": "43.80",
        "best_possible_dso": "29.20",
        "average_days_delinquent": "14.60",
    }


@pytest.mark.parametrize(
    ("name", "opening", "sales", "closing", "not_due", "index"),
    [
        ("golden 16", "1000000.00", "600000.00", "900000.00", "700000.00", "77.7778"),
        (
            "creditguru.com, house convention: sales of the period are not divided by three",
            "6200.00",
            "10890.00",
            "6340.00",
            "3590.00",
            "79.6296",
        ),
    ],
)
def test_collection_effectiveness(
    tmp_path: Path, name: str, opening: str, sales: str, closing: str, not_due: str, index: str
) -> None:
    cash, old, overdue = (
        Decimal(opening) + Decimal(sales) - Decimal(closing),
        Decimal(opening) - Decimal(not_due),
        Decimal(closing) - Decimal(not_due),
    )
    scope = small_company(
        tmp_path,
        f"""
        invoices
        invoice_id  invoice_date  due_date    total_amount
        old         2026-04-01    2026-05-01  {old}
        not-due     2026-04-01    2026-06-30  {not_due}
        new         2026-05-02    2026-05-10  {sales}

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-20    {cash}

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         old         2026-05-20        {old}
        x-2             r-1         new         2026-05-20        {cash - old}
    """,
    )
    result = aging_and_collections(scope)
    assert amounts(result, "total", "not_due", "days_1_30", "collection_effectiveness") == {
        "not_due": not_due,
        "days_1_30": f"{overdue:.2f}",
        "total": closing,
        "collection_effectiveness": index,
    }, name


def test_a_ratio_without_sales_is_not_defined(tmp_path: Path) -> None:
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  document_type  invoice_date  total_amount  tax_amount
        old         invoice        2026-04-01    100.00        .
        new         invoice        2026-05-01    12.00         2.00
        memo        credit_memo    2026-05-02    -11.00        -1.00
    """,
    )
    result = aging_and_collections(scope)
    assert amounts(result, "credit_sales", "dso", "best_possible_dso", "average_days_delinquent") == {
        "credit_sales": "0.00",
        "dso": "n/a",
        "best_possible_dso": "n/a",
        "average_days_delinquent": "n/a",
    }


def test_invoices_past_due_by_more_than_ninety_days(tmp_path: Path) -> None:
    """Exactly ninety days, overpaid, paid and undated ones are near misses."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  due_date    total_amount
        day-90      2026-01-01    2026-03-02  10.00
        day-91      2026-01-01    2026-03-01  20.00
        overpaid    2026-01-01    2026-01-31  30.00
        undated     2026-01-01    .           40.00

        cash_receipts
        receipt_id  receipt_date  amount
        r-1         2026-05-30    35.00

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             r-1         overpaid    2026-05-30        35.00
    """,
    )
    assert found(aging_and_collections(scope)) == [("invoice_past_due", "day-91", "20.00")]


def test_receipts_unapplied_for_more_than_thirty_days(tmp_path: Path) -> None:
    """Exactly thirty days, applied later than T, and refunded ones: only what is unapplied at T counts."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-04-01    100.00

        cash_receipts
        receipt_id  receipt_date  amount  reference
        day-30      2026-05-01    10.00   a
        day-31      2026-04-30    20.00   b
        part        2026-04-01    30.00   c
        refunded    2026-04-01    40.00   d
        half        2026-04-01    50.00   e
        refund-d    2026-05-02    -40.00  d
        refund-e    2026-05-03    -20.00  e

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             part        inv-1       2026-05-10        25.00
        x-2             part        inv-1       2026-06-01        5.00
    """,
    )
    result = aging_and_collections(scope)
    assert found(result) == [
        ("receipt_unapplied", "day-31", "20.00"),
        ("receipt_unapplied", "half", "30.00"),
        ("receipt_unapplied", "part", "5.00"),
    ]
    assert amounts(result, "unapplied_cash") == {"unapplied_cash": "-65.00"}


def test_a_refunded_duplicate_receipt_leaves_nothing_unapplied(tmp_path: Path) -> None:
    """The refund takes from the receipt that has something unapplied, not from the one that was applied."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-03-01    40.00

        cash_receipts
        receipt_id  receipt_date  amount  reference
        first       2026-03-10    40.00   w-1
        again       2026-03-12    40.00   w-1
        refund      2026-03-20    -40.00  w-1

        cash_applications
        application_id  receipt_id  invoice_id  application_date  amount
        x-1             first       inv-1       2026-03-10        40.00
    """,
    )
    assert found(aging_and_collections(scope)) == []


def test_two_receipts_of_the_same_money(tmp_path: Path) -> None:
    """Six days apart, another reference, another customer, another amount, no reference: near misses."""
    scope = small_company(
        tmp_path,
        """
        invoices
        invoice_id  invoice_date  total_amount
        inv-1       2026-05-01    1.00

        cash_receipts
        receipt_id  customer_id  receipt_date  amount  reference
        a-1         acme         2026-04-28    10.00   w-1
        a-2         acme         2026-05-03    10.00   w-1
        a-3         acme         2026-05-09    10.00   w-1
        a-4         acme         2026-05-03    10.00   w-2
        a-5         acme         2026-05-03    11.00   w-1
        a-6         acme         2026-05-03    12.00   .
        a-7         acme         2026-05-03    12.00   .
        b-1         bolt         2026-05-03    10.00   w-1
    """,
    )
    assert [row for row in found(aging_and_collections(scope)) if row[0] == "receipt_duplicate"] == [
        ("receipt_duplicate", "a-2", "10.00")
    ]


needs_shared = pytest.mark.skipif(not (SHARED / "data" / "ibm_ar").is_dir(), reason="../shared/data/ibm_ar is not here")


@pytest.fixture(scope="module")
def ibm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    books = tmp_path_factory.mktemp("ibm") / "books"
    seal(books, load_parameters(SHARED / "data" / "ibm_ar" / "parameters").resolve().sources)
    return books


def ibm_scope(books: Path, period: str, program: str = COMPANY) -> Scope:
    parameters = load_parameters(SHARED / "data" / "ibm_ar" / "parameters").resolve(Period.parse(period))
    return Scope(Books.open(books), parameters, program, Period.parse(period))


@needs_shared
@pytest.mark.parametrize(
    ("first", "last", "figures"),
    [
        (date(2012, 1, 1), date(2012, 12, 31), "0.00 76064.07 5725.06 4936.32 27.5475 23.7523 3.7952 98.8911"),
        (date(2013, 1, 1), date(2013, 3, 31), "5725.06 19281.65 5903.74 5222.37 27.5566 24.3762 3.1804 96.5560"),
        (date(2013, 4, 1), date(2013, 6, 30), "5903.74 20098.87 5119.85 4284.29 23.1807 19.3976 3.7831 96.1527"),
    ],
    ids=["2012", "2013 Q1", "2013 Q2"],
)
def test_the_published_ratios_of_the_ibm_sample(ibm: Path, first: date, last: date, figures: str) -> None:
    result = collections(ibm_scope(ibm, "2013-06"), first, last)
    ids = [
        "opening_receivables",
        "credit_sales",
        "closing_receivables",
        "closing_not_due",
        "dso",
        "best_possible_dso",
        "average_days_delinquent",
        "collection_effectiveness",
    ]
    assert [result.figures[id].amount for id in ids] == [Decimal(text) for text in figures.split()]


@needs_shared
@pytest.mark.parametrize(
    ("period", "not_due", "days_1_30"),
    [("2012-12", (86, "4936.32"), (13, "788.74")), ("2013-06", (72, "4284.29"), (12, "835.56"))],
)
def test_the_published_agings_of_the_ibm_sample(
    ibm: Path, period: str, not_due: tuple[int, str], days_1_30: tuple[int, str]
) -> None:
    result = aging(ibm_scope(ibm, period))
    for id, (count, amount) in {"not_due": not_due, "days_1_30": days_1_30}.items():
        figure = result.figures[id]
        assert figure.population is not None
        assert (figure.population.count, figure.money) == (count, Decimal(amount))
    assert result.total.money == Decimal(not_due[1]) + Decimal(days_1_30[1])


@needs_shared
def test_the_programs_of_the_ibm_sample_add_up_to_the_company(ibm: Path) -> None:
    company = aging(ibm_scope(ibm, "2012-12"))
    programs = [aging(ibm_scope(ibm, "2012-12", program)) for program in ("391", "406", "770", "818", "897")]
    for id in company.figures:
        assert sum(result.figures[id].money for result in programs) == company.figures[id].money
