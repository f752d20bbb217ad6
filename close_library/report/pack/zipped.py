"""Office files with the same bytes for the same content: parts in the order of their names, no clock, no machine."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

THE_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip file can hold stands at every part."""

_FIRST = "[Content_Types].xml"


def same_bytes(office: bytes) -> bytes:
    """The same file with its parts sorted, the list of their types first, and no time in them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office)) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda name: (name != _FIRST, name)):
            entry = zipfile.ZipInfo(name, THE_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            target.writestr(entry, source.read(name))
    return packed.getvalue()


def moment_of(period_end: str) -> datetime:
    """What the file says of when it was made: the end of its period, so that it holds no clock."""
    return datetime.fromisoformat(period_end) if period_end else datetime(*THE_TIME[:3])


def printable(text: str) -> str:
    """A text without the characters that no XML file can hold."""
    return "".join(
        letter
        for letter in text
        if letter in "\t\n" or "\x20" <= letter < "\ud800" or "\ue000" <= letter <= "\ufffd" or letter >= "\U00010000"
    )


def one_line(text: str) -> str:
    """A text as one line whose percent signs stay with their numbers."""
    return printable(text).replace("\n", " ").replace(" %", "\u00a0%")
