"""Schedules: what grows with the transactions is computed once per period and read by every workpaper that needs it.

`build_schedules` writes them beside the books. A procedure asks for one by name and gets the stored rows when they
were made from these very books and parameters, and computes them itself otherwise, so an analyst can ask about any
period without a run.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.accounting import currency
from close_library.accounting.receivables import subledger
from close_library.accounting.receivables.subledger import movements_query, open_items_query
from close_library.accounting.revenue import pricing, recognition
from close_library.accounting.revenue import recognised as recognised_module
from close_library.accounting.revenue.pricing import priced_deliveries_query
from close_library.accounting.revenue.recognised import recognised_rows, treatments
from close_library.accounting.sql import day, held, memoised
from close_library.accounting.vendors import vendor_work
from close_library.accounting.vendors.vendor_work import owed_work_query
from close_library.books import Books
from close_library.evidence import Scope
from close_library.parameters import Settings
from close_library.period import Period

_TABLES = (
    "invoices", "cash_receipts", "cash_applications", "fx_rates",
    "contracts", "contract_lines", "contract_changes", "deliveries",
    "vendors", "vendor_rates", "vendor_work", "vendor_invoices",
)  # fmt: skip
"""What the schedules are made from."""

Rows: TypeAlias = pa.RecordBatchReader | pa.Table

_STAMP = "schedules.json"


def _movements(books: Books, period: Period, settings: Settings) -> Rows:
    return books.stream(movements_query(settings.functional_currency))


def _open_items(books: Books, period: Period, settings: Settings) -> Rows:
    dates = (period.prior.last_day, period.last_day)
    queries = [f"SELECT * FROM ({open_items_query(at, settings.functional_currency)})" for at in dates]
    return books.stream(" UNION ALL ".join(queries) + " ORDER BY ALL")


def _priced_deliveries(books: Books, period: Period, settings: Settings) -> Rows:
    return books.stream(priced_deliveries_query(settings.functional_currency))


def _owed_work(books: Books, period: Period, settings: Settings) -> Rows:
    return books.stream(owed_work_query(settings.functional_currency))


_SCHEDULES: dict[str, Callable[[Books, Period, Settings], Rows]] = {
    "receivables_movements": _movements,
    "open_items": _open_items,
    "priced_deliveries": _priced_deliveries,
    "recognised": recognised_rows,
    "owed_work": _owed_work,
}


def build_schedules(books_dir: Path, period: str, settings: Settings) -> list[str]:
    """Compute every schedule of a period into `books_dir/schedules/`; returns their names.

    A schedule appears whole or not at all. Their stamp names the books they were made from, so that a reader never
    takes the schedules of other books.
    """
    folder = books_dir / "schedules"
    folder.mkdir(exist_ok=True)
    stamp = _stamp(books_dir, period, settings)
    stamp_file = folder / _STAMP
    if stamp_file.is_file() and stamp_file.read_text(encoding="utf-8") == stamp:
        return list(_SCHEDULES)
    stamp_file.unlink(missing_ok=True)
    with closing(Books.open(books_dir, (), _TABLES)) as books:
        for name, rows_of in _SCHEDULES.items():
            temporary = folder / f".{name}.parquet.tmp"
            rows = rows_of(books, Period.parse(period), settings)
            with pq.ParquetWriter(temporary, rows.schema, compression="zstd") as writer:
                for batch in rows if isinstance(rows, pa.RecordBatchReader) else rows.to_batches():
                    writer.write_batch(batch)
            temporary.replace(folder / f"{name}.parquet")
    temporary = folder / f".{_STAMP}.tmp"
    temporary.write_text(stamp, encoding="utf-8")
    temporary.replace(stamp_file)
    return list(_SCHEDULES)


def movements(scope: Scope) -> str:
    """The table that holds what moved the receivables subledger (`receivables.movements_query`)."""
    stored = _stored(scope, "receivables_movements")
    return stored or memoised(scope.books, "movements", movements_query(scope.currency))


def open_items(scope: Scope, as_of: date) -> str:
    """The table that holds what is open at a date (`receivables.open_items_query`)."""
    stored = _stored(scope, "open_items") if as_of in (scope.opening_date, scope.closing_date) else None
    if stored:
        return f"(SELECT * FROM {stored} WHERE as_of = {day(as_of)})"
    return memoised(scope.books, "open_items", open_items_query(as_of, scope.currency))


def priced_deliveries(scope: Scope) -> str:
    """The table that holds what each delivery is worth (`pricing.priced_deliveries_query`)."""
    stored = _stored(scope, "priced_deliveries")
    return stored or memoised(scope.books, "priced_deliveries", priced_deliveries_query(scope.currency))


def owed_work(scope: Scope) -> str:
    """The table that holds what each row of work is owed (`vendor_work.owed_work_query`)."""
    return _stored(scope, "owed_work") or memoised(scope.books, "owed_work", owed_work_query(scope.currency))


def recognised(scope: Scope) -> str:
    """The table that holds the monthly revenue of lines with a price of their own (`recognised.recognised_rows`)."""
    stored = _stored(scope, "recognised")
    if stored:
        return stored
    name = f"recognised_{scope.period.year}_{scope.period.month}_{scope.parameters.contract_changes}"
    return held(scope.books, name, lambda: recognised_rows(scope.books, scope.period, scope.parameters))


def _stored(scope: Scope, name: str) -> str | None:
    folder = scope.books.directory / "schedules"
    stamp_file = folder / _STAMP
    if not stamp_file.is_file():
        return None
    if stamp_file.read_text(encoding="utf-8") != _stamp(scope.books.directory, str(scope.period), scope.parameters):
        return None
    path = str(folder / f"{name}.parquet").replace("'", "''")
    return f"read_parquet('{path}')"


def _stamp(books_dir: Path, period: str, settings: Settings) -> str:
    made_from = {
        "books": hashlib.sha256((books_dir / "manifest.json").read_bytes()).hexdigest(),
        "period": period,
        "functional_currency": settings.functional_currency,
        "contract_changes": treatments(books_dir) or settings.contract_changes,
        "code": _code_digest(),
    }
    return json.dumps(made_from, indent=2) + "\n"


@cache
def _code_digest() -> str:
    """sha256 of the modules that make the schedules: rows made by other code are not read."""
    made_by = (currency, pricing, subledger, recognised_module, recognition, vendor_work)
    return hashlib.sha256("".join(inspect.getsource(module) for module in made_by).encode()).hexdigest()
