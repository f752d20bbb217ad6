"""Bad files, one case each: the message that a user reads, compared with the golden beside this test."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from close_library.books import check
from close_library.errors import SourceError
from tests.sources.files import (
    CUSTOMERS,
    INVOICES,
    cell,
    gzipped,
    invoice,
    invoices,
    parquet,
    sheet,
    source,
    workbook,
)

GOLDENS = Path(__file__).parent / "goldens"
UPDATE = "UPDATE_GOLDENS"

Files = Mapping[str, bytes | str]

_HEADER = ["customer_id", "customer_name", "currency", "payment_terms_days"]
_RATES = "currency,rate_date,rate\n"
_TEXTS = pa.array(["EUR"])
_DAYS = pa.array(["2026-04-30"])

CASES: dict[str, Files] = {
    "empty folder": {},
    "only files that are no tables": {"invoises.csv": "a,b\n1,2\n", "README.md": "hello"},
    "an empty file": {"customers.csv": ""},
    "only empty lines": {"customers.csv": "\n\n"},
    "wrong header": {"customers.csv": "customer,name,currency\nc-1,Acme,USD\n"},
    "semicolons": {"customers.csv": "customer_id;customer_name;currency\nc-1;Acme;USD\n"},
    "a column twice": {"customers.csv": "customer_id,customer_name,currency,Currency\nc-1,Acme,USD,EUR\n"},
    "a column without a name": {"customers.csv": "customer_id,customer_name,currency,\nc-1,Acme,USD,x\n"},
    "a reserved column": {"customers.csv": "customer_id,customer_name,currency,source_row\nc-1,Acme,USD,7\n"},
    "a word in a money column": {"invoices.csv": invoices({}, {"total_amount": "ten"})},
    "a decimal comma": {"invoices.csv": invoices({"total_amount": '"1.234,56"'})},
    "a separator of thousands": {"invoices.csv": invoices({"total_amount": '"1,234.56"'})},
    "an exponent": {"invoices.csv": invoices({"total_amount": "1e5"})},
    "a point without decimals": {"invoices.csv": invoices({"total_amount": "15."})},
    "not a number": {"invoices.csv": invoices({"total_amount": "NaN"})},
    "too many decimals": {
        "invoices.csv": invoices({"total_amount": "1.23456"}, {"total_amount": "1.230000"}),
        "fx_rates.csv": _RATES + "EUR,2026-04-30,1.1234567890123\nGBP,2026-04-30,1.123456789012000\n",
    },
    "too many digits": {"invoices.csv": invoices({"total_amount": "1234567890123456789.00"})},
    "an impossible date": {"invoices.csv": invoices({"invoice_date": "2026-02-30"})},
    "a day of the year 0": {"invoices.csv": invoices({"invoice_date": "0000-01-01"})},
    "another date format": {"invoices.csv": invoices({"invoice_date": "04/30/2026", "due_date": "30.04.2026"})},
    "a date with a time": {"invoices.csv": invoices({"invoice_date": "2026-04-30T10:00:00"})},
    "empty in a required column": {"invoices.csv": invoices({"customer_id": "", "total_amount": "  "})},
    "a word outside the fixed words": {"invoices.csv": invoices({"status": "Posted", "document_type": "bill"})},
    "wrong signs": {
        "invoices.csv": invoices({"total_amount": "-1.00"}, {"document_type": "credit_memo"}),
        "fx_rates.csv": _RATES + "EUR,2026-04-30,0\n",
    },
    "not a whole number": {"customers.csv": "customer_id,customer_name,currency,payment_terms_days\nc-1,A,USD,30.5\n"},
    "neither true nor false": {
        "payouts.csv": "payout_id,arrival_date,currency,amount,status,is_automatic\np-1,2026-04-30,USD,1,paid,yes\n"
    },
    "not a time": {
        "billing_tasks.csv": "task_id,program_id,period,step,due_at\nt-1,atlas,2026-04,bill,2026-04-30 25:00\n"
        "t-2,atlas,2026-04,bill,tomorrow\n"
    },
    "too few and too many fields": {"customers.csv": CUSTOMERS + "c-2,Beta\nc-3,Gamma, Inc.,USD\n"},
    "a quote that is never closed": {"customers.csv": CUSTOMERS + 'c-2,"Beta,USD\nc-3,Gamma,USD\n'},
    "a quote inside a quoted field": {"customers.csv": CUSTOMERS + 'c-2,"Be"ta",USD\n'},
    "a field without an end": {"customers.csv": CUSTOMERS + 'c-2,"' + "x" * 140_000 + "\n"},
    "broken UTF-8": {"customers.csv": CUSTOMERS.encode() + "c-2,Café,EUR\n".encode("latin-1")},
    "half a character at the end": {"customers.csv": CUSTOMERS.encode() + "c-2,Café".encode()[:-1]},
    "UTF-16": {"customers.csv": CUSTOMERS.encode("utf-16")},
    "a NUL byte": {"customers.csv": CUSTOMERS + "c-2,Be\0ta,USD\n"},
    "a truncated gzip": {"customers.csv.gz": gzipped(CUSTOMERS)[:-12]},
    "no gzip": {"customers.csv.gz": CUSTOMERS},
    "no Parquet": {"customers.parquet": CUSTOMERS},
    "no workbook": {"book.xlsx": "PK nothing"},
    "floats in a money column of Parquet": {
        "fx_rates.parquet": parquet({"currency": _TEXTS, "rate_date": _DAYS, "rate": pa.array([1.1])})
    },
    "whole numbers in a text column of Parquet": {
        "customers.parquet": parquet(
            {"customer_id": pa.array([123]), "customer_name": pa.array(["A"]), "currency": pa.array(["USD"])}
        )
    },
    "a time in a date column of Parquet": {
        "fx_rates.parquet": parquet(
            {
                "currency": _TEXTS,
                "rate": pa.array(["1"]),
                "rate_date": pa.array([1_777_550_400_001], pa.timestamp("ms")),
            }
        )
    },
    "a number in a text column of a workbook": {
        "book.xlsx": workbook(
            {"customers": sheet(_HEADER, cell("A2", "123", "n") + cell("B2", "Acme") + cell("C2", "USD"))}
        )
    },
    "an error cell": {
        "book.xlsx": workbook(
            {"customers": sheet(_HEADER, cell("A2", "c-1") + cell("B2", "#N/A", "e") + cell("C2", "USD"))}
        )
    },
    "cells right of the header": {"book.xlsx": workbook({"customers": sheet(_HEADER, ["c-1", "A", "USD", "30", "?"])})},
    "a number in a date column": {
        "book.xlsx": workbook(
            {
                "fx_rates": sheet(
                    ["currency", "rate_date", "rate"],
                    cell("A2", "EUR") + cell("B2", "46142", "n") + cell("C2", "1.1", "n"),
                )
            }
        )
    },
    "a date in a money column": {
        "book.xlsx": workbook(
            {
                "fx_rates": sheet(
                    ["currency", "rate_date", "rate"],
                    cell("A2", "EUR") + cell("B2", "46142", "n", 1) + cell("C2", "46142", "n", 2),
                )
            }
        )
    },
    "an empty sheet": {"book.xlsx": workbook({"customers": sheet()})},
    "faults of several files": {
        "customers.csv": "customer_id,customer_name,currency\n,Acme,USD\n",
        "invoices.csv": invoices({"total_amount": "x"}, {"status": "y"}),
        "programs.csv": "",
    },
    "more than ten faults": {"invoices.csv": INVOICES + "".join(invoice(n, total_amount="x") for n in range(150))},
}


@pytest.mark.parametrize("name", CASES)
def test_a_bad_file_is_reported(name: str, tmp_path: Path) -> None:
    """The message names the file, the line, the column, what stands there, what should, and what to do."""
    with pytest.raises(SourceError) as raised:
        check([source(tmp_path / "inbox", dict(CASES[name]))])
    compare_with_golden(name, str(raised.value) + "\n")


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    """A folder that is not there is a fault of the parameters' path."""
    inbox = source(tmp_path / "inbox", {})
    inbox.folder.rmdir()
    with pytest.raises(SourceError) as raised:
        check([inbox])
    compare_with_golden("missing folder", str(raised.value) + "\n")


def test_an_unknown_system_is_reported(tmp_path: Path) -> None:
    """A system that the library does not know is refused with the nearest one."""
    with pytest.raises(SourceError) as raised:
        check([source(tmp_path / "inbox", {"customers.csv": CUSTOMERS}, system="table")])
    compare_with_golden("unknown system", str(raised.value) + "\n")


def test_every_golden_belongs_to_a_case() -> None:
    """No golden is left over from a case that was renamed."""
    cases = {*CASES, "missing folder", "unknown system"}
    assert {path.stem for path in GOLDENS.glob("*.txt")} == {name.replace(" ", "_") for name in cases}


def compare_with_golden(name: str, text: str) -> None:
    """Compares a message with its golden, or writes it where UPDATE_GOLDENS is set."""
    golden = GOLDENS / f"{name.replace(' ', '_')}.txt"
    if os.environ.get(UPDATE):
        golden.write_text(text, encoding="utf-8")
    expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
    assert text == expected, f"if the message should change, run: {UPDATE}=1 pytest tests/sources/test_bad_files.py"
