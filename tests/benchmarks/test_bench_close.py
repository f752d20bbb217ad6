"""A whole close of the sample company: cold, with every workpaper and every format, and again with nothing changed."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import PROJECT, Sample

UNCHANGED_ROUNDS = 3


def close(sample: Sample, outputs: Path, *options: str) -> tuple[float, float, int]:
    """Seconds from the command to its end, seconds of processors, and how many workpapers it executed."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "close_library", "run", "--parameters", str(sample.parameters)]
    done = subprocess.run(
        [*command, "--outputs", str(outputs), *options], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processors = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = re.search(r"(\d+) executed", done.stdout)
    return seconds, processors, int(found[1]) if found else 0


@pytest.mark.benchmark
def test_a_whole_close(sample: Sample, tmp_path: Path) -> None:
    print(f"\na close of the sample company, {os.cpu_count()} processors, load before {os.getloadavg()[0]:.1f}")
    cold, processors, executed = close(sample, tmp_path / "outputs")
    assert executed > 100
    formats = sorted({path.suffix for path in tmp_path.joinpath("outputs").rglob("[0-9][0-9]_*.*")})
    print(f"  cold       {cold:6.1f} s   {executed} workpapers, {cold / executed:.2f} s each ({' '.join(formats)})")
    print(
        f"             {processors:6.1f} s of processors, {processors / executed:.2f} s each; the aim is a minute on two"
    )
    unchanged = []
    for _ in range(UNCHANGED_ROUNDS):
        seconds, _, again = close(sample, tmp_path / "outputs")
        assert again == 0
        unchanged.append(seconds)
    print(f"  unchanged  {min(unchanged):6.1f} s   none executed")
