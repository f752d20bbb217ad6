"""Orders to cash (workpaper 50): figures by order, a status for every cent, findings of deliveries; worked by hand."""

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import purchase_order_burn, purchase_order_trace, status_total
from close_library.accounting.purchase_orders.orders import VALUES
from close_library.accounting.schedules import build_schedules
from close_library.errors import BooksError
from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY
from tests.accounting.orders import order_company
from tests.accounting.truth import PERIODS, SealedSample
from tests.ledgers import amounts, found, scope_of


def of_order(result: Result, number: str) -> dict[str, str]:
    return {id.split(":")[0]: amount for id, amount in amounts(result).items() if id.endswith(f":{number}")}


def statuses(result: Result, value: str) -> dict[str, str]:
    """Status → amount of a value, over all standings, without zeros and without the total."""
    rows = result.tables["50.2"].frame.to_dict("records")[:-1]
    return {row["status"]: f"{row[value]:.2f}" for row in rows if row[value]}


def standings(result: Result, value: str) -> dict[str, str]:
    """What leads from the orders to the program, without zeros."""
    rows = result.tables["50.1"].frame.to_dict("records")
    return {row["purchase_order"]: f"{row[value]:.2f}" for row in rows if row[value]}


def adds_up(scope: Scope, result: Result) -> None:
    """Statuses and orders each add up to the program's values, and every figure to its rows."""
    total = result.tables["50.1"].frame.iloc[-1]
    for value in VALUES:
        assert status_total(scope, value) == result.figures[value].money == total[value], value
    for figure in result.figures.values():
        assert figure.population is not None
        assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id


def test_an_order_from_funding_to_cash(tmp_path: Path) -> None:
    """Amendments to T; 100 delivered, 95 accepted; two lines and tax billed; a discount and a memo are no cash."""
    scope = order_company(
        tmp_path,
        purchase_orders="PO-1 5000.00",
        po_amendments="""
            PO-1 1 2026-05-31 1000.00
            PO-1 2 2026-06-01 9000.00
        """,
        deliveries="""
            d-1 u PO-1 2026-05-02 2026-05-04 60 60
            d-2 u PO-1 2026-05-10 2026-05-31 30 25
            d-3 u PO-1 2026-05-20 2026-06-01 10 10
            d-4 u PO-1 2026-05-21 . 7 . rejected
            d-5 u PO-1 2026-06-02 2026-06-03 99 99
        """,
        invoices="""
            inv-1 PO-1 2026-05-31 1020.00 170.00
            memo  PO-1 2026-05-31 -50.00 . credit_memo
            draft PO-1 2026-05-31 5.00 . invoice draft
            void  PO-1 2026-05-31 6.00 . invoice void
            june  PO-1 2026-06-01 7.00
        """,
        invoice_lines="""
            inv-1 1 u 600.00 d-1
            inv-1 2 u 250.00 d-2
            memo  1 u -50.00
            draft 1 u 5.00 d-3
            void  1 u 6.00 d-3
            june  1 u 7.00 d-3
        """,
        cash_receipts="r-1 2026-05-31 2000.00",
        cash_applications="""
            x-1 r-1 inv-1 2026-05-31 500.00 10.00
            x-2 .   inv-1 2026-05-31 50.00 . . memo
            x-3 r-1 inv-1 2026-06-01 460.00
        """,
    )
    result = purchase_order_trace(scope)
    assert of_order(result, "PO-1") == {
        "funded": "6000.00",
        "delivered_value": "1000.00",
        "accepted_value": "850.00",
        "invoiced": "800.00",
        "recognised": "850.00",
        "collected": "500.00",
    }
    adds_up(scope, result)


