"""Schedules: what grows with the transactions is computed once per period and read by every workpaper that needs it.

`build_schedules` writes them beside the books, each sorted by owner and stamped with what it was made from. A procedure asks
for one by name and gets the stored rows that its scope sees when they were made from these very books and parameters, and
computes them itself otherwise, so an analyst can ask about any period without a run. A schedule holds what its tables hold:
only a workpaper that declares all of them may read it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from close_library.accounting import currency
from close_library.accounting.flux import scenarios as scenarios_module
from close_library.accounting.flux.scenarios import SCENARIOS
from close_library.accounting.receivables import subledger
from close_library.accounting.receivables.subledger import movements_query, open_items_query
from close_library.accounting.revenue import priced, pricing, recognition
from close_library.accounting.revenue import recognised as recognised_module
from close_library.accounting.revenue import worth as worth_module
from close_library.accounting.revenue.priced import priced_by_owner
from close_library.accounting.revenue.recognised import recognised_rows, treatments
from close_library.accounting.revenue.worth import on_each_basis, worth_query
from close_library.accounting.sql import day, held, memoised, viewed
from close_library.accounting.vendors import vendor_work
from close_library.accounting.vendors.vendor_work import owed_work_query
from close_library.books import Books
from close_library.books.beside import Beside
from close_library.books.digests import RowDigests
from close_library.books.shares import SCHEDULES, STAMP, seen, stored_schedules
from close_library.books.trouble import spoken
from close_library.books.writing import compressed
from close_library.evidence import Scope
from close_library.parameters import Settings
from close_library.period import Period

Rows: TypeAlias = pa.RecordBatchReader | pa.Table


@dataclass(frozen=True)
class _Schedule:
    """How a schedule is made: its rows, the tables and modules it is made from, whether it depends on the period."""

    rows: Callable[[Books, Period, Settings], Rows]
    tables: tuple[str, ...]
    modules: tuple[ModuleType, ...]
    dated: bool = False
    treated: bool = False
    """Whether it depends on how contract changes are treated."""


def _movements(books: Books, period: Period, settings: Settings) -> Rows:
    order = "counts_from, source_table, source_file, source_row, transfer, amount"
    return _sorted(books, movements_query(settings.functional_currency), order)


def _open_items(books: Books, period: Period, settings: Settings) -> Rows:
    dates = (period.prior.last_day, period.last_day)
    queries = [f"SELECT * FROM ({open_items_query(at, settings.functional_currency)})" for at in dates]
    return _sorted(books, " UNION ALL ".join(queries), "as_of, source_table, source_file, source_row")


def _priced_deliveries(books: Books, period: Period, settings: Settings) -> Rows:
    return priced_by_owner(books, settings.functional_currency)


def _owed_work(books: Books, period: Period, settings: Settings) -> Rows:
    return _sorted(books, owed_work_query(settings.functional_currency), "work_date, source_file, source_row")


def _scenarios(books: Books, period: Period, settings: Settings) -> Rows:
    return _sorted(books, SCENARIOS, "period, scenario")


def _sorted(books: Books, query: str, order: str) -> Rows:
    """The rows of a query by owner, so that a program's are together, and in one order whatever the machine."""
    return books.stream(f"SELECT * FROM ({query}) ORDER BY owner NULLS FIRST, {order}")


_RECEIVABLES = ("invoices", "cash_receipts", "cash_applications", "fx_rates")
_PRICED = ("contracts", "contract_lines", "deliveries", "fx_rates")

_SCHEDULES = {
    "receivables_movements": _Schedule(_movements, _RECEIVABLES, (currency, subledger)),
    "open_items": _Schedule(_open_items, _RECEIVABLES, (currency, subledger), dated=True),
    "priced_deliveries": _Schedule(_priced_deliveries, _PRICED, (currency, pricing, priced, worth_module)),
    "recognised": _Schedule(
        recognised_rows,
        (*_PRICED, "contract_changes"),
        (currency, pricing, recognised_module, recognition),
        dated=True,
        treated=True,
    ),
    "owed_work": _Schedule(
        _owed_work,
        ("vendors", "vendor_rates", "vendor_work", "vendor_invoices", "fx_rates"),
        (currency, pricing, vendor_work),
    ),
    "scenarios": _Schedule(_scenarios, ("budgets",), (scenarios_module,)),
}


def build_schedules(
    books_dir: Path,
    period: str,
    settings: Settings,
    *,
    threads: int | None = None,
    memory_limit: str | None = None,
    key: str = "",
) -> list[str]:
    """Compute the schedules of a period into `books_dir/schedules/`, those that are not there yet; returns their names.

    A schedule appears whole or not at all. Its stamp names what it was made from, so that a reader never takes the
    schedule of other books, and holds the digest of each owner's rows; `key` is kept beside it when all are there. Raises
    BooksError when the disk or the memory refuses.
    """
    folder = books_dir / SCHEDULES
    with spoken(folder):
        folder.mkdir(exist_ok=True)
        _remove_others(folder)
        stamps = stored_schedules(books_dir)
        manifest = json.loads((books_dir / "manifest.json").read_text(encoding="utf-8"))
        for name, schedule in _SCHEDULES.items():
            made_from = _made_from(schedule, manifest, books_dir, period, settings)
            if _is_current(folder, stamps.get(name), name, made_from):
                continue
            _write_stamps(folder, {other: stamp for other, stamp in stamps.items() if other != name})
            limits: dict[str, Any] = {
                "threads": threads,
                "memory_limit": memory_limit,
                "temporary": folder / ".spilled",
            }
            with closing(Books.open(books_dir, (), schedule.tables, **limits)) as books:
                written = _write(folder / f"{name}.parquet", schedule.rows(books, Period.parse(period), settings))
            stamps[name] = {"tables": list(schedule.tables), "made_from": made_from, **written}
            _write_stamps(folder, stamps)
        _write_stamps(folder, stamps, key)
        _remove_others(folder)
    return list(_SCHEDULES)


