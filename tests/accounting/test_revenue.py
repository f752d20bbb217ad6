"""Pricing and recognition through the books: workpapers 23 and 60 over small ledgers worked by hand."""

from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting.revenue.revenue_recognition import deliveries_priced, revenue_recognition
from close_library.accounting.revenue.revenue_to_ledger import revenue_to_ledger
from close_library.errors import BooksError
from tests.accounting.contracts import contract_company, sign
from tests.ledgers import amounts, found, scope_of

TIERED = """
    u c-1 task usage as_delivered 1.00 0    .          .
    u c-1 task usage as_delivered 0.50 100  .          .
    u c-1 task usage as_delivered 0.10 1000 .          .
"""

PRICED = {
    "as delivered: what is not rejected, on the delivery date": (
        "u c-1 task usage as_delivered 2.50",
        """d-1 u 2026-05-31 2026-06-02 10 9
           d-2 u 2026-04-30 2026-05-02 20 20
           d-3 u 2026-05-10 . 5 . delivered
           d-4 u 2026-05-10 2026-05-11 7 7 rejected""",
        ("37.50", "50.00", "37.50"),
    ),
    "on acceptance: the accepted quantity of accepted rows, on the day of acceptance": (
        "u c-1 task staffing on_acceptance 2.50",
        """d-1 u 2026-05-31 2026-06-02 10 9
           d-2 u 2026-04-30 2026-05-02 20 18
           d-3 u 2026-05-10 2026-05-10 5 5 delivered
           d-4 u 2026-05-10 2026-05-11 7 7 rejected""",
        ("37.50", "45.00", "45.00"),
    ),
    "a delivery across a tier is priced in parts": (
        TIERED, "d-1 u 2026-05-01 . 150 . delivered", ("125.00", "0.00", "125.00"),
    ),
    "several tiers in one delivery": (
        TIERED, "d-1 u 2026-05-01 . 1100 . delivered", ("560.00", "0.00", "560.00"),
    ),
    "the parts of a delivery are rounded once: 0.0045 + 0.0045 is 0.01": (
        "u c-1 task usage as_delivered 0.0045 0\nu c-1 task usage as_delivered 0.0045 1",
        "d-1 u 2026-05-01 . 2 . delivered",
        ("0.01", "0.00", "0.01"),
    ),
    "each delivery is rounded": (
        "u c-1 task usage as_delivered 0.0045",
        "d-1 u 2026-05-01 . 1 . delivered\nd-2 u 2026-05-01 . 1 . delivered\nd-3 u 2026-05-02 . 2 . delivered",
        ("0.01", "0.00", "0.01"),
    ),
    "the day's deliveries accumulate by id, not by row": (
        TIERED,
        "d-2 u 2026-05-01 . 100 . delivered\nd-1 u 2026-05-01 . 50.005 . delivered",
        ("125.01", "0.00", "125.01"),  # d-1 50.005 → 50.01 and d-2 49.995 + 50.005 × 0.50 = 74.9975 → 75.00
    ),
    "the month before does not accumulate": (
        TIERED,
        "d-1 u 2026-04-30 . 1000 . delivered\nd-2 u 2026-05-01 . 100 . delivered",
        ("100.00", "0.00", "100.00"),
    ),
    "rejected quantities do not accumulate": (
        TIERED,
        "d-1 u 2026-05-01 . 100 . rejected\nd-2 u 2026-05-02 . 100 . delivered",
        ("100.00", "0.00", "100.00"),
    ),
    "a correction falls back through the tiers": (
        TIERED,
        "d-1 u 2026-05-01 . 150 . delivered\nd-2 u 2026-05-02 . -100 . delivered",
        ("50.00", "0.00", "50.00"),  # 125.00 − (50 × 0.50 + 50 × 1.00)
    ),
    "a month that begins with a correction has the first tier's price below nothing": (
        TIERED,
        "d-1 u 2026-05-01 . -10 . delivered\nd-2 u 2026-05-02 . 30 . delivered",
        ("20.00", "0.00", "20.00"),
    ),
    "a price change in mid-month, and the accumulation goes on": (
        """u c-1 task usage as_delivered 1.00 0   .          2026-05-15
           u c-1 task usage as_delivered 0.50 100 .          2026-05-15
           u c-1 task usage as_delivered 2.00 0   2026-05-16 .
           u c-1 task usage as_delivered 1.50 100 2026-05-16 .""",
        "d-1 u 2026-05-15 . 80 . delivered\nd-2 u 2026-05-16 . 40 . delivered",
        ("150.00", "0.00", "150.00"),  # 80 × 1.00 + 20 × 2.00 + 20 × 1.50
    ),
    "only the upper tier changes its price": (
        """u c-1 task usage as_delivered 1.00 0   .          .
           u c-1 task usage as_delivered 0.50 100 .          2026-05-15
           u c-1 task usage as_delivered 0.25 100 2026-05-16 .""",
        "d-1 u 2026-05-15 . 120 . delivered\nd-2 u 2026-05-16 . 40 . delivered",
        ("120.00", "0.00", "120.00"),  # 100 + 20 × 0.50, 40 × 0.25
    ),
    "an upper tier that begins later": (
        "u c-1 task usage as_delivered 1.00 0\nu c-1 task usage as_delivered 0.25 100 2026-05-16",
        "d-1 u 2026-05-15 . 120 . delivered\nd-2 u 2026-05-16 . 40 . delivered",
        ("130.00", "0.00", "130.00"),
    ),
    "the first and the last day of a price": (
        "u c-1 task usage as_delivered 1.00 . 2026-05-10 2026-05-20",
        """d-1 u 2026-05-09 . 1 . delivered
           d-2 u 2026-05-10 . 10 . delivered
           d-3 u 2026-05-20 . 100 . delivered
           d-4 u 2026-05-21 . 1000 . delivered""",
        ("110.00", "0.00", "110.00"),
    ),
    "no price on any day": ("u c-1 task usage as_delivered .", "d-1 u 2026-05-09 . 1 . delivered", ("0.00", "0.00", "0.00")),
    "a new price whose predecessor was left open supersedes it": (
        "u c-1 task usage as_delivered 1.00\nu c-1 task usage as_delivered 3.00 . 2026-05-10",
        "d-1 u 2026-05-09 . 1 . delivered\nd-2 u 2026-05-10 . 1 . delivered",
        ("4.00", "0.00", "4.00"),
    ),
    "a contract line's doubled row multiplies nothing": (
        "u c-1 task usage as_delivered 1.00\nu c-1 task usage as_delivered 1.00",
        "d-1 u 2026-05-09 . 7 . delivered",
        ("7.00", "0.00", "7.00"),
    ),
    "a doubled delivery counts twice": (
        "u c-1 task usage as_delivered 1.00",
        "d-1 u 2026-05-09 . 7 . delivered\nd-1 u 2026-05-09 . 7 . delivered",
        ("14.00", "0.00", "14.00"),
    ),
    "a price of millions, and one per token": (
        "u c-1 task usage as_delivered 1500000.25\nv c-1 task usage as_delivered 0.000000001234",
        "d-1 u 2026-05-09 . 2 . delivered\nd-2 v 2026-05-09 . 123456789012345678 . delivered",
        ("155345678.14", "0.00", "155345678.14"),  # 3,000,000.50 and 152,345,677.64
    ),
    "a milestone: its amount, once, on its first acceptance": (
        "m c-1 task milestone on_acceptance . . . . 900.00",
        """d-1 m 2026-04-20 2026-05-05 1 1
           d-2 m 2026-05-01 2026-05-03 1 1
           d-3 m 2026-03-01 . 1 . rejected""",
        ("0.00", "900.00", "900.00"),  # delivered in April
    ),
    "a milestone is recognised on acceptance, whatever the line says": (
        "m c-1 task milestone as_delivered . . . . 900.00",
        "d-1 m 2026-05-20 2026-06-05 1 1",
        ("900.00", "0.00", "0.00"),
    ),
    "a fixed fee as delivered: its amount, once, on its first delivery": (
        "f c-1 task fixed_fee as_delivered . . . . 900.00",
        "d-1 f 2026-05-20 2026-06-05 1 1\nd-2 f 2026-05-01 . 1 . rejected",
        ("0.00", "0.00", "900.00"),
    ),
    "a cost report has no value": (
        "f c-1 task fixed_fee cost_to_cost . . . . 900.00 . . . 300.00",
        "d-1 f 2026-05-20 2026-05-21 1 1 accepted 100.00\nd-2 f 2026-05-20 . 1 . rejected 100.00",
        ("0.00", "0.00", "300.00"),
    ),
    "staffing by cost: the cost report has no value, the line earns its amount": (
        "f c-1 task staffing cost_to_cost 5.00 . . . 900.00 . . . 300.00",
        "d-1 f 2026-05-20 2026-05-21 8 8 accepted 100.00",
        ("0.00", "0.00", "300.00"),
    ),
    "a subscription has no deliveries": (
        "s c-1 task subscription ratable_monthly . . . . 1200.00 2026-01-01 2026-12-31",
        "",
        ("0.00", "0.00", "100.00"),
    ),
    "service dates that a line lacks are its contract's": (
        "s c-1 task subscription ratable_daily . . . . 151.00 . 2026-05-31", "", ("0.00", "0.00", "31.00"),
    ),
    "selling prices share the amounts of lines that have one": (
        """s c-1 task subscription ratable_monthly . . . . 1000.00 2026-05-01 2026-06-30 600.00
           t c-1 task subscription ratable_monthly . . . . 200.00 2026-06-01 2026-06-30 600.00
           u c-1 task usage as_delivered 1.00 . . . . . . 900.00""",
        "d-1 u 2026-05-01 . 5 . delivered",
        ("5.00", "0.00", "305.00"),
    ),
    "a delivery of an unknown line is worth nothing": (
        "u c-1 task usage as_delivered 1.00", "d-1 x 2026-05-01 . 5 . delivered", ("0.00", "0.00", "0.00"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PRICED)
def test_value_and_revenue_of_may(tmp_path: Path, case: str) -> None:
    lines, deliveries, (delivered, accepted, revenue) = PRICED[case]
    scope = contract_company(tmp_path, contract_lines=lines, deliveries=deliveries)
    assert amounts(revenue_to_ledger(scope), "delivered_value", "accepted_value", "revenue") == {
        "delivered_value": delivered,
        "accepted_value": accepted,
        "revenue": revenue,
    }


def test_a_delivery_without_a_price_in_force_is_counted(tmp_path: Path) -> None:
    scope = contract_company(
        tmp_path,
        contract_lines="u c-1 task usage as_delivered 1.00 . 2026-05-10 2026-05-20",
        deliveries="d-1 u 2026-05-09 . 1 . delivered\nd-2 u 2026-05-10 . 1 . delivered\nd-3 u 2026-06-10 . 1 . delivered",
    )
    assert deliveries_priced(scope) == (1, 2)


def test_revenue_by_contract_line(tmp_path: Path) -> None:
    """60: to date and of the period, a line at a time, and every figure is the sum of its rows."""
    scope = contract_company(
        tmp_path,
        program="atlas",
        contract_lines="""
            u c-1 task usage as_delivered 2.00
            s c-1 seat subscription ratable_monthly . . . . 1200.00 2026-01-01 2026-12-31
        """,
        deliveries="d-1 u 2026-04-30 . 10 . delivered\nd-2 u 2026-05-01 . 5 . delivered\nd-3 u 2026-06-01 . 5 . delivered",
    )
    result = revenue_recognition(scope)
    assert amounts(result) == {
        "revenue_to_date": "530.00",
        "revenue": "110.00",
        "catch_up": "0.00",
        "revenue_to_date:s": "500.00",
        "revenue:s": "100.00",
        "catch_up:s": "0.00",
        "revenue_to_date:u": "30.00",
        "revenue:u": "10.00",
        "catch_up:u": "0.00",
    }
    for figure in result.figures.values():
        assert figure.population is not None
        assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money


SUBSCRIBED = """
    old c-1 seat subscription ratable_monthly . . . . 1200.00 2026-01-01 2026-12-31
    new c-1 seat subscription ratable_monthly . . . . 600.00  2026-04-01 2026-09-30
"""


def test_golden_11_an_invoice_in_may_for_april_to_september(tmp_path: Path) -> None:
    """April is signed without the new line: its share is a catch-up of May, and April's revenue stays as it was signed."""
    tables = {
        "contract_lines": SUBSCRIBED,
        "invoices": "inv-1 2026-05-20 600.00",
        "invoice_lines": "inv-1 1 new 600.00 2026-04-01 2026-09-30",
    }
    scope = contract_company(tmp_path, program="atlas", **tables)
    assert amounts(revenue_recognition(scope), "revenue", "catch_up") == {"revenue": "200.00", "catch_up": "0.00"}
    sign(tmp_path / "books", ("atlas", "revenue_to_date", "400.00"), ("atlas", "revenue_to_date:old", "400.00"))
    scope = scope_of(tmp_path / "books", "2026-05", "atlas")
    assert amounts(revenue_recognition(scope)) == {
        "revenue_to_date": "700.00",
        "revenue": "300.00",
        "catch_up": "100.00",
        "revenue_to_date:new": "200.00",
        "revenue:new": "200.00",
        "catch_up:new": "100.00",
        "revenue_to_date:old": "500.00",
        "revenue:old": "100.00",
        "catch_up:old": "0.00",
    }
    company = scope_of(tmp_path / "books", "2026-05")
    assert amounts(revenue_to_ledger(company), "revenue", "billed") == {"revenue": "300.00", "billed": "600.00"}
    june = scope_of(tmp_path / "books", "2026-06", "atlas")
    assert amounts(revenue_recognition(june), "revenue", "catch_up") == {"revenue": "200.00", "catch_up": "0.00"}


def test_published_erpnext_first_seen_in_july(tmp_path: Path) -> None:
    """3,000 over May to July, May and June closed: 1,000 each as catch-up of the open period, 1,000 for July itself.

    The house books both in the open period, July; published books them on 2023-06-30, which was open there.
    """
    scope = contract_company(
        tmp_path,
        "2023-07",
        "atlas",
        contract_lines="s c-1 seat subscription ratable_monthly . . . . 3000.00 2023-05-01 2023-07-31",
        contracts="c-1 atlas USD 2023-05-01",
    )
    sign(tmp_path / "books", ("atlas", "revenue_to_date", "0.00"), period="2023-06")
    scope = scope_of(tmp_path / "books", "2023-07", "atlas")
    assert amounts(revenue_recognition(scope), "revenue_to_date", "revenue", "catch_up") == {
        "revenue_to_date": "3000.00",
        "revenue": "3000.00",
        "catch_up": "2000.00",
    }


LATE = {
    "a late delivery": (
        "u c-1 task usage as_delivered 1.00",
        "d-1 u 2026-04-30 . 50 . delivered",
        "",
        "30.00",
        "20.00",
    ),
    "a delivery that was taken back": ("u c-1 task usage as_delivered 1.00", "", "", "30.00", "-30.00"),
    "a price corrected": (
        "u c-1 task usage as_delivered 2.00",
        "d-1 u 2026-04-30 . 30 . delivered",
        "",
        "30.00",
        "30.00",
    ),
    "a change dated in April": (
        "s c-1 seat subscription ratable_monthly . . . . 1200.00 2026-01-01 2026-12-31",
        "",
        "s 2026-04-01 120.00 cumulative",
        "400.00",
        "40.00",
    ),
    "nothing late": ("u c-1 task usage as_delivered 1.00", "d-1 u 2026-04-30 . 30 . delivered", "", "30.00", "0.00"),
}


@pytest.mark.parametrize("case", LATE)
def test_what_reaches_back_into_a_signed_period_is_a_catch_up(tmp_path: Path, case: str) -> None:
    lines, deliveries, changes, signed, expected = LATE[case]
    scope = contract_company(
        tmp_path, program="atlas", contract_lines=lines, deliveries=deliveries, contract_changes=changes
    )
    computed = revenue_recognition(scope)
    line = lines.split()[0]
    sign(tmp_path / "books", ("atlas", "revenue_to_date", signed), ("atlas", f"revenue_to_date:{line}", signed))
    result = revenue_recognition(scope_of(tmp_path / "books", "2026-05", "atlas"))
    assert result.catch_up.money == Decimal(expected)
    assert result.revenue.money == result.revenue_to_date.money - Decimal(signed)
    assert result.revenue_to_date.money == computed.revenue_to_date.money
    table = result.table.iloc[-1]
    assert [table[id] for id in ("revenue_to_date", "revenue", "catch_up")] == [
        result.figures[id].money for id in ("revenue_to_date", "revenue", "catch_up")
    ]


def test_another_program_s_signature_changes_nothing(tmp_path: Path) -> None:
    scope = contract_company(
        tmp_path,
        programs="atlas\nborealis",
        contract_lines="u c-1 task usage as_delivered 1.00",
        deliveries="d-1 u 2026-04-30 . 50 . delivered",
    )
    sign(tmp_path / "books", ("borealis", "revenue_to_date", "0.00"))
    assert amounts(revenue_to_ledger(scope), "revenue") == {"revenue": "0.00"}


def test_golden_18_uninstalled_materials(tmp_path: Path) -> None:
    """ASC 606-10-55-187: elevators of 1.5 m at cost as a milestone, the rest by cost to cost: 20 % × 3.5 m + 1.5 m."""
    scope = contract_company(
        tmp_path,
        program="atlas",
        contract_lines="""
            elevators c-1 elevators milestone on_acceptance . . . . 1500000.00
            work      c-1 work      fixed_fee cost_to_cost  . . . . 3500000.00 . . . 2500000.00
        """,
        deliveries="d-1 elevators 2026-05-12 2026-05-15 1 1\nd-2 work 2026-05-31 . 1 . delivered 500000.00",
    )
    assert amounts(revenue_recognition(scope), "revenue", "revenue:elevators", "revenue:work") == {
        "revenue": "2200000.00",
        "revenue:elevators": "1500000.00",
        "revenue:work": "700000.00",
    }


def test_billing_by_document(tmp_path: Path) -> None:
    """Posted documents of May count, with memos negative, with lines that name no line or an unknown one; the rest doesn't."""
    scope = contract_company(
        tmp_path,
        contract_lines="u c-1 task usage as_delivered 1.00",
        invoices="""
            i-1 2026-05-01 100.00
            i-2 2026-05-31 -30.00 credit_memo
            i-3 2026-05-02 7.00   invoice draft
            i-4 2026-05-02 7.00   invoice void
            i-5 2026-04-30 7.00
            i-6 2026-06-01 7.00
        """,
        invoice_lines="""
            i-1 1 u 60.00
            i-1 2 . 10.00
            i-1 3 x 5.00
            i-2 1 u -30.00
            i-3 1 u 7.00
            i-4 1 u 7.00
            i-5 1 u 7.00
            i-6 1 u 7.00
            i-9 1 u 7.00
        """,
    )
    result = revenue_to_ledger(scope)
    assert amounts(result, "billed") == {"billed": "45.00"}
    assert result.table[["contract_line_id", "billed"]].astype(str).to_numpy().tolist() == [
        ["no contract line", "15.0000"],
        ["u", "30.0000"],
        ["Total", "45.0000"],
    ]


DIFFERENT = {
    "the ledger says the same": ("j-1 2026-05-31 4000 -10.00", []),
    "a cent less": ("j-1 2026-05-31 4000 -9.99", [("revenue_differs", "atlas", "-0.01")]),
    "booked in the month after": ("j-1 2026-06-01 4000 -10.00", [("revenue_differs", "atlas", "-10.00")]),
    "booked in another program": (
        "j-1 2026-05-31 4000 -10.00 borealis",
        [("revenue_differs", "atlas", "-10.00"), ("revenue_differs", "borealis", "10.00")],
    ),
    "booked in no program": (
        "j-1 2026-05-31 4000 -10.00 .",
        [("revenue_differs", "_company", "10.00"), ("revenue_differs", "atlas", "-10.00")],
    ),
    "another account": ("j-1 2026-05-31 4100 -10.00", [("revenue_differs", "atlas", "-10.00")]),
    "nothing booked": ("", [("revenue_differs", "atlas", "-10.00")]),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_revenue_differs_by_program(tmp_path: Path, case: str) -> None:
    entries, expected = DIFFERENT[case]
    scope = contract_company(
        tmp_path,
        programs="atlas\nborealis",
        contract_lines="u c-1 task usage as_delivered 1.00",
        deliveries="d-1 u 2026-05-09 . 10 . delivered",
        gl_entries=entries,
    )
    assert found(revenue_to_ledger(scope)) == expected
    for program in ("atlas", "borealis"):
        own = found(revenue_to_ledger(scope_of(tmp_path / "books", "2026-05", program)))
        assert own == [finding for finding in expected if finding[1] == program]


def test_a_difference_within_the_tolerance_is_none(tmp_path: Path) -> None:
    scope = contract_company(tmp_path, gl_entries="j-1 2026-05-31 4000 -5.00", contract_lines="")
    assert found(revenue_to_ledger(scope)) == [("revenue_differs", "atlas", "5.00")]
    tolerant = scope_of(tmp_path / "books", "2026-05", tolerances={"tie_out": "5.00"})
    assert found(revenue_to_ledger(tolerant)) == []


CUTOFF = {
    "service of the month before": ("i-1 1 u 10.00 2026-04-01 2026-04-30", True),
    "service of the month after": ("i-1 1 u 10.00 2026-06-01 2026-06-30", True),
    "service from the last day on": ("i-1 1 u 10.00 2026-05-31 2026-08-31", False),
    "service to the first day": ("i-1 1 u 10.00 2026-01-01 2026-05-01", False),
    "service over the month": ("i-1 1 u 10.00 2026-01-01 2026-12-31", False),
    "one line of two touches": ("i-1 1 u 9.00 2026-04-01 2026-04-30\ni-1 2 u 1.00 2026-05-01 2026-05-31", False),
    "only a service end": ("i-1 1 u 10.00 . 2026-04-30", True),
    "no date at all": ("i-1 1 u 10.00", False),
    "a delivery of April": ("i-1 1 u 10.00 . . d-april", True),
    "a delivery of May": ("i-1 1 u 10.00 . . d-may", False),
    "the delivery's date, not the service dates": ("i-1 1 u 10.00 2026-05-01 2026-05-31 d-april", True),
    "delivered in May, accepted in June, recognised on acceptance": ("i-1 1 a 10.00 . . d-june", True),
    "not accepted yet: the service dates": ("i-1 1 a 10.00 2026-05-01 2026-05-31 d-open", False),
    "an unknown delivery: the service dates": ("i-1 1 u 10.00 2026-05-01 2026-05-31 d-x", False),
}


@pytest.mark.parametrize("case", CUTOFF)
def test_revenue_cutoff(tmp_path: Path, case: str) -> None:
    lines, late = CUTOFF[case]
    scope = contract_company(
        tmp_path,
        contract_lines="u c-1 task usage as_delivered 1.00\na c-1 task usage on_acceptance 1.00",
        deliveries="""
            d-april u 2026-04-30 2026-05-02 10 10
            d-may   u 2026-05-31 2026-06-02 10 10
            d-june  a 2026-05-31 2026-06-02 10 10
            d-open  a 2026-04-30 . 10 . delivered
        """,
        invoices="i-1 2026-05-20 10.00",
        invoice_lines=lines,
        gl_entries="j-1 2026-05-31 4000 -10.00 atlas i-1\nj-1 2026-05-31 1200 10.00 atlas i-1",
    )
    cutoff = [finding for finding in found(revenue_to_ledger(scope)) if finding[0] == "revenue_cutoff"]
    assert cutoff == ([("revenue_cutoff", "j-1:1", "10.00")] if late else [])


CUTOFF_NOT = {
    "an entry of another month": ("j-1 2026-06-01 4000 -10.00 atlas i-1", "invoice posted"),
    "an entry that names no document": ("j-1 2026-05-31 4000 -10.00 atlas", "invoice posted"),
    "a document that is no invoice": ("j-1 2026-05-31 4000 -10.00 atlas r-1", "invoice posted"),
    "a credit memo takes back what was before": ("j-1 2026-05-31 4000 10.00 atlas i-1", "credit_memo posted"),
    "a void": ("j-1 2026-05-31 4000 -10.00 atlas i-1", "invoice void"),
    "an account that is not revenue": ("j-1 2026-05-31 2400 -10.00 atlas i-1", "invoice posted"),
}


@pytest.mark.parametrize("case", CUTOFF_NOT)
def test_revenue_cutoff_is_not_raised_for(tmp_path: Path, case: str) -> None:
    entry, kind = CUTOFF_NOT[case]
    scope = contract_company(
        tmp_path,
        contract_lines="u c-1 task usage as_delivered 1.00",
        invoices=f"i-1 2026-05-20 {'-' if 'memo' in kind else ''}10.00 {kind}",
        invoice_lines="i-1 1 u 10.00 2026-04-01 2026-04-30",
        gl_entries=entry,
    )
    assert "revenue_cutoff" not in [finding for finding, *_ in found(revenue_to_ledger(scope))]


def test_a_foreign_delivery_at_the_rate_of_its_day(tmp_path: Path) -> None:
    tables = {
        "contracts": "c-1 atlas EUR",
        "contract_lines": "u c-1 task usage as_delivered 0.333",
        "deliveries": "d-1 u 2026-05-09 . 10 . delivered\nd-2 u 2026-05-10 . 10 . delivered",
    }
    rates = "EUR 2026-05-09 1.10\nEUR 2026-05-10 1.20\nEUR 2026-05-31 1.25\nEUR 2026-04-30 1.00"
    scope = contract_company(tmp_path / "whole", fx_rates=rates, **tables)
    assert amounts(revenue_to_ledger(scope), "revenue") == {"revenue": "7.66"}  # 3.33 × 1.10 = 3.66, 3.33 × 1.20 = 4.00
    scope = contract_company(tmp_path / "lacking", fx_rates=rates.replace("2026-05-10", "2026-05-11"), **tables)
    with pytest.raises(BooksError) as raised:
        revenue_to_ledger(scope)
    assert [fault.where for fault in raised.value.faults] == ["fx_rates, EUR, 2026-05-10"]
