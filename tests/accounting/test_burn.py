"""Burn of purchase orders (workpaper 51): the formulas by hand, month fractions, boundary days, statuses, foreign orders."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from close_library.accounting import purchase_order_burn, purchase_order_trace, total_of
from close_library.accounting.purchase_orders.purchase_order_burn import months_left, run_out_date
from close_library.evidence import Result
from tests.accounting.orders import order_company
from tests.ledgers import found

T = date(2026, 10, 31)


def burn_of(result: Result, number: str) -> dict[str, str]:
    """An order's figures as text: amounts with cents, percent with four decimals, dates."""
    texts = {}
    for id, figure in result.figures.items():
        if id.endswith(f":{number}"):
            money = figure.amount is not None and figure.unit == "USD"
            texts[id.split(":")[0]] = f"{figure.amount:.2f}" if money else str(figure.amount)
    return texts


def footed(result: Result) -> None:
    """Every figure but percents and dates is the sum of its rows."""
    for figure in result.figures.values():
        if figure.population is None:
            assert figure.unit in ("percent", "date")
        else:
            assert sum(figure.population.rows()["amount"], Decimal(0)) == figure.money, figure.id


@pytest.mark.parametrize(
    ("name", "end", "months"),
    [
        ("no end does not say how many", None, Fraction(0)),
        ("ended before", date(2026, 10, 30), Fraction(0)),
        ("ends on T", date(2026, 10, 31), Fraction(0)),
        ("a day of November", date(2026, 11, 1), Fraction(1, 30)),
        ("all of November", date(2026, 11, 30), Fraction(1)),
        ("half of a leap February", date(2028, 2, 14), 15 + Fraction(14, 29)),
        ("over the year's end", date(2027, 1, 15), 2 + Fraction(15, 31)),
    ],
)
def test_months_left(name: str, end: date | None, months: Fraction) -> None:
    assert months_left(T, end) == months, name


@pytest.mark.parametrize(
    ("name", "remaining", "run_rate", "day"),
    [
        ("nothing is used", "100.00", "0.00", None),
        ("nothing is used and nothing remains", "-5.00", "0.00", None),
        ("used up at T", "0.00", "10.00", T),
        ("overdrawn", "-0.01", "10.00", T),
        ("exactly one month", "10.00", "10.00", date(2026, 11, 30)),
        ("a cent more than a month", "10.01", "10.00", date(2026, 12, 31)),
        ("into February", "31.00", "10.00", date(2027, 2, 28)),
        ("taken back month by month", "31.00", "-10.00", None),
        ("beyond the calendar", "9999999999.00", "0.01", None),
    ],
)
def test_run_out_date(name: str, remaining: str, run_rate: str, day: date | None) -> None:
    assert run_out_date(T, Decimal(remaining), Decimal(run_rate)) == day, name


def test_the_burn_of_an_order_by_hand(tmp_path: Path) -> None:
    """Accepted 400 to July, then 100, 100 and 100.01 of three months (the first day counts): a third is 100.00.

    Committed is accepted, 700.01; 299.99 remain, two months at the rate and a cent; until 15 January 2 + 15/31 months are left.
    """
    result = purchase_order_burn(
        order_company(
            tmp_path,
            "2026-10",
            contract_lines="u c-1 usage on_acceptance 0.01",
            purchase_orders="PO-1 900.00 c-1 2026-01-01 . 2026-12-31",
            po_amendments="PO-1 1 2026-10-31 100.00 2027-01-15",
            deliveries="""
                d-1 u PO-1 2026-07-01 2026-07-31 40000 40000
                d-2 u PO-1 2026-07-01 2026-08-01 10000 10000
                d-3 u PO-1 2026-09-01 2026-09-30 10000 10000
                d-4 u PO-1 2026-10-01 2026-10-31 10001 10001
                d-5 u PO-1 2026-10-01 2026-11-01 70000 70000
            """,
            invoices="inv-1 PO-1 2026-10-31 660.00 60.00",
            invoice_lines="inv-1 1 u 600.00 d-1",
        )
    )
    assert burn_of(result, "PO-1") == {
        "funded": "1000.00",
        "invoiced": "600.00",
        "accepted_value": "700.01",
        "committed": "700.01",
        "remaining": "299.99",
        "burn_percent": "60.0000",
        "run_rate": "100.00",
        "run_out_date": "2027-01-31",
        "increase_needed": "0.00",
    }
    assert found(result) == [("po_underfunded", "PO-1", "0.00")]
    footed(result)
    assert total_of(result, "committed", "remaining") == total_of(result, "funded") == Decimal("1000.00")


