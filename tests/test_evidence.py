"""Every figure of every workpaper of a close leads back to its source rows, in JSON, HTML and XLSX, and to the raw line."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from close_library.run.close import CloseResult
from close_library.tables import TABLES
from tests.conftest import Sample

AMOUNT_OF = {table.name: table.amount for table in TABLES.values() if table.amount}


@pytest.fixture(scope="module")
def documents(closed: CloseResult) -> list[tuple[Path, dict[str, Any]]]:
    """Each workpaper's document with its path, without those that came to no conclusion."""
    folder = closed.prepared.folder
    found = [(path, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*/*_*.json"))]
    concluded = [(path, document) for path, document in found if document["status"] in ("agreed", "open")]
    assert len(concluded) == len(found) >= 10
    return concluded


def totals_of_rows(path: Path) -> dict[str, tuple[int, Decimal]]:
    """Figure → how many rows make it up, and their sum."""
    totals: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    table = pq.read_table(path, columns=["figure", "amount"])
    for figure, amount in zip(table["figure"].to_pylist(), table["amount"].to_pylist(), strict=True):
        count, total = totals[figure]
        totals[figure] = (count + 1, total + amount)
    return totals


def figures_with_rows(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {id: figure for id, figure in document["figures"].items() if figure["rows"] is not None}


def test_each_figure_is_the_sum_of_its_rows_file(documents: list[tuple[Path, dict[str, Any]]]) -> None:
    for path, document in documents:
        totals = totals_of_rows(path.with_name(document["rows"]["file"]))
        figures = figures_with_rows(document)
        assert set(totals) <= set(figures), path
        for id, figure in figures.items():
            assert (figure["rows"], Decimal(figure["amount"])) == totals.get(id, (0, Decimal(0))), f"{path} {id}"


def test_each_figure_without_rows_is_a_ratio_or_a_date(documents: list[tuple[Path, dict[str, Any]]]) -> None:
    for path, document in documents:
        units = {f["unit"] for f in document["figures"].values() if f["rows"] is None}
        assert units <= {"days", "percent", "date"}, path


def test_each_figure_of_the_page_is_the_sum_of_the_rows_in_it(documents: list[tuple[Path, dict[str, Any]]]) -> None:
    """Pages carry their rows up to ten thousand; beyond that a figure says where they are."""
    checked = 0
    for path, document in documents:
        page = path.with_suffix(".html").read_text(encoding="utf-8")
        found = re.search(r'<script type="application/json" id="source-rows">(.*?)</script>', page, re.DOTALL)
        assert found, path
        embedded = json.loads(found[1])
        for id, figure in figures_with_rows(document).items():
            held = embedded["figures"][id]
            if held.get("block") is None:
                continue
            first, count = held["block"]
            total = sum((Decimal(amount) for amount in embedded["amount"][first : first + count]), Decimal(0))
            assert (count, total) == (figure["rows"], Decimal(figure["amount"])), f"{path} {id}"
            checked += 1
    assert checked > 100


def test_each_figure_of_the_workbook_is_the_sum_of_its_data_sheet(documents: list[tuple[Path, dict[str, Any]]]) -> None:
    for path, document in documents:
        book = openpyxl.load_workbook(path.with_suffix(".xlsx"), read_only=True, data_only=True)
        header, *rows = book["Data"].iter_rows(values_only=True)
        columns = [header.index(name) for name in ("figure", "amount", "rows")]
        totals: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
        for row in rows:
            figure, amount, many = (row[column] for column in columns)
            if isinstance(amount, int | float):
                count, total = totals[figure]
                totals[figure] = (count + int(many or 1), total + Decimal(str(amount)))
        for id, figure in figures_with_rows(document).items():
            assert (figure["rows"], Decimal(figure["amount"])) == totals.get(id, (0, Decimal(0))), f"{path} {id}"


def raw_line(sample: Sample, file: str, line: int) -> dict[str, str]:
    """The row that begins in a line of a raw file, by its header."""
    text = (sample.tables / file).read_text(encoding="utf-8").splitlines()
    return dict(zip(next(csv.reader([text[0]])), next(csv.reader([text[line - 1]])), strict=True))


def test_rows_lead_to_the_line_of_the_raw_file(documents: list[tuple[Path, dict[str, Any]]], sample: Sample) -> None:
    """A ledger line, an open invoice and a receipt are where their addresses say, with the amount that was summed."""
    walked = 0
    for path, document in documents:
        if document["ref"] != "20":
            continue
        rows = pq.read_table(path.with_name(document["rows"]["file"])).to_pylist()
        for row in [row for row in rows if row["figure"] == "ar_general_ledger"][:25]:
            raw = raw_line(sample, row["source_file"], row["source_row"])
            assert Decimal(raw[AMOUNT_OF[row["source_table"]]]) == row["amount"]
            assert raw["journal_id"] == dict(row["shown"])["journal"]
            walked += 1
        for row in [row for row in rows if row["figure"] == "ar_subledger" and row["source_table"] == "invoices"][:25]:
            raw, shown = raw_line(sample, row["source_file"], row["source_row"]), dict(row["shown"])
            assert (raw["invoice_number"], raw["customer_id"]) == (shown["document"], shown["customer"])
            assert abs(Decimal(shown["open"])) <= abs(Decimal(raw["total_amount"]))
            walked += 1
    assert walked > 50
