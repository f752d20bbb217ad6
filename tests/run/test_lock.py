"""One run at a time for each company and period, and a dead one holds nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from close_library.errors import BooksError
from close_library.run.files.lock import locked
from tests.conftest import PROJECT, Tiny
from tests.waiting import PATIENCE

HOLD = """
import sys, time
from pathlib import Path
from close_library.run.files.lock import locked
with locked(Path(sys.argv[1]), "tiny", "2026-05"):
    print("held", flush=True)
    time.sleep(3600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of 2026-05."""
    folder = tmp_path / "outputs" / "tiny" / ".run"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_of_the_period_is_told_who_holds_it(tiny: Tiny, holder: subprocess.Popen[str]) -> None:
    said = tiny.say("run")
    assert said.code == 2
    assert "BooksError: another run is closing tiny 2026-05." in said.err
    assert f"process {holder.pid} on" in said.err
    assert not tiny.period.exists()


def test_waiting_ends_when_the_holder_is_killed(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    folder = tmp_path / "outputs" / "tiny" / ".run"
    with pytest.raises(BooksError), locked(folder, "tiny", "2026-05", wait=0.2):
        pass
    holder.kill()
    with locked(folder, "tiny", "2026-05", wait=PATIENCE):
        assert (folder / "2026-05.holder.json").exists()
    assert not (folder / "2026-05.holder.json").exists()


def test_another_period_is_free(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with locked(tmp_path / "outputs" / "tiny" / ".run", "tiny", "2026-04"):
        pass
