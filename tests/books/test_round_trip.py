"""One table in four formats: CSV, CSV.gz, Parquet and XLSX give identical rows."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.books import Books, seal
from tests.sources.files import parquet, source

HEADER = ["bank_transaction_id", "bank_account", "value_date", "currency", "amount", "description"]

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)
_ROWS = st.lists(
    st.tuples(
        _TEXT,
        _TEXT,
        st.dates(date(1901, 1, 1), date(2200, 1, 1)),
        st.sampled_from(["USD", "EUR"]),
        st.decimals(Decimal("-99999999999"), Decimal("99999999999"), places=4),
        st.one_of(st.none(), _TEXT),
    ),
    max_size=8,
)


def as_csv(rows: list[tuple[Any, ...]]) -> bytes:
    """The rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([HEADER, *rows])
    return out.getvalue().encode()


def as_parquet(rows: list[tuple[Any, ...]]) -> bytes:
    """The rows as Parquet with dates and decimals."""
    types = [pa.string(), pa.string(), pa.date32(), pa.string(), pa.decimal128(20, 4), pa.string()]
    return parquet({name: pa.array([row[n] for row in rows], types[n]) for n, name in enumerate(HEADER)})


def as_workbook(rows: list[tuple[Any, ...]], path: Path) -> None:
    """The rows as a sheet with dates by style; amounts as text, for Excel has 15 digits only."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet("bank_transactions")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        page.write_row(0, 0, HEADER)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    page.write_datetime(number, column, value, day)
                elif value is not None:
                    page.write_string(number, column, str(value))


@settings(max_examples=15, deadline=None)
@given(_ROWS)
def test_four_formats_give_identical_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
) -> None:
    """Key for key, cent for cent."""
    folder = tmp_path_factory.mktemp("round")
    text = as_csv(rows)
    files = {
        "csv": {"bank_transactions.csv": text},
        "gz": {"bank_transactions.csv.gz": gzip.compress(text)},
        "parquet": {"bank_transactions.parquet": as_parquet(rows)},
        "xlsx": {},
    }
    found = {}
    for kind, content in files.items():
        inbox = source(folder / f"in {kind}", dict(content))
        if kind == "xlsx":
            as_workbook(rows, inbox.folder / "bank.xlsx")
        seal(folder / kind, [inbox])
        books = Books.open(folder / kind, ["bank_transactions"])
        found[kind] = books.sql(f"SELECT {', '.join(HEADER)} FROM bank_transactions ORDER BY ALL").to_pylist()
    expected = sorted(rows, key=lambda row: (*row[:2], row[2], row[3], row[4]))
    assert [tuple(row.values())[:5] for row in found["csv"]] == [row[:5] for row in expected]
    assert found["csv"] == found["gz"] == found["parquet"] == found["xlsx"]
