"""Problems planted in invoices (workpaper 71), and their near misses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from close_library.money import round_money
from close_library.sample.billing import draft, refoot
from close_library.sample.events import Delivery, Invoice, InvoiceLine
from close_library.sample.planting import Plants, when
from close_library.sample.plants_deliveries import worth
from close_library.sample.programs import CONTRACT_OF

Invoices = list[Invoice]


def find_line(invoice: Invoice, contract_line_id: str, skip: int = 0) -> int:
    """The place of an invoice line of a contract line, counted from 1, a few lines in."""
    places = [n for n, line in enumerate(invoice.lines, start=1) if line.contract_line_id == contract_line_id]
    return places[min(skip, len(places) - 1)]


def _line_key(invoice: Invoice, place: int) -> str:
    return f"{invoice.invoice_id}:{place}"


@when("invoice", "CT-BOR-01", "2026-07")
def old_price(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """An hour line is billed at the price that ended in June."""
    place = find_line(invoice, "BOR-01-ENG", 4)
    line = invoice.lines[place - 1]
    assert line.quantity is not None
    old = Decimal("68")
    line.unit_price, line.amount = old, round_money(line.quantity * old, "USD")
    refoot(invoice)
    short = round_money(line.quantity * (old - Decimal("71.5")), "USD")
    plants.problem(
        "invoice_rate_differs",
        "2026-07",
        "borealis",
        "invoice_lines",
        lambda: _line_key(invoice, place),
        "billed at 68.00, which ended on 2026-06-30; 71.50 is in force",
        lambda: short,
        "old_price",
    )


@when("invoice", "CT-ATL-01", "2026-10")
def wrong_tier(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A tiered line is billed 25.00 above its graduated value."""
    place = find_line(invoice, "ATL-01-IMG", 7)
    invoice.lines[place - 1].amount += Decimal("25.00")
    refoot(invoice)
    plants.problem(
        "invoice_rate_differs",
        "2026-10",
        "atlas",
        "invoice_lines",
        lambda: _line_key(invoice, place),
        "the amount is 25.00 above the graduated price",
        lambda: Decimal("25.00"),
        "wrong_tier",
    )


