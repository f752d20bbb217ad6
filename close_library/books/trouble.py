"""What the machine can refuse while books are written: room, rights, memory; said as a BooksError."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from close_library.books.snapshot import WORKING
from close_library.errors import BooksError, Fault

_LOCK = ".seal.lock"

_REFUSED = {
    errno.ENOSPC: ("no room left on the disk", "make room, or choose another --outputs"),
    errno.EDQUOT: ("the disk quota is used up", "make room, or choose another --outputs"),
    errno.EROFS: ("a read-only disk", "choose another --outputs"),
    errno.EACCES: ("no right to write", "allow writing, or choose another --outputs"),
    errno.EFBIG: ("no room: a file may not grow any further", "raise the limit, or choose another --outputs"),
    errno.EPERM: ("no right to write", "allow writing, or choose another --outputs"),
    errno.ENOTDIR: ("a file where a folder should be", "remove the file, or choose another --outputs"),
    errno.EEXIST: ("a file where a folder should be", "remove the file, or choose another --outputs"),
}


@contextmanager
def keeping_whole(books_dir: Path) -> Iterator[None]:
    """One seal at a time; whatever goes wrong, the working folder goes and the last good books stay."""
    with spoken(books_dir):
        books_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(books_dir / _LOCK, timeout=0):
            try:
                yield
            except BaseException:
                _forget(books_dir)
                raise


@contextmanager
def spoken(folder: Path) -> Iterator[None]:
    """What the machine refuses while something is written to a folder, as a BooksError."""
    try:
        yield
    except Timeout as error:
        raise BooksError(
            "the books are being sealed by another run.",
            [Fault(folder.name, "another seal at work", "one at a time", "wait until it has ended")],
        ) from error
    except (OSError, duckdb.IOException, duckdb.OutOfMemoryException, pa.ArrowException, MemoryError) as error:
        found, do = _spoken(error)
        raise BooksError(
            "the books can't be written.", [Fault(str(folder), found, "a folder that can be written, with room", do)]
        ) from error


def _forget(books_dir: Path) -> None:
    """Removes what a failed seal made; the folder too, if nothing else was ever in it."""
    shutil.rmtree(books_dir / WORKING, ignore_errors=True)
    if [path.name for path in books_dir.iterdir()] == [_LOCK]:
        shutil.rmtree(books_dir, ignore_errors=True)


def _spoken(error: Exception) -> tuple[str, str]:
    number = error.errno if isinstance(error, OSError) else None
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if number in _REFUSED:
        return _REFUSED[number]
    for spelled, known in (
        ("No space left", errno.ENOSPC),
        ("File too large", errno.EFBIG),
        ("Read-only", errno.EROFS),
        ("Permission", errno.EACCES),
    ):
        if spelled in str(error):
            return _REFUSED[known]
    if isinstance(error, (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError)) or "Out of Memory" in text:
        if "disk" in text or "temp_directory" in text or "offload" in text:
            return _REFUSED[errno.ENOSPC]
        return "not enough memory", "free memory, and run again"
    return text, "check the disk, and run again"
