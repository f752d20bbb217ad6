"""The error catalogue: every message about a bad source file as a user reads it, generated from the goldens."""

from __future__ import annotations

import os
from pathlib import Path

GOLDENS = Path(__file__).parent / "sources" / "goldens"
CATALOGUE = Path(__file__).parent / "ERRORS.md"

HEAD = """\
# The messages about bad source files

Generated from the goldens in `sources/goldens/`; `UPDATE_GOLDENS=1 pytest tests/test_error_catalogue.py` writes it again.
Each message says where, what was found, what was expected and what to do, and ends a command with exit code 2.
"""


def catalogue() -> str:
    """Every golden under its case."""
    parts = [
        f"## {path.stem.replace('_', ' ')}\n\n```\n{path.read_text(encoding='utf-8').rstrip()}\n```\n"
        for path in sorted(GOLDENS.glob("*.txt"))
    ]
    return "\n".join([HEAD, *parts])


def test_the_catalogue_is_current() -> None:
    if os.environ.get("UPDATE_GOLDENS"):
        CATALOGUE.write_text(catalogue(), encoding="utf-8")
    found = CATALOGUE.read_text(encoding="utf-8")
    assert found == catalogue(), "run UPDATE_GOLDENS=1 pytest tests/test_error_catalogue.py"


def test_every_message_says_where_what_and_what_to_do() -> None:
    for path in sorted(GOLDENS.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("SourceError: "), path.name
        for word in ("where:", "found:", "expected:"):
            assert word in text, f"{path.name} lacks {word}"
        assert "Traceback" not in text
