"""Good files: what is read, from which line, and what is noticed; never a guess at a type."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from close_library.books import Books, check, seal
from close_library.errors import SourceError
from close_library.sources.csv_text import _exact, _fast, _header
from close_library.sources.extract import RawFile
from close_library.sources.faults import FileFaults
from close_library.sources.scan import scan
from tests.sources.files import CUSTOMERS, INVOICES, Source, gzipped, invoices, parquet, source

RATES = "currency,rate_date,rate\n"


def sealed(tmp_path: Path, *sources: Source) -> Books:
    """The books of some sources."""
    seal(tmp_path / "books", sources)
    return Books.open(tmp_path / "books")


def rows(books: Books, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query as tuples."""
    return [tuple(row.values()) for row in books.sql(query).to_pylist()]


def test_codes_stay_text(tmp_path: Path) -> None:
    """Account 0123 stays 0123, and 1e5 in a text column stays 1e5."""
    text = "account,account_name,account_type\n0123,Cash,asset\n1e5,2026-01-01,asset\n true,007 ,asset\n"
    books = sealed(tmp_path, source(tmp_path / "inbox", {"gl_accounts.csv": text}))
    assert rows(books, "SELECT account, account_name FROM gl_accounts ORDER BY source_row") == [
        ("0123", "Cash"),
        ("1e5", "2026-01-01"),
        (" true", "007 "),
    ]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.50", "1234.50"),
        (" 12 ", "12"),
        ("+.5", "0.5"),
        ("007.10", "7.1"),
        ("0.123400000000", "0.1234"),
        ("999999999999999999.9999", "999999999999999999.9999"),
        ("-0", "0"),
        ("0" * 40 + "1", "1"),
    ],
)
def test_amounts_are_exact(text: str, amount: str, tmp_path: Path) -> None:
    """Digits, one point and a sign are read exactly; blanks around them and needless zeros mean nothing."""
    header = "bank_transaction_id,bank_account,value_date,currency,amount"
    files = {"bank_transactions.csv": f"{header}\nb,a,2026-01-31,USD,{text}\n"}
    assert rows(sealed(tmp_path, source(tmp_path / "inbox", files)), "SELECT amount FROM bank_transactions") == [
        (Decimal(amount),)
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-31T17:00:00Z", datetime(2026, 10, 31, 17)),
        ("2026-10-31T17:00:00+02:00", datetime(2026, 10, 31, 15)),
        ("2026-10-31 17:00:00.250-0530", datetime(2026, 10, 31, 22, 30, 0, 250_000)),
        ("2026-10-31T17:00", datetime(2026, 10, 31, 17)),
        ("2026-10-31", datetime(2026, 10, 31)),
    ],
)
def test_times_are_utc(text: str, moment: datetime, tmp_path: Path) -> None:
    """A time is UTC unless it says otherwise; with an offset it is converted."""
    files = {"billing_tasks.csv": f"task_id,program_id,period,step,due_at\nt,atlas,2026-10,bill,{text}\n"}
    assert rows(sealed(tmp_path, source(tmp_path / "inbox", files)), "SELECT due_at FROM billing_tasks") == [(moment,)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("line feeds", CUSTOMERS + "c-2,Beta,EUR\n"),
        ("no line end at the end", CUSTOMERS + "c-2,Beta,EUR"),
        ("carriage returns and line feeds", (CUSTOMERS + "c-2,Beta,EUR\n").replace("\n", "\r\n")),
        ("bare carriage returns", (CUSTOMERS + "c-2,Beta,EUR\n").replace("\n", "\r")),
        ("a byte order mark", "\ufeff" + CUSTOMERS + "c-2,Beta,EUR\n"),
        ("quotes everywhere", '"customer_id","customer_name","currency"\n"c-1","Acme","USD"\n"c-2","Beta","EUR"\n'),
        ("blanks around names", " customer_id , customer_name,currency \nc-1,Acme,USD\nc-2,Beta,EUR\n"),
    ],
)
def test_spellings_of_one_file(name: str, content: str, tmp_path: Path) -> None:
    """Line ends, quotes and a byte order mark change nothing: the second customer stands on line 3."""
    books = sealed(tmp_path, source(tmp_path / "inbox", {"customers.csv": content}))
    assert rows(books, "SELECT customer_id, customer_name, currency, source_row FROM customers ORDER BY ALL") == [
        ("c-1", "Acme", "USD", 2),
        ("c-2", "Beta", "EUR", 3),
    ]


