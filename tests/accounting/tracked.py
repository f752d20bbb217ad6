"""A company of two programs and something that belongs to none, small enough to add up by hand: see `test_tracker`.

Program `ghost` is in no table, so its invoice belongs to none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.evidence import Scope
from close_library.tables import SAID
from tests.ledgers import scope_of, small_company

TABLES = """
    programs
    program_id  program_name  customer_id
    atlas       Atlas         acme
    borealis    Borealis      bolt

    customers
    customer_id  customer_name  currency
    acme         Acme           USD
    bolt         Bolt           USD

    contracts
    contract_id  program_id  customer_id  currency
    c-1          atlas       acme         USD
    c-2          borealis    bolt         USD

    contract_lines
    contract_line_id  contract_id  product  billing_model  recognition    unit_price  amount
    u                 c-1          labels   usage          as_delivered   10.00       .
    m                 c-2          pilot    milestone      on_acceptance  .           500.00

    purchase_orders
    po_number  program_id  customer_id  contract_id  issue_date  currency  authorized_amount  status
    PO-1       atlas       acme         c-1          2026-01-01  USD       5000.00            open

    deliveries
    delivery_id program_id contract_line_id po_number delivery_date accepted_date quantity_delivered quantity_accepted status
    d-1         atlas      u                PO-1      2026-04-10    2026-04-12    100                100               accepted
    d-2         atlas      u                PO-1      2026-05-10    2026-05-12    150                150               accepted
    d-3         atlas      u                PO-1      2026-05-31    2026-05-31    20                 20                accepted

    invoices
    invoice_id  program_id  customer_id  po_number  document_type  invoice_date  due_date    total_amount  tax_amount
    inv-1       atlas       acme         PO-1       invoice        2026-04-30    2026-05-15  1080.00       80.00
    inv-2       atlas       acme         PO-1       invoice        2026-05-31    2026-06-30  1500.00       0.00
    memo-1      atlas       acme         PO-1       credit_memo    2026-05-20    .           -100.00       0.00
    inv-3       borealis    bolt         .          invoice        2026-05-10    2026-06-09  500.00        0.00
    inv-4       ghost       bolt         .          invoice        2026-05-10    2026-06-09  70.00         0.00

    invoice_lines
    invoice_id  contract_line_id  amount   delivery_id
    inv-1       u                 1000.00  d-1
    inv-2       u                 1500.00  d-2
    memo-1      u                 -100.00  .
    inv-3       m                 500.00   .
    inv-4       .                 70.00    .

    cash_receipts
    receipt_id  customer_id  receipt_date  amount
    r-1         acme         2026-05-20    1000.00

    cash_applications
    application_id  receipt_id  credit_memo_id  invoice_id  application_date  amount  discount_amount
    a-1             r-1         .               inv-1       2026-05-20        900.00  5.00
    a-2             r-1         .               inv-1       2026-04-28        50.00   .
    a-3             .           memo-1          inv-1       2026-05-21        100.00  .

    vendors
    vendor_id  vendor_name  vendor_type  currency
    v-1        Rater        rater        USD

    vendor_rates
    vendor_id  program_id  work_type  rate_type  rate_from   unit  rate
    .          atlas       label      base       2026-01-01  item  3.00
    .          borealis    label      base       2026-01-01  item  3.00

    vendor_work
    work_id  vendor_id  program_id  work_type  work_date   quantity  approved_quantity  approved_by  approved_date
    w-1      v-1        atlas       label      2026-04-05  50        50                 pat          2026-06-01
    w-2      v-1        atlas       label      2026-05-05  100       100                pat          2026-06-01
    w-3      v-1        atlas       label      2026-05-06  100       .                  .            .
    w-4      v-1        borealis    label      2026-05-06  10        10                 pat          2026-06-01

    vendor_invoices
    vendor_invoice_id  vendor_id  program_id  vendor_invoice_number  invoice_date  amount  currency  status
    vi-1               v-1        atlas       F-1                    2026-05-31    40.00   USD       approved

    vendor_invoice_lines
    vendor_invoice_id  line_number  work_id  amount
    vi-1               1            .        40.00
"""


def tracked_company(folder: Path, period: str = "2026-05", program: str = "atlas", **changes: Any) -> Scope:
    """The scope of the company, or of one of its programs."""
    return small_company(folder, TABLES, period, program, **changes)


def same_books(scope: Scope, program: str, period: str = "2026-05", **changes: Any) -> Scope:
    """Another scope over books that are sealed already."""
    return scope_of(scope.books.directory, period, program, **changes)


def say(scope: Scope, table: str, *rows: tuple[str | int | None, ...]) -> None:
    """Write a table of SAID beside the books, as a run does."""
    columns = list(SAID[table])
    written = [dict(zip(columns, row, strict=True)) for row in rows]
    kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in SAID[table].items()])
    pq.write_table(pa.Table.from_pylist(written, schema=schema), scope.books.directory / f"{table}.parquet")
