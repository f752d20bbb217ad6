"""The checks of an invoice, each against a small company, its near misses beside it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import checks_done, documents_in_the_period, invoice_review, review_drafts
from close_library.errors import BooksError
from close_library.evidence import Scope
from tests.ledgers import amounts, found, scope_of, small_company

AGREEMENT = """
    customers
    customer_id  payment_terms_days
    acme         45

    contracts
    contract_id  payment_terms_days
    ct           30
    silent       .

    contract_lines
    contract_line_id  contract_id  product  billing_model  unit_price  tier_from  price_from  price_to    recognition
    hours             ct           Hours    staffing       50.00       .          .           2026-05-14  as_delivered
    hours             ct           Hours    staffing       55.00       .          2026-05-15  .           as_delivered
    boxes             ct           Boxes    usage          0.10        0          .           .           on_acceptance
    boxes             ct           Boxes    usage          0.08        1000       .           .           on_acceptance
    seats             ct           Seats    subscription   .           .          .           .           ratable_daily

    purchase_orders
    po_number  program_id  customer_id  issue_date  start_date  end_date    currency  authorized_amount  status
    PO-1       atlas       acme         2026-01-01  2026-01-01  2026-12-31  USD       1000.00            open
    PO-2       atlas       acme         2026-01-01  .           .           USD       1000.00            open
    PO-3       atlas       acme         2026-01-01  2026-04-01  2026-05-10  USD       1000.00            open
    other      borealis    acme         2026-01-01  .           .           USD       1000.00            open
    theirs     atlas       beta         2026-01-01  .           .           USD       1000.00            open
    in-euro    atlas       acme         2026-01-01  .           .           EUR       1000.00            open

    po_amendments
    po_number  amendment_number  amendment_date  amount_change  new_end_date
    PO-3       1                 2026-04-20      10.00          2026-05-12
    PO-3       2                 2026-05-20      10.00          .
    PO-3       3                 2026-06-01      10.00          2026-12-31

    deliveries
    delivery_id  program_id  contract_line_id  delivery_date  accepted_date  quantity_delivered  quantity_accepted  status
    h-1          atlas       hours             2026-05-14     .              10                  .                  delivered
    h-2          atlas       hours             2026-05-15     .              8                   .                  delivered
    h-12         atlas       hours             2026-05-12     .              1                   .                  delivered
    h-june       atlas       hours             2026-06-01     .              5                   .                  delivered
    h-rejected   atlas       hours             2026-05-11     .              6                   .                  rejected
    b-1          atlas       boxes             2026-05-10     2026-05-12     900                 800                accepted
    b-2          atlas       boxes             2026-05-13     2026-05-16     700                 600                accepted
    b-waiting    atlas       boxes             2026-05-20     .              100                 .                  delivered
"""


def company(tmp_path: Path, invoices: str, lines: str, period: str = "2026-05", agreement: str = AGREEMENT, more: str = "",
            **changes: object) -> Scope:  # fmt: skip
    """Atlas with its agreement, these invoices and these lines."""
    text = f"{agreement}\n    invoices\n{invoices}\n    invoice_lines\n{lines}\n{more}"
    return small_company(tmp_path, text, period, "atlas", **changes)


def findings(scope: Scope, *names: str) -> list[tuple[str, str, str]]:
    """The findings of these names: name, key, amount."""
    return [row for row in found(invoice_review(scope)) if row[0] in names]


# Billed once


DUPLICATES = """
    invoice_id  invoice_number  contract_id  po_number  invoice_date  total_amount  status  document_type
    first       N-1             ct           PO-1       2026-04-30    100.00        posted  invoice
    again       N-2             ct           PO-1       2026-05-04    100.00        posted  invoice
    third       N-3             ct           PO-1       2026-05-05    100.00        posted  invoice
    other-po    N-4             ct           PO-2       2026-05-04    100.00        posted  invoice
    other-ct    N-5             silent       PO-1       2026-05-04    100.00        posted  invoice
    other-days  N-6             ct           PO-1       2026-05-04    100.00        posted  invoice
    voided      N-7             ct           PO-1       2026-05-04    100.00        void    invoice
    draft       N-8             ct           PO-1       2026-05-04    100.00        draft   invoice
    same-no     N-1             ct           PO-1       2026-05-06    70.00         posted  invoice
    memo        N-1             ct           PO-1       2026-05-07    -100.00       posted  credit_memo
    no-order    N-9             .            .          2026-05-08    5.00          posted  invoice
    no-order-2  N-10            .            .          2026-05-08    5.00          posted  invoice
    june        N-11            ct           PO-1       2026-06-01    100.00        posted  invoice
