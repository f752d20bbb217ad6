"""One file that holds many, in the same bytes for the same content on every machine.

A zip whose members are stored as they are, in the order of their names, dated 1980: compression would depend on a
library's version. So a changed byte anywhere is found: either in a member, or because the file is not the one that
its members make.
"""

from __future__ import annotations

import errno
import hashlib
import os
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from types import TracebackType
from typing import IO, Self

from close_library.errors import Fault, ReportError

_EPOCH = (1980, 1, 1, 0, 0, 0)
_BLOCK = 1 << 20
_UNREADABLE = (OSError, zipfile.BadZipFile, ValueError, EOFError, RuntimeError)
"""What zipfile raises for a file that is damaged, encrypted, or packed by a method that it does not know."""

_NO_PLACE = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL)
"""What the disk says of a name that no archive of ours has."""

Content = bytes | Path


def write_archive(path: Path, members: Mapping[str, Content]) -> None:
    """Write an archive; the members come in the order of their names."""
    with path.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in sorted(members):
            content = members[name]
            with archive.open(_member(name, content), "w") as member:
                for block in _blocks(content):
                    member.write(block)
    with path.open("rb+") as written:
        os.fsync(written.fileno())


def digest_of(content: Content) -> tuple[str, int]:
    """The sha256 and the length of a member."""
    digest, length = hashlib.sha256(), 0
    for block in _blocks(content):
        digest.update(block)
        length += len(block)
    return digest.hexdigest(), length


class Archive:
    """An archive opened for reading; a name that leads out of a folder is refused."""

    def __init__(self, path: Path) -> None:
        """Raises ReportError when the file is no archive, or its directory is damaged."""
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            raise _damaged(path, str(error)) from error
        wrong = _wrong_member(self._zip.infolist(), path.stat().st_size)
        if wrong:
            self._zip.close()
            raise _damaged(path, wrong)
        self.names = sorted(self._zip.namelist())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def read(self, name: str) -> bytes:
        """A member's bytes. Raises ReportError when they can't be read."""
        return b"".join(self.blocks(name))

    def digest(self, name: str) -> str:
        """The sha256 of a member. Raises ReportError when it can't be read."""
        digest = hashlib.sha256()
        for block in self.blocks(name):
            digest.update(block)
        return digest.hexdigest()

    def blocks(self, name: str) -> Iterator[bytes]:
        """A member's bytes, block by block. Raises ReportError when they can't be read."""
        try:
            with self._zip.open(name) as member:
                while block := member.read(_BLOCK):
                    yield block
        except KeyError as error:
            raise _damaged(self.path, f"{name} is missing") from error
        except _UNREADABLE as error:
            raise _damaged(self.path, f"{name}: {error}") from error

    def extract(self, name: str, place: Path) -> None:
        """Write a member to a new file. Raises ReportError when it can't be read, or has no place as a file there."""
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                for block in self.blocks(name):
                    file.write(block)
        except OSError as error:
            if error.errno not in _NO_PLACE:
                raise
            raise _damaged(self.path, f"{name} can't be unpacked: {error.strerror}") from error

    def first_foreign_byte(self) -> int | None:
        """Where the file first differs from the archive that its members make; None when it is that archive."""
        with self.path.open("rb") as file:
            compared = _Comparison(file)
            with zipfile.ZipFile(compared, "w", zipfile.ZIP_STORED, allowZip64=True) as again:
                for name in self.names:
                    info = self._zip.getinfo(name)
                    with again.open(_member(name, info.file_size), "w") as member:
                        for block in self.blocks(name):
                            member.write(block)
            return compared.result()


class _Comparison:
    """A file to write to that only compares what is written with another one.

    The zip writer goes back to fill in a header when its member ends: what is written again is compared again.
    """

    def __init__(self, expected: IO[bytes]) -> None:
        self._expected = expected
        self._place = 0
        self._end = 0
        self._differing: set[int] = set()

    def write(self, block: bytes) -> int:
        """Compare a block with the other file's at the same place."""
        self._expected.seek(self._place)
        there = self._expected.read(len(block))
        span = range(self._place, self._place + len(block))
        if self._place < self._end:
            self._differing.difference_update(span)
        if there != bytes(block):
            self._differing.add(self._place + _first_difference(there, bytes(block)))
        self._place += len(block)
        self._end = max(self._end, self._place)
        return len(block)

    def result(self) -> int | None:
        """The first place that differs, also where one file is longer than the other."""
        self._expected.seek(0, os.SEEK_END)
        length = self._expected.tell()
        if length != self._end:
            self._differing.add(min(length, self._end))
        return min(self._differing, default=None)

    def tell(self) -> int:
        """Where the next block goes."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place that was written before, or back to the end."""
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._end}[whence]
        return self._place

    def seekable(self) -> bool:
        """The writer may go back."""
        return True

    def flush(self) -> None:
        """Nothing is held."""

    def close(self) -> None:
        """Nothing is held."""


def _first_difference(left: bytes, right: bytes) -> int:
    for place, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return place
    return min(len(left), len(right))


def _member(name: str, content: Content | int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    if isinstance(content, int):
        info.file_size = content
    else:
        info.file_size = len(content) if isinstance(content, bytes) else content.stat().st_size
    return info


def _blocks(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _wrong_member(members: Sequence[zipfile.ZipInfo], length: int) -> str:
    """What no binder has, found before a byte of a member is read; empty when there is nothing of the kind.

    Compressed members, and members that lie in one another, could hold more than any disk does.
    """
    names = [member.filename for member in members]
    if twice := next((name for name, count in Counter(names).items() if count > 1), None):
        return f"two members of the name {twice!r}"
    for member in members:
        if not _is_inside(member.filename) or member.orig_filename != member.filename:
            return f"the member {member.orig_filename!r}, which is no place in a folder"
        if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
            return f"the member {member.filename!r}, which is not stored as it is"
    if sum(member.file_size for member in members) > length:
        return "members that are longer than the file"
    return ""


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return (
        bool(path.parts)
        and not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in name
        and not PureWindowsPath(name).drive
        and path.as_posix() == name
    )


def _damaged(path: Path, found: str) -> ReportError:
    return ReportError(
        "the binder can't be read.",
        [Fault(str(path), found, "a binder as `close binder` wrote it", "get the file again from whoever sealed it")],
    )
