"""Two surroundings in which the same input must give the same bytes: hash seed, time zone, language."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from tests.waiting import PATIENCE

SURROUNDINGS = [
    {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    {
        "PYTHONHASHSEED": "4242",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "de_DE.UTF-8",
        "LANG": "de_DE.UTF-8",
        "PYTHONUTF8": "0",
    },
]


def printed_in_each(program: str, arguments: Callable[[int], list[str]]) -> list[list[str]]:
    """The lines that a program prints, in a process of its own for each surroundings; `arguments` are those of the first, …"""
    printed = []
    for number, surroundings in enumerate(SURROUNDINGS):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments(number)],
            env={**os.environ, **surroundings},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout.splitlines())
    return printed