"""
DUPLICATE_LINES = """
    invoice_id  line_number  contract_line_id  service_start  service_end  quantity  amount
    first       1            seats             2026-04-01     2026-04-30   .         60.00
    first       2            seats             .              .            2         40.00
    again       1            seats             .              .            2         40.00
    again       2            seats             2026-04-01     2026-04-30   .         60.00
    third       7            seats             2026-04-01     2026-04-30   .         60.00
    third       9            seats             .              .            2         40.00
    other-po    1            seats             2026-04-01     2026-04-30   .         60.00
    other-po    2            seats             .              .            2         40.00
    other-ct    1            seats             2026-04-01     2026-04-30   .         60.00
    other-ct    2            seats             .              .            2         40.00
    other-days  1            seats             2026-04-01     2026-04-29   .         60.00
    other-days  2            seats             .              .            2         40.00
    voided      1            seats             2026-04-01     2026-04-30   .         60.00
    voided      2            seats             .              .            2         40.00
    draft       1            seats             2026-04-01     2026-04-30   .         60.00
    draft       2            seats             .              .            2         40.00
    same-no     1            seats             .              .            .         70.00
    memo        1            seats             .              .            .         -100.00
    no-order    1            .                 .              .            .         5.00
    no-order-2  1            .                 .              .            .         5.00
    june        1            seats             2026-04-01     2026-04-30   .         60.00
    june        2            seats             .              .            2         40.00
"""


def test_the_later_of_two_alike_is_a_duplicate_by_its_content_or_by_its_number(tmp_path: Path) -> None:
    """The same lines in another order repeat an invoice; another order, contract or day, a void or a draft does not."""
    assert findings(company(tmp_path, DUPLICATES, DUPLICATE_LINES), "invoice_duplicate") == [
        ("invoice_duplicate", "again", "100.00"),
        ("invoice_duplicate", "no-order-2", "5.00"),
        ("invoice_duplicate", "same-no", "70.00"),
        ("invoice_duplicate", "third", "100.00"),
    ]


def test_a_duplicate_belongs_to_the_month_of_the_later_one(tmp_path: Path) -> None:
    company(tmp_path, DUPLICATES, DUPLICATE_LINES)
    assert findings(scope_of(tmp_path / "books", "2026-04", "atlas"), "invoice_duplicate") == []
    assert findings(scope_of(tmp_path / "books", "2026-06", "atlas"), "invoice_duplicate") == [
        ("invoice_duplicate", "june", "100.00")
    ]


def test_a_duplicate_names_the_one_that_it_repeats(tmp_path: Path) -> None:
    review = invoice_review(company(tmp_path, DUPLICATES, DUPLICATE_LINES))
    third = next(f for f in review.findings if f.keys["invoices"][0] == "third" and f.finding == "invoice_duplicate")
    assert third.keys["invoices"] == ("third", "first")
    assert "the same contract, order, total and lines as first of 2026-04-30" in third.message


def test_numbers_of_two_customers_may_be_the_same(tmp_path: Path) -> None:
    invoices = """
        invoice_id  invoice_number  customer_id  invoice_date  total_amount
        ours        N-1             acme         2026-05-01    10.00
        theirs      N-1             beta         2026-05-02    10.00
    """
    assert (
        findings(company(tmp_path, invoices, "invoice_id amount\n ours 10.00\n theirs 10.00"), "invoice_duplicate")
        == []
    )


def test_an_invoice_of_one_program_can_repeat_one_of_another(tmp_path: Path) -> None:
    """The customer has both programs; the later one's program sees it."""
    text = """
        programs
        program_id
        atlas
        borealis

        invoices
        invoice_id  program_id  invoice_number  invoice_date  total_amount
        b           borealis    N-1             2026-05-01    10.00
        a           atlas       N-1             2026-05-02    10.00

        invoice_lines
        invoice_id  amount
        a           10.00
        b           10.00
    """
    atlas = small_company(tmp_path, text, "2026-05", "atlas")
    assert findings(atlas, "invoice_duplicate") == [("invoice_duplicate", "a", "10.00")]
    assert findings(scope_of(tmp_path / "books", "2026-05", "borealis"), "invoice_duplicate") == []
    assert findings(scope_of(tmp_path / "books", "2026-05"), "invoice_duplicate") == [
        ("invoice_duplicate", "a", "10.00")
    ]


