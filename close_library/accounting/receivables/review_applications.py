"""Checks of cash applications and of manual entries to control accounts; their findings belong to workpaper 20."""

from __future__ import annotations

from typing import Any

from close_library.accounting.currency import at_spot, functional, require_rates
from close_library.accounting.ledger import natural_sign
from close_library.accounting.receivables.subledger import applications_query, documents_query
from close_library.accounting.sql import FILE_ORDER, day, memoised, owned, text, texts
from close_library.evidence import Finding, Scope
from close_library.money import show

CONTROL_ROLES = ("accounts_receivable", "deferred_revenue", "unbilled_receivable")


def application_findings(scope: Scope) -> list[Finding]:
    """Applications of the period that exceed a document, or that come before their receipt."""
    return [*_exceeding(scope), *_before_receipt(scope)]


def _exceeding(scope: Scope) -> list[Finding]:
    """`application_exceeds_document`: the application with which a document's applications cross its amount.

    Against an invoice (or memo) count amount, discount and write-off; against the receipt or memo that it is made from,
    the amount. The excess is what the applications to T take beyond the document. An application counts, and stands in
    the period, from the latest of its own date and those of its documents; where applications were taken back and the
    amount was crossed again, the last crossing is the one that stands.
    """
    tolerance = scope.parameters.tolerances.match
    in_order = f"counts_from, application_date, application_id, {FILE_ORDER}, leg"
    rows = _valued(
        scope,
        "exceeding",
        f"""
        WITH legs AS (
            SELECT 3 AS leg, application_id, application_date, invoice AS document, amount + discount + write_off AS taken,
                   invoice.owner AS owner, source_file, source_row, counts_from
            FROM {_applications(scope)}
            UNION ALL
            SELECT 2, application_id, application_date, receipt, amount, invoice.owner, source_file, source_row, counts_from
            FROM {_applications(scope)} WHERE receipt.document_id IS NOT NULL
            UNION ALL
            SELECT 1, application_id, application_date, memo, -amount, invoice.owner, source_file, source_row, counts_from
            FROM {_applications(scope)} WHERE memo.document_id IS NOT NULL
        ),
        signed AS (
            SELECT * EXCLUDE (taken), CASE WHEN document.kind = 'receipt' THEN -document.amount ELSE document.amount END AS holds,
                   CASE WHEN document.kind = 'credit_memo' OR holds < 0 THEN -1 ELSE 1 END AS side, side * taken AS taken
            FROM legs WHERE counts_from <= {day(scope.closing_date)}
        ),
        running AS (
            SELECT *, sum(taken) OVER through - side * holds AS over_here, sum(taken) OVER whole - side * holds AS excess
            FROM signed
            WINDOW whole AS (PARTITION BY document.source_table, document.source_file, document.source_row),
                   through AS (whole ORDER BY {in_order} ROWS UNBOUNDED PRECEDING)
        ),
        crossing AS (
            SELECT * FROM running
            WHERE excess > {tolerance} AND over_here > {tolerance} AND over_here - taken <= {tolerance}
            QUALIFY row_number() OVER (
                PARTITION BY document.source_table, document.source_file, document.source_row
                ORDER BY {", ".join(f"{column} DESC" for column in in_order.split(", "))}) = 1
        )
        SELECT application_id, document.document_id AS document_id, document.kind AS kind, holds, excess,
               document.currency AS currency, application_date AS rate_date,
               {functional("excess", "document.currency", "s.rate", scope.currency)} AS amount
        FROM crossing {at_spot("document.currency", "application_date")}
        WHERE {_in_period(scope, "counts_from")} AND {owned(scope)}
        QUALIFY row_number() OVER (PARTITION BY application_id ORDER BY excess DESC, kind) = 1
        ORDER BY application_id
        """,
    )
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
    rows = _valued(
        scope,
        "before_receipt",
        f"""
        WITH receipts AS (
            SELECT receipt_id, receipt_date, currency FROM cash_receipts
            QUALIFY row_number() OVER (PARTITION BY receipt_id ORDER BY {FILE_ORDER}) = 1
        )
        SELECT application_id, receipt_id, application_date, receipt_date, r.currency, application_date AS rate_date,
               {functional("a.amount", "r.currency", "s.rate", scope.currency)} AS amount
        FROM cash_applications a JOIN receipts r USING (receipt_id)
        {at_spot("r.currency", "application_date")}
        WHERE application_date < receipt_date AND {_in_period(scope, "application_date")}
          AND {owned(scope, "a.owner_program_id")}
        ORDER BY application_id
        """,
    )
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
    rows = scope.books.rows(
        f"""
        SELECT journal_id, string_agg(DISTINCT account, ', ' ORDER BY account) AS accounts,
               sum(amount * CASE account {cases} END) AS amount, max(entered_by) AS entered_by
        FROM gl_entries
        WHERE journal_source = 'manual' AND account IN {texts(signs)}
          AND {_in_period(scope, "effective_date")} AND {owned(scope, "owner_program_id")}
        GROUP BY journal_id ORDER BY journal_id
        """
    )
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
    what it has unapplied. What a refund leaves over reduces no receipt that came after it.
    """
    at = day(scope.closing_date)
    in_order = "receipt_date, receipt_id, source_file, source_row"
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
        queue AS (
            SELECT *, greatest(rest, 0) AS has, coalesce(sum(greatest(rest, 0)) OVER before_it, 0) AS has_before
            FROM receipts WHERE amount > 0
            WINDOW before_it AS (PARTITION BY customer_id, currency, reference ORDER BY {in_order}
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ),
        refunds AS (
            SELECT *, -rest AS refund, sum(-rest) OVER (PARTITION BY customer_id, currency, reference ORDER BY {in_order}
                                 ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS refunded_after
            FROM receipts WHERE amount < 0 AND rest < 0 AND reference IS NOT NULL
        ),
        reached AS (
            SELECT r.customer_id, r.currency, r.reference, r.source_file, r.source_row, r.refund,
                   coalesce(r.refunded_after, 0) AS refunded_after, coalesce(sum(q.has), 0) AS within_reach
            FROM refunds r LEFT JOIN queue q ON q.customer_id = r.customer_id AND q.currency = r.currency
                 AND q.reference = r.reference AND q.receipt_date <= r.receipt_date
            GROUP BY ALL
        ),
        taken AS (
            SELECT customer_id, currency, reference, least(sum(refund), min(within_reach + refunded_after)) AS taken
            FROM reached GROUP BY ALL
        )
        SELECT q.receipt_id, q.customer_id, q.owner_program_id AS owner, q.receipt_date, q.currency, q.source_file, q.source_row,
               CAST(q.rest - least(q.has, greatest(coalesce(t.taken, 0) - q.has_before, 0)) AS DECIMAL(22,4)) AS unapplied
        FROM queue q LEFT JOIN taken t ON t.customer_id = q.customer_id AND t.currency = q.currency AND t.reference = q.reference
        """,
    )


def documents(scope: Scope) -> str:
    """The table of counted documents (`receivables.documents_query`)."""
    return memoised(scope.books, "documents", documents_query())


def _applications(scope: Scope) -> str:
    return memoised(scope.books, "applications", applications_query())


def _valued(scope: Scope, prefix: str, query: str) -> list[dict[str, Any]]:
    """The rows of a query whose amounts are in functional currency; refuses where a rate of theirs is missing."""
    rows = memoised(scope.books, prefix, query)
    require_rates(scope, f"SELECT currency, rate_date FROM {rows} WHERE amount IS NULL")
    found: list[dict[str, Any]] = scope.books.rows(f"SELECT * FROM {rows} ORDER BY application_id")
    return found


def _in_period(scope: Scope, column: str) -> str:
    return f"{column} BETWEEN {day(scope.period.first_day)} AND {day(scope.closing_date)}"