def test_statuses_of_every_cent(tmp_path: Path) -> None:
    """d-1 is paid, d-2 is billed and half paid, d-3 accepted in part, d-4 not accepted, and a line bills no delivery."""
    scope = order_company(
        tmp_path,
        purchase_orders="PO-1 5000.00",
        deliveries="""
            d-1 u PO-1 2026-05-01 2026-05-01 10 10
            d-2 u PO-1 2026-05-02 2026-05-02 20 20
            d-3 u PO-1 2026-05-03 2026-05-03 30 25
            d-4 u PO-1 2026-05-04 . 40 . delivered
        """,
        invoices="""
            paid PO-1 2026-05-31 120.00 20.00
            half PO-1 2026-05-31 300.00
        """,
        invoice_lines="""
            paid 1 u 100.00 d-1
            half 1 u 200.00 d-2
            half 2 u 100.00
        """,
        cash_receipts="r-1 2026-05-31 300.00",
        cash_applications="""
            x-1 r-1 paid 2026-05-31 120.00
            x-2 r-1 half 2026-05-31 150.00
        """,
    )
    result = purchase_order_trace(scope)
    assert statuses(result, "delivered_value") == {
        "delivered_not_accepted": "450.00",
        "accepted_not_billed": "250.00",
        "billed_not_collected": "100.00",
        "collected": "200.00",
    }
    assert statuses(result, "accepted_value") == {
        "accepted_not_billed": "250.00",
        "billed_not_collected": "100.00",
        "collected": "200.00",
    }
    assert statuses(result, "recognised") == {
        "recognised_not_billed": "250.00",
        "billed_not_collected": "100.00",
        "collected": "200.00",
    }
    assert statuses(result, "invoiced") == {
        "billed_not_collected": "100.00",
        "billed_without_delivery": "100.00",
        "collected": "200.00",
    }
    assert statuses(result, "collected") == {
        "billed_without_delivery": "50.00",
        "collected": "200.00",
        "tax_collected": "20.00",
    }
    adds_up(scope, result)


def test_a_credited_double_billing_leaves_nothing_open(tmp_path: Path) -> None:
    """The memo's lines and what it settled are credits that cancel; the delivery is billed once and paid."""
    scope = order_company(
        tmp_path,
        purchase_orders="PO-1 5000.00",
        deliveries="d-1 u PO-1 2026-05-01 2026-05-01 10 10",
        invoices="""
            first PO-1 2026-05-10 100.00
            again PO-1 2026-05-11 100.00
            memo  PO-1 2026-05-12 -100.00 . credit_memo
        """,
        invoice_lines="""
            first 1 u 100.00 d-1
            again 1 u 100.00 d-1
            memo  1 u -100.00 d-1
        """,
        cash_receipts="r-1 2026-05-31 100.00",
        cash_applications="""
            x-1 r-1 first 2026-05-31 100.00
            x-2 .   again 2026-05-31 100.00 . . memo
        """,
    )
    result = purchase_order_trace(scope)
    assert statuses(result, "invoiced") == {"collected": "100.00"}
    assert statuses(result, "accepted_value") == {"collected": "100.00"}
    assert statuses(result, "recognised") == {"collected": "100.00"}
    adds_up(scope, result)


def test_shares_of_an_invoice_lose_no_cent(tmp_path: Path) -> None:
    """100.00 of three thirds: 33.34, 33.33, 33.33 billed, a third paid; 0.01 more than the invoice is paid on another."""
    scope = order_company(
        tmp_path,
        contract_lines="s c-1 subscription ratable_daily . 100.00 2026-05-01 2026-05-31",
        purchase_orders="PO-1 5000.00",
        invoices="""
            thirds PO-1 2026-05-31 100.00
            over   PO-1 2026-05-31 10.00
        """,
        invoice_lines="""
            thirds 1 s 33.34
            thirds 2 s 33.33
            thirds 3 s 33.33
            over   1 s 10.00
        """,
        cash_receipts="r-1 2026-05-31 300.00",
        cash_applications="""
            x-1 r-1 thirds 2026-05-31 33.33
            x-2 r-1 over   2026-05-31 10.01
        """,
    )
    result = purchase_order_trace(scope)
    assert statuses(result, "invoiced") == {"billed_not_collected": "66.67", "collected": "43.33"}
    assert statuses(result, "collected") == {"collected": "43.33", "overpaid": "0.01"}
    adds_up(scope, result)


def test_the_largest_amounts_there_are(tmp_path: Path) -> None:
    """Eighteen digits before the point: a third paid, and no cent lost."""
    most = "999999999999999999.99"
    scope = order_company(
        tmp_path,
        contract_lines=f"s c-1 subscription ratable_daily . {most} 2026-05-01 2026-05-31",
        purchase_orders=f"PO-1 {most}",
        invoices=f"inv-1 PO-1 2026-05-31 {most}",
        invoice_lines=f"inv-1 1 s {most}",
        cash_receipts=f"r-1 2026-05-31 {most}",
        cash_applications="x-1 r-1 inv-1 2026-05-31 333333333333333333.33",
    )
    result = purchase_order_trace(scope)
    assert statuses(result, "invoiced") == {
        "billed_not_collected": "666666666666666666.66",
        "collected": "333333333333333333.33",
    }
    adds_up(scope, result)
    assert purchase_order_burn(scope).figures["remaining:PO-1"].money == 0