# Footed


def test_lines_and_tax_that_are_not_the_total(tmp_path: Path) -> None:
    """The amount is lines + tax − total; a credit memo is checked too, a void is not."""
    invoices = """
        invoice_id  invoice_date  total_amount  tax_amount  status  document_type
        foots       2026-05-01    108.00        8.00        posted  invoice
        high        2026-05-02    110.00        8.00        posted  invoice
        no-lines    2026-05-03    7.00          .           posted  invoice
        memo        2026-05-04    -30.00        -2.00       posted  credit_memo
        voided      2026-05-05    110.00        8.00        void    invoice
    """
    lines = """
        invoice_id  line_number  amount
        foots       1            60.00
        foots       2            40.00
        high        1            100.00
        memo        1            -27.00
        voided      1            100.00
    """
    assert findings(company(tmp_path, invoices, lines), "invoice_does_not_foot") == [
        ("invoice_does_not_foot", "high", "-2.00"),
        ("invoice_does_not_foot", "memo", "1.00"),
        ("invoice_does_not_foot", "no-lines", "-7.00"),
    ]


# Price


PRICES = [
    ("the old price on its last day", "hours 50.00 10 500.00 2026-05-14 h-1", None),
    ("the new price on its first day", "hours 55.00 8 440.00 2026-05-15 h-2", None),
    ("the old price a day too late", "hours 50.00 8 400.00 2026-05-15 h-2", "-40.00"),
    ("without service dates the invoice date counts", "hours 50.00 8 400.00 . h-2", "-40.00"),
    ("without a price nothing is compared", "hours . 8 400.00 2026-05-15 h-2", None),
    ("a line whose contract has no price", "seats 9.00 1 9.00 2026-05-15 .", None),
    ("a price in a fraction of a cent", "hours 55.0001 8 440.00 2026-05-15 h-2", "0.00"),
    ("tiers: wholly in the first", "boxes . 800 80.00 2026-05-12 b-1", None),
    ("tiers: across both, 200 at 0.10 and 400 at 0.08", "boxes . 600 52.00 2026-05-16 b-2", None),
    ("tiers: across both, all at 0.10", "boxes 0.10 600 60.00 2026-05-16 b-2", "8.00"),
    ("tiers: a wrong unit price and the right amount", "boxes 0.99 600 52.00 2026-05-16 b-2", None),
    ("tiers: a delivery that is not accepted has no value", "boxes 0.10 100 10.00 2026-05-20 b-waiting", None),
]


