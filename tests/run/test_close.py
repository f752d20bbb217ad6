"""A whole close of a tiny company: what is there afterwards, whatever went wrong on the way."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from close_library.run.close import CloseResult
from close_library.run.gathering.index import documents_of
from tests.conftest import PROJECT, Said, Tiny
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

ENDINGS = ("html", "ipynb", "json", "pdf", "rows.parquet", "xlsx")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def document(folder: Path, stem: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
    return content


@pytest.fixture
def closed_tiny(tiny: Tiny) -> tuple[Tiny, Said]:
    return tiny, tiny.say("run", "--json")


def test_a_close_writes_every_file_of_the_plan_and_nothing_else(closed_tiny: tuple[Tiny, Said]) -> None:
    tiny, said = closed_tiny
    result = json.loads(said.out)
    assert (said.code, result["statuses"], result["executed"]) == (0, {"agreed": 3}, 3)
    assert names(tiny.outputs / "tiny") == [".run", "2026-05"]
    top = ["_company", "atlas", "books", "borealis", "index.html", "index.json",
           "ipe.html", "ipe.json", "ipe.pdf", "ipe.xlsx", "manifest.json", "run.json"]  # fmt: skip
    assert names(tiny.period) == top
    for program in ("_company", "atlas", "borealis"):
        assert names(tiny.period / program) == [f"30_receivables_roll_forward.{ending}" for ending in ENDINGS]
    manifest = json.loads((tiny.period / "manifest.json").read_text())["files"]
    files = {path.relative_to(tiny.period).as_posix() for path in tiny.period.rglob("*") if path.is_file()}
    assert set(manifest) == {file for file in files if not Path(file).name.startswith(".")} - {
        "manifest.json",
        "run.json",
    }
    for file, digest in manifest.items():
        assert hashlib.sha256((tiny.period / file).read_bytes()).hexdigest() == digest
    for path in tiny.period.rglob("*"):
        if path.is_file() and path.name != "run.json":
            assert str(tiny.folder).encode() not in path.read_bytes(), f"{path} holds a path of this machine"


def test_failures_are_kept_and_named_while_the_others_finish(tiny: Tiny) -> None:
    situations = {
        "40": (
            "raises_close_error",
            "ParameterError",
            "ParameterError: no account plays the role cash.\n  where:     company.yaml",
        ),
        "41": ("raises_key_error", "KeyError", "Cell [3] ended with KeyError: 'amount'"),
        "42": ("kernel_dies", "DeadKernel", "The notebook's kernel died."),
        "43": ("worker_dies", "WorkerDied", "Its worker process was killed."),
        "44": ("no_conclusion", "NoConclusion", "came to its end without a conclusion"),
    }
    for ref, (name, _, _) in situations.items():
        tiny.add_situation(name, ref)
    said = tiny.say("run", "--program", "_company", "--workers", "2")
    assert said.code == 2, said
    assert "NotebookError: 5 of 6 notebooks have no conclusion." in said.err
    assert "Traceback" not in said.err + said.out
    folder = tiny.period / "_company"
    assert document(folder, "30_receivables_roll_forward")["status"] == "agreed"
    index = {each["ref"]: each for each in json.loads((tiny.period / "index.json").read_text())["entries"]}
    for ref, (name, kind, message) in situations.items():
        failed = document(folder, f"{ref}_{name}")
        assert (failed["status"], failed["error"]["kind"]) == ("failed", kind)
        assert message in failed["error"]["message"]
        assert message.splitlines()[0] in said.err
        assert sorted(index[ref]["files"]) == ["html", "ipynb", "json", "pdf"]
        kept = (folder / f"{ref}_{name}.ipynb").read_text()
        assert str(tiny.folder) not in kept
    assert "Traceback" not in (folder / "40_raises_close_error.ipynb").read_text()
    assert "KeyError" in (folder / "41_raises_key_error.ipynb").read_text()
    assert not list(folder.glob(".*"))


def test_a_cell_that_takes_too_long_is_stopped(tiny: Tiny) -> None:
    tiny.add_situation("sleeps", "45")
    said = tiny.say("run", "--program", "_company", "--workpaper", "45", "--timeout", "1")
    assert said.code == 2
    assert "It took longer than the 1 seconds that --timeout allows." in said.err
    assert document(tiny.period / "_company", "45_sleeps")["error"]["kind"] == "Timeout"
    kept = json.loads((tiny.period / "_company" / "45_sleeps.ipynb").read_text(encoding="utf-8"))
    assert any("injected-parameters" in cell["metadata"].get("tags", []) for cell in kept["cells"]), "it was executed"


def test_outputs_that_come_late_are_waited_for(tiny: Tiny) -> None:
    """A busy machine can keep the end of a cell's outputs back for seconds after the cell's own end."""
    tiny.add_situation("late_outputs", "45")
    assert tiny.say("run", "--program", "_company", "--workpaper", "45").code == 2
    assert document(tiny.period / "_company", "45_late_outputs")["error"]["kind"] == "NoConclusion"


def test_a_failure_leaves_no_older_success_beside_it_and_a_success_no_failure(tiny: Tiny) -> None:
    notebook = tiny.notebooks / "30_receivables_roll_forward.ipynb"
    good = notebook.read_text(encoding="utf-8")
    only = ("run", "--program", "_company")
    assert tiny.say(*only).code == 0
    notebook.write_text(good.replace("open_workpaper(", "open_the_workpaper(", 2), encoding="utf-8")
    assert tiny.say(*only).code == 2
    folder = tiny.period / "_company"
    assert names(folder) == [f"30_receivables_roll_forward.{ending}" for ending in ("html", "ipynb", "json", "pdf")]
    notebook.write_text(good, encoding="utf-8")
    assert tiny.say(*only).code == 0
    assert names(folder) == [f"30_receivables_roll_forward.{ending}" for ending in ENDINGS]


def test_a_partial_run_keeps_the_others_and_a_full_run_drops_what_is_no_longer_planned(tiny: Tiny) -> None:
    tiny.add_situation("no_conclusion", "45")
    assert tiny.say("run", "--workpaper", "45").code == 2
    assert tiny.say("run", "--workpaper", "30", "--program", "atlas").code == 0
    standing = json.loads(tiny.say("status", "--json").out)
    assert standing["statuses"] == {"agreed": 1, "failed": 3, "not_run": 2}
    assert tiny.say("run", "--strict", "--workpaper", "30", "--program", "atlas").code == 3
    (tiny.notebooks / "45_no_conclusion.ipynb").unlink()
    assert tiny.say("run", "--strict").code == 0
    index = json.loads((tiny.period / "index.json").read_text())
    assert {each["ref"] for each in index["entries"]} == {"30"}
    assert not list(tiny.period.rglob("45_*"))


def test_a_company_without_a_table_has_a_workpaper_that_is_not_applicable(tiny: Tiny) -> None:
    (tiny.tables / "invoices.csv").unlink()
    (tiny.tables / "cash_applications.csv").unlink()
    said = tiny.say("run", "--program", "_company", "--strict", "--json")
    assert said.code == 0, said
    assert json.loads(said.out)["statuses"] == {"not_applicable": 1}
    concluded = document(tiny.period / "_company", "30_receivables_roll_forward")
    assert concluded["missing_tables"] == ["invoices"]
    assert "papermill-error" not in (tiny.period / "_company" / "30_receivables_roll_forward.ipynb").read_text()


def files_of(period: Path) -> dict[str, str]:
    return {
        path.relative_to(period).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in period.rglob("*")
        if path.is_file() and path.name != "run.json"
    }


def test_the_same_bytes_whatever_the_hash_seed_the_time_zone_and_the_locale(tiny: Tiny) -> None:
    said: list[dict[str, str]] = []
    for number, settings in enumerate(
        [
            {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "de_DE.UTF-8"},
            {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LC_ALL": "C"},
        ]
    ):
        outputs = tiny.folder / f"outputs {number}"
        command = [
            sys.executable,
            "-m",
            "close_library",
            "run",
            "--program",
            "atlas",
            *tiny.options("list"),
            "--outputs",
            str(outputs),
        ]
        done = subprocess.run(
            command, cwd=PROJECT, env={**os.environ, **settings}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        said.append(files_of(outputs / "tiny" / "2026-05"))
    assert said[0] == said[1]
    assert "atlas/30_receivables_roll_forward.xlsx" in said[0]


def test_no_parameter_is_idle(closed: CloseResult) -> None:
    """What a person can set, a workpaper reads; the sources and the record are the run's own."""
    held = json.loads((closed.prepared.folder / "books" / "parameters.json").read_text(encoding="utf-8"))
    keys = set(held["scopes"]["_company"]["origins"])
    read = {line["key"] for _, document in documents_of(closed.prepared.folder) for line in document["parameters"]}
    assert keys - read == {"sources"}


def test_an_unchanged_close_loads_nothing_that_it_does_not_need(closed_tiny: tuple[Tiny, Said]) -> None:
    """It takes less than a second because neither pandas nor Jupyter is loaded to find that nothing is to be done."""
    options = closed_tiny[0].options("run")
    command = [sys.executable, "-X", "importtime", "-m", "close_library", "run", *options]
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ", 0 executed" in again.stdout
    loaded = {line.rpartition("|")[2].strip() for line in again.stderr.splitlines() if line.startswith("import time:")}
    assert "pyarrow" in loaded, "what is loaded is seen"
    assert loaded & {"pandas", "papermill", "nbformat", "matplotlib", "jinja2", "xlsxwriter", "typst"} == set()
