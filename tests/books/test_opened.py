"""Opening the books: declared tables only, empty views for what is missing, damage said in words."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from close_library.books import Books, seal, verify
from close_library.errors import BooksError
from close_library.tables import TABLES
from close_library.tables.schema import SQL_TYPES
from tests.sources.files import CUSTOMERS, invoices, source


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Sealed books of two tables."""
    files = {"customers.csv": CUSTOMERS, "invoices.csv": invoices({}, {"total_amount": "0.10"})}
    seal(tmp_path / "books", [source(tmp_path / "inbox", files)], period="2026-04")
    return tmp_path / "books"


def test_results_are_exact_in_every_form(directory: Path) -> None:
    """Arrow, pandas, batches and plain values hold decimals, never floats."""
    books = Books.open(directory)
    query = "SELECT total_amount FROM invoices WHERE total_amount < ? ORDER BY 1"
    assert books.period == "2026-04"
    assert books.sql(query, [1000]).to_pylist() == [
        {"total_amount": Decimal("0.1000")},
        {"total_amount": Decimal("100")},
    ]
    frame = books.frame(query, [1000])
    assert isinstance(frame.dtypes["total_amount"], pd.ArrowDtype)
    assert frame["total_amount"].sum() == Decimal("100.1")
    assert books.stream(query, [1]).read_all().num_rows == 1
    whole = "SELECT count(*) AS n, sum(total_amount) AS total, max(invoice_date) AS latest FROM invoices"
    assert books.rows(whole) == books.sql(whole).to_pylist()
    assert isinstance(books.rows(whole)[0]["total"], Decimal)
    with pytest.raises(BooksError, match="does not exist"):
        books.rows("SELECT * FROM invoyces")


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_table_is_an_empty_view_of_the_right_types(name: str, directory: Path) -> None:
    """Every declared column with its exact type, then the owner and the address."""
    books = Books.open(directory, [name])
    described = {row["column_name"]: row["column_type"] for row in books.sql(f"DESCRIBE {name}").to_pylist()}
    assert described == {
        **{column.name: SQL_TYPES[column.type] for column in TABLES[name].columns},
        "owner_program_id": "VARCHAR",
        "source_system": "VARCHAR",
        "source_file": "VARCHAR",
        "source_row": "BIGINT",
    }
    assert list(described)[-4:] == ["owner_program_id", "source_system", "source_file", "source_row"]


@pytest.mark.parametrize(
    ("declared", "query", "do"),
    [
        (["customers"], "SELECT * FROM invoices", "add it to metadata.close.tables"),
        (["customers", "invoices"], "SELECT * FROM invoises", "write invoices"),
        ([], "SELECT * FROM customers", "add it to metadata.close.tables"),
    ],
)
def test_reading_an_undeclared_table_is_an_error(declared: list[str], query: str, do: str, directory: Path) -> None:
    """The message names the table and what to do."""
    books = Books.open(directory, declared)
    for ask in (books.sql, books.frame, books.stream, books.execute):
        with pytest.raises(BooksError) as raised:
            ask(query)
        assert raised.value.faults[0].do == do


def test_a_declared_table_must_exist(directory: Path) -> None:
    """A misspelled declaration is refused with the nearest table."""
    with pytest.raises(BooksError, match="write invoices"):
        Books.open(directory, ["invoises"])


def test_views_are_made_in_the_connection_and_nothing_on_disk(directory: Path) -> None:
    """`execute` makes temporary things; the folder of the books stays as it was."""
    before = sorted(path.name for path in directory.iterdir())
    books = Books.open(directory)
    books.execute("CREATE TEMP VIEW big AS SELECT * FROM invoices WHERE total_amount > 1")
    assert books.sql("SELECT count(*) AS n FROM big").to_pylist() == [{"n": 1}]
    assert sorted(path.name for path in directory.iterdir()) == before


def truncate(path: Path) -> None:
    """Loses the end of a file."""
    path.write_bytes(path.read_bytes()[:-100])


def overwrite(path: Path) -> None:
    """Changes bytes inside a file without changing its size."""
    content = bytearray(path.read_bytes())
    content[100:110] = bytes(255 - byte for byte in content[100:110])
    path.write_bytes(content)


def not_ours(path: Path) -> None:
    """Makes the manifest that of another program."""
    path.write_text(json.dumps({"format": "books/9"}), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("invoices.parquet", truncate, "bytes"),
        ("invoices.parquet", Path.unlink, "no such file"),
        ("manifest.json", truncate, "no JSON"),
        ("manifest.json", not_ours, "books/9"),
        ("manifest.json", Path.unlink, "no sealed books"),
    ],
)
def test_damage_is_said_in_words(file: str, damage: object, message: str, directory: Path) -> None:
    """A damaged or missing snapshot is never read, and the message says what to do."""
    assert callable(damage)
    damage(directory / file)
    with pytest.raises(BooksError, match=message) as raised:
        Books.open(directory)
    assert raised.value.faults[0].do


def test_verify_reads_every_byte(directory: Path) -> None:
    """A change that leaves size and footer alone is found by the full digest."""
    verify(directory)
    overwrite(directory / "invoices.parquet")
    with pytest.raises(BooksError, match=r"invoices\.parquet"):
        verify(directory)


def test_a_file_of_another_seal_is_never_taken(directory: Path, tmp_path: Path) -> None:
    """Two seals of the same size are told apart by what they were made from."""
    files = {"customers.csv": CUSTOMERS.replace("Acme", "Akme"), "invoices.csv": invoices({}, {"total_amount": "0.10"})}
    seal(tmp_path / "other", [source(tmp_path / "inbox2", files)], period="2026-04")
    assert (tmp_path / "other" / "customers.parquet").stat().st_size == (directory / "customers.parquet").stat().st_size
    (tmp_path / "other" / "customers.parquet").replace(directory / "customers.parquet")
    with pytest.raises(BooksError, match="another seal"):
        Books.open(directory)
