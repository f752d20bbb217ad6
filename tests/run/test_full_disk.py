"""A disk without room: it is said in every phase of a run, the last good state stays, and with room the next run goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Said, Tiny
from tests.run.killing import assert_no_parts, drawn_anew
from tests.run.test_close import files_of
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

pytestmark = pytest.mark.slow

ONLY = ("run", "--workpaper", "30", "--program", "borealis", "--workers", "1")


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """A disk of eight megabytes in the place of a folder."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(tiny: Tiny) -> Iterator[Tiny]:
    """The tiny company with its outputs on a disk of eight megabytes."""
    with mounted(tiny.outputs):
        yield tiny


def leave(tiny: Tiny, room: int) -> Path:
    """Fill the disk but for so many bytes."""
    filler = tiny.outputs / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(b"x" * 4096)
    with filler.open("rb+") as file:
        file.truncate(max(0, filler.stat().st_size - room))
    return filler


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["a changed source", "forced"])
def test_a_full_disk_says_so_and_leaves_the_last_good_state(small_disk: Tiny, force: list[str]) -> None:
    tiny = small_disk
    assert tiny.say(*ONLY).code == 0
    before = files_of(tiny.period)
    invoices = tiny.tables / "invoices.csv"
    if not force:
        invoices.write_text(invoices.read_text().replace("250.00", "251.00"))
    filler = leave(tiny, 0)
    said = tiny.say(*ONLY, *force)
    assert said.code == 2
    assert "no room left on the disk" in said.err or "no space left on device" in said.err
    assert "Traceback" not in said.err
    assert files_of(tiny.period) == before
    filler.unlink()
    assert tiny.say(*ONLY, *force).code == 0


@pytest.mark.slow
def test_a_disk_that_fills_up_in_any_phase(small_disk: Tiny) -> None:
    """From no room at all to enough: sealing, schedules, notebooks, reports, index; each ends in words, and is made good.

    ROOMS says how many amounts of room between the two are tried.
    """
    tiny = small_disk
    assert tiny.say(*ONLY).code == 0
    invoices = tiny.tables / "invoices.csv"
    text = invoices.read_text()
    expected = {}
    for amount in ("250.00", "251.00"):
        invoices.write_text(text.replace("250.00", amount))
        assert tiny.say(*ONLY).code == 0
        expected[amount] = files_of(tiny.period)
    codes = []
    steps = int(os.environ.get("ROOMS", "4"))
    for number, room in enumerate([900 * step // steps for step in range(steps)]):
        amount = ("250.00", "251.00")[number % 2]
        before = {name for name in files_of(tiny.period) if name.endswith((".json", ".html"))}
        invoices.write_text(text.replace("250.00", amount))
        filler = leave(tiny, room * 1024)
        said = tiny.say(*ONLY)
        codes.append(said.code)
        assert said.code in (0, 2), said
        assert said.code == 0 or "no room left" in said.err.lower() or "no space left" in said.err.lower(), said.err
        assert "Traceback" not in said.err
        assert before <= {*files_of(tiny.period)}, "a report is gone"
        filler.unlink()
        assert tiny.say(*ONLY).code == 0
        assert files_of(tiny.period) == expected[amount], f"{room} kB of room"
    assert {0, 2} == {*codes}


@pytest.fixture
def spoken_of(closed_tiny: Tiny) -> Iterator[Tiny]:
    """A company that was closed, with its outputs on a disk of eight megabytes."""
    aside = closed_tiny.folder / "aside"
    closed_tiny.outputs.rename(aside)
    with mounted(closed_tiny.outputs):
        shutil.copytree(aside, closed_tiny.outputs, dirs_exist_ok=True)
        yield closed_tiny


def said_or_full(said: Said) -> bool:
    """Whether a command was done; if not, it says that the disk is full, in words."""
    assert said.code in (0, 2), said
    assert "Traceback" not in said.err
    full = ("no room left", "no space left", "disk is full")
    assert said.code == 0 or any(words in said.err.lower() for words in full), said.err
    return said.code == 0


def test_a_disk_that_is_full_when_something_is_said(spoken_of: Tiny) -> None:
    """The record is whole and holds it or not; with room, reports show what the record holds."""
    tiny = spoken_of
    explain = ("explain", "amount_differs:inv-2", "-p", "borealis", "--by", "Ana")
    assert tiny.say(*explain[:2], "Typed", *explain[2:]).code == 0
    done = set()
    for number, room in enumerate((0, 16, 64, 400)):
        filler = leave(tiny, room * 1024)
        text = f"Typed wrong {number}"
        done.add(said_or_full(tiny.say(*explain[:2], text, *explain[2:])))
        filler.unlink()
        assert tiny.say("history", "--verify").code == 0
        assert tiny.say("run", "--workers", "1").code == 0
        assert_no_parts(tiny)
        assert files_of(drawn_anew(tiny, number)) == files_of(tiny.period)
    assert done == {False, True}


def test_a_disk_that_is_full_when_a_binder_is_sealed(spoken_of: Tiny) -> None:
    """No half binder stands under its name, and a key that could not be written is not there."""
    tiny = spoken_of
    binder, key = tiny.outputs / "tiny" / "binders" / "tiny_2026-05.binder.zip", tiny.outputs / "key.pem"
    done = set()
    for room in (0, 64, 400, 4000):
        filler = leave(tiny, room * 1024)
        done.add(said_or_full(tiny.say("binder", *([] if room else ["--new-key", str(key)]))))
        assert binder.exists() == (True in done)
        assert not key.exists()
        filler.unlink()
        assert_no_parts(tiny)
    assert tiny.close("verify", str(binder), "--seal-only").code == 0
    assert done == {False, True}