def _write(path: Path, rows: Rows) -> dict[str, Any]:
    """Write a schedule, whole or not at all; returns its rows, its bytes and the digest of each owner's rows."""
    temporary = path.with_name(f".{path.name}.part")
    digests, count = RowDigests(rows.schema, "owner"), 0
    with (
        pq.ParquetWriter(temporary, rows.schema, **compressed(rows.schema, ("delivery_id",))) as writer,
        Beside() as beside,
    ):
        for batch in rows if isinstance(rows, pa.RecordBatchReader) else rows.to_batches():
            beside.do(partial(writer.write_batch, batch), partial(digests.add, batch))
            count += batch.num_rows
    temporary.replace(path)
    return {"rows": count, "bytes": path.stat().st_size, "owners": digests.by_owner()}


def _write_stamps(folder: Path, stamps: Mapping[str, Any], key: str = "") -> None:
    temporary = folder / f".{STAMP}.part"
    text = json.dumps({"format": "schedules/1", "key": key, "schedules": dict(sorted(stamps.items()))}, indent=1) + "\n"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / STAMP)


def _is_current(folder: Path, stamp: Mapping[str, Any] | None, name: str, made_from: Mapping[str, Any]) -> bool:
    path = folder / f"{name}.parquet"
    return (
        stamp is not None
        and stamp["made_from"] == made_from
        and path.is_file()
        and path.stat().st_size == stamp["bytes"]
    )


def _remove_others(folder: Path) -> None:
    """Remove what a killed run left behind, and schedules that there are no longer."""
    for path in folder.iterdir():
        if path.is_dir():
            for spilled in path.iterdir():
                spilled.unlink()
            path.rmdir()
        elif path.name != STAMP and path.name.removesuffix(".parquet") not in _SCHEDULES:
            path.unlink()


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


def deliveries_worth(scope: Scope) -> str:
    """The table that holds what each delivery is worth, one row a delivery (`worth.worth_query`)."""
    stored = _stored(scope, "priced_deliveries")
    return stored or memoised(scope.books, "worth", worth_query(scope.books, scope.currency))


def priced_deliveries(scope: Scope) -> str:
    """The view that shows what each delivery is worth on each basis (`worth.on_each_basis`)."""
    return viewed(scope.books, "priced_deliveries", on_each_basis(deliveries_worth(scope)))


def owed_work(scope: Scope) -> str:
    """The table that holds what each row of work is owed (`vendor_work.owed_work_query`)."""
    return _stored(scope, "owed_work") or memoised(scope.books, "owed_work", owed_work_query(scope.currency))


def scenarios(scope: Scope) -> str:
    """The table that holds which scenarios have a row in which month, whichever program's (`scenarios.SCENARIOS`)."""
    return _stored(scope, "scenarios") or memoised(scope.books, "scenarios", SCENARIOS)


def recognised(scope: Scope) -> str:
    """The table that holds the monthly revenue of lines with a price of their own (`recognised.recognised_rows`)."""
    stored = _stored(scope, "recognised")
    if stored:
        return stored
    name = f"recognised_{scope.period.year}_{scope.period.month}_{scope.parameters.contract_changes}"
    return held(scope.books, name, lambda: recognised_rows(scope.books, scope.period, scope.parameters))


def _stored(scope: Scope, name: str) -> str | None:
    """The stored rows of a schedule that the scope sees; None where they are not those of its books and parameters."""
    settings, stamp = scope.parameters, scope.books.directory / SCHEDULES / STAMP
    written = stamp.stat().st_mtime_ns if stamp.is_file() else 0
    asked = (name, scope.period, settings.functional_currency, settings.contract_changes, written)
    known = _FOUND.setdefault(scope.books, {})
    if asked not in known:
        known[asked] = _look_for(scope, name)
    return known[asked]


_FOUND: WeakKeyDictionary[Books, dict[tuple[Any, ...], str | None]] = WeakKeyDictionary()
"""What each open connection found of the stored schedules: a workpaper asks for them a hundred times."""


def _look_for(scope: Scope, name: str) -> str | None:
    schedule, books = _SCHEDULES[name], scope.books
    if not set(books.declared).issuperset(schedule.tables):
        return None
    made_from = _made_from(schedule, books.manifest, books.directory, str(scope.period), scope.parameters)
    if not _is_current(books.directory / SCHEDULES, stored_schedules(books.directory).get(name), name, made_from):
        return None
    path = str(books.directory / SCHEDULES / f"{name}.parquet").replace("'", "''")
    return f"(SELECT * FROM read_parquet('{path}') WHERE {seen(books.owners, 'owner')})"


def _made_from(
    schedule: _Schedule, manifest: Mapping[str, Any], books_dir: Path, period: str, settings: Settings
) -> dict[str, Any]:
    tables = {name: manifest["tables"].get(name, {}).get("owners") for name in schedule.tables}
    return {
        "tables": hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest(),
        "functional_currency": settings.functional_currency,
        **({"period": period} if schedule.dated else {}),
        **({"contract_changes": treatments(books_dir) or settings.contract_changes} if schedule.treated else {}),
        "duckdb": duckdb.__version__,
        "code": _code_digest(schedule.modules),
    }


@cache
def _code_digest(modules: tuple[ModuleType, ...]) -> str:
    """sha256 of the modules that make a schedule: rows made by other code are not read."""
    return hashlib.sha256("".join(inspect.getsource(module) for module in modules).encode()).hexdigest()