def billed_lines(tmp_path: Path, cases: list[str]) -> Scope:
    """One invoice a case, known by its number, with one line: contract line, price, quantity, amount, service end, delivery."""
    cells = [case.split() for case in cases]
    invoices = "\n".join(f"{n} PO-1 2026-05-31 {cell[3]}" for n, cell in enumerate(cells))
    lines = "\n".join(f"{n} 1 {' '.join(cell)}" for n, cell in enumerate(cells))
    return company(
        tmp_path,
        f"invoice_id po_number invoice_date total_amount\n{invoices}",
        f"invoice_id line_number contract_line_id unit_price quantity amount service_end delivery_id\n{lines}",
    )


def test_a_line_at_another_price_than_the_contracts(tmp_path: Path) -> None:
    differ = {key: amount for _, key, amount in findings(billed_lines(tmp_path, [line for _, line, _ in PRICES]),
                                                         "invoice_rate_differs")}  # fmt: skip
    assert [(name, differ.get(f"{n}:1")) for n, (name, _, _) in enumerate(PRICES)] == [
        (name, amount) for name, _, amount in PRICES
    ]


def test_a_foreign_difference_stands_in_functional_currency_at_the_invoice_date(tmp_path: Path) -> None:
    scope = company(
        tmp_path,
        "invoice_id invoice_date currency total_amount\n inv 2026-05-31 EUR 400.00",
        "invoice_id contract_line_id unit_price quantity amount delivery_id\n inv hours 50.00 8 400.00 h-2",
        more="    fx_rates\n    currency rate_date rate\n    EUR 2026-05-31 1.10\n    EUR 2026-05-15 9.99",
    )
    assert findings(scope, "invoice_rate_differs") == [("invoice_rate_differs", "inv:1", "-44.00")]
    assert amounts(invoice_review(scope), "amount_reviewed") == {"amount_reviewed": "440.00"}


def test_a_missing_rate_is_named(tmp_path: Path) -> None:
    scope = company(
        tmp_path, "invoice_id invoice_date currency total_amount\n inv 2026-05-31 EUR 400.00", "invoice_id amount\n inv 400.00"
    )  # fmt: skip
    with pytest.raises(BooksError, match=r"EUR(.|\n)*2026-05-31"):
        invoice_review(scope)


# Quantity and delivery


DELIVERED = [
    ("as delivered", "hours 50.00 10 500.00 2026-05-14 h-1", None),
    ("four hours too many, at the contract's price", "hours 52.00 14 728.00 2026-05-14 h-1", "differs 200.00"),
    ("too few", "hours 55.00 7 385.00 2026-05-15 h-2", "differs -55.00"),
    ("as accepted, not as delivered", "boxes . 800 80.00 2026-05-12 b-1", None),
    ("as delivered where acceptance counts", "boxes . 900 80.00 2026-05-12 b-1", "differs 10.00"),
    ("at the price of the tier that the delivery reaches", "boxes . 700 52.00 2026-05-16 b-2", "differs 8.00"),
    ("nothing is accepted yet", "boxes 0.10 100 10.00 2026-05-20 b-waiting", "differs 10.00"),
    ("no delivery", "hours 55.00 3 165.00 2026-05-15 .", "not delivered 165.00"),
    ("a delivery that does not exist", "hours 55.00 3 165.00 2026-05-15 h-9", "not delivered 165.00"),
    ("a rejected one, whatever its quantity", "hours 50.00 9 450.00 2026-05-11 h-rejected", "not delivered 450.00"),
    ("one after the period", "hours 55.00 5 275.00 2026-05-31 h-june", "not delivered 275.00"),
    ("a subscription has no delivery", "seats . 1 10.00 2026-05-31 .", None),
    ("a line without quantity is not compared", "hours . . 440.00 2026-05-15 h-2", None),
]


def test_what_was_billed_against_what_was_delivered(tmp_path: Path) -> None:
    """A line that was not delivered raises no difference of quantity."""
    scope = billed_lines(tmp_path, [line for _, line, _ in DELIVERED])
    words = {"invoice_quantity_differs": "differs", "billed_not_delivered": "not delivered"}
    raised = {key: f"{words[finding]} {amount}" for finding, key, amount in findings(scope, *words)}
    assert len(findings(scope, *words)) == len(raised)
    assert [(name, raised.get(f"{n}:1")) for n, (name, _, _) in enumerate(DELIVERED)] == [
        (name, expected) for name, _, expected in DELIVERED
    ]


