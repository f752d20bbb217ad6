"""Problems planted in purchase orders (workpaper 51): what an order holds against what was delivered and billed."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_FLOOR, Decimal

from close_library.money import ZERO, round_money
from close_library.period import Period
from close_library.sample.history import History
from close_library.sample.planting import Plants, always, when
from close_library.sample.programs import LINES, PERIODS
from close_library.sample.reference import PO_END, Rows

Tables = dict[str, Rows]


def _to_date(history: History, contract_id: str, what: str, period: Period) -> Decimal:
    sums = getattr(history, what)
    return sum(
        (
            sums[line.line_id, month]
            for line in LINES
            if line.contract_id == contract_id
            for month in PERIODS
            if month <= period
        ),
        ZERO,
    )


def _order(tables: Tables, po_number: str) -> dict[str, object]:
    return next(row for row in tables["purchase_orders"] if row["po_number"] == po_number)


def _fund(tables: Tables, po_number: str, amount: Decimal) -> None:
    """Fund an order with one amount, without its usual amendment."""
    _order(tables, po_number)["authorized_amount"] = amount
    tables["po_amendments"] = [row for row in tables["po_amendments"] if row["po_number"] != po_number]


@when("tables")
def cut_in_october(plants: Plants, history: History, tables: Tables) -> None:
    """The customer cuts an order below what is already delivered and billed."""
    last = PERIODS[-1]
    invoiced = _to_date(history, "CT-DRA-02", "billed", last)
    accepted = _to_date(history, "CT-DRA-02", "accepted_value", last)
    left = (min(invoiced, accepted) / 500).to_integral_value(ROUND_FLOOR) * 500 - 2000
    funded = (accepted * 2 / 5000).to_integral_value() * 5000
    _fund(tables, "PO-HAL-8802", funded)
    tables["po_amendments"].append(
        {
            "po_number": "PO-HAL-8802",
            "amendment_number": "1",
            "amendment_date": date(2026, 10, 12),
            "amount_change": left - funded,
        }
    )
    words = "the customer cut the order on 2026-10-12 below what it had received"
    plants.problem(
        "po_overbilled", "2026-10", "draco", "purchase_orders", lambda: "PO-HAL-8802", words, lambda: invoiced - left
    )
    plants.problem(
        "po_over_delivered",
        "2026-10",
        "draco",
        "purchase_orders",
        lambda: "PO-HAL-8802",
        words,
        lambda: accepted - left,
    )


@when("tables")
def runs_short(plants: Plants, history: History, tables: Tables) -> None:
    """The teams of borealis use their order faster than it was funded."""
    last, contract = PERIODS[-1], "CT-BOR-01"
    funded = (_to_date(history, contract, "accepted_value", last) * Decimal("1.45") / 5000).to_integral_value() * 5000
    _fund(tables, "PO-ALT-20619", funded)
    for period in PERIODS:
        committed = max(_to_date(history, contract, what, period) for what in ("accepted_value", "billed"))
        recent = _to_date(history, contract, "accepted_value", period) - _to_date(
            history, contract, "accepted_value", period.shift(-3)
        )
        rate = round_money(recent / 3, "USD")
        left = (PO_END.year - period.year) * 12 + PO_END.month - period.month
        needed = max(committed + rate * left - funded, ZERO)
        if committed <= funded and committed + rate * 2 > funded * Decimal("0.75"):
            plants.problem(
                "po_underfunded",
                str(period),
                "borealis",
                "purchase_orders",
                lambda: "PO-ALT-20619",
                "the order will not last to its end",
                always(needed),
                f"runs_short_{period}",
            )


@when("tables")
def billed_to_the_cent(plants: Plants, history: History, tables: Tables) -> None:
    """A closed order is billed exactly to its amount."""
    _fund(tables, "PO-PEL-310", _to_date(history, "CT-FOR-01", "billed", PERIODS[-1]))
    _order(tables, "PO-PEL-310")["status"] = "closed"
    plants.near_miss(
        "billed_to_the_cent",
        "po_overbilled",
        "fornax",
        "purchase_orders",
        lambda: "PO-PEL-310",
        "invoiced exactly what the closed order holds",
    )


@when("tables")
def second_order_of_orchard(plants: Plants, history: History, tables: Tables) -> None:
    """Orchard opens a second order from September."""
    tables["purchase_orders"].append(
        {
            "po_number": "PO-ORC-0101",
            "program_id": "gaia",
            "customer_id": "CU-1007",
            "contract_id": "CT-GAI-02",
            "issue_date": date(2026, 8, 24),
            "start_date": date(2026, 9, 1),
            "end_date": PO_END,
            "currency": "USD",
            "authorized_amount": Decimal("50000.00"),
            "status": "open",
        }
    )
