"""The README's company is closed as written, and the transcript says what the commands print."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from close_library.cli import options
from tests.conftest import PROJECT, Said

README = PROJECT / "README.md"
FILES = re.compile(r"^`((?:parameters|inbox)/[\w.]+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
TRANSCRIPT = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def without_time(text: str) -> str:
    """What a command printed, without how long it took."""
    return re.sub(r"\d+(\.\d+)? s\b", "… s", "\n".join(line.rstrip() for line in text.strip().splitlines()))


def test_the_transcript_is_what_the_commands_print(
    tmp_path: Path, close: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = README.read_text(encoding="utf-8")
    for name, content in FILES.findall(text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(options.out, "_width", 100)
    [transcript] = TRANSCRIPT.findall(text)
    commands = re.findall(r"^\$ close (.*)$", transcript, re.MULTILINE)
    said = [(command, close(*command.split())) for command in commands]
    assert [result.code for _, result in said] == [0] * len(said), said
    printed = "\n\n".join(f"$ close {command}\n{without_time(result.out)}" for command, result in said) + "\n"
    if os.environ.get("UPDATE_README"):
        README.write_text(text.replace(transcript, printed), encoding="utf-8")
    else:
        assert transcript == printed, "run UPDATE_README=1 pytest tests/test_readme.py and look at the change"


def test_every_workpaper_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    refs = [path.name.split("_")[0] for path in sorted((PROJECT / "notebooks").glob("*.ipynb"))]
    assert [ref for ref in refs if f"\n| {ref} |" not in text] == []


def test_every_room_and_command_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    rooms = [
        path.name for path in (PROJECT / "close_library").iterdir() if path.is_dir() and path.name != "__pycache__"
    ]
    assert [room for room in rooms if f"`{room}/`" not in text] == []
