"""Vendor payables to ledger (workpaper 24): approved work → vendor invoices → payments → ledger, and what is accrued.

ACCOUNTING.md §6. Work costs what is owed for it when it is done; it is accrued until an approved or paid invoice names it, and
payable from then until it is paid. What vendors billed against what they were owed is reviewed in workpaper 72.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.accounting.ledger import LINE_SHOWN, ledger_balance
from close_library.accounting.revenue.contracts import of_period
from close_library.accounting.schedules import owed_work
from close_library.accounting.sql import day, owned, population, texts
from close_library.accounting.vendors.review_vendor_payments import payment_findings
from close_library.accounting.vendors.vendor_documents import COUNTED, vendor_lines
from close_library.accounting.vendors.vendor_rows import accruable_work, require_vendor_rates, vendor_rows
from close_library.evidence import Chart, Figure, Part, Population, Result, Scope, Table
from close_library.money import spell

LABELS = {
    "approved_work": "Approved work of the period",
    "vendor_invoiced": "Vendor invoices of the period",
    "vendor_paid": "Vendor payments of the period",
    "vendor_payable": "Vendor payables",
    "vendor_accrual": "Accrued vendor cost",
}
"""What 24 measures, in the order in which money goes."""

_OF_PERIOD = {
    "approved_work": ("vendor_cost", "amount", "true"),
    "vendor_invoiced": ("vendor_payable", "-amount", "amount < 0"),
    "vendor_paid": ("vendor_payable", "amount", "amount > 0"),
}
"""Figure of the period → the role whose ledger lines it is compared with, their sign, and which of them."""


def vendor_payables_to_ledger(scope: Scope) -> Result:
    """Approved work, vendor invoices, payments, payables and accrual against the ledger, in functional currency, natural sign.

    Figures: `approved_work` (owed for approved work dated in the period, and lines that name no work, of approved or paid
    invoices dated in it), `vendor_invoiced`, `vendor_paid` of the period; `vendor_payable`, `vendor_accrual` at T; each with
    `_general_ledger`. Findings: `vendor_overpaid`, `vendor_payment_duplicate`. Raises BooksError where an exchange rate is
    missing, ParameterError where a role has no account.

    Example:
        from close_library.accounting import vendor_payables_to_ledger
        from close_library.workpaper import open_scope

        vendor_payables_to_ledger(open_scope("atlas", "2026-10")).tables["24.3"].frame
    """
    require_vendor_rates(scope)
    figures = {}
    for id in LABELS:
        figures[id] = _measure(scope, id)
        figures[f"{id}_general_ledger"] = _booked(scope, id)
    tables = {"24.1": _to_ledger(figures)}
    if scope.is_company:
        tables["24.2"] = _by_program(scope)
    tables |= {"24.3": _by_vendor(scope), "24.4": _differing_documents(scope)}
    return Result(
        tables=tables, figures=figures, findings=tuple(payment_findings(scope)), charts=(_picture(scope, figures),)
    )


def vendor_figure(scope: Scope, id: str) -> Figure:
    """One of `approved_work`, `vendor_invoiced`, `vendor_paid`, `vendor_payable`, `vendor_accrual`, with its rows.

    Raises BooksError where an exchange rate is missing.

    Example:
        from close_library.accounting import vendor_figure
        from close_library.workpaper import open_scope

        vendor_figure(open_scope("atlas", "2026-10"), "vendor_accrual").population.rows()
    """
    require_vendor_rates(scope, id)
    return _measure(scope, id)


def work_with_rates(scope: Scope) -> tuple[Decimal, Decimal]:
    """Approved rows of work of the period that a base rate is in force for, and all approved rows of the period."""
    row = scope.books.rows(
        f"""
        SELECT count(*) FILTER (base_rate IS NOT NULL) AS rated, count(*) AS every FROM {owed_work(scope)}
        WHERE approved AND {of_period(scope, "work_date")} AND {owned(scope)}
        """
    )[0]
    return Decimal(row["rated"]), Decimal(row["every"])


def invoices_that_foot(scope: Scope) -> tuple[Decimal, Decimal]:
    """Approved and paid vendor invoices of the period whose lines add up to their amount, and all of them."""
    row = scope.books.rows(
        f"""
        WITH lines AS (SELECT vendor_invoice_id, sum(amount) AS lines FROM vendor_invoice_lines GROUP BY 1)
        SELECT count(*) FILTER (amount = coalesce(lines, 0)) AS footed, count(*) AS every
        FROM vendor_invoices LEFT JOIN lines USING (vendor_invoice_id)
        WHERE {COUNTED} AND {of_period(scope, "invoice_date")} AND {owned(scope, "owner_program_id")}
        """
    )[0]
    return Decimal(row["footed"]), Decimal(row["every"])


def rolled_accrual(scope: Scope) -> Decimal:
    """The accrual at the prior T, plus approved work of the period, less work that invoices of the period name; at T's rates."""
    before, at = day(scope.opening_date), day(scope.closing_date)
    row = scope.books.rows(
        f"""
        WITH first_billed AS (SELECT work_id, min(invoice_date) AS billed_date FROM {vendor_lines(scope)}
                              WHERE work_id IS NOT NULL AND {COUNTED} GROUP BY 1),
        work AS (SELECT * FROM ({accruable_work(scope)}) LEFT JOIN first_billed USING (work_id) WHERE {owned(scope)})
        SELECT coalesce(sum(functional) FILTER (work_date <= {before} AND coalesce(billed_date > {before}, true)), 0) AS opening,
               coalesce(sum(functional) FILTER (work_date > {before}), 0) AS worked,
               coalesce(sum(functional) FILTER (billed_date <= {at} AND greatest(work_date, billed_date) > {before}), 0) AS billed
        FROM work
        """
    )[0]
    rolled: Decimal = row["opening"] + row["worked"] - row["billed"]
    return rolled


