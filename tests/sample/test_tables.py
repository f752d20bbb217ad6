"""The written tables are TABLES.md's, typed, keyed and joined, but for what was planted."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime
from decimal import Decimal

import pytest

from close_library.money import parse_amount
from close_library.tables import TABLES, Column
from tests.sample.conftest import Sample

_PLACES = {"money": 4, "rate": 12, "quantity": 6}


def _faults(column: Column, text: str) -> str:
    """Why a text is no value of a column; empty when it is one."""
    if not text:
        return "" if column.optional else "empty"
    if column.words and text not in column.words:
        return "not one of the words"
    if column.type in _PLACES:
        exponent = parse_amount(text).as_tuple().exponent
        return "too many decimals" if -int(exponent) > _PLACES[column.type] else ""
    if column.type == "date":
        return "" if date.fromisoformat(text).isoformat() == text else "no date"
    if column.type == "timestamp":
        return "" if datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ") else "no time"
    if column.type == "int":
        return "" if re.fullmatch(r"\d+", text) else "no whole number"
    return "" if column.type == "text" or text in ("true", "false") else "neither true nor false"


@pytest.mark.parametrize("name", TABLES)
def test_every_table_has_its_columns_and_types(sample: Sample, name: str) -> None:
    table, rows = TABLES[name], sample.rows(name)
    assert rows, "no table of the sample is empty"
    assert tuple(rows[0]) == table.column_names
    assert len(rows) == sample.truth.rows[name]
    faults = [
        (number, column.name, row[column.name], fault)
        for number, row in enumerate(rows, start=2)
        for column in table.columns
        if (fault := _faults(column, row[column.name]))
    ]
    assert faults == []


def test_files_are_utf8_with_line_feeds_and_nothing_lies_beside_them(sample: Sample) -> None:
    names = {path.name for path in sample.folder.iterdir()}
    assert names == {f"{name}.csv" for name in TABLES} | {"expected.json", "README.md"}
    for path in sample.folder.iterdir():
        data = path.read_bytes()
        data.decode("utf-8")
        assert b"\r" not in data and data.endswith(b"\n")


def _planted(sample: Sample, finding: str) -> set[tuple[str, str]]:
    return {(one.table, one.key) for one in sample.truth.findings if one.finding == finding}


def test_keys_are_unique_but_for_the_planted_duplicate(sample: Sample) -> None:
    found = set()
    for name, table in TABLES.items():
        counts = Counter(":".join(row[column] for column in table.key) for row in sample.rows(name))
        found |= {(name, key) for key, count in counts.items() if count > 1}
    assert found == _planted(sample, "duplicate_key") == {("customers", "CU-1006")}


def test_references_resolve_but_for_the_planted_ones(sample: Sample) -> None:
    found = set()
    for name, table in TABLES.items():
        for reference in table.references:
            known = {row[reference.key] for row in sample.rows(reference.table)}
            found |= {
                (name, ":".join(row[column] for column in table.key))
                for row in sample.rows(name)
                if row[reference.column] and row[reference.column] not in known
            }
    assert found == _planted(sample, "unknown_reference")
    assert len(found) == 2


def test_orders_of_deliveries_exist_but_for_the_planted_one(sample: Sample) -> None:
    known = {row["po_number"] for row in sample.rows("purchase_orders")}
    strangers = {
        ("deliveries", row["delivery_id"]) for row in sample.rows("deliveries") if row["po_number"] not in known
    }
    assert strangers == _planted(sample, "delivery_without_po")


def test_every_calendar_day_has_a_rate(sample: Sample) -> None:
    days = [date.fromisoformat(row["rate_date"]) for row in sample.rows("fx_rates")]
    assert days == sorted(set(days))
    assert (days[0], days[-1], len(days)) == (date(2026, 1, 1), date(2026, 10, 31), 304)


def test_an_invoice_foots_unless_it_was_planted(sample: Sample) -> None:
    lines: Counter[str] = Counter()
    for row in sample.rows("invoice_lines"):
        lines[row["invoice_id"]] += Decimal(row["amount"])  # type: ignore[assignment]
    wrong = {
        ("invoices", row["invoice_id"]): lines[row["invoice_id"]]
        + Decimal(row["tax_amount"])
        - Decimal(row["total_amount"])
        for row in sample.rows("invoices")
        if lines[row["invoice_id"]] + Decimal(row["tax_amount"]) != Decimal(row["total_amount"])
    }
    assert set(wrong) == _planted(sample, "invoice_does_not_foot")
    assert set(wrong.values()) == {Decimal("-18.00")}


def test_a_vendor_invoice_is_the_sum_of_its_lines(sample: Sample) -> None:
    lines: dict[str, Decimal] = {}
    for row in sample.rows("vendor_invoice_lines"):
        lines[row["vendor_invoice_id"]] = lines.get(row["vendor_invoice_id"], Decimal(0)) + Decimal(row["amount"])
    for row in sample.rows("vendor_invoices"):
        assert lines[row["vendor_invoice_id"]] == Decimal(row["amount"]), row["vendor_invoice_id"]
