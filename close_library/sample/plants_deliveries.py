"""Problems planted in deliveries (workpaper 50): unbilled, without an order, outside its dates; and a near miss."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from close_library.money import round_money
from close_library.period import Period
from close_library.sample.billing import refoot
from close_library.sample.events import Delivery, Invoice
from close_library.sample.planting import Plants, when
from close_library.sample.programs import LINE_OF

Invoices = list[Invoice]


def accepted_in(rows: list[Delivery], period: str) -> Delivery:
    """A delivery of a month that was accepted within it."""
    return next(row for row in rows if row.accepted_date and Period.of(row.accepted_date) == Period.parse(period))


def worth(row: Delivery) -> Decimal:
    """The value of a delivery under a line with one price."""
    return round_money(row.quantity_delivered * LINE_OF[row.contract_line_id].prices[0].price, "USD")


@when("invoice", "CT-DRA-02", "2026-05")
def forgotten_in_may(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A delivery misses its invoice and is billed a month later."""
    line = invoice.lines.pop(0)
    refoot(invoice)
    plants.kept["forgotten in May"] = line
    plants.problem(
        "delivered_not_billed",
        "2026-05",
        "draco",
        "deliveries",
        lambda: line.delivery_id,
        "left off the May invoice, billed in June",
        lambda: line.amount,
        "forgotten_in_may",
    )


@when("invoice", "CT-DRA-02", "2026-06")
def billed_in_june(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """The forgotten delivery is billed."""
    invoice.lines.append(plants.kept["forgotten in May"])
    refoot(invoice)


@when("invoice", "CT-DRA-02", "2026-10")
def forgotten_in_october(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A delivery misses its invoice and is still unbilled."""
    line = invoice.lines.pop(0)
    refoot(invoice)
    plants.problem(
        "delivered_not_billed",
        "2026-10",
        "draco",
        "deliveries",
        lambda: line.delivery_id,
        "accepted in October and on no invoice",
        lambda: line.amount,
        "forgotten_in_october",
    )


@when("deliveries", "ATL-01-VID", "2026-09")
def delivery_without_order(plants: Plants, rows: list[Delivery]) -> None:
    """A delivery was entered without its purchase order."""
    row = accepted_in(rows, "2026-09")
    row.po_number = ""
    plants.problem(
        "delivery_without_po",
        "2026-09",
        "atlas",
        "deliveries",
        lambda: row.delivery_id,
        "entered without its purchase order",
        lambda: worth(row),
    )


@when("deliveries", "EQX-02-TOK", "2026-10")
def delivery_with_unknown_order(plants: Plants, rows: list[Delivery]) -> None:
    """A delivery names a purchase order that does not exist."""
    row = accepted_in(rows, "2026-10")
    row.po_number = "PO-HAL-8861"
    plants.problem(
        "delivery_without_po",
        "2026-10",
        "equinox",
        "deliveries",
        lambda: row.delivery_id,
        "names PO-HAL-8861, two digits exchanged",
        lambda: worth(row),
        "delivery_with_unknown_po",
    )


@when("deliveries", "GAI-02-HRS", "2026-08")
def before_the_order_begins(plants: Plants, rows: list[Delivery]) -> None:
    """Work of August is charged to a purchase order that begins in September."""
    row = accepted_in(rows, "2026-08")
    row.po_number = "PO-ORC-0101"
    plants.problem(
        "delivery_outside_po_dates",
        "2026-08",
        "gaia",
        "deliveries",
        lambda: row.delivery_id,
        "PO-ORC-0101 begins on 2026-09-01",
        lambda: worth(row),
    )


@when("deliveries", "GAI-02-HRS", "2026-09")
def on_the_first_day_of_the_order(plants: Plants, rows: list[Delivery]) -> None:
    """A delivery on the first day of its purchase order is in time."""
    row = rows[0]
    row.delivery_date, row.po_number = date(2026, 9, 1), "PO-ORC-0101"
    plants.near_miss(
        "delivery_on_first_day",
        "delivery_outside_po_dates",
        "gaia",
        "deliveries",
        lambda: row.delivery_id,
        "delivered on the first day of PO-ORC-0101",
    )
