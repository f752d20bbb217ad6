"""The same inputs give the same bytes in every format, whoever closes them, wherever, and however the machine is set."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT, Sample
from tests.waiting import PATIENCE

NOTEBOOKS = ("10_source_completeness", "30_receivables_roll_forward", "61_proposed_journal_entries", "91_close_summary")
"""Of the company, of both scopes, with files to import, with slides and a letter."""

SURROUNDINGS = (
    {"folder": "plain", "umask": "022", "PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
    {
        "folder": "a folder/of somebody else's, übers Eck",
        "umask": "077",
        "PYTHONHASHSEED": "4242",
        "TZ": "Pacific/Chatham",
        "LC_ALL": "de_DE.UTF-8",
        "LANG": "tr_TR.UTF-8",
        "MPLBACKEND": "agg",
        "COLUMNS": "40",
    },
)

WRITTEN_BY_THE_CLOCK = "run.json"


@pytest.mark.slow
def test_two_closes_of_one_company_are_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    made = [close_and_seal(sample, tmp_path, dict(surroundings)) for surroundings in SURROUNDINGS]
    names = {path.suffix for path in made[0]}
    assert names >= {".html", ".xlsx", ".pdf", ".json", ".ipynb", ".parquet", ".pptx", ".docx", ".csv", ".zip"}
    assert sorted(made[0]) == sorted(made[1])
    differ = [str(path) for path in sorted(made[0]) if made[0][path] != made[1][path]]
    assert not differ


def close_and_seal(sample: Sample, tmp_path: Path, surroundings: dict[str, str]) -> dict[Path, bytes]:
    """Close a copy of the company in a process of its own and seal its binder; returns the files that came of it."""
    folder, umask = tmp_path / surroundings.pop("folder"), int(surroundings.pop("umask"), 8)
    folder.mkdir(parents=True)
    shutil.copytree(sample.tables, folder / "tables")
    shutil.copytree(sample.parameters, folder / "parameters")
    (folder / "notebooks").mkdir()
    for name in NOTEBOOKS:
        shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", folder / "notebooks")
    (folder / "elsewhere").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **surroundings}
    for command in ("run", "binder"):
        options = [f"--{name}={folder / name}" for name in ("parameters", "notebooks", "outputs")]
        done = subprocess.run(
            [sys.executable, "-m", "close_library", command, *options],
            cwd=folder / "elsewhere",
            umask=umask,
            env=environment,
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    outputs = folder / "outputs" / "meridian"
    return {
        path.relative_to(outputs): path.read_bytes()
        for path in outputs.rglob("*")
        if path.is_file() and ".run" not in path.parts and path.name != WRITTEN_BY_THE_CLOCK
    }
