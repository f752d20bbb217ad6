"""The error catalogue: the messages as a user reads them, generated from the goldens."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CATALOGUE = HERE / "ERRORS.md"

PARTS = {
    "Bad source files": (HERE / "sources" / "goldens", ("SourceError",)),
    "What people say": (HERE / "run" / "goldens", ("RecordError", "ParameterError")),
}
"""Part of the catalogue → where its goldens lie, and the kinds of errors in them."""

HEAD = """\
# The messages

Generated from the goldens in `sources/goldens/` and `run/goldens/`;
`UPDATE_GOLDENS=1 pytest tests/test_error_catalogue.py` writes it again.
Each message says where, what was found, what was expected and what to do, and ends a command with exit code 2.
"""

GOLDENS = [(path, kinds) for folder, kinds in PARTS.values() for path in sorted(folder.glob("*.txt"))]


def catalogue() -> str:
    """Every golden under its case, part by part."""
    parts = [HEAD]
    for title, (folder, _) in PARTS.items():
        parts.append(f"# {title}\n")
        parts += [
            f"## {path.stem.replace('_', ' ')}\n\n```\n{path.read_text(encoding='utf-8').rstrip()}\n```\n"
            for path in sorted(folder.glob("*.txt"))
        ]
    return "\n".join(parts)


def test_the_catalogue_is_current() -> None:
    if os.environ.get("UPDATE_GOLDENS"):
        CATALOGUE.write_text(catalogue(), encoding="utf-8")
    found = CATALOGUE.read_text(encoding="utf-8")
    assert found == catalogue(), "run UPDATE_GOLDENS=1 pytest tests/test_error_catalogue.py"


@pytest.mark.parametrize(("path", "kinds"), GOLDENS, ids=[path.stem for path, _ in GOLDENS])
def test_every_message_says_where_what_and_what_was_expected(path: Path, kinds: tuple[str, ...]) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.partition(":")[0] in kinds
    assert all(word in text for word in ("where:", "found:", "expected:"))
    assert "Traceback" not in text
