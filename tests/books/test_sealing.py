"""Sealing: all or nothing, the same bytes for the same input, and the last good books whatever happens."""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from close_library.books import Books, seal, sealing, snapshot, verify
from close_library.books.trouble import keeping_whole
from close_library.errors import BooksError, SourceError
from tests.sources.files import CUSTOMERS, INVOICES, gzipped, invoice, source

PROJECT = Path(__file__).parents[2]
PROGRAMS = "program_id,program_name\natlas,Atlas\nborealis,Borealis\n"
LINES = [
    invoice(
        n,
        program_id=("atlas", "borealis", "nowhere")[n % 3],
        invoice_date=f"2026-04-{n % 28 + 1:02}",
        total_amount=f"{n}.{n % 100:02}",
    )
    for n in range(300)
]
FILES = {"programs.csv": PROGRAMS, "customers.csv": CUSTOMERS, "invoices.csv": INVOICES + "".join(LINES)}


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of the books."""
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def count(directory: Path) -> int:
    """The invoices of the books, opened and checked."""
    rows = Books.open(directory).sql("SELECT count(*) AS n FROM invoices").to_pylist()
    return int(rows[0]["n"])


def test_the_manifest_tells_what_was_sealed(tmp_path: Path) -> None:
    """Rows, control totals, digests by owner and by file; no clock, no absolute path."""
    manifest = seal(tmp_path / "books", [source(tmp_path / "inbox", FILES)], period="2026-04")
    entry = manifest["tables"]["invoices"]
    assert (entry["rows"], entry["control_total"]) == (300, "44998.50")
    assert list(entry["owners"]) == ["_none", "atlas", "borealis"]
    assert entry["sources"] == [
        {
            "file": "invoices.csv",
            "system": "tables",
            "rows": 300,
            "control_total": "44998.50",
            "notices": [],
            "sha256": entry["sources"][0]["sha256"],
            "owners": entry["sources"][0]["owners"],
        }
    ]
    shares = entry["sources"][0]["owners"]
    assert list(shares) == ["_none", "atlas", "borealis"]
    assert sum(share["rows"] for share in shares.values()) == 300
    assert sum(Decimal(share["control_total"]) for share in shares.values()) == Decimal("44998.50")
    assert manifest == json.loads((tmp_path / "books" / "manifest.json").read_text(encoding="utf-8"))
    assert str(tmp_path) not in json.dumps(manifest)
    verify(tmp_path / "books")


def test_rows_are_sorted_by_owner_date_and_key(tmp_path: Path) -> None:
    """So that a program's workpaper reads its own row groups."""
    seal(tmp_path / "books", [source(tmp_path / "inbox", FILES)])
    table = pq.read_table(
        tmp_path / "books" / "invoices.parquet", columns=["owner_program_id", "invoice_date", "invoice_id"]
    )
    keys = [(row["owner_program_id"] or "", row["invoice_date"], row["invoice_id"]) for row in table.to_pylist()]
    assert keys == sorted(keys)


def test_an_unchanged_source_is_not_sealed_again(tmp_path: Path) -> None:
    """The same digests, nothing to do; a changed, added or removed file, or damage, and the books are made anew."""
    inbox = source(tmp_path / "inbox", FILES)
    seen: list[str] = []
    steps = [seal(tmp_path / "books", [inbox])]

    def again(**options: Any) -> bool:
        seen.clear()
        steps.append(seal(tmp_path / "books", [inbox], progress=lambda text, done, total: seen.append(text), **options))
        return bool(seen)

    assert not again()
    assert again(period="2026-04")
    source(inbox.folder, {"customers.csv": CUSTOMERS + "c-2,Beta,EUR\n"})
    assert again()
    (inbox.folder / "customers.csv").unlink()
    assert again()
    assert not (tmp_path / "books" / "customers.parquet").exists()
    (tmp_path / "books" / "invoices.parquet").unlink()
    assert again() and not again()


def test_one_changed_row_changes_its_owner_only(tmp_path: Path) -> None:
    """The digests of the other programs stay."""
    before = seal(tmp_path / "a", [source(tmp_path / "in a", FILES)])["tables"]["invoices"]["owners"]
    changed = {**FILES, "invoices.csv": FILES["invoices.csv"].replace(",30.30,", ",30.31,")}
    after = seal(tmp_path / "b", [source(tmp_path / "in b", changed)])["tables"]["invoices"]["owners"]
    assert [owner for owner in before if before[owner] != after[owner]] == ["atlas"]


