"""What the raters and vendors do: work by the day, approvals, monthly invoices, payments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from close_library.money import EXACT, ZERO, round_half_up, round_money
from close_library.period import Period, working_day
from close_library.sample.cash import bank_line, workday
from close_library.sample.events import VendorInvoice, VendorLine, VendorPayment, Work
from close_library.sample.history import History
from close_library.sample.planting import Plants
from close_library.sample.programs import LAST, LAST_DAY, PROGRAM_IDS
from close_library.sample.writer import Writer


@dataclass(frozen=True)
class Vendor:
    """A vendor or rater, the programs it works for and the part of invoices' numbers that is its own."""

    vendor_id: str
    name: str
    vendor_type: str
    prefix: str
    programs: tuple[str, ...]


@dataclass(frozen=True)
class Rate:
    """A row of the rate card; `vendor_id` is empty for the program's standard card."""

    vendor_id: str
    program_id: str
    work_type: str
    rate_type: str
    rate_from: date
    rate_to: date | None
    unit: str
    rate: Decimal


VENDORS = (
    Vendor("VN-301", "Brightline Annotation Services", "vendor", "BAS", ("atlas", "borealis", "draco", "helix")),
    Vendor("VN-302", "Kestrel Data Works", "vendor", "KDW", ("atlas", "gaia", "fornax")),
    Vendor("VN-303", "Solana Linguistics", "vendor", "SOL", ("cygnus", "equinox")),
    Vendor("VN-304", "Amara Nwosu", "rater", "AN", ("atlas", "draco")),
    Vendor("VN-305", "Tomasz Zielinski", "rater", "TZ", ("cygnus", "borealis")),
    Vendor("VN-306", "Lucia Fernandez", "rater", "LF", ("gaia", "helix")),
    Vendor("VN-307", "Minh Tran", "rater", "MT", ("equinox", "fornax", "borealis")),
    Vendor("VN-308", "Hannah Brandt", "contractor", "HB", ("cygnus", "gaia")),
    Vendor("VN-309", "Okoye Review Partners", "contractor", "ORP", ("draco", "fornax", "equinox", "helix")),
)
WORK_TYPES = ("labelling", "review")
_BASE = {"labelling": "0.24", "review": "0.41"}
_APPROVERS = ("p.ferreira", "s.adeyemi", "k.vogel", "t.nakamura")
_START = date(2026, 1, 1)
_WORK_ROWS = 33

RATES = (
    *(
        Rate("", program, work_type, "base", _START, None, "item", Decimal(_BASE[work_type]) + Decimal(n) / 100)
        for n, program in enumerate(PROGRAM_IDS)
        for work_type in WORK_TYPES
    ),
    Rate("VN-302", "atlas", "labelling", "base", _START, date(2026, 6, 30), "item", Decimal("0.255")),
    Rate("VN-302", "atlas", "labelling", "base", date(2026, 7, 1), None, "item", Decimal("0.2625")),
    Rate("VN-303", "cygnus", "review", "base", _START, None, "item", Decimal("0.475")),
    Rate("VN-304", "draco", "review", "bonus", date(2026, 4, 1), date(2026, 9, 30), "item", Decimal("0.035")),
    Rate("", "gaia", "labelling", "incentive", date(2026, 8, 1), date(2026, 8, 31), "item", Decimal("0.02")),
)


def rate_owed(vendor_id: str, program_id: str, work_type: str, day: date) -> Decimal:
    """The vendor's own base rate, or else the standard card's, plus every bonus and incentive in force."""
    here = [
        rate
        for rate in RATES
        if (rate.program_id, rate.work_type) == (program_id, work_type)
        and rate.vendor_id in ("", vendor_id)
        and rate.rate_from <= day
        and (rate.rate_to is None or day <= rate.rate_to)
    ]
    bases = sorted((rate for rate in here if rate.rate_type == "base"), key=lambda rate: rate.vendor_id, reverse=True)
    return bases[0].rate + sum((rate.rate for rate in here if rate.rate_type != "base"), Decimal(0))


def owed(work: Work) -> Decimal:
    """What a row of work is worth: approved quantity at the rates of its day; nothing while it is not approved."""
    if work.approved_date is None or work.approved_quantity is None:
        return ZERO
    rate = rate_owed(work.vendor_id, work.program_id, work.work_type, work.work_date)
    return round_money(EXACT.multiply(work.approved_quantity, rate), "USD")


def month_of_work(history: History, plants: Plants, writer: Writer, period: Period) -> None:
    """The work of a month in every program, and the invoices that the vendors send for it early in the next."""
    for vendor in VENDORS:
        for program in vendor.programs:
            rows = _work(history, vendor, program, period)
            plants.call("work", f"{vendor.vendor_id}/{program}", period, rows)
            for row in rows:
                writer.work(row)
                history.owed[program, period] += owed(row)
            if period < LAST:
                _invoice(history, plants, vendor, program, period, rows, writer)


