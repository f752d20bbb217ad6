"""The snapshot on disk: made beside, committed by one rename, moved into place, checked when it is opened.

A seal builds everything in `.sealing/`, syncs it and renames the folder to `.sealed/`: that is the instant in
which the new books replace the old ones. Then each file moves from `.sealed/` to its place, the manifest
last. Whoever opens the books in between, or after a crash in between, takes a file from `.sealed/` where it
still is; the next seal finishes the move. Every table file carries the digest of the inputs of its seal, so
files of two seals are never taken together.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.errors import BooksError, Fault
from close_library.tables import TABLES

FORMAT = "books/1"
SEAL = b"close_library.seal"
"""The key under which a table file carries the digest of the inputs of its seal."""

WORKING = ".sealing"
COMMITTED = ".sealed"

Manifest = dict[str, Any]


def damaged(where: str, found: str, expected: str) -> BooksError:
    """The books can't be trusted; what to do is always the same."""
    return BooksError(
        "the sealed books are damaged.", [Fault(where, found, expected, "run with --force: they are sealed again")]
    )


def read_manifest(books_dir: Path) -> tuple[Manifest, Path] | None:
    """The manifest in force and the folder in which it lies; None when nothing was ever sealed here."""
    for folder in (books_dir / COMMITTED, books_dir):
        try:
            text = (folder / "manifest.json").read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except UnicodeDecodeError as error:
            raise damaged(f"{books_dir.name}/manifest.json", "bytes that are no UTF-8 text", "the manifest") from error
        try:
            manifest = json.loads(text)
        except json.JSONDecodeError as error:
            raise damaged(f"{books_dir.name}/manifest.json", f"no JSON: {error.msg}", "the manifest") from error
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            found = manifest.get("format", "no format") if isinstance(manifest, dict) else "no format"
            raise damaged(f"{books_dir.name}/manifest.json", str(found), f"format {FORMAT}")
        return manifest, folder
    return None


def table_file(books_dir: Path, folder: Path, entry: dict[str, Any]) -> Path:
    """Where a table's file is now: still in the committed folder, or in its place."""
    committed = folder / str(entry["file"])
    return committed if committed.exists() else books_dir / str(entry["file"])


def check_file(books_dir: Path, path: Path, entry: dict[str, Any], seal: str) -> None:
    """Raises BooksError unless the file is the one that the manifest names: its size, footer, seal and rows."""
    where = f"{books_dir.name}/{entry['file']}"
    if not path.exists():
        raise damaged(where, "no such file", f"a file of {entry['bytes']} bytes")
    if path.stat().st_size != entry["bytes"]:
        raise damaged(where, f"{path.stat().st_size} bytes", f"{entry['bytes']} bytes")
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise damaged(where, "no Parquet footer", "a Parquet file") from error
    if (footer.metadata or {}).get(SEAL, b"").decode() != seal:
        raise damaged(where, "the file of another seal", "the file that belongs to the manifest")
    if footer.num_rows != entry["rows"]:
        raise damaged(where, f"{footer.num_rows} rows", f"{entry['rows']} rows")


def is_intact(books_dir: Path, manifest: Manifest, folder: Path) -> bool:
    """Whether every table file is the one that the manifest names."""
    try:
        for entry in manifest["tables"].values():
            check_file(books_dir, table_file(books_dir, folder, entry), entry, manifest["inputs"])
    except BooksError:
        return False
    return True


def verify(books_dir: Path) -> None:
    """Reads every table file whole and compares its sha256 with the manifest. Raises BooksError with all faults."""
    found = read_manifest(books_dir)
    if found is None:
        raise nothing_sealed(books_dir)
    manifest, folder = found
    faults: list[Fault] = []
    for entry in manifest["tables"].values():
        path = table_file(books_dir, folder, entry)
        digest = file_digest(path) if path.exists() else "no such file"
        if digest != entry["sha256"]:
            faults.append(
                Fault(
                    f"{books_dir.name}/{entry['file']}",
                    digest,
                    entry["sha256"],
                    "run with --force: they are sealed again",
                )
            )
    if faults:
        raise BooksError("the sealed books are not what was sealed.", faults)


def nothing_sealed(books_dir: Path) -> BooksError:
    """There are no books in a folder."""
    return BooksError(
        "there are no sealed books.",
        [
            Fault(
                f"{books_dir.name}/manifest.json",
                "no such file",
                "the manifest of sealed books",
                "run the period first: close run PERIOD",
            )
        ],
    )


def file_digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_unfinished(books_dir: Path) -> bool:
    """Whether a dead seal left something behind."""
    return (books_dir / COMMITTED).exists() or (books_dir / WORKING).exists()


def finish(books_dir: Path) -> None:
    """Finishes what a dead seal had committed, and removes what it had not."""
    move_into_place(books_dir)
    shutil.rmtree(books_dir / WORKING, ignore_errors=True)


def begin(books_dir: Path) -> Path:
    """A fresh working folder in the books; finishes or removes what a dead seal left behind."""
    books_dir.mkdir(parents=True, exist_ok=True)
    finish(books_dir)
    working = books_dir / WORKING
    (working / "staged").mkdir(parents=True)
    return working


def commit(books_dir: Path, manifest: Manifest) -> None:
    """Makes the finished working folder the books in force, then moves its files into place."""
    working = books_dir / WORKING
    shutil.rmtree(working / "staged")
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (working / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    for path in working.iterdir():
        _sync(path)
    _sync(working)
    working.rename(books_dir / COMMITTED)
    _sync(books_dir)
    move_into_place(books_dir)


def move_into_place(books_dir: Path) -> None:
    """Moves the files of a committed seal to their places, the manifest last; may be repeated at any point."""
    committed = books_dir / COMMITTED
    if (committed / "manifest.json").exists():
        for path in sorted(committed.glob("*.parquet")):
            path.replace(books_dir / path.name)
        sealed = json.loads((committed / "manifest.json").read_text(encoding="utf-8"))["tables"]
        for name in TABLES:
            if name not in sealed:
                (books_dir / f"{name}.parquet").unlink(missing_ok=True)
        _sync(books_dir)
        (committed / "manifest.json").replace(books_dir / "manifest.json")
    if committed.exists():
        shutil.rmtree(committed)
        _sync(books_dir)


def _sync(path: Path) -> None:
    """Waits until a file or a folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