def test_order_and_split_of_rows_change_addresses_only(tmp_path: Path) -> None:
    """Shuffled rows, columns in another order, one file or three: the same rows."""
    shuffled = random.Random(1).sample(LINES, len(LINES))
    split: dict[str, bytes | str] = {
        "programs.csv": PROGRAMS,
        "customers.csv": CUSTOMERS,
        "invoices.csv": INVOICES + "".join(shuffled[:100]),
        "invoices.csv.gz": gzipped(INVOICES + "".join(shuffled[100:])),
    }
    found = []
    one: dict[str, bytes | str] = {**FILES}
    for name, files in (("one", one), ("three", split)):
        seal(tmp_path / name, [source(tmp_path / f"in {name}", files)])
        query = "SELECT * EXCLUDE (source_file, source_row) FROM invoices"
        found.append(Books.open(tmp_path / name).sql(query).to_pylist())
    assert found[0] == found[1]


def test_the_same_bytes_whatever_the_machine_says(tmp_path: Path) -> None:
    """Another hash seed, locale, time zone and number of threads: the same files, byte for byte."""
    source(tmp_path / "inbox", FILES)
    program = """
        import sys
        from pathlib import Path
        from close_library.books import seal
        from tests.sources.files import Source
        seal(Path(sys.argv[1]), [Source("tables", "inbox", Path(sys.argv[2]))], threads=int(sys.argv[3]))
    """
    machines = {
        "a": {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
        "b": {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "de_DE.UTF-8"},
    }
    for threads, (name, environment) in enumerate(machines.items(), start=1):
        command = [
            sys.executable,
            "-c",
            textwrap.dedent(program),
            str(tmp_path / name),
            str(tmp_path / "inbox"),
            str(threads),
        ]
        subprocess.run(command, check=True, cwd=PROJECT, env={**os.environ, **environment})
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


class Died(BaseException):
    """The process ends here: nothing after this line happens."""


@pytest.fixture(scope="module")
def about_to_commit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, snapshot.Manifest]:
    """Books of 300 invoices and customers, and beside them, built but not committed, books of 100 without customers."""
    folder = tmp_path_factory.mktemp("commit")
    inbox = source(folder / "inbox", FILES)
    seal(folder / "books", [inbox])
    source(inbox.folder, {"invoices.csv": INVOICES + "".join(LINES[:100])})
    (inbox.folder / "customers.csv").unlink()
    caught: list[snapshot.Manifest] = []

    def keep(books_dir: Path, manifest: snapshot.Manifest) -> None:
        shutil.copytree(books_dir, folder / "frozen")
        caught.append(manifest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "commit", keep)
        seal(folder / "books", [inbox])
    return folder / "frozen", caught[0]


def test_a_commit_that_dies_at_any_step_leaves_whole_books(
    about_to_commit: tuple[Path, snapshot.Manifest], tmp_path: Path
) -> None:
    """Dying before each step in turn: the books are the old ones, then the new ones, and never a mixture."""
    frozen, manifest = about_to_commit
    found = []
    for deadly in range(1, 100):
        books_dir = tmp_path / str(deadly)
        shutil.copytree(frozen, books_dir)
        try:
            _commit_until(deadly, books_dir, manifest)
        except Died:
            found.append(count(books_dir))
            verify(books_dir)
            snapshot.begin(books_dir)
            assert count(books_dir) == found[-1], "the next seal finishes what was committed, and nothing else"
            continue
        break
    assert found == sorted(found, reverse=True)
    assert set(found) == {300, 100}
    assert sorted(contents(books_dir)) == [".seal.lock", "invoices.parquet", "manifest.json", "programs.parquet"]
    assert not [path for path in books_dir.iterdir() if path.is_dir()]


def _commit_until(deadly: int, books_dir: Path, manifest: snapshot.Manifest) -> None:
    """Commits, and dies before the step of that number."""
    steps = itertools.count(1)

    def mortal(function: Any) -> Any:
        def step(*arguments: Any, **options: Any) -> Any:
            if next(steps) == deadly:
                raise Died
            return function(*arguments, **options)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for name in ("rename", "replace", "unlink", "write_text"):
            patch.setattr(Path, name, mortal(getattr(Path, name)))
        patch.setattr(snapshot, "_sync", mortal(snapshot._sync))
        patch.setattr(shutil, "rmtree", mortal(shutil.rmtree))
        snapshot.commit(books_dir, manifest)