@when("invoice", "CT-BOR-01", "2026-09")
def four_hours_too_many(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A line bills four hours more than the timesheet."""
    place = find_line(invoice, "BOR-01-QAL", 2)
    line = invoice.lines[place - 1]
    assert line.quantity is not None and line.unit_price is not None
    line.quantity += 4
    line.amount = round_money(line.quantity * line.unit_price, "USD")
    refoot(invoice)
    plants.problem(
        "invoice_quantity_differs",
        "2026-09",
        "borealis",
        "invoice_lines",
        lambda: _line_key(invoice, place),
        "four hours more than the timesheet",
        lambda: Decimal("370.00"),
    )


@when("invoice", "CT-DRA-01", "2026-09")
def wrong_terms(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A milestone is billed at 45 days instead of 30; its first print was voided."""
    invoice.due_date = invoice.invoice_date + timedelta(days=45)
    plants.problem(
        "invoice_terms_differ",
        "2026-09",
        "draco",
        "invoices",
        lambda: invoice.invoice_id,
        "due after 45 days, the contract says 30",
        lambda: invoice.total_amount,
        "wrong_terms",
    )
    void = draft(CONTRACT_OF[invoice.contract_id], invoice.invoice_date, list(invoice.lines))
    void.status = "void"
    invoices.append(void)
    plants.kept["voided print"] = void
    plants.near_miss(
        "voided_duplicate",
        "invoice_duplicate",
        "draco",
        "invoices",
        lambda: void.invoice_id,
        "the first print of the same milestone, voided; its posting was reversed the same month",
    )


@when("invoice", "CT-EQX-02", "2026-10")
def wrong_terms_in_october(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """Usage is billed at 60 days instead of 30."""
    invoice.due_date = invoice.invoice_date + timedelta(days=60)
    plants.problem(
        "invoice_terms_differ",
        "2026-10",
        "equinox",
        "invoices",
        lambda: invoice.invoice_id,
        "due after 60 days, the contract says 30",
        lambda: invoice.total_amount,
        "wrong_terms_in_october",
    )


@when("invoice", "CT-EQX-02", "2026-08")
def no_order(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """An invoice goes out without its purchase order."""
    invoice.po_number = ""
    plants.problem(
        "invoice_without_po",
        "2026-08",
        "equinox",
        "invoices",
        lambda: invoice.invoice_id,
        "sent without a purchase order",
        lambda: invoice.total_amount,
    )


@when("invoice", "CT-HLX-05", "2026-09")
def order_of_another(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """An invoice names another customer's order."""
    invoice.po_number = "ORD-2026-0006"
    plants.problem(
        "invoice_po_mismatch",
        "2026-09",
        "helix",
        "invoices",
        lambda: invoice.invoice_id,
        "ORD-2026-0006 is another customer's order",
        lambda: invoice.total_amount,
    )


@when("invoice", "CT-HLX-09", "2026-06")
def before_the_order(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """An invoice names service before its order begins."""
    place = find_line(invoice, "HLX-09-SUB")
    invoice.lines[place - 1].service_start = date(2025, 12, 15)
    plants.problem(
        "invoice_outside_po_dates",
        "2026-06",
        "helix",
        "invoices",
        lambda: invoice.invoice_id,
        "names service from 2025-12-15, the order begins on 2026-01-01",
        lambda: invoice.total_amount,
    )


@when("invoice", "CT-GAI-02", "2026-08")
def hours_without_timesheet(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """Twelve hours are billed for which there is no timesheet."""
    amount, day = Decimal("687.00"), invoice.invoice_date
    invoice.lines.append(
        InvoiceLine("GAI-02-HRS", "Shelf audit specialists", Decimal(12), Decimal("57.25"), amount, day, day)
    )
    refoot(invoice)
    place = len(invoice.lines)
    plants.problem(
        "billed_not_delivered",
        "2026-08",
        "gaia",
        "invoice_lines",
        lambda: _line_key(invoice, place),
        "twelve hours that no timesheet shows",
        lambda: amount,
        "hours_without_timesheet",
    )


@when("deliveries", "ATL-01-VID", "2026-10")
def rejected_delivery(plants: Plants, rows: list[Delivery]) -> None:
    """The customer rejects a delivery."""
    row = rows[1]
    row.status, row.accepted_date, row.quantity_accepted = "rejected", None, None
    plants.kept["rejected"] = row


@when("invoice", "CT-ATL-01", "2026-10")
def rejected_and_billed(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """The rejected delivery is billed all the same."""
    row: Delivery = plants.kept["rejected"]
    amount = worth(row)
    invoice.lines.append(
        InvoiceLine(
            "ATL-01-VID",
            "Video object tracks",
            row.quantity_delivered,
            Decimal("1.35"),
            amount,
            row.delivery_date,
            row.delivery_date,
            row.delivery_id,
        )
    )
    refoot(invoice)
    place = len(invoice.lines)
    plants.problem(
        "billed_not_delivered",
        "2026-10",
        "atlas",
        "invoice_lines",
        lambda: _line_key(invoice, place),
        "the customer rejected the delivery",
        lambda: amount,
        "rejected_and_billed",
    )


@when("invoice", "CT-GAI-02", "2026-10")
def same_timesheet_twice(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A timesheet stands twice on an invoice."""
    line = invoice.lines[2]
    invoice.lines.append(
        InvoiceLine(
            line.contract_line_id,
            line.description,
            line.quantity,
            line.unit_price,
            line.amount,
            line.service_start,
            line.service_end,
            line.delivery_id,
        )
    )
    refoot(invoice)
    plants.problem(
        "delivery_billed_twice",
        "2026-10",
        "gaia",
        "deliveries",
        lambda: line.delivery_id,
        "one timesheet on two lines of the October invoice",
        lambda: line.amount,
    )


@when("invoice", "CT-EQX-01", "2026-08")
def billed_again(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A quarter of the platform is billed again three days later."""
    if invoice.invoice_date.day != 1:
        return
    again = draft(CONTRACT_OF[invoice.contract_id], date(2026, 8, 4), list(invoice.lines))
    invoices.append(again)
    plants.kept["billed again"] = again
    plants.problem(
        "invoice_duplicate",
        "2026-08",
        "equinox",
        "invoices",
        lambda: again.invoice_id,
        "the quarter of August was billed again on 2026-08-04; credited on 2026-09-10",
        lambda: again.total_amount,
    )


@when("invoice", "CT-HLX-03", "2026-10")
def does_not_foot(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """A total is 18.00 above its lines."""
    invoice.total_amount += Decimal("18.00")
    plants.problem(
        "invoice_does_not_foot",
        "2026-10",
        "helix",
        "invoices",
        lambda: invoice.invoice_id,
        "the total is 18.00 above the lines",
        lambda: Decimal("-18.00"),
    )


@when("invoice", "CT-FOR-01", "2026-04")
def without_due_date(plants: Plants, invoice: Invoice, invoices: Invoices) -> None:
    """An instalment is billed without a due date."""
    invoice.due_date = None
    plants.near_miss(
        "no_due_date",
        "invoice_terms_differ",
        "fornax",
        "invoices",
        lambda: invoice.invoice_id,
        "an instalment without a due date: its terms are not tested",
    )