def test_a_record_is_named_by_the_line_where_it_begins(tmp_path: Path) -> None:
    """Quoted line ends belong to the record; empty lines are skipped, counted and noticed."""
    text = 'customer_id,customer_name,currency\nc-1,"Acme\nof\r\nBoston",USD\n\nc-2,"Say ""hi"", Ltd",EUR\n'
    inbox = source(tmp_path / "inbox", {"customers.csv": text})
    assert rows(sealed(tmp_path, inbox), "SELECT customer_name, source_row FROM customers ORDER BY source_row") == [
        ("Acme\nof\r\nBoston", 2),
        ('Say "hi", Ltd', 6),
    ]
    assert check([inbox])[0].notices == ("1 empty line skipped",)


def test_a_header_without_rows_is_a_table_of_zero_rows(tmp_path: Path) -> None:
    """The company has the table, and there is nothing in it."""
    books = sealed(tmp_path, source(tmp_path / "inbox", {"invoices.csv": INVOICES}))
    assert (books.has("invoices"), books.has("payouts")) == (True, False)
    assert rows(books, "SELECT count(*) FROM invoices") == [(0,)]


def test_files_of_one_table_stand_in_the_order_of_sources_and_names(tmp_path: Path) -> None:
    """All rows of all files are kept, also where two sources hold a file of the same name."""
    first = source(tmp_path / "east", {"customers.csv": CUSTOMERS, "customers.csv.gz": gzipped(CUSTOMERS)})
    second = source(tmp_path / "west", {"customers.csv": CUSTOMERS})
    books = sealed(tmp_path, first, second)
    found = [(s["file"], s["rows"]) for s in books.sources(["customers"])]
    assert found == [("customers.csv", 1), ("customers.csv.gz", 1), ("west/customers.csv", 1)]
    assert rows(books, "SELECT source_file FROM customers") == [(file,) for file, _ in found]


def test_unknown_columns_are_kept_as_text_and_noticed(tmp_path: Path) -> None:
    """A column that no table declares stands after the declared ones, as text; a file without it has NULLs."""
    inbox = source(
        tmp_path / "inbox",
        {
            "customers.csv": 'customer_id,region "x",customer_name,currency,regoin\nc-1,007,Acme,USD,\n',
            "customers.csv.gz": gzipped(CUSTOMERS),
        },
    )
    books = sealed(tmp_path, inbox)
    table = books.sql("SELECT * FROM customers")
    assert table.column_names == [
        "customer_id",
        "customer_name",
        "currency",
        "payment_terms_days",
        'region "x"',
        "regoin",
        "owner_program_id",
        "source_system",
        "source_file",
        "source_row",
    ]
    assert table.column('region "x"').to_pylist() == ["007", None]
    assert check([inbox])[0].notices == ('unknown columns kept as text: region "x" and regoin',)


def test_what_is_not_read_is_noticed(tmp_path: Path) -> None:
    """A file with an unknown name is not read, and the nearest table is named; other files are left alone."""
    inbox = source(
        tmp_path / "inbox",
        {
            "customers.csv": CUSTOMERS,
            "invoice.csv": "x\n",
            "payouts.tsv": "x\n",
            "README.md": "x",
            "~$b.xlsx": "x",
        },
    )
    assert check([inbox])[-1].notices == (
        "invoice.csv is not read: no table is called invoice; invoices is",
        "payouts.tsv is not read: save it as .csv, .csv.gz, .parquet or .xlsx",
    )


def test_parquet_types_that_need_no_guess(tmp_path: Path) -> None:
    """Decimals, whole numbers, dates, times at midnight, truth, dictionaries and all-empty columns are fine."""
    columns = {
        "payout_id": pa.array(["p-1"]).dictionary_encode(),
        "arrival_date": pa.array([datetime(2026, 4, 30)], pa.timestamp("ns")),
        "currency": pa.array(["USD"]),
        "amount": pa.array([Decimal("0.0001")], pa.decimal128(38, 4)),
        "status": pa.array(["paid"]),
        "bank_reference": pa.array([None], pa.float64()),
        "is_automatic": pa.array([True]),
    }
    rates = {"currency": pa.array(["EUR"]), "rate_date": pa.array([date(2026, 4, 30)]), "rate": pa.array([2])}
    inbox = source(tmp_path / "inbox", {"payouts.parquet": parquet(columns), "fx_rates.parquet": parquet(rates)})
    books = sealed(tmp_path, inbox)
    assert rows(books, "SELECT arrival_date, amount, bank_reference, is_automatic, source_row FROM payouts") == [
        (date(2026, 4, 30), Decimal("0.0001"), None, True, 1)
    ]
    assert rows(books, "SELECT rate_date, rate FROM fx_rates") == [(date(2026, 4, 30), Decimal(2))]


