"""Messages held against files: what a user reads, kept beside the tests and written again on demand."""

from __future__ import annotations

import os
import re
from pathlib import Path

UPDATE = "UPDATE_GOLDENS"


def compare_with_golden(folder: Path, name: str, text: str) -> None:
    """Compare a message with its golden, or write it where UPDATE_GOLDENS is set; the day on which something was said
    and the digest of a document are put in one form."""
    text = re.sub(r" on \d{4}-\d{2}-\d{2}", " on 2026-11-03", text)
    text = re.sub(r"the document [0-9a-f]{16}", "the document 0123456789abcdef", text)
    golden = folder / f"{name.replace(' ', '_')}.txt"
    if os.environ.get(UPDATE):
        folder.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    expected = golden.read_text(encoding="utf-8") if golden.exists() else ""
    assert text == expected, f"if the message should change, run the test again with {UPDATE}=1"