@pytest.mark.parametrize("step", ["reading inbox/invoices.csv", "sealing invoices"])
def test_a_killed_seal_leaves_the_last_good_books(step: str, tmp_path: Path) -> None:
    """SIGKILL while reading or writing: the old books are readable, the next seal removes what was left."""
    inbox = source(tmp_path / "inbox", FILES)
    seal(tmp_path / "books", [inbox])
    before = contents(tmp_path / "books")
    source(inbox.folder, {"invoices.csv": INVOICES + "".join(LINES[:100])})
    program = """
        import os, signal, sys
        from pathlib import Path
        from close_library.books import seal
        from tests.sources.files import Source
        def die(text, done, total):
            if text == sys.argv[3]:
                os.kill(os.getpid(), signal.SIGKILL)
        seal(Path(sys.argv[1]), [Source("tables", "inbox", Path(sys.argv[2]))], progress=die)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "books"), str(inbox.folder), step]
    assert subprocess.run(command, cwd=PROJECT, check=False).returncode == -signal.SIGKILL
    assert (tmp_path / "books" / ".sealing").is_dir()
    assert contents(tmp_path / "books") == before
    assert count(tmp_path / "books") == 300
    seal(tmp_path / "books", [inbox])
    assert count(tmp_path / "books") == 100
    assert not (tmp_path / "books" / ".sealing").exists()


def test_a_seal_that_died_when_it_was_committed_is_finished_by_one_that_finds_nothing_to_do(tmp_path: Path) -> None:
    """Who reads the manifest from its place finds it there, and what was built for a change that was taken back is gone."""
    inbox, books = source(tmp_path / "inbox", FILES), tmp_path / "books"

    def die(books_dir: Path) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Died):
        patch.setattr(snapshot, "move_into_place", die)
        patch.setattr(snapshot, "finish", lambda books_dir: None)
        seal(books, [inbox])
    assert not (books / "manifest.json").exists()
    (books / ".sealing").mkdir()
    seal(books, [inbox])
    assert (books / "manifest.json").is_file()
    assert not [path for path in books.iterdir() if path.is_dir()]


def test_a_fault_in_a_source_leaves_the_last_good_books(tmp_path: Path) -> None:
    """And a folder that held no books before holds nothing after."""
    inbox = source(tmp_path / "inbox", FILES)
    seal(tmp_path / "books", [inbox])
    before = contents(tmp_path / "books")
    source(inbox.folder, {"invoices.csv": INVOICES + invoice(1, total_amount="ten")})
    for name in ("books", "new"):
        with pytest.raises(SourceError):
            seal(tmp_path / name, [inbox])
    assert contents(tmp_path / "books") == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no room left on the disk"),
        (duckdb.IOException("Could not write file: No space left on device"), "no room left on the disk"),
        (OSError(errno.EROFS, "Read-only file system"), "a read-only disk"),
        (PermissionError(errno.EACCES, "Permission denied"), "no right to write"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_what_the_machine_refuses_is_said(error: Exception, found: str, tmp_path: Path) -> None:
    """A full or read-only disk is an error that the user can mend."""
    with pytest.raises(BooksError, match=found), keeping_whole(tmp_path / "books"):
        raise error
    assert not (tmp_path / "books").exists()


def test_a_full_disk_leaves_the_last_good_books(tmp_path: Path) -> None:
    """A file that may not grow: a real refusal of the machine while tables are written."""
    many = INVOICES + "".join(invoice(n, invoice_number=f"{n * 7919 % 99991:x}") for n in range(60_000))
    inbox = source(tmp_path / "inbox", FILES)
    seal(tmp_path / "books", [inbox])
    before = contents(tmp_path / "books")
    source(inbox.folder, {"invoices.csv": many})
    program = """
        import resource, sys
        from pathlib import Path
        from close_library.books import seal
        from close_library.errors import BooksError
        from tests.sources.files import Source
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            seal(Path(sys.argv[1]), [Source("tables", "inbox", Path(sys.argv[2]))])
        except BooksError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "books"), str(inbox.folder)]
    said = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    assert "no room: a file may not grow any further" in said
    assert contents(tmp_path / "books") == before


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    """The books can't be made, and the message says what is in the way."""
    (tmp_path / "books").write_text("in the way", encoding="utf-8")
    with pytest.raises(BooksError, match="a file where a folder should be"):
        seal(tmp_path / "books", [source(tmp_path / "inbox", FILES)])


def test_one_seal_at_a_time(tmp_path: Path) -> None:
    """A second seal of the same books says so and touches nothing."""
    with keeping_whole(tmp_path / "books"), pytest.raises(BooksError, match="another run"):
        seal(tmp_path / "books", [source(tmp_path / "inbox", FILES)])
