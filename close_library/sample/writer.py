"""Rows out: the tables of TABLES.md as CSV files that appear whole or not at all."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from close_library.errors import Fault, ParameterError
from close_library.money import minor_unit
from close_library.sample.events import Delivery, Invoice, InvoiceLine, VendorInvoice, VendorLine, Work
from close_library.tables import TABLES

_MONEY = {"money"}


def spelled(value: object, kind: str) -> str:
    """A value as the text that a table holds: ISO dates, exact decimals, empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return _decimal(value, kind)
    return str(value)


def _decimal(value: Decimal, kind: str) -> str:
    if kind in _MONEY:
        return format(value if value else abs(value), f".{minor_unit('USD')}f")
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class Writer:
    """One open file a table, beside its final place; `close` moves them all there, an error leaves none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, TextIOWrapper] = {}
        self._writers: dict[str, Any] = {}
        self.counts = dict.fromkeys(TABLES, 0)

    def __enter__(self) -> Self:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, table in TABLES.items():
                self._files[name] = self._part(name).open("w", encoding="utf-8", newline="")
                self._writers[name] = csv.writer(self._files[name], lineterminator="\n")
                self._writers[name].writerow(table.column_names)
        except OSError as reason:
            self._discard()
            raise not_writable(self.folder, reason) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._discard()
            if isinstance(error, OSError):
                raise not_writable(self.folder, error) from None
            return
        try:
            for name, file in self._files.items():
                file.close()
                self._part(name).replace(self.folder / f"{name}.csv")
        except OSError as reason:
            self._discard()
            raise not_writable(self.folder, reason) from None

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.csv.part"

    def _discard(self) -> None:
        for name, file in self._files.items():
            file.close()
            self._part(name).unlink(missing_ok=True)

    def row(self, table: str, values: Mapping[str, object] | object, **more: object) -> None:
        """Write one row; columns that the values don't name stay empty."""
        found = _named(values) | more
        columns = TABLES[table].columns
        self._writers[table].writerow([spelled(found.get(column.name), column.type) for column in columns])
        self.counts[table] += 1

    def delivery(self, delivery: Delivery) -> None:
        """Write a delivery."""
        self.row("deliveries", delivery)

    def invoice_line(self, invoice: Invoice, number: int, line: InvoiceLine) -> None:
        """Write a line of an invoice."""
        self.row("invoice_lines", line, invoice_id=invoice.invoice_id, line_number=number)

    def work(self, work: Work) -> None:
        """Write a row of vendor work."""
        self.row("vendor_work", work)

    def vendor_line(self, invoice: VendorInvoice, number: int, line: VendorLine) -> None:
        """Write a line of a vendor's invoice."""
        self.row("vendor_invoice_lines", line, vendor_invoice_id=invoice.vendor_invoice_id, line_number=number)


def _named(values: Mapping[str, object] | object) -> dict[str, object]:
    if is_dataclass(values):
        return {field.name: getattr(values, field.name) for field in fields(values)}
    assert isinstance(values, Mapping), "a row is an event or a mapping"
    return dict(values)


def not_writable(folder: Path, reason: OSError) -> ParameterError:
    """The error for a folder that can't be written."""
    fault = Fault(
        str(folder),
        reason.strerror or str(reason),
        "a folder that can be written, with room on its disk",
        "name another folder, or make room",
    )
    return ParameterError("the sample company can't be written.", [fault])