def test_a_delivery_of_june_is_delivered_in_june(tmp_path: Path) -> None:
    lines = "invoice_id contract_line_id quantity amount delivery_id\n inv hours 5 275.00 h-june"
    scope = company(tmp_path, "invoice_id invoice_date total_amount\n inv 2026-06-01 275.00", lines, "2026-06")
    assert findings(scope, "billed_not_delivered") == []


# Delivered once


CREDITS = [
    ("no credit", "", True),
    ("the later one is credited", "second 2026-05-31 posted -500.00 {}", False),
    ("the earlier one is credited", "first 2026-05-31 posted -500.00 {}", False),
    ("credited in part", "second 2026-05-31 posted -499.99 {}", True),
    ("credited for another delivery", "second 2026-05-31 posted -500.00 h-1", True),
    ("credited after the period", "second 2026-06-01 posted -500.00 {}", True),
    ("a draft credits nothing", "second 2026-05-31 draft -500.00 {}", True),
    ("the credit is for another invoice", "third 2026-05-31 posted -500.00 {}", True),
]


def test_one_delivery_on_two_invoices(tmp_path: Path) -> None:
    """Neither a void nor another delivery on the same invoice is a second time."""
    invoices, lines = [], []
    for n, (_, memo, _) in enumerate(CREDITS):
        for name, date, status in (("first", "2026-04-30", "posted"), ("second", "2026-05-30", "posted"),
                                   ("third", "2026-05-30", "posted"), ("voided", "2026-05-30", "void")):  # fmt: skip
            invoices.append(f"{name}-{n} {name}-{n} invoice . {date} {status} 500.00")
            lines.append(f"{name}-{n} 3 hours 500.00 " + (f"other-{n}" if name == "third" else f"case-{n}"))
        if memo:
            applies_to, date, status, amount, delivery = memo.split()
            invoices.append(f"memo-{n} memo-{n} credit_memo {applies_to}-{n} {date} {status} {amount}")
            lines.append(f"memo-{n} 1 hours {amount} {delivery.format(f'case-{n}')}")
    scope = company(
        tmp_path,
        "invoice_id invoice_number document_type applies_to_invoice_id invoice_date status total_amount\n"
        + "\n".join(invoices),
        "invoice_id line_number contract_line_id amount delivery_id\n" + "\n".join(lines),
    )
    raised = {key: amount for _, key, amount in findings(scope, "delivery_billed_twice")}
    assert [(name, raised.get(f"case-{n}")) for n, (name, _, _) in enumerate(CREDITS)] == [
        (name, "500.00" if twice else None) for name, _, twice in CREDITS
    ]
    assert len(raised) == sum(twice for _, _, twice in CREDITS)


def test_twice_on_one_invoice_of_which_one_line_is_credited(tmp_path: Path) -> None:
    """The memo names no invoice; its application does. Without it the second line stands beside the first."""
    invoices = """
        invoice_id  document_type  invoice_date  total_amount
        inv         invoice        2026-05-30    850.00
        memo        credit_memo    2026-05-31    -350.00
    """
    lines = """
        invoice_id  line_number  contract_line_id  quantity  amount   delivery_id
        inv         1            hours             10        500.00   h-1
        inv         2            hours             7         350.00   h-1
        memo        1            hours             .         -350.00  h-1
    """
    application = """
        cash_applications
        application_id  credit_memo_id  invoice_id  application_date  amount
        x-1             memo            inv         2026-05-31        350.00
    """
    assert findings(company(tmp_path / "applied", invoices, lines, more=application), "delivery_billed_twice") == []
    assert findings(company(tmp_path / "unapplied", invoices, lines), "delivery_billed_twice") == [
        ("delivery_billed_twice", "h-1", "350.00")
    ]


