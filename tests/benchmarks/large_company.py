"""A company with as many deliveries as asked, as Parquet tables, and a hand-written query for what its workpapers say.

Eight programs, 100 contracts, 400 usage lines of which every fourth has three tiers, all with two price changes, one of them in
mid-month; 40 purchase orders. Invoices sum the deliveries of a month and line, as a company with millions of deliveries
bills; the ledger books revenue as it is billed, so that it differs from what was earned.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

PERIOD = "2026-10"
FIRST_DAY, T = date(2026, 10, 1), date(2026, 10, 31)

PARAMETERS = """\
company: large
name: Large, Inc.
functional_currency: USD
first_period: "2026-01"
sources:
  - {{system: tables, path: {tables}}}
accounts:
  accounts_receivable: ["1200"]
  unbilled_receivable: ["1250"]
  deferred_revenue: ["2400"]
  revenue: ["4000"]
  cash: ["1000"]
"""

_TABLES = {
    "customers": "SELECT 'acme' AS customer_id, 'Acme' AS customer_name, 'USD' AS currency",
    "programs": "SELECT 'p' || i AS program_id, 'Program ' || i AS program_name, 'acme' AS customer_id FROM range(8) t(i)",
    "gl_accounts": """
        SELECT account, account AS account_name, type AS account_type
        FROM (VALUES ('1000', 'asset'), ('1200', 'asset'), ('1250', 'asset'), ('2400', 'liability'), ('4000', 'revenue'))
             t(account, type)
    """,
    "contracts": """
        SELECT 'c' || i AS contract_id, 'p' || (i % 8) AS program_id, 'acme' AS customer_id, DATE '2026-01-01' AS start_date,
               'USD' AS currency FROM range(100) t(i)
    """,
    "contract_lines": """
        SELECT 'l' || i AS contract_line_id, 'c' || (i % 100) AS contract_id, 'task' AS product, 'usage' AS billing_model,
               CAST(0.05 + 0.01 * (i % 7) - 0.005 * tier + 0.002 * span AS DECIMAL(18,12)) AS unit_price,
               CAST([0, 10000, 50000][tier + 1] AS DECIMAL(18,6)) AS tier_from,
               [NULL, DATE '2026-04-16', DATE '2026-08-01'][span + 1] AS price_from,
               [DATE '2026-04-15', DATE '2026-07-31', NULL][span + 1] AS price_to,
               CASE WHEN i % 3 = 0 THEN 'as_delivered' ELSE 'on_acceptance' END AS recognition
        FROM range(400) t(i), range(3) u(tier), range(3) v(span) WHERE i % 4 = 0 OR tier = 0
    """,
    "purchase_orders": """
        SELECT 'PO-' || p || '-' || n AS po_number, 'p' || p AS program_id, 'acme' AS customer_id,
               DATE '2026-01-01' AS issue_date, 'USD' AS currency, CAST({rows} * 5.0 AS DECIMAL(18,2)) AS authorized_amount,
               'open' AS status FROM range(8) t(p), range(5) u(n)
    """,
    # In the order in which the work was done, as a warehouse keeps it.
    "deliveries": """
        SELECT 'DEL-' || lpad(i::VARCHAR, 10, '0') AS delivery_id, 'p' || (line % 100 % 8) AS program_id,
               'l' || line AS contract_line_id, 'PO-' || (line % 100 % 8) || '-' || (h // 400 % 5) AS po_number, delivery_date,
               CASE WHEN h // 12000 % 20 <> 0 THEN delivery_date + (h // 2000 % 6)::INT END AS accepted_date,
               CAST((h // 1200000 % 5000) / 100 AS DECIMAL(18,6)) AS quantity_delivered,
               CAST((h // 1200000 % 5000) / 100 AS DECIMAL(18,6)) AS quantity_accepted,
               CASE WHEN h // 12000 % 50 = 1 THEN 'rejected' WHEN h // 12000 % 20 = 0 THEN 'delivered'
                    ELSE 'accepted' END AS status
        FROM (SELECT i, h, (h % 400)::INT AS line, DATE '2026-01-01' + (i * 300 // {rows})::INT AS delivery_date
              FROM (SELECT i, hash(i) // 7 AS h FROM range({rows}) t(i)))
    """,
    "invoice_lines": """
        SELECT 'inv-' || strftime(month, '%Y%m') || '-' || c.contract_id || right(po_number, 2) AS invoice_id,
               CAST(row_number() OVER (PARTITION BY month, c.contract_id, po_number ORDER BY contract_line_id) AS INT)
                   AS line_number,
               contract_line_id, quantity, CAST(round(quantity * unit_price, 2) AS DECIMAL(18,2)) AS amount,
               month AS service_start, CAST(last_day(month) AS DATE) AS service_end
        FROM (SELECT contract_line_id, po_number, CAST(date_trunc('month', accepted_date) AS DATE) AS month,
                     CAST(sum(quantity_accepted) AS DECIMAL(24,6)) AS quantity
              FROM '{folder}/deliveries.parquet' WHERE status = 'accepted' GROUP BY ALL)
        JOIN (SELECT DISTINCT contract_line_id, contract_id, unit_price FROM '{folder}/contract_lines.parquet'
              WHERE price_from IS NULL AND tier_from = 0) c USING (contract_line_id)
    """,
    "invoices": """
        SELECT invoice_id, invoice_id AS invoice_number, 'invoice' AS document_type, program_id, 'acme' AS customer_id,
               contract_id, 'PO-' || right(program_id, 1) || right(invoice_id, 2) AS po_number,
               min(service_end) AS invoice_date, CAST(min(service_end) + 30 AS DATE) AS due_date, 'USD' AS currency,
               CAST(sum(l.amount) AS DECIMAL(18,2)) AS total_amount, 'posted' AS status
        FROM '{folder}/invoice_lines.parquet' l
        JOIN (SELECT DISTINCT contract_line_id, contract_id FROM '{folder}/contract_lines.parquet') USING (contract_line_id)
        JOIN '{folder}/contracts.parquet' c USING (contract_id) GROUP BY invoice_id, program_id, contract_id
    """,
    "cash_receipts": """
        SELECT 'r-' || invoice_id AS receipt_id, customer_id, CAST(due_date + 3 AS DATE) AS receipt_date, currency,
               total_amount AS amount, invoice_id AS reference
        FROM '{folder}/invoices.parquet' WHERE invoice_date < DATE '2026-09-01'
    """,
    "cash_applications": """
        SELECT 'a-' || receipt_id AS application_id, receipt_id, reference AS invoice_id, receipt_date AS application_date, amount
        FROM '{folder}/cash_receipts.parquet'
    """,
    "gl_entries": """
        WITH booked AS (
            SELECT 'J-' || invoice_id AS journal_id, invoice_date AS effective_date, total_amount AS amount,
                   invoice_number AS document_number, program_id, '1200' AS debit, '4000' AS credit, 'billing' AS journal_source
            FROM '{folder}/invoices.parquet'
            UNION ALL
            SELECT 'J-' || receipt_id, receipt_date, r.amount, receipt_id, program_id, '1000', '1200', 'cash'
            FROM '{folder}/cash_receipts.parquet' r JOIN '{folder}/invoices.parquet' i ON i.invoice_id = r.reference
        )
        SELECT journal_id, line_number, effective_date, strftime(effective_date, '%Y-%m') AS period,
               CASE line_number WHEN 1 THEN debit ELSE credit END AS account,
               CAST(CASE line_number WHEN 1 THEN amount ELSE -amount END AS DECIMAL(18,2)) AS amount,
               journal_source, document_number, program_id
        FROM booked, (VALUES (1), (2)) n(line_number)
    """,
}
"""Table → how it is made, in this order: later ones are made from earlier ones."""

_PRICED = """
    SELECT contract_line_id, po_number, day, value FROM (
        SELECT d.contract_line_id, d.po_number, d.{date} AS day, round(d.{quantity} * p.unit_price, 2) AS value
        FROM deliveries d JOIN prices p
          ON p.contract_line_id = d.contract_line_id AND d.{date} BETWEEN p.price_from AND p.price_to
        WHERE {counts} AND d.{date} <= DATE '{at}' AND NOT p.tiered
        UNION ALL
        SELECT contract_line_id, any_value(po_number), any_value(day),
               round(sum((least(upto, coalesce(tier_to, upto)) - greatest(upto - quantity, tier_from)) * unit_price), 2)
        FROM (
            SELECT d.*, p.tier_from, p.tier_to, p.unit_price FROM (
                SELECT delivery_id, contract_line_id, po_number, {date} AS day, {quantity} AS quantity,
                       sum({quantity}) OVER (PARTITION BY contract_line_id, month({date}) ORDER BY {date}, delivery_id
                                             ROWS UNBOUNDED PRECEDING) AS upto
                FROM deliveries
                WHERE {counts} AND {date} <= DATE '{at}'
                  AND contract_line_id IN (SELECT contract_line_id FROM prices WHERE tiered)
            ) d JOIN prices p
              ON p.contract_line_id = d.contract_line_id AND d.day BETWEEN p.price_from AND p.price_to
                 AND (p.tier_from < d.upto OR p.tier_from = 0) AND coalesce(p.tier_to > d.upto - d.quantity, true)
        ) GROUP BY contract_line_id, delivery_id
    )
"""

_DELIVERED = _PRICED.format(date="delivery_date", quantity="quantity_delivered", counts="status <> 'rejected'", at=T)
_ACCEPTED = _PRICED.format(date="accepted_date", quantity="quantity_accepted", counts="status = 'accepted'", at=T)

BY_HAND = f"""
    WITH prices AS (
        SELECT contract_line_id, coalesce(price_from, DATE '0001-01-01') AS price_from,
               coalesce(price_to, DATE '9999-12-31') AS price_to, tier_from, unit_price, recognition, contract_id,
               lead(tier_from) OVER (PARTITION BY contract_line_id, price_from ORDER BY tier_from) AS tier_to,
               count(*) OVER (PARTITION BY contract_line_id, price_from) > 1 AS tiered
        FROM contract_lines
    ),
    lines AS (SELECT DISTINCT contract_line_id, recognition, program_id FROM contract_lines JOIN contracts USING (contract_id)),
    sums AS (
        SELECT 'delivered' AS basis, contract_line_id, po_number, sum(value) AS to_date,
               sum(value) FILTER (day >= DATE '{FIRST_DAY}') AS of_period FROM ({_DELIVERED}) GROUP BY ALL
        UNION ALL
        SELECT 'accepted', contract_line_id, po_number, sum(value), sum(value) FILTER (day >= DATE '{FIRST_DAY}')
        FROM ({_ACCEPTED}) GROUP BY ALL
    ),
    billed AS (
        SELECT program_id, po_number, sum(amount) AS to_date,
               sum(amount) FILTER (invoice_date >= DATE '{FIRST_DAY}') AS of_period
        FROM invoice_lines JOIN invoices USING (invoice_id) WHERE status = 'posted' AND invoice_date <= DATE '{T}' GROUP BY ALL
    )
    SELECT CASE basis WHEN 'delivered' THEN 'delivered_value' ELSE 'accepted_value' END AS figure, program_id AS program,
           po_number AS purchase_order, sum(to_date) AS to_date, sum(of_period) AS of_period
    FROM sums JOIN lines USING (contract_line_id) GROUP BY ALL
    UNION ALL
    SELECT 'revenue', program_id, po_number, sum(to_date), sum(of_period) FROM sums JOIN lines USING (contract_line_id)
    WHERE (basis = 'delivered') = (recognition = 'as_delivered') GROUP BY ALL
    UNION ALL
    SELECT 'billed', program_id, po_number, to_date, of_period FROM billed
"""
"""Delivered, accepted and billed value and revenue by program and purchase order, to date and of the period: read, price and
add up, and nothing else. The window runs over the lines with tiers only, as ours does."""


def write_company(folder: Path, rows: int, memory_limit: str) -> Path:
    """The company's tables in `folder/tables` and its parameters in `folder/parameters`, unless they are there already."""
    tables, parameters = folder / "tables", folder / "parameters"
    if not (parameters / "company.yaml").is_file():
        tables.mkdir(parents=True, exist_ok=True)
        parameters.mkdir(exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute(f"SET memory_limit = '{memory_limit}'; SET temp_directory = '{folder / 'spilled'}'")
            connection.execute("SET enable_progress_bar = false")
            for name, query in _TABLES.items():
                made = query.format(rows=rows, folder=tables)
                connection.execute(f"COPY ({made}) TO '{tables / name}.parquet' (COMPRESSION zstd)")
        (parameters / "company.yaml").write_text(PARAMETERS.format(tables=tables), encoding="utf-8")
    return folder


def figures_by_hand(
    folder: Path, threads: int, memory_limit: str
) -> dict[tuple[str, str, str], tuple[Decimal, Decimal]]:
    """(figure, program, purchase order) → to date and of the period, straight from the company's Parquet files."""
    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {threads}; SET memory_limit = '{memory_limit}'")
        connection.execute(f"SET temp_directory = '{folder / 'spilled'}'; SET preserve_insertion_order = false")
        connection.execute("SET enable_progress_bar = false")
        for path in sorted((folder / "tables").glob("*.parquet")):
            connection.execute(f"CREATE VIEW {path.stem} AS SELECT * FROM '{path}'")
        rows = connection.execute(BY_HAND).fetchall()
    return {(f, program, order): (to_date, of_period or Decimal(0)) for f, program, order, to_date, of_period in rows}
