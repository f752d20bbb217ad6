"""The rows behind a signed balance: the signature takes their digest, the next period takes the rows, and only those."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from close_library.period import Period
from close_library.record import Record, open_record
from close_library.run.gathering import signed_rows
from close_library.run.gathering.signed_rows import (
    TABLE,
    digest_of,
    lines_by_signature,
    row_digests,
    rows_not_signed,
    take_down_rows,
)
from close_library.run.said.said_tables import table_written
from close_library.workpaper.rows_file import SCHEMA

APRIL, MAY = Period.parse("2026-04"), Period.parse("2026-05")
ROWS = (
    ("closing_balance", "inv-1", "100.00"),
    ("closing_balance", "inv-2", "-5.00"),
    ("opening_balance", "inv-0", "7.00"),
)


@pytest.fixture
def company(tmp_path: Path) -> Path:
    for period in (APRIL, MAY):
        (tmp_path / "tiny" / str(period) / "books").mkdir(parents=True)
    (tmp_path / "tiny" / "2026-04" / "atlas").mkdir()
    return tmp_path / "tiny"


@pytest.fixture
def record(company: Path) -> Iterator[Record]:
    with open_record("sqlite:///close.db", company) as opened:
        yield opened


def rows_file(company: Path) -> Path:
    return company / "2026-04" / "atlas" / "30_receivables_roll_forward.rows.parquet"


def document(rows: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    """A roll-forward that says how many rows its closing balance has."""
    return {"figures": {"closing_balance": {"rows": sum(figure == "closing_balance" for figure, *_ in rows)}}}


def write(company: Path, *rows: tuple[str, str, str]) -> dict[str, Any]:
    """Write the rows file of April; returns its document."""
    held = [
        {"figure": figure, "source_table": "invoices", "source_file": "invoices.csv", "source_row": line,
         "amount": Decimal(amount), "shown": [("document", name), ("kind", "invoice")]}
        for line, (figure, name, amount) in enumerate(rows, 2)
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(held, schema=SCHEMA), rows_file(company))
    return document(rows)


def sign(record: Record, digests: dict[str, str]) -> None:
    for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
        figures = {"closing_balance": "95.00"}
        record.sign("2026-04", "atlas", "30", role, str(digests), by=by, figures=figures, rows=digests)  # type: ignore[arg-type]


def taken_down(record: Record | None, company: Path) -> list[tuple[Any, ...]]:
    take_down_rows(record, company, MAY)
    written = table_written(company / "2026-05" / "books", TABLE)
    assert written is not None, "the table is always written"
    return [row[3:] for row in written]


AS_SIGNED = [
    ("closing_balance", "invoices", "invoices.csv", "2", "inv-1", "100.0000", 2),
    ("closing_balance", "invoices", "invoices.csv", "3", "inv-2", "-5.0000", 2),
]


def test_what_was_signed_is_taken_down(record: Record, company: Path) -> None:
    sign(record, row_digests(write(company, *ROWS), rows_file(company)))
    assert taken_down(record, company) == AS_SIGNED
    assert list(rows_not_signed(table_written(company / "2026-05" / "books", TABLE) or [], record.events())) == []


def test_it_stays_when_the_signed_month_runs_again(record: Record, company: Path) -> None:
    sign(record, row_digests(write(company, *ROWS), rows_file(company)))
    taken_down(record, company)
    write(company, ("closing_balance", "inv-1", "130.00"))
    assert taken_down(record, company) == AS_SIGNED


def test_rows_that_were_not_signed_are_not_taken_down(record: Record, company: Path) -> None:
    sign(record, row_digests(write(company, *ROWS), rows_file(company)))
    write(company, ("closing_balance", "inv-1", "130.00"), ("closing_balance", "inv-2", "-35.00"))
    assert taken_down(record, company) == []
    rows_file(company).unlink()
    assert taken_down(record, company) == []


@pytest.mark.parametrize("damage", ["no Parquet", "cut off", "another table"])
def test_a_damaged_rows_file_has_no_signed_rows(damage: str, record: Record, company: Path) -> None:
    sign(record, row_digests(write(company, *ROWS), rows_file(company)))
    if damage == "another table":
        pq.write_table(pa.table({"x": [1]}), rows_file(company))
    else:
        rows_file(company).write_bytes(b"no" if damage == "no Parquet" else rows_file(company).read_bytes()[:-9])
    assert taken_down(record, company) == []


def test_a_balance_without_rows_is_told_from_rows_that_are_not_at_hand(record: Record, company: Path) -> None:
    sign(record, row_digests(write(company, ("opening_balance", "inv-0", "7.00")), rows_file(company)))
    assert taken_down(record, company) == [("closing_balance", "", "", "", "", "0", 2)]
    [(_, lines)] = lines_by_signature(table_written(company / "2026-05" / "books", TABLE) or [])
    assert lines == []


def test_nothing_is_taken_down_where_nothing_was_signed(record: Record, company: Path) -> None:
    write(company, *ROWS)
    assert taken_down(None, company) == []
    assert taken_down(record, company) == []
    sign(record, {})
    assert taken_down(record, company) == [], "a review of before there were digests"


def test_no_digest_is_taken_of_what_is_not_whole(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that were left out of the rows file, too many of them, no file, no such figure."""
    whole = write(company, *ROWS)
    path = rows_file(company)
    assert row_digests({"figures": {}}, path) == {}
    assert row_digests({"figures": {"closing_balance": {"rows": 3}}}, path) == {}
    assert row_digests(whole, path.with_name("none.rows.parquet")) == {}
    monkeypatch.setattr(signed_rows, "ROWS_AT_MOST", 1)
    assert row_digests(whole, path) == {}


def test_the_digest_is_of_the_rows_and_not_of_their_order(record: Record, company: Path) -> None:
    sign(record, row_digests(write(company, *ROWS), rows_file(company)))
    take_down_rows(record, company, MAY)
    [(signature, lines)] = lines_by_signature(table_written(company / "2026-05" / "books", TABLE) or [])
    assert signature == ("2026-04", "atlas", "30", "closing_balance", 2)
    assert digest_of(lines) == digest_of(lines[::-1])
    assert digest_of(lines) != digest_of([*lines[:-1], lines[-1]._replace(amount="-5.0100")])


# place in the row | forged value
FORGED = [(0, "2026-03"), (1, "borealis"), (4, "credit_memos"), (6, "9"), (7, "inv-7"), (8, "101.0000"), (9, 1)]


@pytest.mark.parametrize(("place", "value"), FORGED)
def test_a_row_that_no_review_signed_is_named(record: Record, company: Path, place: int, value: str | int) -> None:
    sign(record, row_digests(write(company, *ROWS), rows_file(company)))
    take_down_rows(record, company, MAY)
    first, *others = table_written(company / "2026-05" / "books", TABLE) or []
    forged = [(*first[:place], value, *first[place + 1 :]), *others]
    assert list(rows_not_signed(forged, record.events()))
