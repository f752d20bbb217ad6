"""What a review of vendor invoices finds: rates, quantities, approvals, work billed twice, invoices sent twice (workpaper 72)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from close_library.accounting.billing.reviewed_lines import reviewed_lines
from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.sql import FILE_ORDER, owned
from close_library.evidence import Finding, Scope
from close_library.money import show

LINE_TESTS = {
    "vendor_rate_differs": ("known AND rate IS NOT NULL AND same_currency", "rate <> owed_rate", "rate_stake"),
    "vendor_quantity_differs": (
        "known AND quantity IS NOT NULL AND approved",
        "quantity <> approved_quantity",
        "quantity_stake",
    ),
    "vendor_work_not_approved": ("known", "NOT approved", "functional"),
}
"""Finding of a line → which lines are tested, when one fails, and what is at stake then."""

_BY_DATE = f"invoice_date, vendor_invoice_id, {FILE_ORDER}"
"""Of two invoices the later one, by date, then id."""


def vendor_work_findings(scope: Scope) -> list[Finding]:
    """The findings of workpaper 72 in the period of the line's or the invoice's date."""
    return [*_line_findings(scope), *_billed_twice(scope), *_duplicates(scope)]


def line_tests(scope: Scope) -> dict[str, tuple[str, str, str]]:
    """The tests of a line that this company's tables allow: without a rate card no rate is wrong."""
    return {
        name: test
        for name, test in LINE_TESTS.items()
        if name != "vendor_rate_differs" or scope.books.has("vendor_rates")
    }


def _line_findings(scope: Scope) -> list[Finding]:
    """Lines whose rate or quantity is not what is owed, or whose work nobody approved (which says nothing of its quantity).

    A line without a rate or a quantity, of unknown work, or billed in another currency than the vendor's is not compared.
    """
    messages = {
        "vendor_rate_differs": _rate_message,
        "vendor_quantity_differs": _quantity_message,
        "vendor_work_not_approved": _approval_message,
    }
    return [
        Finding(
            name,
            "error",
            row["stake"],
            scope.currency,
            {
                "vendor_invoice_lines": (f"{row['vendor_invoice_id']}:{row['line_number']}",),
                "vendor_work": (row["work_id"],),
            },
            f"Line {row['line_number']} of invoice {row['vendor_invoice_number']} {messages[name](row)}: "
            f"{show(row['stake'])} {scope.currency}.",
        )
        for name, (tested, fails, stake) in line_tests(scope).items()
        for row in scope.books.rows(
            f"SELECT *, {stake} AS stake FROM {reviewed_lines(scope)} WHERE {tested} AND {fails} "
            f"ORDER BY vendor_invoice_id, line_number, {FILE_ORDER}"
        )
    ]


def _rate_message(row: dict[str, Any]) -> str:
    if row["base_rate"] is None:
        return f"bills {plain(row['rate'])} for {row['kind']} of {row['work_date']}, for which no base rate is in force"
    extras = [f"{name} {plain(row[name])}" for name in ("bonus", "incentive") if row[name]]
    card = "the vendor's own rate" if row["own_base"] else "the standard card's rate"
    parts = f"{card} {plain(row['base_rate'])} and {' and '.join(extras)}" if extras else card
    return f"bills {plain(row['rate'])} for {row['kind']} of {row['work_date']}; {plain(row['owed_rate'])} is owed, {parts}"


def _quantity_message(row: dict[str, Any]) -> str:
    approved = plain(row["approved_quantity"])
    return f"bills {plain(row['quantity'])} for work {row['work_id']}, of which {approved} are approved"


def _approval_message(row: dict[str, Any]) -> str:
    return f"bills work {row['work_id']} of {row['work_date']}, which nobody approved"


def plain(number: Decimal) -> str:
    """A rate or quantity as it is written: `0.2625`, `1200`, without zeros at the end."""
    return f"{number.normalize():f}"


def _billed_twice(scope: Scope) -> list[Finding]:
    """`vendor_work_billed_twice`: the lines of the period that bill work that an earlier line billed, once a row of work."""
    rows = scope.books.rows(
        f"""
        SELECT work_id, sum(functional) AS amount, min(earlier_id ORDER BY nth) AS earlier_id,
               list(DISTINCT vendor_invoice_id || ':' || line_number ORDER BY vendor_invoice_id || ':' || line_number) AS lines
        FROM {reviewed_lines(scope)} WHERE nth > 1 GROUP BY work_id ORDER BY work_id
        """
    )
    return [
        Finding(
            "vendor_work_billed_twice",
            "error",
            row["amount"],
            scope.currency,
            {"vendor_work": (row["work_id"],), "vendor_invoice_lines": tuple(row["lines"])},
            f"Work {row['work_id']} stands on invoice {row['earlier_id']} already and is billed again on "
            f"{', '.join(row['lines'])}: {show(row['amount'])} {scope.currency}.",
        )
        for row in rows
    ]


def _duplicates(scope: Scope) -> list[Finding]:
    """`vendor_invoice_duplicate`: not void, and an earlier one has the same vendor and number, or vendor, period and amount."""
    value = functional("d.amount", "d.currency", "s.rate", scope.currency)
    later = f"""
        WITH numbered AS (
            SELECT *, lag(vendor_invoice_id) OVER (
                       PARTITION BY vendor_id, vendor_invoice_number ORDER BY {_BY_DATE}) AS same_number,
                   CASE WHEN service_period IS NOT NULL THEN lag(vendor_invoice_id) OVER (
                       PARTITION BY vendor_id, service_period, amount, currency ORDER BY {_BY_DATE}) END AS same_period
            FROM vendor_invoices WHERE status <> 'void'
        )
        SELECT d.* EXCLUDE (amount), d.amount AS billed, {value} AS amount
        FROM (SELECT * FROM numbered WHERE coalesce(same_number, same_period) IS NOT NULL
              AND {of_period(scope, "invoice_date")} AND {owned(scope, "owner_program_id")}) d
        {at_spot("d.currency", "d.invoice_date")}
    """
    require_rates(scope, f"SELECT currency, invoice_date AS rate_date FROM ({later}) WHERE amount IS NULL")
    rows = scope.books.rows(f"SELECT * FROM ({later}) ORDER BY vendor_invoice_id, {FILE_ORDER}")
    return [
        Finding(
            "vendor_invoice_duplicate",
            "error",
            row["amount"],
            scope.currency,
            {
                "vendor_invoices": tuple(dict.fromkeys((row["vendor_invoice_id"], row["same_number"] or row["same_period"]))),
                "vendors": (row["vendor_id"],),
            },
            f"Invoice {row['vendor_invoice_number']} of vendor {row['vendor_id']}, {row['vendor_invoice_id']}, repeats "
            + (f"the number of {row['same_number']}" if row["same_number"]
               else f"period {row['service_period']} and amount of {row['same_period']}")
            + f": {show(row['billed'], row['currency'])} {row['currency']}.",
        )
        for row in rows
    ]  # fmt: skip
