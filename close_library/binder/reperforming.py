"""Everything again: the notebooks of a binder executed on its sealed books, and what comes out compared with what was sealed.

It takes nothing from this machine but the product: notebooks, books, parameters and what people said are the binder's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.comparing import compare_file
from close_library.binder.given import check_given
from close_library.binder.pages import binder_pages
from close_library.binder.verdict import Verdict
from close_library.errors import Fault, ReportError
from close_library.parameters import load_parameters
from close_library.period import Period
from close_library.record.export import read_export, restored
from close_library.run.close import perform
from close_library.run.gathering.index import OUTSIDE_DIGEST
from close_library.run.planning.glance import Glance
from close_library.run.planning.plan import choose, read_notebooks
from close_library.run.planning.prepare import Prepared, Request
from close_library.run.progress import Reporter, Stopwatch
from close_library.run.said.heard import Heard, hear

_BOOKS = f"{contents.PERIOD}/books/"
_LOOKED_AT = (f"{contents.NOTEBOOKS}/", f"{contents.PARAMETERS}/", contents.EVENTS, contents.CHANGES, "seal/")
"""What is neither given nor made again: it is executed, read, or was looked at with the seal."""

_GIVEN = (
    "manifest.json",
    "parameters.json",
    "workpapers.json",
    "said_figures.parquet",
    "said_explanations.parquet",
    "said_items.parquet",
    "said_populations.parquet",
)


@dataclass(frozen=True)
class Reperformed:
    """What came of it: how many notebooks were executed, and how many files were compared."""

    notebooks: int
    files: int


def reperform(
    archive: Archive, manifest: dict[str, Any], folder: Path, workers: int, reporter: Reporter, verdict: Verdict
) -> Reperformed:
    """Execute every notebook of a whole binder in an empty folder, and add each difference to the verdict."""
    reporter.step("unpacking the books")
    given = _given(archive)
    prepared = _unpacked(archive, manifest, given, folder)
    with restored(read_export(archive.read(contents.EVENTS)), prepared.company_folder) as record:
        heard = hear(record, manifest["period"])
        check_given(archive, manifest, prepared, record, verdict)
    request = Request(folder / contents.PARAMETERS, folder / "outputs", folder / contents.NOTEBOOKS, workers=workers)
    machinery = prepared.company_folder / ".run"
    machinery.mkdir()
    outcomes = perform(request, prepared, heard, reporter, Stopwatch(), machinery / f"{manifest['period']}.log")
    reporter.step("comparing what came out")
    made = [name for name in archive.names if name.startswith(f"{contents.PERIOD}/") and name not in given]
    inside = {name: name.removeprefix(f"{contents.PERIOD}/") for name in [*made, *given]}
    for name in made:
        verdict.differences += compare_file(archive, name, prepared.folder / inside[name], name)
    for extra in sorted(_files(prepared.folder) - {*inside.values()}):
        verdict.differs(f"{contents.PERIOD}/{extra}", "it came out and is not in the binder")
    reporter.step("setting the pages of the binder again")
    own = _own_files(archive, manifest, prepared, heard, folder)
    for name, again in own.items():
        verdict.differences += compare_file(archive, name, again, name)
    for name in archive.names:
        if name not in inside and name not in own and not name.startswith(_LOOKED_AT):
            verdict.differs(name, "nothing in a binder is called so")
    return Reperformed(len(outcomes), len(made) + len(own))


def _own_files(
    archive: Archive, manifest: dict[str, Any], prepared: Prepared, heard: Heard, folder: Path
) -> dict[str, Path]:
    """What the binder says of itself, made again: its pages, its README, what computed it."""
    changes = json.loads(archive.read(contents.CHANGES))
    files = {
        contents.PAGES: binder_pages(prepared.folder, heard, manifest, manifest["key"], changes),
        contents.README: contents.readme(manifest, manifest["key"]),
        contents.ENVIRONMENT: contents.environment_bytes(manifest),
    }
    again = folder / "again"
    again.mkdir()
    for name, content in files.items():
        (again / name).write_bytes(content)
    return {name: again / name for name in files}


def _given(archive: Archive) -> list[str]:
    """The files of the period that nothing in the binder makes: the books as they were sealed, and what had been said."""
    tables = json.loads(archive.read(f"{_BOOKS}manifest.json"))["tables"]
    if strange := [name for name, entry in tables.items() if entry["file"] != f"{name}.parquet"]:
        raise ReportError(
            "the books can't be read.",
            [Fault(f"{_BOOKS}manifest.json", f"another file for {strange[0]}", f"{strange[0]}.parquet", "")],
        )
    given = {*(f"{_BOOKS}{name}.parquet" for name in tables), *(f"{_BOOKS}{name}" for name in _GIVEN)}
    return [name for name in archive.names if name in given]


def _unpacked(archive: Archive, manifest: dict[str, Any], given: list[str], folder: Path) -> Prepared:
    """The close of the binder as a run prepares it, with its books in place."""
    company_folder = folder / "outputs" / manifest["company"]
    period_folder = company_folder / manifest["period"]
    for name in given:
        archive.extract(name, period_folder / name.removeprefix(f"{contents.PERIOD}/"))
    for name in archive.names:
        if name.startswith((f"{contents.NOTEBOOKS}/", f"{contents.PARAMETERS}/")):
            archive.extract(name, folder / name)
    index = json.loads(archive.read(f"{contents.PERIOD}/index.json"))
    period = Period.parse(manifest["period"])
    company = load_parameters(folder / contents.PARAMETERS)
    notebooks = read_notebooks(folder / contents.NOTEBOOKS)
    seen = Glance(programs=index["program_names"])
    plan = choose(notebooks, seen.program_ids)
    return Prepared(company, company.resolve(period), period, seen, notebooks, plan, company_folder)


def _files(period: Path) -> set[str]:
    return {
        path.relative_to(period).as_posix()
        for path in period.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    } - {*OUTSIDE_DIGEST}
