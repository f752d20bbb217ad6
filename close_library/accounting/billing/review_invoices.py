"""Invoice review (workpaper 71): the quality checklist over the period's invoices, and over drafts before they go out.

What failed on a posted document is a finding; a draft raises none, for it can still be mended.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from close_library.accounting.billing.invoice_checklist import (
    CHECKS,
    checklist,
    checklist_table,
    outcomes,
    passed_documents,
)
from close_library.accounting.billing.invoice_documents import documents_under_review
from close_library.accounting.schedules import movements
from close_library.accounting.sql import day, owned, population, shown
from close_library.evidence import Chart, Computed, Figure, Finding, Part, Population, Result, Scope, Table

RESULTS = ("passed", "failed", "not_applicable")


def invoice_review(scope: Scope) -> Result:
    """Workpaper 71: every check of every posted invoice and credit memo of the period.

    Figures: `invoices_reviewed` and `invoices_passed` (documents; passed: no check failed), `amount_reviewed` (their totals, tax
    included, credit memos negative, functional currency). Tables: the checks with how often each passed, failed or did not
    apply; the checklist, one line a check and invoice, failed invoices first, with room for a reviewer's initials. Findings:
    the keys of CHECKS. A credit memo is checked for footing only. Raises BooksError where an exchange rate is missing.

    Example: `invoice_review(scope).invoices_passed.amount`
    """
    by_check = _by_check(scope)
    amounts = Population(scope.books, f"{_rows('functional')} FROM {documents_under_review(scope)}")
    figures = (
        _count(scope, "invoices_reviewed", "Invoices and credit memos reviewed"),
        _count(scope, "invoices_passed", "Invoices and credit memos that passed every check", passed_documents(scope)),
        Figure.of("amount_reviewed", "Amount reviewed, tax included", scope.currency, amounts),
    )
    return Result(
        tables={"71.1": by_check, "71.2": checklist_table(scope, "Checklist, one line a check and invoice")},
        figures={figure.id: figure for figure in figures},
        findings=tuple(_findings(scope)),
        charts=(_picture(by_check),),
    )


def review_drafts(scope: Scope) -> Result:
    """The same checks on draft invoices dated to T, before they go out. A draft raises no finding.

    Figures: `drafts_reviewed` and `drafts_passed` (documents). Table: the checklist, failed drafts first. A draft must repeat
    neither a posted invoice nor an earlier draft, and its deliveries must stand on neither; its amounts are empty where the rate
    of its date is missing.

    Example: `review_drafts(scope).table`
    """
    passed = passed_documents(scope, drafts=True)
    figures = (
        _count(scope, "drafts_reviewed", "Drafts reviewed", drafts=True),
        _count(scope, "drafts_passed", "Drafts that passed every check", passed, drafts=True),
    )
    return Result(
        tables={"71.3": checklist_table(scope, "Drafts before they go out, one line a check and draft", drafts=True)},
        figures={figure.id: figure for figure in figures},
    )


def documents_in_the_period(scope: Scope) -> Decimal:
    """What the period's posted invoices and credit memos moved receivables by (30): tax included, functional currency.

    Example: `documents_in_the_period(scope)`
    """
    row = scope.books.rows(
        f"""
        SELECT coalesce(sum(functional), 0) AS amount FROM {movements(scope)}
        WHERE kind IN ('invoice', 'credit_memo') AND NOT transfer
          AND counts_from BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)} AND {owned(scope)}
        """
    )[0]
    return Decimal(row["amount"])


def checks_done(review: Result) -> tuple[Decimal, Decimal]:
    """The outcomes of all checks, and the documents × the checks: each line of the checklist has exactly one outcome.

    Example: `checks_done(invoice_review(scope))`
    """
    documents = review.invoices_reviewed
    in_all = Computed(documents.money * len(CHECKS), f"{{{documents.id}}} * {len(CHECKS)}")
    return review.added_up("71.1", RESULTS), in_all


def _count(scope: Scope, id: str, label: str, condition: str = "true", drafts: bool = False) -> Figure:
    query = f"{_rows('1')} FROM {documents_under_review(scope, drafts)} WHERE {condition}"
    return Figure.of(id, label, "rows", Population(scope.books, query))


def _rows(amount: str) -> str:
    seen = shown(
        document="invoice_number",
        kind="kind",
        customer="customer_id",
        date="invoice_date",
        currency="currency",
        total="total_amount::money",
    )
    return population("'invoices'", "source_file", "source_row", amount, seen)


def _by_check(scope: Scope) -> Table:
    """How often each check passed, failed or did not apply, and what is at stake where it failed."""
    rows = scope.books.rows(
        f"""
        SELECT check_name, count(*) FILTER (result = 'passed') AS passed, count(*) FILTER (result = 'failed') AS failed,
               count(*) FILTER (result = 'not applicable') AS not_applicable, sum(amount) AS amount
        FROM {checklist(scope)} GROUP BY check_name
        """
    )
    by_name: dict[str, dict[str, Any]] = {row["check_name"]: row for row in rows}
    lines = [
        {"check": name, "proves": check.proves, **_outcome_counts(by_name.get(name, {}))}
        for name, check in CHECKS.items()
    ]
    total = {"check": "Total", "proves": "", **{name: sum(line[name] for line in lines) for name in RESULTS}}
    frame = pd.DataFrame([*lines, {**total, "amount_at_stake": None}])
    by = {"check": "check"}
    parts = [Part(name, table="71.2", by=by, where={"result": name.replace("_", " ")}, counts=True) for name in RESULTS]
    parts.append(Part("amount_at_stake", table="71.2", by=by, of=("amount",)))
    types = {"amount_at_stake": "money"}
    return Table("The checks and how they came out", frame, total_row=True, types=types, parts=tuple(parts))


def _outcome_counts(row: dict[str, Any]) -> dict[str, Any]:
    return {**{name: int(row.get(name, 0)) for name in RESULTS}, "amount_at_stake": row.get("amount")}


def _picture(by_check: Table) -> Chart:
    data = [
        {"label": str(line["proves"]), "amounts": [str(line[name]) for name in RESULTS]}
        for line in by_check.frame.iloc[:-1].to_dict("records")
    ]
    return Chart("71.c1", "stacked_bars", "Checks by outcome", "invoices", {"series": list(RESULTS), "data": data})


def _findings(scope: Scope) -> list[Finding]:
    rows = scope.books.rows(
        f"""
        SELECT o.check_name, o.line, o.found, o.expected, o.amount, o.key, o.others, d.invoice_id, d.invoice_number, d.kind
        FROM {outcomes(scope)} o JOIN {documents_under_review(scope)} d USING (document) WHERE failed
        ORDER BY d.document, o.check_name, o.line, o.key, o.others
        """
    )
    return [_finding(scope, row) for row in rows]


def _finding(scope: Scope, row: dict[str, Any]) -> Finding:
    check, others = CHECKS[row["check_name"]], tuple(row["others"] or ())
    keys: dict[str, tuple[str, ...]] = {check.table: (row["key"],), "invoices": (row["invoice_id"],)}
    if others:
        keys[check.other_table] = (*keys.get(check.other_table, ()), *others)
    document = "Credit memo" if row["kind"] == "credit_memo" else "Invoice"
    line = f", line {row['line']}" if row["line"] is not None else ""
    return Finding(
        row["check_name"],
        check.severity,
        row["amount"],
        scope.currency,
        keys,
        f"{document} {row['invoice_number']}{line}: {row['found']}; expected {row['expected']}.",
    )
