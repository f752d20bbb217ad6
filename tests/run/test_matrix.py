"""The matrix that a run prints: every workpaper once, within the width of the terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from close_library.run.status import Standing
from close_library.run.summary import print_matrix

REFS = [str(ref) for ref in (10, *range(20, 25), 30, 31, 32, 40, 41, 42, 50, 51, 60, 61, 62, *range(70, 74), 90, 91)]
PROGRAMS = ["_company", "atlas", "a-program-with-a-long-name"]


@pytest.mark.parametrize("width", [40, 72, 80, 100, 200])
def test_every_workpaper_stands_once_in_lines_of_about_the_same_length(width: int) -> None:
    printed = io.StringIO()
    standings = [Standing(program, ref, "name", "open", 0, 12) for program in PROGRAMS for ref in REFS]
    print_matrix(Console(file=printed, width=width), standings)
    headings = [line.split()[1:] for line in printed.getvalue().splitlines() if line.startswith("program")]
    assert [ref for heading in headings for ref in heading] == REFS
    lengths = [len(heading) for heading in headings]
    assert max(lengths) - min(lengths) <= len(lengths)
    assert all(len(line) <= width for line in printed.getvalue().splitlines() if "agreed" not in line)
