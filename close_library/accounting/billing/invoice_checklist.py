"""The checklist of an invoice review: every check of every document with its outcome, passed, failed or not applicable.

What the checks test is in `invoice_checks` and `invoice_checks_lines`; what a review concludes is in `review_invoices`.
"""

from __future__ import annotations

from dataclasses import dataclass

from close_library.accounting.billing.invoice_checks import document_checks
from close_library.accounting.billing.invoice_checks_lines import line_checks
from close_library.accounting.billing.invoice_documents import documents_under_review
from close_library.accounting.currency import functional
from close_library.accounting.sql import memoised, text
from close_library.evidence import Scope, Table


@dataclass(frozen=True)
class Check:
    """What a check proves, how bad its failure is, the tables of its keys, and why it may not apply to a document."""

    proves: str
    severity: str
    table: str
    other_table: str
    not_applicable: str

    @property
    def by_line(self) -> bool:
        """Whether it tests an invoice line by line."""
        return self.table != "invoices"


CHECKS = {
    "invoice_duplicate": Check("billed once", "error", "invoices", "invoices", "a credit memo"),
    "invoice_does_not_foot": Check("lines and tax make the total", "error", "invoices", "", ""),
    "invoice_rate_differs": Check(
        "at the contract's price", "error", "invoice_lines", "contract_lines", "no line with a price to compare"
    ),
    "invoice_quantity_differs": Check(
        "the quantity accepted or delivered", "error", "invoice_lines", "deliveries", "no line of a delivered quantity"
    ),
    "billed_not_delivered": Check(
        "usage and hours were delivered", "error", "invoice_lines", "deliveries", "no usage, no hours"
    ),
    "delivery_billed_twice": Check(
        "each delivery on one line", "error", "deliveries", "invoice_lines", "no line names a delivery"
    ),
    "invoice_terms_differ": Check("due by the terms", "warning", "invoices", "contracts", "no due date or no terms"),
    "invoice_without_po": Check("names a purchase order", "error", "invoices", "", "none is required"),
    "invoice_po_mismatch": Check(
        "an order of its program, customer and currency", "error", "invoices", "purchase_orders", "no known order"
    ),
    "invoice_outside_po_dates": Check(
        "service within the order's dates", "warning", "invoices", "purchase_orders", "no known order, or no dates"
    ),
}
"""Finding → its check, in the order in which a reviewer goes through them."""


def outcomes(scope: Scope, drafts: bool = False) -> str:
    """The table of what the checks found: a row for each failed test, one for all passed tests of a document and check.

    Columns: those of `invoice_checks`, n (how many tests), amount in functional currency (NULL: none, or a draft lacks its rate).
    """
    queries = [*document_checks(scope, drafts), *line_checks(scope, drafts)]
    value = functional("t.amount", "d.currency", "d.rate", scope.currency)
    return memoised(
        scope.books,
        "review_outcomes",
        f"""
        WITH tests AS ({" UNION ALL ".join(f"({query})" for query in queries)}),
        merged AS (
            SELECT *, 1 AS n FROM tests WHERE failed
            UNION ALL
            SELECT document, check_name, NULL, false, min(found), min(expected), NULL, NULL, NULL, count(*)
            FROM tests WHERE NOT failed GROUP BY ALL
        )
        SELECT t.* EXCLUDE (amount), {value} AS amount
        FROM merged t JOIN {documents_under_review(scope, drafts)} d USING (document)
        """,
    )


def checklist(scope: Scope, drafts: bool = False) -> str:
    """The table of the checklist: document, place (of the check), check_name, result, found, expected, amount."""
    checks = ", ".join(
        f"({place}, {text(name)}, {check.by_line}, {text(check.not_applicable)})"
        for place, (name, check) in enumerate(CHECKS.items())
    )
    memo = "WHEN tested IS NULL AND d.kind = 'credit_memo' THEN 'a credit memo'"
    return memoised(
        scope.books,
        "checklist",
        f"""
        WITH checks(place, check_name, by_line, not_applicable) AS (VALUES {checks}),
        summed AS (
            SELECT document, check_name, CAST(sum(n) AS BIGINT) AS tested, count(*) FILTER (failed) AS failed,
                   sum(amount) FILTER (failed) AS amount, min(line) FILTER (failed) AS first_line,
                   min_by(found, coalesce(line, 0)) FILTER (failed) AS wrong,
                   min_by(expected, coalesce(line, 0)) FILTER (failed) AS right_instead,
                   min(found) AS found, min(expected) AS expected
            FROM {outcomes(scope, drafts)} GROUP BY ALL
        )
        SELECT d.document, place, c.check_name,
               CASE WHEN tested IS NULL THEN 'not applicable' WHEN failed > 0 THEN 'failed' ELSE 'passed' END AS result,
               CASE {memo} WHEN tested IS NULL THEN not_applicable
                    WHEN failed > 0 THEN coalesce('line ' || first_line || ': ', '') || wrong
                         || CASE WHEN failed > 1 THEN ', and ' || (failed - 1) || ' more of ' || tested ELSE '' END
                    WHEN by_line THEN tested || CASE tested WHEN 1 THEN ' line' ELSE ' lines' END
                    ELSE found END AS found,
               CASE WHEN failed > 0 THEN right_instead WHEN by_line THEN NULL ELSE expected END AS expected,
               CAST(amount AS DECIMAL(38,4)) AS amount
        FROM {documents_under_review(scope, drafts)} d CROSS JOIN checks c
        LEFT JOIN summed s ON s.document = d.document AND s.check_name = c.check_name
        """,
    )


def checklist_table(scope: Scope, title: str, drafts: bool = False) -> Table:
    """The checklist for a reader: failed documents first, then by date; the last column is for a reviewer's initials."""
    frame = scope.books.frame(
        f"""
        SELECT d.invoice_number AS invoice, d.invoice_id, d.invoice_date AS date, c.check_name AS "check", c.result, c.found,
               c.expected, c.amount, '' AS initials
        FROM {checklist(scope, drafts)} c JOIN {documents_under_review(scope, drafts)} d USING (document)
        ORDER BY bool_or(result = 'failed') OVER (PARTITION BY document) DESC, document, place
        """
    )
    return Table(title, frame)


def passed_documents(scope: Scope, drafts: bool = False) -> str:
    """SQL: the document failed no check."""
    return f"document NOT IN (SELECT document FROM {checklist(scope, drafts)} WHERE result = 'failed')"
