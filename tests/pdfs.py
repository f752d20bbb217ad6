"""What a PDF says to a reader of its text and of its structure; read with poppler where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from close_library.report.pdf.letters import BREAK, readable

HAS_POPPLER = shutil.which("pdftotext") is not None
poppler = pytest.mark.skipif(not HAS_POPPLER, reason="poppler (pdftotext, pdfinfo) is not installed")


def text_of(pdf: bytes, *options: str) -> str:
    """The text of a PDF, as `pdftotext` with its options writes it."""
    return _read("pdftotext", *options, "-enc", "UTF-8", "-", "-", pdf=pdf)


def letters_of(pdf: bytes) -> str:
    """All letters of a PDF without white space, in the order in which they were written."""
    return squeezed(text_of(pdf, "-raw"))


def squeezed(text: str) -> str:
    """A text as it is looked for on a page: no white space, no places to break, letters that the fonts have.

    Ligatures and the way of right-to-left text are the reader's, so both sides lose them in the same way.
    """
    return re.sub(rf"[\s{BREAK}\u00ad\ufeff\u200e\u200f\u202a-\u202e-]", "", readable(text))


def about(pdf: bytes) -> str:
    """What a PDF says of itself: title, dates, pages."""
    return _read("pdfinfo", "-enc", "UTF-8", "-", pdf=pdf)


def headings_of(pdf: bytes, level: int) -> list[str]:
    """The headings of a level, as a screen reader finds them in the PDF's structure."""
    told = _read("pdfinfo", "-struct-text", "-enc", "UTF-8", "-", pdf=pdf)
    return re.findall(rf'^ *H{level} "(.*)" \(block\)$', told, re.MULTILINE)


def _read(*command: str, pdf: bytes) -> str:
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()