def test_revenue_without_deliveries_belongs_to_the_first_issued_order(tmp_path: Path) -> None:
    """A subscription and a cost-to-cost line: the first order by issue date; a milestone: the order of its delivery."""
    scope = order_company(
        tmp_path,
        contract_lines="""
            s c-1 subscription ratable_monthly . 1200.00 2026-01-01 2026-12-31
            f c-1 fixed_fee cost_to_cost . 800.00 . . 400.00
            m c-1 milestone on_acceptance . 70.00
        """,
        purchase_orders="""
            PO-1 9000.00 c-1 2026-03-01
            PO-2 9000.00 c-1 2026-01-15
            PO-3 9000.00 c-2 2026-01-01
        """,
        deliveries="""
            d-1 f PO-1 2026-05-01 2026-05-01 1 1 accepted 100.00
            d-2 m PO-1 2026-05-02 2026-05-03 1 1
            d-3 m PO-3 2026-05-04 2026-05-05 1 1
        """,
    )
    result = purchase_order_trace(scope)
    assert amounts(result, "recognised:PO-1", "recognised:PO-2", "recognised:PO-3") == {
        "recognised:PO-1": "70.00",
        "recognised:PO-2": "700.00",
        "recognised:PO-3": "0.00",
    }
    assert amounts(result, "accepted_value:PO-1", "delivered_value:PO-1", "accepted_value:PO-3") == {
        "accepted_value:PO-1": "70.00",
        "delivered_value:PO-1": "70.00",
        "accepted_value:PO-3": "0.00",
    }
    adds_up(scope, result)


def test_what_stands_with_no_order_an_unknown_one_or_another_programs(tmp_path: Path) -> None:
    """Another program's delivery on our order is the order's value, not the program's."""
    tables = {
        "programs": "atlas\nborealis",
        "contracts": "c-1\nc-2 borealis",
        "contract_lines": "u c-1 usage as_delivered 10.00\nv c-2 usage as_delivered 10.00",
        "purchase_orders": """
            PO-A 900.00 c-1
            PO-B 900.00 c-2 2026-01-01 . . open USD borealis
        """,
        "deliveries": """
            d-1 u PO-A 2026-05-01 . 1 . delivered
            d-2 u .    2026-05-01 . 2 . delivered
            d-3 u PO-X 2026-05-01 . 3 . delivered
            d-4 u PO-B 2026-05-01 . 4 . delivered
            d-5 v PO-A 2026-05-01 . 5 . delivered . borealis
        """,
    }
    scope = order_company(tmp_path, **tables)
    result = purchase_order_trace(scope)
    assert standings(result, "delivered_value") == {
        "PO-A": "60.00",
        "no purchase order": "20.00",
        "unknown purchase order": "30.00",
        "purchase order of another program": "40.00",
        "less: rows of other programs": "-50.00",
        "Total of the program": "100.00",
    }
    adds_up(scope, result)
    company = purchase_order_trace(scope_of(tmp_path / "books", "2026-05", COMPANY))
    assert company.delivered_value.money == Decimal(150)
    assert standings(company, "delivered_value")["PO-B"] == "40.00"


def test_foreign_orders_and_documents_at_the_rates_of_their_own_dates(tmp_path: Path) -> None:
    """Order 1.10 on issue, amendment 1.20, delivery 1.10 and 1.30 on acceptance, invoice 1.20, application 1.50."""
    tables = {
        "contracts": "c-1 atlas EUR",
        "purchase_orders": "PO-1 1000.00 c-1 2026-01-01 . . open EUR",
        "po_amendments": "PO-1 1 2026-02-01 100.00",
        "deliveries": "d-1 u PO-1 2026-03-01 2026-03-05 10 10",
        "invoices": "inv-1 PO-1 2026-03-31 100.00 . invoice posted EUR",
        "invoice_lines": "inv-1 1 u 100.00 d-1",
        "cash_receipts": "r-1 2026-04-01 100.00 EUR",
        "cash_applications": "x-1 r-1 inv-1 2026-04-02 50.00",
    }
    rates = """
        EUR 2026-01-01 1.10
        EUR 2026-02-01 1.20
        EUR 2026-03-01 1.10
        EUR 2026-03-05 1.30
        EUR 2026-03-31 1.20
        EUR 2026-04-02 1.50
    """
    scope = order_company(tmp_path, fx_rates=rates, **tables)
    result = purchase_order_trace(scope)
    assert of_order(result, "PO-1") == {
        "funded": "1220.00",
        "delivered_value": "110.00",
        "accepted_value": "130.00",
        "invoiced": "120.00",
        "recognised": "130.00",
        "collected": "75.00",
    }
    assert statuses(result, "accepted_value") == {"billed_not_collected": "65.00", "collected": "65.00"}
    adds_up(scope, result)
    with pytest.raises(BooksError) as refused:
        purchase_order_trace(order_company(tmp_path / "missing", fx_rates="EUR 2026-02-01 1.20", **tables))
    assert "fx_rates, EUR, 2026-01-01" in str(refused.value)
    assert "fx_rates, EUR, 2026-04-02" in str(refused.value)


