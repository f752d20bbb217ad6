"""A disk without room: it is said in every phase of a run, the last good state stays, and with room the next run goes on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Tiny
from tests.run.test_close import files_of

pytestmark = pytest.mark.slow

ONLY = ("run", "--workpaper", "30", "--program", "atlas", "--program", "borealis")


@pytest.fixture
def small_disk(tiny: Tiny) -> Iterator[Tiny]:
    """The tiny company with its outputs on a disk of eight megabytes."""
    tiny.outputs.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tiny.outputs)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield tiny
    subprocess.run(["umount", str(tiny.outputs)], check=True)


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
    """From no room at all to enough: sealing, schedules, notebooks, reports, index; each ends in words, and is made good."""
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
    for number, room in enumerate(range(0, 900, 60)):
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
