"""The receivables subledger: its documents, what was applied to them, what moved it, and what is open at a date.

Two ways lead to the same balance, and neither uses the other. *Open items*: each document less what was applied to it
(ACCOUNTING.md §1). *Movements*: each document, discount and write-off on its date (ACCOUNTING.md §2). A difference
between them is what a reconciliation calls unexplained.

Subledger sign throughout: an invoice is positive; a credit memo, a receipt, a discount and a write-off are negative.
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.currency import SPOT_RATES, functional
from close_library.accounting.sql import FILE_ORDER, day

_COPIES = f"""
    invoice_rows AS (
        SELECT *, row_number() OVER (PARTITION BY invoice_id ORDER BY {FILE_ORDER}) = 1 AS looked_up FROM invoices
    ),
    receipt_rows AS (
        SELECT *, row_number() OVER (PARTITION BY receipt_id ORDER BY {FILE_ORDER}) = 1 AS looked_up FROM cash_receipts
    )
"""

_DOCUMENTS = """
    documents AS (
        SELECT 'invoices' AS source_table, source_file, source_row, invoice_id AS document_id,
               invoice_number AS document_number, document_type AS kind, owner_program_id AS owner, customer_id,
               currency, invoice_date AS document_date, due_date, total_amount AS amount, looked_up
        FROM invoice_rows WHERE status = 'posted'
        UNION ALL
        SELECT 'cash_receipts', source_file, source_row, receipt_id, receipt_id, 'receipt', owner_program_id, customer_id,
               currency, receipt_date, NULL, -amount, looked_up
        FROM receipt_rows
    )
"""
"""Documents that count: posted invoices and credit memos, and receipts. Drafts and voids are none."""

_APPLICATIONS = """
    applications AS (
        SELECT a.application_id, a.source_file, a.source_row, a.application_date, a.amount,
               coalesce(a.discount_amount, 0) AS discount, coalesce(a.write_off_amount, 0) AS write_off,
               greatest(a.application_date, i.document_date, r.document_date, m.document_date) AS counts_from,
               i AS invoice, r AS receipt, m AS memo
        FROM cash_applications a
        JOIN documents i ON i.source_table = 'invoices' AND i.looked_up AND i.document_id = a.invoice_id
        LEFT JOIN documents r ON r.source_table = 'cash_receipts' AND r.looked_up AND r.document_id = a.receipt_id
        LEFT JOIN documents m ON m.source_table = 'invoices' AND m.looked_up AND m.document_id = a.credit_memo_id
        WHERE (a.receipt_id IS NULL OR r.document_id IS NOT NULL)
          AND (a.credit_memo_id IS NULL OR m.document_id IS NOT NULL)
    ),
    sources AS (
        SELECT application_id, source_file, source_row, counts_from, amount, invoice, receipt AS source
        FROM applications WHERE receipt.document_id IS NOT NULL
        UNION ALL
        SELECT application_id, source_file, source_row, counts_from, amount, invoice, memo
        FROM applications WHERE memo.document_id IS NOT NULL
    )