def test_a_duplicate_invoice_also_raises_its_deliveries(tmp_path: Path) -> None:
    invoices = """
        invoice_id  invoice_number  contract_id  po_number  invoice_date  total_amount
        inv         N-1             ct           PO-1       2026-05-15    940.00
        again       N-2             ct           PO-1       2026-05-16    940.00
    """
    lines = """
        invoice_id  line_number  contract_line_id  unit_price  quantity  amount  service_end  delivery_id
        inv         1            hours             50.00       10        500.00  2026-05-14   h-1
        inv         2            hours             55.00       8         440.00  2026-05-15   h-2
        again       1            hours             50.00       10        500.00  2026-05-14   h-1
        again       2            hours             55.00       8         440.00  2026-05-15   h-2
    """
    assert found(invoice_review(company(tmp_path, invoices, lines))) == [
        ("delivery_billed_twice", "h-1", "500.00"),
        ("delivery_billed_twice", "h-2", "440.00"),
        ("invoice_duplicate", "again", "940.00"),
    ]


# Terms


TERMS = [
    ("the contract's thirty days", "acme ct 2026-05-31", None),
    ("a day late", "acme ct 2026-06-01", "10.00"),
    ("the customer's forty-five, for the contract is silent", "acme silent 2026-06-15", None),
    ("the customer's forty-five, for there is no contract", "acme . 2026-06-15", None),
    ("thirty where the customer has forty-five", "acme . 2026-05-31", "10.00"),
    ("no due date", "acme ct .", None),
    ("nobody has terms", "beta . 2026-05-02", None),
]


def test_due_by_the_terms(tmp_path: Path) -> None:
    invoices = "\n".join(f"{n} {cells} 2026-05-01 10.00" for n, (_, cells, _) in enumerate(TERMS))
    scope = company(
        tmp_path,
        f"invoice_id customer_id contract_id due_date invoice_date total_amount\n{invoices}",
        "invoice_id amount\n 0 10.00",
    )
    raised = {key: amount for _, key, amount in findings(scope, "invoice_terms_differ")}
    assert [(name, raised.get(str(n))) for n, (name, _, _) in enumerate(TERMS)] == [
        (name, amount) for name, _, amount in TERMS
    ]


# Purchase orders

ON_ORDERS = ("invoice_without_po", "invoice_po_mismatch", "invoice_outside_po_dates")


ORDERS = [
    ("a known order", "PO-1", "2026-05-01 2026-05-31", []),
    ("none", ".", "2026-05-01 2026-05-31", ["invoice_without_po"]),
    ("one that does not exist", "PO-9", "2026-05-01 2026-05-31", ["invoice_without_po"]),
    ("another program's", "other", "2026-05-01 2026-05-31", ["invoice_po_mismatch"]),
    ("another customer's", "theirs", "2026-05-01 2026-05-31", ["invoice_po_mismatch"]),
    ("another currency's", "in-euro", "2026-05-01 2026-05-31", ["invoice_po_mismatch"]),
    ("an order without dates", "PO-2", "2020-05-01 2030-05-31", []),
    ("from the first day to the last as amended", "PO-3", "2026-04-01 2026-05-12", []),
    ("begins a day early", "PO-3", "2026-03-31 2026-05-12", ["invoice_outside_po_dates"]),
    ("a day late: a later amendment has no end, another comes after T", "PO-3", "2026-04-01 2026-05-13",
     ["invoice_outside_po_dates"]),
    ("only an end", "PO-3", ". 2026-05-13", ["invoice_outside_po_dates"]),
    ("no service dates: the delivery, late and within the amended end", "PO-3", ". .", []),
]  # fmt: skip


