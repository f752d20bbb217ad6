"""Checks of cash applications and of manual entries to control accounts; their findings belong to workpaper 20."""

from __future__ import annotations

from close_library.accounting.currency import SPOT_RATES, functional
from close_library.accounting.ledger import natural_sign
from close_library.accounting.receivables import applications_query, documents_query
from close_library.accounting.sql import FILE_ORDER, day, memoised, owned, text, texts
from close_library.evidence import Finding, Scope
from close_library.money import show

CONTROL_ROLES = ("accounts_receivable", "deferred_revenue", "unbilled_receivable")


def application_findings(scope: Scope) -> list[Finding]:
    """Applications dated in the period that exceed a document, or that come before their receipt."""
    return [*_exceeding(scope), *_before_receipt(scope)]


def _exceeding(scope: Scope) -> list[Finding]:
    """`application_exceeds_document`: the application with which a document's applications cross its amount.

    Against an invoice (or memo) count amount, discount and write-off; against the receipt or memo that it is made from,
    the amount. The excess is what the applications to T take beyond the document.
    """
    rows = scope.books.sql(
        f"""
        WITH legs AS (
            SELECT application_id, application_date, invoice AS document, amount + discount + write_off AS taken,
                   invoice.owner AS owner, source_file, source_row, counts_from
            FROM {_applications(scope)}
            UNION ALL
            SELECT application_id, application_date, receipt, amount, invoice.owner, source_file, source_row, counts_from
            FROM {_applications(scope)} WHERE receipt.document_id IS NOT NULL
            UNION ALL
            SELECT application_id, application_date, memo, -amount, invoice.owner, source_file, source_row, counts_from
            FROM {_applications(scope)} WHERE memo.document_id IS NOT NULL
        ),
        running AS (
            SELECT *, CASE WHEN document.kind = 'receipt' THEN -document.amount ELSE document.amount END AS holds,
                   sum(taken) OVER through AS taken_to_here, sum(taken) OVER whole AS taken_in_all
            FROM legs WHERE counts_from <= {day(scope.closing_date)}
            WINDOW whole AS (PARTITION BY document.source_table, document.source_file, document.source_row),
                   through AS (whole ORDER BY application_date, application_id, {FILE_ORDER} ROWS UNBOUNDED PRECEDING)
        ),
        beyond AS (
            SELECT *, sign(holds) * (taken_to_here - holds) AS over_here, sign(holds) * (taken_in_all - holds) AS excess
            FROM running
        ),
        crossing AS (
            SELECT * FROM beyond
            WHERE over_here > {scope.parameters.tolerances.match}
            QUALIFY row_number() OVER (
                PARTITION BY document.source_table, document.source_file, document.source_row
                ORDER BY application_date, application_id, {FILE_ORDER}) = 1
        )
        SELECT application_id, document.document_id AS document_id, document.kind AS kind, holds, excess,
               {functional("excess", "document.currency", "s.rate", scope.currency)} AS amount
        FROM crossing LEFT JOIN ({SPOT_RATES}) s ON s.currency = document.currency AND s.rate_date = application_date
        WHERE {_in_period(scope, "application_date")} AND excess > 0 AND {owned(scope)}
        QUALIFY row_number() OVER (PARTITION BY application_id ORDER BY excess DESC, kind) = 1
        ORDER BY application_id
        """
    ).to_pylist()
    return [
        Finding(
            "application_exceeds_document",
            "error",
            row["amount"],
            scope.currency,
            {
                "cash_applications": (row["application_id"],),
                ("cash_receipts" if row["kind"] == "receipt" else "invoices"): (row["document_id"],),
            },
            f"Application {row['application_id']} takes {row['kind'].replace('_', ' ')} {row['document_id']} of "
            f"{show(row['holds'])} over its amount by {show(row['excess'])}.",
        )
        for row in rows
    ]


def _before_receipt(scope: Scope) -> list[Finding]:
    rows = scope.books.sql(
        f"""
        WITH receipts AS (
            SELECT receipt_id, receipt_date, currency FROM cash_receipts
            QUALIFY row_number() OVER (PARTITION BY receipt_id ORDER BY {FILE_ORDER}) = 1
        )
        SELECT application_id, receipt_id, application_date, receipt_date,
               {functional("a.amount", "r.currency", "s.rate", scope.currency)} AS amount
        FROM cash_applications a JOIN receipts r USING (receipt_id)
        LEFT JOIN ({SPOT_RATES}) s ON s.currency = r.currency AND s.rate_date = application_date
        WHERE application_date < receipt_date AND {_in_period(scope, "application_date")}
          AND {owned(scope, "a.owner_program_id")}
        ORDER BY application_id
        """
    ).to_pylist()
    return [
        Finding(
            "application_before_receipt",
            "error",
            row["amount"],
            scope.currency,
            {"cash_applications": (row["application_id"],), "cash_receipts": (row["receipt_id"],)},
            f"Application {row['application_id']} of {row['application_date']} uses receipt {row['receipt_id']}, "
            f"which came in on {row['receipt_date']}.",
        )
        for row in rows
    ]