def _measure(scope: Scope, id: str) -> Figure:
    query = f"""
        {population("source_table", "source_file", "source_row", "functional", "seen")}
        FROM {vendor_rows(scope)} WHERE figure = '{id}'
    """
    return Figure.of(id, LABELS[id], scope.currency, Population(scope.books, query))


def _booked(scope: Scope, id: str) -> Figure:
    """The ledger's side of a figure: lines of the period, or the balance at T."""
    name, label = f"{id}_general_ledger", f"{LABELS[id]} in the general ledger"
    if id not in _OF_PERIOD:
        return ledger_balance(scope, id, name, label)
    return Figure.of(name, label, scope.currency, Population(scope.books, _ledger_lines(scope, id)))


def _ledger_lines(scope: Scope, id: str) -> str:
    role, amount, condition = _OF_PERIOD[id]
    return f"""
        {population("'gl_entries'", "source_file", "source_row", amount, LINE_SHOWN)}
        FROM (SELECT *, owner_program_id AS owner FROM gl_entries)
        WHERE account IN {texts(scope.parameters.accounts.of(role))} AND {of_period(scope, "effective_date")} AND {condition}
          AND {owned(scope)}
    """


_DIFFERENCE = {"difference": "[general_ledger] - [per_workpaper]"}


def _to_ledger(figures: dict[str, Figure]) -> Table:
    sides = [(figures[id].money, figures[f"{id}_general_ledger"].money) for id in LABELS]
    frame = pd.DataFrame(
        {
            "line": list(LABELS.values()),
            "per_workpaper": [own for own, _ in sides],
            "general_ledger": [booked for _, booked in sides],
            "difference": [booked - own for own, booked in sides],
        }
    )
    links = [
        (row, column, id + side) for row, id in enumerate(LABELS) for column, side in ((1, ""), (2, "_general_ledger"))
    ]
    title = "From work to ledger; difference = ledger − workpaper"
    return Table(title, frame, links=tuple(links), relations=_DIFFERENCE)


def _measures(scope: Scope, title: str, columns: dict[str, str], source: str) -> Table:
    """The five measures by one or two columns (name → SQL), the total last."""
    sums = ", ".join(f"coalesce(sum(functional) FILTER (figure = '{id}'), 0) AS {id}" for id in LABELS)
    name, names = next(iter(columns)), ", ".join(columns)
    keys = ", ".join(f"{expression} AS {name}" for name, expression in columns.items())
    frame = scope.books.frame(
        f"""
        SELECT * EXCLUDE (last) FROM (
            SELECT false AS last, {keys}, {sums} FROM {source} GROUP BY ALL
            UNION ALL BY NAME
            SELECT true AS last, 'Total' AS {name}, {sums} FROM {vendor_rows(scope)}
        ) ORDER BY last, {names}
        """
    )
    links = tuple((len(frame) - 1, column, id) for column, id in enumerate(LABELS, start=len(columns)))
    parts = tuple(Part(id, (id,), {name: name}) for id in LABELS)
    return Table(title, frame, total_row=True, links=links, parts=parts)


def _by_program(scope: Scope) -> Table:
    return _measures(scope, "By program", {"program": "coalesce(owner, 'no program')"}, vendor_rows(scope))


def _by_vendor(scope: Scope) -> Table:
    names = "(SELECT vendor_id, min(vendor_name) AS vendor_name FROM vendors GROUP BY 1)"
    source = f"{vendor_rows(scope)} LEFT JOIN {names} USING (vendor_id)"
    return _measures(scope, "By vendor", {"vendor": "vendor_id", "vendor_name": "vendor_name"}, source)


def _differing_documents(scope: Scope) -> Table:
    """Documents of the period whose amount in the ledger's payable account is another; why invoiced or paid do not agree."""
    sides = ("vendor_invoiced", "vendor_paid")
    ledger = " UNION ALL ".join(
        f"SELECT '{id}' AS figure, coalesce(shown['document'], shown['journal']) AS document, 0 AS workpaper, amount AS ledger "
        f"FROM ({_ledger_lines(scope, id)})"
        for id in sides
    )
    frame = scope.books.frame(
        f"""
        SELECT document, CASE figure WHEN 'vendor_paid' THEN 'payment' ELSE 'invoice' END AS kind,
               sum(workpaper) AS per_workpaper, sum(ledger) AS general_ledger, sum(ledger) - sum(workpaper) AS difference
        FROM (SELECT figure, document, functional AS workpaper, 0 AS ledger FROM {vendor_rows(scope)}
              WHERE figure IN {texts(sides)}
              UNION ALL {ledger})
        GROUP BY ALL HAVING sum(ledger) <> sum(workpaper) ORDER BY kind, document
        """
    )
    title = "Invoices and payments of the period that stand otherwise in the ledger"
    return Table(title, frame, relations=_DIFFERENCE)


def _picture(scope: Scope, figures: dict[str, Figure]) -> Chart:
    data = [{"label": label, "amount": spell(figures[id].money, scope.currency)} for id, label in LABELS.items()]
    return Chart("24.c1", "bars", "From work to payment", scope.currency, data)
