"""Sealing against pandas.read_csv and to_parquet in the same run; printed, not judged."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from close_library.books import Books, check, seal
from tests.sources.files import INVOICES, invoice, source

ROWS = 300_000


def seconds(function: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


@pytest.mark.benchmark
@pytest.mark.parametrize("kind", ["plain", "quoted"])
def test_sealing_against_pandas(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """pandas guesses types and checks nothing; the ratio says what exactness and faults by line cost."""
    name = '"Acme, Inc."' if kind == "quoted" else "Acme"
    lines = (invoice(n, invoice_number=name, total_amount=f"{n}.{n % 100:02}") for n in range(ROWS))
    inbox = source(tmp_path / "inbox", {"invoices.csv": INVOICES + "".join(lines)})
    pandas = seconds(lambda: pd.read_csv(inbox.folder / "invoices.csv").to_parquet(tmp_path / "p.parquet"))
    sealed = seconds(lambda: seal(tmp_path / "books", [inbox]))
    again = seconds(lambda: seal(tmp_path / "books", [inbox]))
    checked = seconds(lambda: check([inbox]))
    opened = seconds(lambda: Books.open(tmp_path / "books").sql("SELECT sum(total_amount) FROM invoices"))
    with capsys.disabled():
        print(
            f"\n{kind}, {ROWS:,} invoices: pandas {pandas:.2f} s; seal {sealed:.2f} s ({sealed / pandas:.1f}×), "
            f"unchanged {again:.3f} s, check {checked:.2f} s ({checked / pandas:.1f}×), open and sum {opened:.3f} s"
        )
