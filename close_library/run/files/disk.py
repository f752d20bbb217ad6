"""What the disk refuses, said so that the user can mend it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from close_library.errors import Fault, ReportError

_ROOM = "free some space, or give another folder with --outputs DIR; the last good state is untouched"
_RIGHTS = "change its rights, or give another folder with --outputs DIR"
_REMEDIES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: _ROOM,
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: _RIGHTS,
    errno.ENOTDIR: "move the file that stands where a folder should be",
    errno.EEXIST: "move the file that stands where a folder should be",
    errno.EISDIR: "move the folder that stands where a file should be",
    errno.ENAMETOOLONG: "give a shorter folder with --outputs DIR",
    errno.EIO: "look at the disk",
}


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a ReportError that names the file and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        raise cannot_write(
            Path(error.filename or folder), error.strerror or str(error), _REMEDIES[error.errno]
        ) from error


def refusal_behind(error: BaseException | None) -> OSError | None:
    """What the disk refused behind an error of a library that wraps it; None where the disk has nothing to do with it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for each in (error, *error.args):
            if isinstance(each, OSError) and each.errno in _REMEDIES:
                return each
        error = error.__cause__ or error.__context__
    return None


def is_full(text: str) -> bool:
    """Whether a message says that the disk has no room left."""
    return any(os.strerror(number).lower() in text.lower() for number in (errno.ENOSPC, errno.EDQUOT))


def cannot_write(place: Path, found: str, do: str = _ROOM) -> ReportError:
    """The error that says that the outputs can't be written."""
    return ReportError(
        "the outputs can't be written.",
        [Fault(str(place), found.lower(), "a folder that can be written to, with room for the reports", do)],
    )