def test_the_order_that_an_invoice_names(tmp_path: Path) -> None:
    invoices = "\n".join(f"{n} {order} 2026-05-31 90.00" for n, (_, order, _, _) in enumerate(ORDERS))
    lines = "\n".join(
        f"{n} 1 80.00 {service} h-12\n{n} 2 10.00 2026-05-02 2026-05-03 ."
        for n, (_, _, service, _) in enumerate(ORDERS)
    )
    scope = company(
        tmp_path,
        f"invoice_id po_number invoice_date total_amount\n{invoices}",
        f"invoice_id line_number amount service_start service_end delivery_id\n{lines}",
    )
    raised = findings(scope, *ON_ORDERS)
    assert {amount for _, _, amount in raised} == {"90.00"}
    assert [
        (name, [finding for finding, key, _ in raised if key == str(n)]) for n, (name, *_) in enumerate(ORDERS)
    ] == [(name, expected) for name, _, _, expected in ORDERS]


def test_a_delivery_outside_the_order_where_the_line_has_no_dates(tmp_path: Path) -> None:
    """Delivered on 2026-05-13, the order ends on 2026-05-12; in June the order's end is amended."""
    scope = company(
        tmp_path,
        "invoice_id po_number invoice_date total_amount\n inv PO-3 2026-05-31 52.00",
        "invoice_id contract_line_id quantity amount delivery_id\n inv boxes 600 52.00 b-2",
    )
    assert findings(scope, *ON_ORDERS) == [("invoice_outside_po_dates", "inv", "52.00")]


def test_where_no_order_is_required_none_is_missed(tmp_path: Path) -> None:
    scope = company(
        tmp_path,
        "invoice_id invoice_date total_amount\n inv 2026-05-31 90.00",
        "invoice_id amount\n inv 90.00",
        purchase_orders={"required": False},
    )
    assert findings(scope, *ON_ORDERS) == []


def test_a_company_without_orders_misses_none_that_is_named(tmp_path: Path) -> None:
    text = """
        invoices
        invoice_id  po_number  invoice_date  total_amount
        named       PO-9       2026-05-31    90.00
        unnamed     .          2026-05-31    91.00

        invoice_lines
        invoice_id  amount
        named       90.00
        unnamed     91.00
    """
    scope = small_company(tmp_path, text, "2026-05", "atlas")
    assert found(invoice_review(scope)) == [("invoice_without_po", "unnamed", "91.00")]


# The checklist

REVIEWED = """
    invoice_id  contract_id  po_number  invoice_date  due_date    total_amount  status  document_type
    good        ct           PO-1       2026-05-15    2026-06-14  940.00        posted  invoice
    bad         ct           PO-1       2026-05-31    2026-06-30  500.00        posted  invoice
    memo        ct           .          2026-05-31    .           -10.00        posted  credit_memo
    april       ct           PO-1       2026-04-30    2026-05-30  1.00          posted  invoice
    repeats     ct           PO-1       2026-05-20    2026-06-19  940.00        draft   invoice
    fresh       ct           PO-1       2026-05-31    2026-06-30  15.00         draft   invoice
    later       ct           PO-1       2026-06-01    2026-07-01  15.00         draft   invoice
"""
REVIEWED_LINES = """
    invoice_id  line_number  contract_line_id  unit_price  quantity  amount  service_end  delivery_id
    good        1            hours             50.00       10        500.00  2026-05-14   h-1
    good        2            hours             55.00       8         440.00  2026-05-15   h-2
    bad         1            hours             50.00       10        500.00  2026-05-15   .
    memo        1            hours             .           .         -10.00  2026-05-15   h-1
    april       1            seats             .           .         1.00    2026-04-30   .
    repeats     1            hours             50.00       10        500.00  2026-05-14   h-1
    repeats     2            hours             55.00       8         440.00  2026-05-15   h-2
    fresh       1            seats             .           .         15.00   2026-05-31   .
    later       1            seats             .           .         15.00   2026-06-30   .
"""


