"""Everything again: the notebooks of a binder executed on its sealed books, and what comes out compared with what was sealed.

It takes nothing from this machine but the product: notebooks, books, parameters and what people said are the binder's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.checking import Verdict
from close_library.binder.comparing import compare_file
from close_library.parameters import COMPANY, read_parameters
from close_library.record.export import read_export, restored
from close_library.run.again import perform_again
from close_library.run.plan import Plan, read_notebooks
from close_library.run.progress import Reporter
from close_library.run.said import hear

_MADE_AGAIN = (".html", ".json", ".xlsx", ".pdf", ".ipynb", ".parquet", ".csv", ".pptx", ".docx")
_GIVEN = ("books/manifest.json", "books/parameters.json", "books/workpapers.json")
_SAID = "books/said_"


@dataclass(frozen=True)
class Reperformed:
    """What came of it: how many notebooks were executed and how many files were compared."""

    notebooks: int
    files: int


def reperform(archive: Archive, manifest: dict[str, Any], folder: Path, workers: int, reporter: Reporter, verdict: Verdict) -> Reperformed:
    """Execute every notebook of a binder in an empty folder, and add each difference to the verdict."""
    company, period = manifest["company"], manifest["period"]
    place = folder / company / period
    reporter.step("unpacking the books")
    given = [name for name in archive.names if _is_given(name, period_tables(archive))]
    for name in given:
        archive.extract(name, place / name.removeprefix(f"{contents.PERIOD}/"))
    for name in archive.names:
        if name.startswith(f"{contents.NOTEBOOKS}/"):
            archive.extract(name, folder / name)
    index = json.loads(archive.read(f"{contents.PERIOD}/index.json"))
    notebooks = read_notebooks(folder / contents.NOTEBOOKS)
    plan = Plan(notebooks.workpapers, tuple(program for program in index["program_names"]))
    settings = read_parameters(json.loads((place / "books" / "parameters.json").read_text(encoding="utf-8")), COMPANY)
    with restored(read_export(archive.read(contents.EVENTS)), folder / company) as record:
        heard = hear(record, period)
    outcomes = perform_again(place, plan, settings, index, heard, workers, reporter)
    made = sorted(name for name in archive.names if name.startswith(f"{contents.PERIOD}/") and name not in given)
    reporter.step("comparing what came out")
    for name in made:
        verdict.differences += compare_file(archive, name, place / name.removeprefix(f"{contents.PERIOD}/"), name)
    extra = sorted(_files(place) - {name.removeprefix(f"{contents.PERIOD}/") for name in archive.names} - {"run.json"})
    for name in extra:
        verdict.differs(f"{contents.PERIOD}/{name}", "it came out again and is not in the binder")
    return Reperformed(len(outcomes), len(made))