def manual_entry_findings(scope: Scope) -> list[Finding]:
    """`manual_entry_to_control_account`: journals typed by hand onto receivables, deferred revenue or unbilled."""
    signs = {
        account: natural_sign(role) for role in CONTROL_ROLES for account in getattr(scope.parameters.accounts, role)
    }
    cases = " ".join(f"WHEN {text(account)} THEN {sign}" for account, sign in signs.items())
    if not cases:
        return []
    rows = scope.books.sql(
        f"""
        SELECT journal_id, string_agg(DISTINCT account, ', ' ORDER BY account) AS accounts,
               sum(amount * CASE account {cases} END) AS amount, max(entered_by) AS entered_by
        FROM gl_entries
        WHERE journal_source = 'manual' AND account IN {texts(signs)}
          AND {_in_period(scope, "effective_date")} AND {owned(scope, "owner_program_id")}
        GROUP BY journal_id ORDER BY journal_id
        """
    ).to_pylist()
    return [
        Finding(
            "manual_entry_to_control_account",
            "error",
            row["amount"],
            scope.currency,
            {"gl_entries": (row["journal_id"],)},
            f"Journal {row['journal_id']} was entered by hand on control account {row['accounts']} for "
            f"{show(row['amount'])}" + (f" by {row['entered_by']}." if row["entered_by"] else "."),
        )
        for row in rows
    ]


def unapplied_receipts(scope: Scope) -> str:
    """What each receipt still has unapplied at T, after the refunds that name its reference.

    Columns: receipt_id, customer_id, owner, receipt_date, currency, unapplied (receipt's currency), address. A refund is
    a negative receipt; it reduces the earlier receipts of the same customer, currency and reference, oldest first, each by
    what it has unapplied, and the last one by the rest.
    """
    at = day(scope.closing_date)
    return memoised(
        scope.books,
        "unapplied",
        f"""
        WITH used AS (
            SELECT receipt.source_file AS f, receipt.source_row AS r, sum(amount) AS amount
            FROM {_applications(scope)} WHERE receipt.document_id IS NOT NULL AND counts_from <= {at} GROUP BY ALL
        ),
        receipts AS (
            SELECT c.*, c.amount - coalesce(used.amount, 0) AS rest
            FROM cash_receipts c LEFT JOIN used ON f = c.source_file AND r = c.source_row WHERE c.receipt_date <= {at}
        ),
        refunds AS (
            SELECT f.* FROM receipts f WHERE f.amount < 0 AND f.rest < 0 AND EXISTS (
                SELECT 1 FROM receipts e WHERE e.amount > 0 AND e.receipt_date <= f.receipt_date
                  AND (e.customer_id, e.currency, e.reference) = (f.customer_id, f.currency, f.reference))
        ),
        pools AS (
            SELECT customer_id, currency, reference, -sum(rest) AS pool, max(receipt_date) AS last_refund
            FROM refunds GROUP BY ALL
        ),
        queue AS (
            SELECT e.*, coalesce(p.pool, 0) AS pool,
                   coalesce(sum(greatest(e.rest, 0)) OVER before_it, 0) AS taken_before,
                   p.pool IS NOT NULL AND row_number() OVER backwards = 1 AS takes_the_rest
            FROM receipts e LEFT JOIN pools p
              ON (p.customer_id, p.currency, p.reference) = (e.customer_id, e.currency, e.reference)
             AND e.receipt_date <= p.last_refund
            WHERE e.amount > 0
            WINDOW same AS (PARTITION BY e.customer_id, e.currency, e.reference, p.pool IS NULL),
                   before_it AS (same ORDER BY e.receipt_date, e.receipt_id, e.source_file, e.source_row
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                   backwards AS (same ORDER BY e.receipt_date DESC, e.receipt_id DESC, e.source_file DESC, e.source_row DESC)
        )
        SELECT receipt_id, customer_id, owner_program_id AS owner, receipt_date, currency, source_file, source_row,
               CAST(rest - CASE WHEN takes_the_rest THEN greatest(pool - taken_before, 0)
                    ELSE least(greatest(rest, 0), greatest(pool - taken_before, 0)) END AS DECIMAL(22,4)) AS unapplied
        FROM queue
        """,
    )


def documents(scope: Scope) -> str:
    """The table of counted documents (`receivables.documents_query`)."""
    return memoised(scope.books, "documents", documents_query())


def _applications(scope: Scope) -> str:
    return memoised(scope.books, "applications", applications_query())


def _in_period(scope: Scope, column: str) -> str:
    return f"{column} BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}"