"""
"""Applications that count, from the latest date of the application, its receipt or memo, and its invoice."""

_SUBLEDGER = f"WITH {_COPIES}, {_DOCUMENTS}, {_APPLICATIONS}, spot_rates AS ({SPOT_RATES})"


def documents_query() -> str:
    """Every counted document: address, id, number, kind, owner, customer, currency, dates, amount in its currency."""
    return f"WITH {_COPIES}, {_DOCUMENTS} SELECT * FROM documents"


def applications_query() -> str:
    """Every counted application: address, date, amounts, the date it counts from, and its documents as structs."""
    return f"WITH {_COPIES}, {_DOCUMENTS}, {_APPLICATIONS} SELECT * FROM applications"


def open_items_query(as_of: date, functional_currency: str) -> str:
    """What is open at a date, one row a document with an open amount.

    Columns: as_of, address, document_id, document_number, kind, owner, customer_id, currency, document_date, due_date,
    amount and open_amount in the document's currency, rate at the date, open_functional (NULL: the rate is missing).
    Nothing is clipped at zero: an overpaid invoice is negative, an over-applied receipt positive.
    """
    at = day(as_of)
    value = functional("open_amount", "o.currency", "rate", functional_currency)
    return f"""
        {_SUBLEDGER},
        applied AS (
            SELECT invoice.source_table AS t, invoice.source_file AS f, invoice.source_row AS r,
                   -(amount + discount + write_off) AS amount
            FROM applications WHERE counts_from <= {at}
            UNION ALL
            SELECT source.source_table, source.source_file, source.source_row, amount FROM sources WHERE counts_from <= {at}
        ),
        totals AS (SELECT t, f, r, sum(amount) AS amount FROM applied GROUP BY ALL),
        open_documents AS (
            SELECT d.*, CAST(d.amount + coalesce(totals.amount, 0) AS DECIMAL(22,4)) AS open_amount
            FROM documents d
            LEFT JOIN totals ON t = d.source_table AND f = d.source_file AND r = d.source_row
            WHERE d.document_date <= {at}
        )
        SELECT {at} AS as_of, source_table, source_file, source_row, document_id, document_number, kind, owner,
               customer_id, o.currency, document_date, due_date, amount, open_amount, rate, {value} AS open_functional
        FROM (SELECT * FROM open_documents WHERE open_amount <> 0) o
        LEFT JOIN spot_rates s ON s.currency = o.currency AND s.rate_date = {at}
        ORDER BY owner, source_table, source_file, source_row
    """


def movements_query(functional_currency: str) -> str:
    """What moved the subledger, over all dates.

    Columns: counts_from, kind (`invoice`, `credit_memo`, `receipt`, `discount`, `write_off`), document_number, address,
    owner, currency, rate_date, amount (document's currency), functional (at the rate of `rate_date`; NULL: missing),
    `transfer` (an application moves value from a receipt or memo to an invoice at the receipt's or memo's rate; the
    pair adds up to zero), `moves_owner` (the two belong to different programs), and the address of the document whose
    balance moves: item_table, item_file, item_row.
    """
    value = functional("m.amount", "m.money", "s.rate", functional_currency)
    return f"""
        {_SUBLEDGER},
        transfers AS (
            SELECT *, invoice.owner IS DISTINCT FROM source.owner AS moves_owner FROM sources
            WHERE invoice.owner IS DISTINCT FROM source.owner OR source.currency <> '{functional_currency}'
               OR invoice.currency <> '{functional_currency}'
        ),
        moved AS (
            SELECT document_date AS counts_from, kind, document_number, source_table, source_file, source_row, owner,
                   currency, currency AS money, document_date AS rate_date, amount, false AS transfer, true AS moves_owner,
                   source_table AS item_table, source_file AS item_file, source_row AS item_row
            FROM documents
            UNION ALL
            SELECT counts_from, source.kind, source.document_number, 'cash_applications', source_file, source_row,
                   source.owner, source.currency, source.currency, source.document_date, amount, true, moves_owner,
                   source.source_table, source.source_file, source.source_row
            FROM transfers
            UNION ALL
            SELECT counts_from, source.kind, source.document_number, 'cash_applications', source_file, source_row,
                   invoice.owner, invoice.currency, source.currency, source.document_date, -amount, true, moves_owner,
                   invoice.source_table, invoice.source_file, invoice.source_row
            FROM transfers
            UNION ALL
            SELECT counts_from, 'discount', application_id, 'cash_applications', source_file, source_row,
                   invoice.owner, invoice.currency, invoice.currency, application_date, -discount, false, true,
                   invoice.source_table, invoice.source_file, invoice.source_row
            FROM applications WHERE discount <> 0
            UNION ALL
            SELECT counts_from, 'write_off', application_id, 'cash_applications', source_file, source_row,
                   invoice.owner, invoice.currency, invoice.currency, application_date, -write_off, false, true,
                   invoice.source_table, invoice.source_file, invoice.source_row
            FROM applications WHERE write_off <> 0
        )
        SELECT m.* EXCLUDE (money), {value} AS functional
        FROM moved m
        LEFT JOIN spot_rates s ON s.currency = m.money AND s.rate_date = m.rate_date
        ORDER BY owner, counts_from, source_table, source_file, source_row, transfer, amount
    """
