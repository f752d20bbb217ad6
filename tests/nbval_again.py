"""A plugin for nbval: outputs are waited for, however busy the machine, and the rows of the figures are written too.

By itself nbval gives outputs five seconds after their cell.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ROWS_FOLDER = "CLOSE_TEST_ROWS"
"""The environment variable that says where the rows go, if anywhere."""


def rows_file(folder: Path, notebook: Path) -> Path:
    """Where the rows of a notebook's figures go: beside those of its namesake of another program."""
    return folder / f"{notebook.parent.name} {notebook.stem}.rows.parquet"


def pytest_configure(config: pytest.Config) -> None:
    """A kernel may take long to start."""
    config.option.nbval_kernel_startup_timeout = PATIENCE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """So may outputs to come."""
    for item in items:
        item.output_timeout = PATIENCE  # type: ignore[attr-defined]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The notebook's kernel starts with its first cell, and takes this over."""
    if ROWS_FOLDER in os.environ:
        os.environ["CLOSE_ROWS_FILE"] = str(rows_file(Path(os.environ[ROWS_FOLDER]), item.path))