def test_doubled_rows(tmp_path: Path) -> None:
    """A doubled order funds once, the first row; a doubled amendment, delivery and application count each time."""
    scope = order_company(
        tmp_path,
        purchase_orders="PO-1 500.00\nPO-1 800.00",
        po_amendments="PO-1 1 2026-05-01 10.00\nPO-1 1 2026-05-01 10.00",
        deliveries="d-1 u PO-1 2026-05-01 2026-05-01 1 1\nd-1 u PO-1 2026-05-01 2026-05-01 1 1",
        invoices="inv-1 PO-1 2026-05-02 10.00\ninv-1 PO-1 2026-05-02 10.00",
        invoice_lines="inv-1 1 u 10.00 d-1",
        cash_receipts="r-1 2026-05-03 50.00",
        cash_applications="x-1 r-1 inv-1 2026-05-03 4.00\nx-1 r-1 inv-1 2026-05-03 4.00",
    )
    result = purchase_order_trace(scope)
    assert of_order(result, "PO-1") == {
        "funded": "520.00",
        "delivered_value": "20.00",
        "accepted_value": "20.00",
        "invoiced": "10.00",
        "recognised": "20.00",
        "collected": "8.00",
    }
    adds_up(scope, result)


def test_an_order_issued_after_the_period(tmp_path: Path) -> None:
    """It is not there yet, unless a row to T names it already."""
    scope = order_company(
        tmp_path,
        purchase_orders="""
            later 100.00 . 2026-06-01
            used  200.00 . 2026-06-01
        """,
        deliveries="d-1 u used 2026-05-01 2026-05-02 1 1",
    )
    result = purchase_order_trace(scope)
    assert amounts(result, "funded:later", "funded:used") == {"funded:used": "200.00"}


def test_delivered_and_not_billed(tmp_path: Path) -> None:
    """Accepted on T, billed by a void, a draft, a June invoice or a memo only, a cost report, and grace days."""
    tables = {
        "contract_lines": "u c-1 usage on_acceptance 10.00\nf c-1 fixed_fee cost_to_cost . 800.00 . . 400.00",
        "purchase_orders": "PO-1 900.00",
        "deliveries": """
            on-T    u PO-1 2026-05-30 2026-05-31 1 1
            day-1   u PO-1 2026-05-30 2026-05-30 2 2
            void    u PO-1 2026-05-01 2026-05-02 3 3
            draft   u PO-1 2026-05-01 2026-05-02 4 4
            june    u PO-1 2026-05-01 2026-05-02 5 5
            memo    u PO-1 2026-05-01 2026-05-02 6 6
            billed  u PO-1 2026-05-01 2026-05-02 7 7
            partly  u PO-1 2026-05-01 2026-05-02 8 8
            later   u PO-1 2026-05-01 2026-06-01 9 9
            waiting u PO-1 2026-05-01 . 10 . delivered
            cost    f PO-1 2026-05-01 2026-05-02 1 1 accepted 5.00
            nothing u PO-1 2026-05-01 2026-05-02 0 0
        """,
        "invoices": """
            i-void  PO-1 2026-05-31 30.00 . invoice void
            i-draft PO-1 2026-05-31 40.00 . invoice draft
            i-june  PO-1 2026-06-01 50.00
            i-memo  PO-1 2026-05-31 -60.00 . credit_memo
            i-bill  PO-1 2026-05-31 71.00
        """,
        "invoice_lines": """
            i-void  1 u 30.00 void
            i-draft 1 u 40.00 draft
            i-june  1 u 50.00 june
            i-memo  1 u -60.00 memo
            i-bill  1 u 70.00 billed
            i-bill  2 u 1.00 partly
        """,
    }
    expected = [("day-1", "20.00"), ("draft", "40.00"), ("june", "50.00"), ("memo", "60.00"), ("void", "30.00")]
    result = purchase_order_trace(order_company(tmp_path, **tables))
    assert found(result) == [("delivered_not_billed", key, amount) for key, amount in expected]
    graced = order_company(tmp_path / "graced", changes={"grace_days": {"unbilled": 29}}, **tables)
    assert found(purchase_order_trace(graced)) == []
    one_less = order_company(tmp_path / "one_less", changes={"grace_days": {"unbilled": 28}}, **tables)
    assert [key for _, key, _ in found(purchase_order_trace(one_less))] == ["draft", "june", "memo", "void"]