@pytest.mark.parametrize(
    ("name", "accepted", "rate"),
    [
        ("rounds down", "1.00", "0.33"),
        ("rounds up", "2.00", "0.67"),
        ("taken back", "-2.00", "-0.67"),
        ("a cent", "0.01", "0.00"),
    ],
)
def test_the_run_rate_is_rounded_once(tmp_path: Path, name: str, accepted: str, rate: str) -> None:
    quantity = Decimal(accepted) / Decimal("0.01")
    half = quantity // 2
    result = purchase_order_burn(
        order_company(
            tmp_path,
            contract_lines="u c-1 usage on_acceptance 0.01",
            purchase_orders="PO-1 900.00",
            deliveries=f"""
                d-1 u PO-1 2026-05-01 2026-05-02 {half} {half}
                d-2 u PO-1 2026-05-01 2026-05-03 {quantity - half} {quantity - half}
            """,
        )
    )
    assert burn_of(result, "PO-1")["run_rate"] == rate, name
    footed(result)


def test_increase_needed(tmp_path: Path) -> None:
    """30 a month accepted over three months, 90 in all; open, closed, cancelled, ended, on its last day, without an end."""
    orders = """
        half      100.00 c-1 2026-01-01 . 2026-06-15
        year      100.00 c-1 2026-01-01 . 2027-05-31
        enough    450.00 c-1 2026-01-01 . 2027-05-31
        closed    80.00  c-1 2026-01-01 . 2027-05-31 closed
        cancelled 80.00  c-1 2026-01-01 . 2027-05-31 cancelled
        ended     80.00  c-1 2026-01-01 . 2026-05-30
        last_day  80.00  c-1 2026-01-01 . 2026-05-31
        endless   80.00
    """
    numbers = [line.split()[0] for line in orders.strip().split("\n")]
    days = ("2026-03-01", "2026-04-30", "2026-05-31")
    deliveries = "\n".join(f"{number}-{day} u {number} 2026-03-01 {day} 3 3" for number in numbers for day in days)
    result = purchase_order_burn(order_company(tmp_path, purchase_orders=orders, deliveries=deliveries))
    assert {number: burn_of(result, number)["increase_needed"] for number in numbers} == {
        "half": "5.00",
        "year": "350.00",
        "enough": "0.00",
        "closed": "0.00",
        "cancelled": "0.00",
        "ended": "0.00",
        "last_day": "10.00",
        "endless": "10.00",
    }
    assert {burn_of(result, number)["run_out_date"] for number in ("closed", "ended")} == {"2026-05-31"}
    drafts = result.tables["51.2"].frame
    assert list(drafts["purchase_order"]) == ["endless", "half", "last_day", "year"]
    assert "please increase the order by 350.00 USD." in drafts["draft"].iloc[3]
    assert "10.00 USD of the order's 100.00 USD remains. At 30.00 USD" in drafts["draft"].iloc[3]
    assert "it is used up by 2026-06-30, before its end on 2027-05-31" in drafts["draft"].iloc[3]
    assert "that exceeds the order's 80.00 USD by 10.00 USD. To carry on the work, please" in drafts["draft"].iloc[0]
    footed(result)


def test_exceeded_and_short_orders(tmp_path: Path) -> None:
    """To the cent is no finding, a cent more is; 75 percent is none, a cent more is; closed and ended ones are not short."""
    result = purchase_order_burn(
        order_company(
            tmp_path,
            contract_lines="u c-1 usage on_acceptance 0.01",
            purchase_orders="""
                exact    50.00 c-1 2026-01-01 . 2026-05-30 closed
                billed   49.99 c-1 2026-01-01 . . cancelled
                accepted 49.99 c-1 2026-01-01 . . closed
                at_75    200.00
                over_75  199.99
                shut     199.99 c-1 2026-01-01 . . closed
                ended    199.99 c-1 2026-01-01 . 2026-05-30
                last_day 199.99 c-1 2026-01-01 . 2026-05-31
                idle     0.00
            """,
            invoices="i-1 exact 2026-05-31 50.00\ni-2 billed 2026-05-31 50.00",
            invoice_lines="i-1 1 u 50.00\ni-2 1 u 50.00",
            deliveries="""
                d-0 u exact    2026-05-01 2026-05-02 5000 5000
                d-1 u accepted 2026-05-01 2026-05-02 5000 5000
                d-2 u at_75    2026-05-01 2026-05-02 9000 9000
                d-3 u over_75  2026-05-01 2026-05-02 9000 9000
                d-4 u shut     2026-05-01 2026-05-02 9000 9000
                d-5 u ended    2026-05-01 2026-05-02 9000 9000
                d-6 u last_day 2026-05-01 2026-05-02 9000 9000
            """,
        )
    )
    assert found(result) == [
        ("po_over_delivered", "accepted", "0.01"),
        ("po_overbilled", "billed", "0.01"),
        ("po_underfunded", "last_day", "0.00"),
        ("po_underfunded", "over_75", "0.00"),
    ]
    assert burn_of(result, "idle")["burn_percent"] == "None"
    assert burn_of(result, "idle")["run_out_date"] == "None"


