"""Schedules: what grows with the transactions is computed once per period and read by every workpaper that needs it.

`build_schedules` writes them beside the books. A procedure asks for one by name and gets the stored rows when they
were made from these very books and parameters, and computes them itself otherwise, so an analyst can ask about any
period without a run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from close_library.accounting.receivables import movements_query, open_items_query
from close_library.accounting.sql import day, memoised
from close_library.books import Books
from close_library.evidence import Scope
from close_library.parameters import Settings
from close_library.period import Period

_TABLES = ("invoices", "cash_receipts", "cash_applications", "fx_rates")
"""What the schedules are made from."""

_STAMP = "schedules.json"


def _open_items(period: Period, currency: str) -> str:
    dates = (period.prior.last_day, period.last_day)
    return " UNION ALL ".join(f"SELECT * FROM ({open_items_query(at, currency)})" for at in dates) + " ORDER BY ALL"


_SCHEDULES: dict[str, Callable[[Period, str], str]] = {
    "receivables_movements": lambda period, currency: movements_query(currency),
    "open_items": _open_items,
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
        for name, query in _SCHEDULES.items():
            temporary = folder / f".{name}.parquet.tmp"
            reader = books.stream(query(Period.parse(period), settings.functional_currency))
            with pq.ParquetWriter(temporary, reader.schema, compression="zstd") as writer:
                for batch in reader:
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
        "queries": hashlib.sha256(
            "".join(query(Period.parse(period), settings.functional_currency) for query in _SCHEDULES.values()).encode()
        ).hexdigest(),
    }
    return json.dumps(made_from, indent=2) + "\n"