def _work(history: History, vendor: Vendor, program: str, period: Period) -> list[Work]:
    dice = history.dice("work", vendor.vendor_id, program, period)
    count = max(4, int(round_half_up(_WORK_ROWS * history.scale, 0)))
    days = [period.first_day + timedelta(days=n) for n in range(period.days)]
    workdays = [day for day in days if day.weekday() < 5]
    chosen = sorted(dice.choice(workdays) for _ in range(count))
    approver = _APPROVERS[PROGRAM_IDS.index(program) % len(_APPROVERS)]
    return [_row(dice, vendor, program, period, n, day, approver) for n, day in enumerate(chosen, start=1)]


def _row(dice: Random, vendor: Vendor, program: str, period: Period, number: int, day: date, approver: str) -> Work:
    quantity = Decimal(dice.randint(260, 1450))
    kept = quantity - dice.randint(2, 25) if dice.random() < 0.1 else quantity
    approved = min(workday(day + timedelta(days=dice.randint(1, 5))), working_day(period.last_day, 3))
    work_id = f"WK-{vendor.vendor_id[3:]}-{program[:3].upper()}-{period.year}{period.month:02d}-{number:05d}"
    kind = WORK_TYPES[dice.random() < 0.3]
    return Work(work_id, vendor.vendor_id, program, kind, day, quantity, kept, approver, approved)


def bill(row: Work) -> VendorLine:
    """The line that a vendor bills for a row of work: the approved quantity at the owed rate."""
    rate = rate_owed(row.vendor_id, row.program_id, row.work_type, row.work_date)
    value = owed(row)
    return VendorLine(row.work_id, row.work_type, row.approved_quantity, rate, value, value)


def _invoice(
    history: History, plants: Plants, vendor: Vendor, program: str, period: Period, rows: list[Work], writer: Writer
) -> None:
    dice = history.dice("bills", vendor.vendor_id, program, period)
    day = workday(period.next.first_day + timedelta(days=dice.randint(4, 8)))
    invoice = VendorInvoice(
        "",
        vendor.vendor_id,
        program,
        f"{vendor.prefix}-{period.year}{period.month:02d}-{program[:3].upper()}",
        day,
        str(period),
        ZERO,
        "approved",
    )
    invoice.lines = [bill(row) for row in rows if row.approved_date]
    if vendor.vendor_type == "vendor" and period.month % 3 == 0:
        fee = VendorLine("", "platform fee", Decimal(1), Decimal("350"), Decimal("350.00"))
        invoice.lines.append(fee)
    keep(history, invoice)
    plants.call("vendor_invoice", f"{vendor.vendor_id}/{program}", period, history, writer, invoice, rows)
    foot(writer, invoice)


def keep(history: History, invoice: VendorInvoice) -> None:
    """Number a vendor's invoice and keep it."""
    invoice.vendor_invoice_id = f"VI-{history.number('vendor_invoice'):05d}"
    history.vendor_invoices.append(invoice)


def foot(writer: Writer, invoice: VendorInvoice) -> None:
    """Total a vendor's invoice, write its lines and let them go."""
    invoice.amount = sum((line.amount for line in invoice.lines), ZERO)
    invoice.accrued = sum((line.owed for line in invoice.lines), ZERO)
    invoice.unnamed = sum((line.amount for line in invoice.lines if not line.work_id), ZERO)
    for count, line in enumerate(invoice.lines, start=1):
        writer.vendor_line(invoice, count, line)
    invoice.lines = []


def pay(history: History, plants: Plants) -> None:
    """Pay the approved invoices some four weeks after their date."""
    names = {vendor.vendor_id: vendor.name for vendor in VENDORS}
    due = []
    for invoice in history.vendor_invoices:
        dice = history.dice("pays", invoice.vendor_invoice_id)
        day = workday(invoice.invoice_date + timedelta(days=dice.randint(21, 32)))
        if invoice.status == "approved" and day <= LAST_DAY:
            due.append(
                VendorPayment(
                    "", invoice.vendor_id, invoice.vendor_invoice_id, day, invoice.amount, invoice.vendor_invoice_number
                )
            )
            invoice.status = "paid"
    plants.call("vendor_payments", "", "", history, due)
    for payment in sorted(due, key=lambda one: one.payment_date):
        payment.vendor_payment_id = f"VP-{history.number('vendor_payment'):05d}"
        history.vendor_payments.append(payment)
        bank_line(
            history, payment.payment_date, -payment.amount, payment.reference, f"Payment to {names[payment.vendor_id]}"
        )


def reference_rows(writer: Writer) -> None:
    """Write the vendors and their rate cards."""
    for vendor in VENDORS:
        writer.row(
            "vendors",
            {
                "vendor_id": vendor.vendor_id,
                "vendor_name": vendor.name,
                "vendor_type": vendor.vendor_type,
                "currency": "USD",
            },
        )
    for rate in RATES:
        writer.row("vendor_rates", rate)