def test_the_warning_looks_ahead_as_far_as_the_parameters_say(tmp_path: Path) -> None:
    tables = {"purchase_orders": "PO-1 200.00", "deliveries": "d-1 u PO-1 2026-05-01 2026-05-02 9 9"}
    for n, (limits, expected) in enumerate(
        [
            ({"warn_at_percent": "75", "look_ahead_months": 2}, 0),
            ({"warn_at_percent": "74.9", "look_ahead_months": 2}, 1),
            ({"warn_at_percent": "75", "look_ahead_months": 3}, 1),
        ]
    ):
        scope = order_company(tmp_path / str(n), changes={"purchase_orders": limits}, **tables)
        assert len(found(purchase_order_burn(scope))) == expected, limits


def test_a_foreign_order(tmp_path: Path) -> None:
    """100 EUR at 1.10 are funded; 60 EUR accepted at 1.25 are 75 USD; 60 EUR invoiced at 1.00 are 60 USD."""
    result = purchase_order_burn(
        order_company(
            tmp_path,
            contracts="c-1 atlas EUR",
            purchase_orders="PO-1 100.00 c-1 2026-01-01 . 2026-06-30 open EUR",
            deliveries="d-1 u PO-1 2026-05-01 2026-05-02 6 6",
            invoices="inv-1 PO-1 2026-05-31 60.00 . invoice posted EUR",
            invoice_lines="inv-1 1 u 60.00 d-1",
            fx_rates="EUR 2026-01-01 1.10\nEUR 2026-05-01 9.00\nEUR 2026-05-02 1.25\nEUR 2026-05-31 1.00",
        )
    )
    assert burn_of(result, "PO-1") == {
        "funded": "110.00",
        "invoiced": "60.00",
        "accepted_value": "75.00",
        "committed": "75.00",
        "remaining": "35.00",
        "burn_percent": "54.5455",
        "run_rate": "25.00",
        "run_out_date": "2026-07-31",
        "increase_needed": "0.00",
    }


def test_a_burn_down_shows_what_remains(tmp_path: Path) -> None:
    """Months one by one, earlier ones in one step; the steps lead from funded to remaining; a closed order has no picture."""
    scope = order_company(
        tmp_path,
        "2026-10",
        purchase_orders="PO-1 900.00\nPO-2 900.00 c-1 2026-01-01 . . closed",
        deliveries="""
            d-1 u PO-1 2026-02-01 2026-02-02 10 10
            d-2 u PO-1 2026-08-01 2026-08-02 20 20
            d-3 u PO-1 2026-10-01 2026-10-31 5 5
        """,
        invoices="inv-1 PO-1 2026-08-31 320.00",
        invoice_lines="inv-1 1 u 320.00",
    )
    charts = purchase_order_burn(scope).charts
    assert [(chart.id, chart.kind) for chart in charts] == [("51.c1", "stacked_bars"), ("51.c2", "waterfall")]
    assert [(step["label"], step["amount"]) for step in charts[1].data] == [
        ("Funded", "900.00"),
        ("To 2026-04", "-100.00"),
        ("2026-08", "-220.00"),
        ("2026-10", "-30.00"),
        ("Remaining", "550.00"),
    ]


def test_the_burn_and_the_trace_show_the_same(tmp_path: Path) -> None:
    scope = order_company(tmp_path, purchase_orders="PO-1 9.00", deliveries="d-1 u PO-1 2026-05-01 2026-05-02 6 6")
    burn, trace = purchase_order_burn(scope), purchase_order_trace(scope)
    for id in ("funded:PO-1", "invoiced:PO-1", "accepted_value:PO-1"):
        assert burn.figures[id].amount == trace.figures[id].amount


def test_no_order_no_figure(tmp_path: Path) -> None:
    result = purchase_order_burn(order_company(tmp_path))
    assert (result.figures, result.charts, result.findings) == ({}, (), ())
