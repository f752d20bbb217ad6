"""Vendor work review (workpaper 72): the period's vendor invoices, line by line, against approved work and the rates in force."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.accounting.billing.reviewed_lines import reviewed_lines
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.sql import FILE_ORDER, owned, population, shown, text
from close_library.accounting.vendors.vendor_work_findings import line_tests, vendor_work_findings
from close_library.evidence import Computed, Figure, Finding, Part, Population, Result, Scope, Table
from close_library.money import ZERO

_BILLED = {"invoice": "vendor_invoice_number", "line": "line_number", "vendor": "vendor_id", "date": "invoice_date",
           "work": "work_id", "quantity": "quantity", "rate": "rate", "amount": "amount::money", "currency": "currency",
           "program": "owner"}  # fmt: skip
_OWED = {"work": "work_id", "vendor": "work_vendor_id", "date": "work_date", "type": "kind",
         "approved_quantity": "approved_quantity", "owed_rate": "owed_rate", "invoice": "vendor_invoice_number",
         "currency": "work_currency", "program": "owner"}  # fmt: skip

CHECKS = {
    "vendor_rate_differs": "The rate is the one owed",
    "vendor_quantity_differs": "The quantity is the one approved",
    "vendor_work_not_approved": "The work is approved",
    "vendor_work_billed_twice": "The work was not billed before",
    "vendor_invoice_duplicate": "The invoice was not sent before",
}
"""Finding → what its check asks."""

_WHY = {
    "vendor_rate_differs": "rate differs",
    "vendor_quantity_differs": "quantity differs",
    "vendor_work_not_approved": "not approved",
}
_RATES = ("base_rate", "bonus", "incentive", "owed_rate")
_QUANTITIES = ("quantity", "approved_quantity", "rate", "owed_rate")
_DIFFERENCE = {"difference": "[billed] - [owed]"}


def vendor_work_review(scope: Scope) -> Result:
    """The lines of the period's vendor invoices against the work that they name, in functional currency.

    Figures: `work_reviewed` (rows of work that the lines name), `owed` for that work (nothing while it is not approved, or where
    an earlier line billed it), `billed` by the lines that name work, `difference` = billed − owed; `billed_without_work` by lines
    that name none, and `billed_not_approved` on invoices that are received and not approved yet, both with and without work.
    Findings: `vendor_rate_differs`, `vendor_quantity_differs`, `vendor_work_not_approved`, `vendor_work_billed_twice`,
    `vendor_invoice_duplicate`. Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import vendor_work_review
        from close_library.workpaper import open_scope

        vendor_work_review(open_scope("atlas", "2026-10")).table
    """
    findings = vendor_work_findings(scope)
    return Result(
        tables={
            "72.1": _checks(scope, findings),
            "72.2": _by_vendor(scope),
            "72.3": _rates(scope),
            "72.4": _differing(scope),
        },
        figures=_figures(scope),
        findings=tuple(findings),
    )


def reviewed_total(review: Result) -> Decimal:
    """All lines of approved and paid invoices that the review saw: with work and without, less those not approved yet."""
    return Computed.of([(1, review.billed), (1, review.billed_without_work), (-1, review.billed_not_approved)])


def _figures(scope: Scope) -> dict[str, Figure]:
    work, line = ("'vendor_work'", "work_file", "work_row"), ("'vendor_invoice_lines'", "source_file", "source_row")
    parts = (
        ("work_reviewed", "Rows of work reviewed", work, "1", _OWED,
         "known QUALIFY row_number() OVER (PARTITION BY work_id ORDER BY nth) = 1"),
        ("owed", "Owed for the work billed", work, "owed", _OWED, "owed <> 0"),
        ("billed", "Billed for work", line, "functional", _BILLED, "work_id IS NOT NULL"),
        ("difference", "Billed less owed", line, "functional - owed", _BILLED, "work_id IS NOT NULL AND functional <> owed"),
        ("billed_without_work", "Billed by lines that name no work", line, "functional", _BILLED, "work_id IS NULL"),
        ("billed_not_approved", "Billed on invoices not approved yet", line, "functional", _BILLED, "status = 'received'"),
    )  # fmt: skip
    figures = {}
    for id, label, address, amount, seen, condition in parts:
        query = f"{population(*address, amount, shown(**seen))} FROM {reviewed_lines(scope)} WHERE {condition}"
        unit = "rows" if id == "work_reviewed" else scope.currency
        figures[id] = Figure.of(id, label, unit, Population(scope.books, query))
    return figures


def _checks(scope: Scope, findings: list[Finding]) -> Table:
    """One row a check: what it asks, how much was tested, how often it failed and what is at stake."""
    tested = {name: f"count(*) FILTER ({condition})" for name, (condition, _, _) in line_tests(scope).items()}
    tested["vendor_work_billed_twice"] = "count(DISTINCT work_id)"
    counts = scope.books.rows(
        f"""
        SELECT {", ".join(f"{count} AS {name}" for name, count in tested.items())},
               (SELECT count(*) FROM vendor_invoices WHERE status <> 'void' AND {of_period(scope, "invoice_date")}
                AND {owned(scope, "owner_program_id")}) AS vendor_invoice_duplicate
        FROM {reviewed_lines(scope)}
        """
    )[0]
    failed = {name: [finding for finding in findings if finding.finding == name] for name in CHECKS}
    frame = pd.DataFrame(
        {
            "check": list(CHECKS.values()),
            "tested": [counts.get(name, 0) for name in CHECKS],
            "failed": [len(failed[name]) for name in CHECKS],
            "at_stake": [sum((finding.amount or ZERO for finding in failed[name]), ZERO) for name in CHECKS],
        }
    )
    return Table("Checks: lines, rows of work or invoices tested", frame)


def _by_vendor(scope: Scope) -> Table:
    sums = """count(DISTINCT work_id) FILTER (known) AS work_reviewed, coalesce(sum(owed), 0) AS owed,
              coalesce(sum(functional) FILTER (work_id IS NOT NULL), 0) AS billed,
              coalesce(sum(functional) FILTER (work_id IS NOT NULL), 0) - coalesce(sum(owed), 0) AS difference,
              coalesce(sum(functional) FILTER (work_id IS NULL), 0) AS billed_without_work"""
    frame = scope.books.frame(
        f"""
        WITH names AS (SELECT vendor_id, min(vendor_name) AS vendor_name FROM vendors GROUP BY 1)
        SELECT * EXCLUDE (last) FROM (
            SELECT false AS last, vendor_id AS vendor, vendor_name, {sums}
            FROM {reviewed_lines(scope)} LEFT JOIN names USING (vendor_id) GROUP BY ALL
            UNION ALL
            SELECT true, 'Total', NULL, {sums} FROM {reviewed_lines(scope)}
        ) ORDER BY last, vendor
        """
    )
    ids = ("owed", "billed", "difference", "billed_without_work")
    links = tuple((len(frame) - 1, column, id) for column, id in enumerate(ids, start=3))
    by = {"vendor": "vendor"}
    parts = (Part("work_reviewed", ("work_reviewed",), by, counts=True), *(Part(id, (id,), by) for id in ids[:2]))
    parts = (*parts, Part(ids[3], (ids[3],), by))
    return Table("By vendor", frame, total_row=True, links=links, parts=parts, relations=_DIFFERENCE)


def _rates(scope: Scope) -> Table:
    frame = scope.books.frame(
        f"""
        SELECT work_vendor_id AS vendor, kind AS work_type, CASE WHEN base_rate IS NULL THEN 'none' WHEN own_base THEN 'own'
               ELSE 'card' END AS base, base_rate, bonus, incentive, owed_rate, min(work_date) AS first_day,
               max(work_date) AS last_day, count(*) AS work, sum(owed) AS owed
        FROM {reviewed_lines(scope)} WHERE known GROUP BY ALL ORDER BY ALL
        """
    )
    by = {"vendor": "vendor", "type": "work_type"}
    parts = (Part("work", ("owed",), by, counts=True), Part("owed", ("owed",), by))
    title = "Rates in force for the work that was billed"
    relations = {"owed_rate": "[base_rate] + [bonus] + [incentive]"}
    return Table(title, frame, types=dict.fromkeys(_RATES, "decimal"), parts=parts, relations=relations)


def _differing(scope: Scope) -> Table:
    tests = line_tests(scope).items()
    whys = [f"CASE WHEN {tested} AND {fails} THEN {text(_WHY[name])} END" for name, (tested, fails, _) in tests]
    frame = scope.books.frame(
        f"""
        SELECT vendor_invoice_number AS invoice, line_number AS line, vendor_id AS vendor, work_id AS work, work_date,
               quantity, approved_quantity, rate, owed_rate, functional AS billed, owed, functional - owed AS difference, why
        FROM (SELECT *, concat_ws('; ', {", ".join(whys)},
                     CASE WHEN nth > 1 THEN 'billed before on ' || earlier_id END,
                     CASE WHEN NOT known THEN 'no such work' END,
                     CASE WHEN known AND NOT same_currency THEN 'another currency: rate not compared' END) AS why
              FROM {reviewed_lines(scope)} WHERE work_id IS NOT NULL)
        WHERE functional <> owed OR why <> '' ORDER BY invoice_date, vendor_invoice_id, line_number, {FILE_ORDER}
        """
    )
    parts = (Part("billed", ("billed",), {"work": "work"}), Part("owed", ("owed",), {"work": "work"}))
    types = dict.fromkeys(_QUANTITIES, "quantity")
    return Table("Lines that need a look", frame, types=types, parts=parts, relations=_DIFFERENCE)
