"""One pass over the bytes of a text file: is it whole, is it UTF-8, and is every line one record?"""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from close_library.sources.extract import RawFile
from close_library.sources.faults import FileFaults

_CHUNK = 1 << 20


@dataclass
class Scan:
    """What the bytes have said so far; `line` and `in_line` are where the scan stands."""

    line: int = 1
    in_line: int = 0
    seen: int = 0
    quotes: bool = False
    blank_lines: bool = False
    bare_returns: int = 0
    tail: bytes = b"\n"
    decoder: codecs.IncrementalDecoder = field(default_factory=lambda: codecs.getincrementaldecoder("utf-8")("strict"))

    @property
    def plain(self) -> bool:
        """No quote, no blank line, no bare carriage return: a line is a record."""
        return not (self.quotes or self.blank_lines or self.bare_returns)

    def take(self, chunk: bytes, faults: FileFaults) -> bool:
        """Looks at the next bytes; False once the file can't be read any further."""
        if self.seen == 0 and (encoding := _other_encoding(chunk)):
            faults.add(None, "", f"{encoding} text", "UTF-8 text", "save the file as UTF-8")
            return False
        if (position := chunk.find(b"\0")) >= 0:
            self._count(chunk[:position])
            faults.add(
                self.line, f"byte {self.in_line + 1}", "a NUL byte", "text", "export the file again as UTF-8 text"
            )
            return False
        try:
            self.decoder.decode(chunk)
        except UnicodeDecodeError as error:
            self._broken(chunk, error, faults)
            return False
        self._count(chunk)
        return True

    def end(self, faults: FileFaults) -> bool:
        """The file has ended; False when it ended inside a character or held nothing."""
        if self.seen == 0:
            faults.add(
                None,
                "",
                "an empty file",
                "a header line with the names of the columns",
                "write the header, or delete the file if the company has none of it",
            )
            return False
        try:
            self.decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            faults.add(
                self.line,
                f"byte {self.in_line}",
                "half a character at the end of the file",
                "UTF-8 text",
                "export the file again",
            )
            return False
        return True

    def _count(self, chunk: bytes) -> None:
        """Moves on by some bytes. A line ends with a line feed, a carriage return, or both together."""
        joined = self.tail[-1:] + chunk
        bare = chunk.count(b"\r") - joined.count(b"\r\n")
        self.line += chunk.count(b"\n") + bare
        self.bare_returns += bare
        last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self.in_line = len(chunk) - last - 1 if last >= 0 else self.in_line + len(chunk)
        self.quotes = self.quotes or b'"' in chunk
        joined = self.tail + chunk
        self.blank_lines = self.blank_lines or b"\n\n" in joined or b"\n\r\n" in joined
        self.tail = joined[-2:]
        self.seen += len(chunk)

    def _broken(self, chunk: bytes, error: UnicodeDecodeError, faults: FileFaults) -> None:
        # The decoder may hold up to three bytes of the chunk before; then the bad character began there.
        held = len(error.object) - len(chunk)
        start = error.start - held
        self._count(chunk[: max(start, 0)])
        byte = error.object[error.start]
        faults.add(
            self.line,
            f"byte {max(self.in_line + 1 + min(start, 0), 1)}",
            f"the byte 0x{byte:02X}, which is not UTF-8",
            "UTF-8 text",
            "save the file as UTF-8 (it may be Latin-1 or Windows-1252)",
        )


def _other_encoding(chunk: bytes) -> str:
    if chunk.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "UTF-32"
    return "UTF-16" if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ""


def open_bytes(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked if its name ends in .gz."""
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix.lower() == ".gz" else path.open("rb")


def scan(raw: RawFile, faults: FileFaults) -> Scan | None:
    """Scans a text file; None when it can't be read, and the faults say why."""
    found = Scan()
    try:
        with open_bytes(raw.path) as stream:
            while chunk := stream.read(_CHUNK):
                if not found.take(chunk, faults):
                    return None
    except EOFError:
        faults.add(None, "", "a gzip file that ends too early", "the whole file", "copy or export it again")
        return None
    except (gzip.BadGzipFile, zlib.error):
        faults.add(None, "", "damaged or no gzip data", "a gzip file, as the name says", "copy or export it again")
        return None
    return found if found.end(faults) else None