def test_damage_inside_parquet_is_a_fault_of_the_file(tmp_path: Path) -> None:
    """A file whose footer is whole and whose data is not is reported, not thrown."""
    numbers = pa.array([f"c-{n * 7919 % 100_003}" for n in range(20_000)])
    content = bytearray(parquet({"customer_id": numbers, "customer_name": numbers, "currency": numbers}))
    content[2_000:60_000] = b"\xff" * 58_000
    with pytest.raises(SourceError, match="damaged data inside the file"):
        check([source(tmp_path / "inbox", {"customers.parquet": bytes(content)})])


def test_every_row_walks_back_to_its_line(tmp_path: Path) -> None:
    """The line that `source_row` names holds the row's key, whatever stands between the lines."""
    lines = [f'inv-{n},"N\n{n}",invoice,atlas,c-1,2026-04-{n % 28 + 1:02},,USD,{n}.00,posted\n' for n in range(50)]
    text = INVOICES + "".join(line + ("\n" if n % 7 == 0 else "") for n, line in enumerate(lines))
    books = sealed(tmp_path, source(tmp_path / "inbox", {"invoices.csv": text}))
    raw = text.split("\n")
    found = rows(books, "SELECT invoice_id, source_row FROM invoices")
    assert len(found) == 50
    for key, line in found:
        assert raw[line - 1].startswith(f"{key},")


def test_counts_of_what_the_close_will_find(tmp_path: Path) -> None:
    """Repeated keys and unknown references are notices of the check, not errors; every row is kept."""
    text = invoices({}, {"customer_id": "c-9"}, {"customer_id": "c-8"}) + invoices({}).split("\n")[1] + "\n"
    inbox = source(tmp_path / "inbox", {"customers.csv": CUSTOMERS, "invoices.csv": text})
    found = {report.table: report for report in check([inbox])}
    assert found["customers"].notices == ()
    assert found["invoices"].rows == 4
    assert found["invoices"].notices == (
        "1 row repeats the key invoice_id",
        "2 rows name a customer_id that customers lacks",
    )


_FIELD = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n",', exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_FIELD, _FIELD, _FIELD).filter(any), max_size=20), st.sampled_from(["\n", "\r\n"]))
def test_the_fast_reader_gives_the_rows_of_the_exact_one(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[str, str, str]], end: str
) -> None:
    """Where the bytes prove that a line is a record, both readers give the same rows and lines."""
    path = tmp_path_factory.mktemp("fast") / "customers.csv"
    path.write_bytes(end.join(["customer_id,customer_name,currency", *map(",".join, records)]).encode())
    raw = RawFile("tables", "customers", path, path.name, path.name)
    faults = FileFaults(raw)
    scanned, header = scan(raw, faults), _header(raw, faults)
    assert scanned is not None and scanned.plain and header is not None
    fast = _fast(raw, header[0], faults)
    exact = _exact(raw, header[0], header[1], faults)
    assert isinstance(fast.relation, pa.RecordBatchReader) and isinstance(exact.relation, pa.RecordBatchReader)
    assert fast.relation.read_all().to_pylist() == exact.relation.read_all().to_pylist()
    assert fast.distrusted() is (not records), "only a file without rows is read a second time"
    assert not faults.count


def test_the_fast_reader_gives_way_to_the_exact_one(tmp_path: Path) -> None:
    """A line with too few fields in a plain file is found by the exact reader, with its line."""
    text = CUSTOMERS + "".join(f"c-{n},A,USD\n" for n in range(50_000)) + "c-x,A\n"
    with pytest.raises(SourceError, match="line 50003") as raised:
        check([source(tmp_path / "inbox", {"customers.csv": text})])
    assert raised.value.count == 1


def test_a_cast_alone_would_round() -> None:
    """DuckDB's own cast would have rounded what the reader refuses: the check is needed."""
    assert duckdb.execute("SELECT TRY_CAST('1.23456' AS DECIMAL(22,4))").fetchall() == [(Decimal("1.2346"),)]
