"""The shape of the notebooks that we ship, and that their executed copies run again with the same outputs."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from close_library.run.close import CloseResult
from close_library.run.execution.forking import kind_of_kernel
from close_library.run.execution.process import environment
from close_library.workpaper.notebook import SECTIONS, read_workpaper, source_of
from tests.conftest import PROJECT
from tests.nbval_again import ROWS_FOLDER, rows_file

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
HEADINGS = list(SECTIONS)
LONGEST_CODE_CELL = 20

ONE_CALL = (ast.Import, ast.ImportFrom, ast.Assign, ast.Expr)
"""What a statement of a cell may be: an import, a name for a result, a call. No loop, no branch, no definition."""

ARITHMETIC = (
    ast.BinOp,
    ast.AugAssign,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.IfExp,
    ast.Lambda,
)


def cells_of(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


@pytest.fixture(params=NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def notebook(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_notebooks() -> None:
    refs = {path.name[:2] for path in NOTEBOOKS}
    assert {"10", "20", "22", "23", "30", "31", "32", "60", "61", "62", "70"} <= refs


def test_it_can_be_planned(notebook: Path) -> None:
    workpaper, faults = read_workpaper(notebook)
    assert not faults
    assert workpaper is not None


def test_it_has_the_six_headings_in_order(notebook: Path) -> None:
    lines = [
        line for cell in cells_of(notebook) if cell["cell_type"] == "markdown" for line in source_of(cell).split("\n")
    ]
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS


def test_it_begins_with_its_title_and_what_it_proves(notebook: Path) -> None:
    workpaper, _ = read_workpaper(notebook)
    assert workpaper is not None
    first = source_of(cells_of(notebook)[0]).strip().split("\n")
    assert first[0] == f"# {workpaper.ref} · {workpaper.title}"
    assert len(first) > 1


def test_what_is_compared_exactly_says_what_is_counted(notebook: Path) -> None:
    """A number of rows without its unit would be shown, and its difference reported, as money."""
    compared = [source_of(cell) for cell in cells_of(notebook) if "exact=True" in source_of(cell)]
    assert [source for source in compared if "unit=" not in source] == []


def test_it_fits_a_head(notebook: Path) -> None:
    cells = cells_of(notebook)
    assert 12 <= len(cells) <= 25
    assert max(len(source_of(cell).splitlines()) for cell in cells if cell["cell_type"] == "code") <= LONGEST_CODE_CELL


def test_its_cells_import_name_and_call_and_do_nothing_else(notebook: Path) -> None:
    for cell in cells_of(notebook):
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", []):
            tree = ast.parse(source_of(cell))
            assert all(isinstance(statement, ONE_CALL) for statement in tree.body), source_of(cell)
            assert not [node for node in ast.walk(tree) if isinstance(node, ARITHMETIC)], source_of(cell)


def test_it_is_committed_without_outputs(notebook: Path) -> None:
    for cell in cells_of(notebook):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


def test_its_imports_are_from_the_library(notebook: Path) -> None:
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for cell in cells_of(notebook)
        if cell["cell_type"] == "code"
        for node in ast.walk(ast.parse(source_of(cell)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert modules
    assert all(str(module).split(".")[0] == "close_library" for module in modules), modules


def test_nbval_runs_the_executed_copies_again_in_stock_kernels_with_the_same_outputs(
    closed: CloseResult, tmp_path: Path
) -> None:
    """One program's, and the company's where no program has it: what a forked kernel gave, byte for byte, a stock one gives.

    The outputs hold the whole document; the rows of its figures are compared as the files that they are.
    """
    period = closed.prepared.folder
    of_program = sorted((period / "atlas").glob("*.ipynb"))
    of_company = sorted((period / "_company").glob("*.ipynb"))
    executed = [*of_program, *(path for path in of_company if path.name not in {each.name for each in of_program})]
    assert len(executed) == len(NOTEBOOKS)
    assert {outcome.kernel for outcome in closed.outcomes} == {kind_of_kernel()}
    alone = ["-p", "no:cacheprovider", "-p", "tests.nbval_again", "-c", os.devnull, "--rootdir", str(period)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *alone, "--nbval", "--nbval-current-env", *map(str, executed)],
        cwd=period / "atlas",
        env={**environment(1, tmp_path), ROWS_FOLDER: str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "failed" not in done.stdout
    again = [rows_file(tmp_path, path) for path in executed]
    before = [path.with_suffix(".rows.parquet") for path in executed]
    assert [path.read_bytes() for path in again if path.exists()] == [
        path.read_bytes() for path in before if path.exists()
    ]
    assert sum(path.exists() for path in again) >= 20