def test_the_figures_and_what_they_tie_to(tmp_path: Path) -> None:
    scope = company(tmp_path, REVIEWED, REVIEWED_LINES)
    review = invoice_review(scope)
    assert amounts(review) == {"invoices_reviewed": "3.00", "invoices_passed": "2.00", "amount_reviewed": "1430.00"}
    assert documents_in_the_period(scope) == review.amount_reviewed.money
    assert checks_done(review) == (Decimal(30), Decimal(30))
    assert [figure.population.count for figure in review.figures.values() if figure.population] == [3, 2, 3]


def test_each_check_of_each_invoice_has_one_line_with_its_figures(tmp_path: Path) -> None:
    lines = invoice_review(company(tmp_path, REVIEWED, REVIEWED_LINES)).tables["71.2"].frame
    assert len(lines) == 30
    assert list(lines["invoice_id"][:11]) == ["bad"] * 10 + ["good"], "what failed stands first"
    assert set(lines["initials"]) == {""}
    by_check = {(line["invoice_id"], line["check"]): line for line in lines.to_dict("records")}
    failed = {key: (line["found"], line["expected"]) for key, line in by_check.items() if line["result"] == "failed"}
    assert failed == {
        ("bad", "invoice_rate_differs"): ("line 1: 50.00 a unit", "55.00 a unit on 2026-05-15"),
        ("bad", "billed_not_delivered"): ("line 1: no delivery", "a delivery by 2026-05-31"),
    }
    assert by_check["good", "invoice_does_not_foot"]["expected"] == "940.00, lines 940.00 and tax 0.00"
    assert by_check["good", "invoice_quantity_differs"]["found"] == "2 lines"
    assert by_check["memo", "invoice_without_po"]["result"] == "not applicable"
    assert by_check["memo", "invoice_does_not_foot"]["result"] == "passed"


def test_drafts_go_through_the_same_checks_and_raise_nothing(tmp_path: Path) -> None:
    """A draft after T waits for its month; posted invoices don't become duplicates of drafts."""
    scope = company(tmp_path, REVIEWED, REVIEWED_LINES)
    drafts = review_drafts(scope)
    assert amounts(drafts) == {"drafts_reviewed": "2.00", "drafts_passed": "1.00"}
    assert drafts.findings == ()
    failed = [line for line in drafts.table.to_dict("records") if line["result"] == "failed"]
    assert [(line["invoice_id"], line["check"], line["found"]) for line in failed] == [
        ("repeats", "invoice_duplicate", "the same contract, order, total and lines as good of 2026-05-15"),
        ("repeats", "delivery_billed_twice", "line 1: h-1 again, after good:1, and 1 more of 2"),
    ]
    assert not [
        f for f in invoice_review(scope).findings if f.finding in ("invoice_duplicate", "delivery_billed_twice")
    ]


def test_a_month_without_invoices(tmp_path: Path) -> None:
    scope = company(tmp_path, REVIEWED, REVIEWED_LINES, "2026-03")
    assert amounts(invoice_review(scope)) == {
        "invoices_reviewed": "0.00",
        "invoices_passed": "0.00",
        "amount_reviewed": "0.00",
    }
    assert amounts(review_drafts(scope)) == {"drafts_reviewed": "0.00", "drafts_passed": "0.00"}


def test_a_doubled_invoice_counts_twice_and_its_lines_once(tmp_path: Path) -> None:
    invoices = """
        invoice_id  po_number  invoice_date  total_amount
        inv         PO-1       2026-05-15    500.00
        inv         PO-1       2026-05-15    500.00
    """
    lines = """
        invoice_id  contract_line_id  unit_price  quantity  amount  service_end  delivery_id
        inv         hours             50.00       10        500.00  2026-05-14   h-1
    """
    review = invoice_review(company(tmp_path, invoices, lines))
    assert amounts(review, "invoices_reviewed", "amount_reviewed") == {
        "invoices_reviewed": "2.00",
        "amount_reviewed": "1000.00",
    }
    assert found(review) == [("invoice_duplicate", "inv", "500.00")]
