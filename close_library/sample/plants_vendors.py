"""Problems planted in vendors' work, invoices and payments and in the billing calendar (workpapers 24, 72, 73)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from close_library.money import ZERO, round_money
from close_library.period import Period
from close_library.sample.events import VendorInvoice, VendorLine, VendorPayment, Work
from close_library.sample.history import History
from close_library.sample.planting import Plants, always, when
from close_library.sample.plants_orders import Tables
from close_library.sample.vendors import bill, foot, keep, rate_owed
from close_library.sample.writer import Writer

Rows = list[Work]


def _key(invoice: VendorInvoice, place: int) -> str:
    return f"{invoice.vendor_invoice_id}:{place}"


def _month(invoice: VendorInvoice) -> str:
    return str(Period.of(invoice.invoice_date))


@when("vendor_invoice", "VN-302/atlas", "2026-09")
def rate_too_high(plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows) -> None:
    """A vendor bills a rate that was never agreed."""
    place = next(n for n, line in enumerate(invoice.lines, start=1) if line.work_type == "labelling")
    line = invoice.lines[place - 1]
    assert line.quantity is not None and line.rate is not None
    above = Decimal("0.0175")
    line.rate += above
    line.amount = round_money(line.quantity * line.rate, "USD")
    stake = round_money(line.quantity * above, "USD")
    plants.problem(
        "vendor_rate_differs",
        _month(invoice),
        "atlas",
        "vendor_invoice_lines",
        lambda: _key(invoice, place),
        "billed at 0.28, the vendor's rate is 0.2625",
        lambda: stake,
    )


@when("vendor_invoice", "VN-306/gaia", "2026-09")
def hundred_items_too_many(
    plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows
) -> None:
    """A rater bills a hundred items more than were approved."""
    line = invoice.lines[1]
    assert line.quantity is not None and line.rate is not None
    line.quantity += 100
    line.amount = round_money(line.quantity * line.rate, "USD")
    stake = round_money(100 * line.rate, "USD")
    plants.problem(
        "vendor_quantity_differs",
        _month(invoice),
        "gaia",
        "vendor_invoice_lines",
        lambda: _key(invoice, 2),
        "a hundred items more than approved",
        lambda: stake,
    )


@when("work", "VN-308/cygnus", "2026-08")
def never_approved(plants: Plants, rows: Rows) -> None:
    """A row of work was never approved."""
    row = rows[2]
    row.approved_quantity, row.approved_by, row.approved_date = None, "", None


@when("vendor_invoice", "VN-308/cygnus", "2026-08")
def billed_without_approval(
    plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows
) -> None:
    """The contractor bills it all the same."""
    row = rows[2]
    rate = rate_owed(row.vendor_id, row.program_id, row.work_type, row.work_date)
    amount = round_money(row.quantity * rate, "USD")
    invoice.lines.append(VendorLine(row.work_id, row.work_type, row.quantity, rate, amount))
    place = len(invoice.lines)
    plants.problem(
        "vendor_work_not_approved",
        _month(invoice),
        "cygnus",
        "vendor_invoice_lines",
        lambda: _key(invoice, place),
        "nobody approved the work",
        lambda: amount,
    )


@when("vendor_invoice", "VN-304/draco", "2026-07")
def billed_once(plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows) -> None:
    """A row of July is billed in August, as it should."""
    plants.kept["July work"] = rows[0]


@when("vendor_invoice", "VN-304/draco", "2026-08")
def billed_twice(plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows) -> None:
    """The same row is billed again in September."""
    again = bill(plants.kept["July work"])
    again.owed = ZERO
    invoice.lines.append(again)
    plants.problem(
        "vendor_work_billed_twice",
        _month(invoice),
        "draco",
        "vendor_work",
        lambda: again.work_id,
        "work of July, billed in August and again in September",
        lambda: again.amount,
    )


def _copy(history: History, invoice: VendorInvoice, status: str) -> VendorInvoice:
    """Another invoice of the same number, with one line for the whole."""
    total = sum((line.amount for line in invoice.lines), ZERO)
    copy = replace(
        invoice,
        status=status,
        invoice_date=invoice.invoice_date + timedelta(days=3),
        lines=[VendorLine("", "statement of account", None, None, total)],
    )
    keep(history, copy)
    return copy


@when("vendor_invoice", "VN-301/helix", "2026-09")
def sent_again(plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows) -> None:
    """A vendor sends its invoice again and it is entered again."""
    copy = _copy(history, invoice, "received")
    foot(writer, copy)
    plants.problem(
        "vendor_invoice_duplicate",
        _month(copy),
        "helix",
        "vendor_invoices",
        lambda: copy.vendor_invoice_id,
        "the same number entered again",
        lambda: copy.amount,
    )


@when("vendor_invoice", "VN-303/equinox", "2026-06")
def sent_again_and_voided(plants: Plants, history: History, writer: Writer, invoice: VendorInvoice, rows: Rows) -> None:
    """A second entry of an invoice is voided at once."""
    copy = _copy(history, invoice, "void")
    foot(writer, copy)
    plants.near_miss(
        "voided_vendor_invoice",
        "vendor_invoice_duplicate",
        "equinox",
        "vendor_invoices",
        lambda: copy.vendor_invoice_id,
        "entered again and voided",
    )


@when("vendor_payments")
def paid_twice(plants: Plants, history: History, payments: list[VendorPayment]) -> None:
    """An invoice is paid twice in October."""
    october = [one for one in payments if one.payment_date.month == 10 and one.payment_date.day < 20]
    first = min(october, key=lambda one: (one.payment_date, one.vendor_invoice_id))
    second = replace(first, payment_date=first.payment_date + timedelta(days=7))
    payments.append(second)
    invoice = next(one for one in history.vendor_invoices if one.vendor_invoice_id == first.vendor_invoice_id)
    plants.problem(
        "vendor_payment_duplicate",
        "2026-10",
        invoice.program_id,
        "vendor_payments",
        lambda: second.vendor_payment_id,
        "paid again a week later",
        lambda: second.amount,
    )
    plants.problem(
        "vendor_overpaid",
        "2026-10",
        invoice.program_id,
        "vendor_invoices",
        lambda: invoice.vendor_invoice_id,
        "two payments for one invoice",
        lambda: second.amount,
    )


@when("tables")
def calendar(plants: Plants, history: History, tables: Tables) -> None:
    """Late, unreviewed and self-reviewed steps, and one that is done on the minute."""
    tasks = {str(row["task_id"]): row for row in tables["billing_tasks"]}
    late, never = tasks["TK-2026-07-borealis-4"], tasks["TK-2026-10-helix-5"]
    for name, days in (("completed_at", 0), ("reviewed_at", 1)):
        due = late["due_at"]
        assert isinstance(due, datetime)
        late[name] = due + timedelta(days=days, hours=3)
    never.update(completed_at=None, reviewer=None, reviewed_at=None, result=None)
    alone, nobody = tasks["TK-2026-10-atlas-4"], tasks["TK-2026-09-gaia-3"]
    alone["reviewer"] = alone["assignee"]
    nobody.update(reviewer=None, reviewed_at=None, result=None)
    for row, finding, story in (
        (late, "task_late", "done three hours after it was due"),
        (never, "task_late", "due on 2026-11-06 and not done"),
        (nobody, "task_not_reviewed", "done and reviewed by nobody"),
        (alone, "task_self_reviewed", "reviewed by the one who did it"),
    ):
        task_id = str(row["task_id"])
        plants.problem(finding, str(row["period"]), str(row["program_id"]), "billing_tasks", always(task_id), story)
    minute = tasks["TK-2026-08-draco-2"]
    minute["completed_at"] = minute["due_at"]
    plants.near_miss(
        "on_the_minute",
        "task_late",
        "draco",
        "billing_tasks",
        lambda: "TK-2026-08-draco-2",
        "completed exactly when it was due",
    )