def test_deliveries_without_an_order(tmp_path: Path) -> None:
    """No order, an unknown one; a known one, one not accepted, one of another month are near misses."""
    tables = {
        "purchase_orders": "PO-1 900.00",
        "deliveries": """
            none     u .    2026-05-31 2026-06-02 1 1
            unknown  u PO-9 2026-05-01 2026-05-31 2 2
            known    u PO-1 2026-05-01 2026-05-31 3 3
            open     u .    2026-05-01 . 4 . delivered
            rejected u .    2026-05-01 . 5 . rejected
            april    u .    2026-04-30 2026-05-31 6 6
            june     u .    2026-06-01 2026-06-01 7 7
            nowhere  z .    2026-05-01 2026-05-31 8 8
        """,
    }
    result = purchase_order_trace(order_company(tmp_path, changes={"grace_days": {"unbilled": 99}}, **tables))
    assert found(result) == [
        ("delivery_without_po", "none", "10.00"),
        ("delivery_without_po", "nowhere", "0.00"),
        ("delivery_without_po", "unknown", "20.00"),
    ]
    free = {"grace_days": {"unbilled": 99}, "purchase_orders": {"required": False}}
    assert found(purchase_order_trace(order_company(tmp_path / "free", changes=free, **tables))) == []


def test_deliveries_outside_the_dates_of_their_order(tmp_path: Path) -> None:
    """First and last day are inside; the last amendment to T with a date moves the end; an empty date does not bound."""
    result = purchase_order_trace(
        order_company(
            tmp_path,
            changes={"grace_days": {"unbilled": 99}},
            purchase_orders="""
                dated    900.00 . 2026-01-01 2026-05-03 2026-05-20
                extended 900.00 . 2026-01-01 2026-05-03 2026-05-05
                cut      900.00 . 2026-01-01 2026-05-03 2026-05-31
                open     900.00 . 2026-06-01
            """,
            po_amendments="""
                extended 9  2026-05-30 0.00 2026-05-10
                extended 10 2026-05-30 0.00 2026-05-20
                extended 11 2026-05-31 5.00
                extended 12 2026-06-01 0.00 2026-05-02
                cut      1  2026-05-31 0.00 2026-05-10
            """,
            deliveries="""
                before   u dated    2026-05-02 2026-05-09 1 1
                first    u dated    2026-05-03 2026-05-09 2 2
                last     u dated    2026-05-20 2026-05-29 3 3
                after    u dated    2026-05-21 2026-05-29 4 3
                rejected u dated    2026-05-21 . 5 . rejected
                inside   u extended 2026-05-20 2026-05-29 6 6
                outside  u extended 2026-05-21 . 7 . delivered
                cut-out  u cut      2026-05-11 2026-05-29 8 8
                unbound  u open     2026-05-01 2026-05-29 9 9
                april    u dated    2026-04-30 2026-05-01 1 1
            """,
        )
    )
    assert found(result) == [
        ("delivery_outside_po_dates", "after", "40.00"),
        ("delivery_outside_po_dates", "before", "10.00"),
        ("delivery_outside_po_dates", "cut-out", "80.00"),
        ("delivery_outside_po_dates", "outside", "70.00"),
    ]


@pytest.fixture(scope="module")
def scheduled(sealed: SealedSample, tmp_path_factory: pytest.TempPathFactory) -> SealedSample:
    """Books of its own, to store schedules beside."""
    books = tmp_path_factory.mktemp("scheduled") / "books"
    shutil.copytree(sealed.books, books)
    return replace(sealed, books=books)


def differences(scheduled: SealedSample, period: str, program: str) -> list[str]:
    """Every finding of 50 and 51 that is not as the generator of the sample knows it."""
    build_schedules(scheduled.books, period, scheduled.settings(period, program))
    scope = scheduled.scope(period, program)
    trace = purchase_order_trace(scope)
    adds_up(scope, trace)
    return scheduled.faults(period, program, {"50": trace, "51": purchase_order_burn(scope)}, compared=[])


@pytest.mark.parametrize("program", ["borealis", "draco", "equinox"])
def test_findings_are_those_of_the_generator(scheduled: SealedSample, program: str) -> None:
    assert differences(scheduled, "2026-10", program) == []


@pytest.mark.slow
@pytest.mark.parametrize("period", PERIODS)
def test_every_program_of_every_period(scheduled: SealedSample, period: str) -> None:
    for program in scheduled.programs(period):
        if program != COMPANY:
            assert differences(scheduled, period, program) == []
