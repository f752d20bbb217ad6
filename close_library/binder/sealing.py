"""Sealing: everything of a closed period into one file, chained to the binder before, signed when there is a key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive, Content, digest_of, write_archive
from close_library.binder.changes import Change, digest_changes, parameter_changes
from close_library.binder.manifest import MANIFEST, binder_hash, sealed
from close_library.binder.signature import SigningKey
from close_library.errors import Fault, ReportError
from close_library.record import Head, Record
from close_library.record.export import exported
from close_library.report.pdf.binder import Cover, Paper, render_binder
from close_library.run.files.atomic import json_bytes, whole
from close_library.run.files.disk import writing_to
from close_library.run.files.lock import locked
from close_library.run.gathering.index import documents_of, read_index
from close_library.run.gathering.redraw import refresh
from close_library.run.gathering.source_sheets import read_source_sheets
from close_library.run.planning.prepare import Prepared, Request, prepare
from close_library.run.progress import Reporter
from close_library.run.said.heard import Heard, hear, said_of, said_of_period
from close_library.run.said.recorded import record_if_any

ENDING = ".binder.zip"


@dataclass(frozen=True)
class Prior:
    """The binder before: its period, its hash, its name, and what it was made with."""

    period: str
    hash: str
    file: str
    parameters: dict[str, Any]
    made_with: dict[str, Any]

    def as_data(self) -> dict[str, str]:
        """What the manifest says of it."""
        return {"period": self.period, "sha256": self.hash, "file": self.file}


@dataclass(frozen=True)
class Sealed:
    """A binder that was written."""

    path: Path
    hash: str
    files: int
    fingerprint: str | None
    prior: Prior | None
    changes: tuple[Change, ...]


def seal_binder(request: Request, key: SigningKey | None, reporter: Reporter, to: Path | None = None) -> Sealed:
    """Seal a closed period into `outputs/<company>/binders/<company>_<period>.binder.zip`, or into the file `to`.

    Sealing the same period again gives the same bytes. Raises ReportError when the period is not complete, is of older
    books, or holds files that were changed since they were written.
    """
    reporter.step("reading the period")
    prepared = prepare(request)
    company, period = prepared.settings.company, str(prepared.period)
    path = to or prepared.company_folder / "binders" / f"{company}_{period}{ENDING}"
    with (
        writing_to(prepared.company_folder),
        locked(prepared.company_folder / ".run", company, period, request.wait),
        record_if_any(prepared.settings.record, prepared.company_folder) as record,
    ):
        heard = hear(record, period)
        refresh(prepared.folder, heard)
        index = _complete_index(prepared)
        prior = _prior_binder(prepared)
        members = {**contents.period_files(prepared.folder), **contents.sources_of(prepared)}
        made_with = contents.environment()
        changes = _changes(prior, prepared, members, made_with)
        head = _head(record, period)
        members |= {
            contents.EVENTS: exported(record.events() if record else (), period),
            contents.ENVIRONMENT: json_bytes(made_with),
            contents.CHANGES: json_bytes([change.as_data() for change in changes]),
        }
        heading = {
            **{name: index[name] for name in ("company", "company_name", "period", "period_end")},
            "library": made_with["library"],
            "python": made_with["python"],
            "packages": made_with["packages"],
            "notebooks": {each.path.name: each.sha256 for each in prepared.notebooks.workpapers},
            "record": {"events": head.events, "head": head.hash},
            "prior": prior.as_data() if prior else None,
        }
        members[contents.README] = contents.readme(heading, key.fingerprint if key else None)
        reporter.step("setting the pages of the binder")
        members[contents.PAGES] = _pages(prepared, index, heard, heading, key, changes, prior)
        reporter.step("writing the binder")
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            write_archive(part, everything := sealed(members, heading, key))
    digest, _ = digest_of(everything[MANIFEST])
    return Sealed(path, digest, len(everything), key.fingerprint if key else None, prior, tuple(changes))


def _complete_index(prepared: Prepared) -> dict[str, Any]:
    """The index of the period. Raises ReportError when a workpaper of the plan is missing or of older books."""
    index = read_index(prepared.folder)
    there = {(each["program"], each["ref"]): each for each in index.get("entries", [])}
    faults = [
        Fault(
            f"{program}/{workpaper.stem}",
            "of older books" if (program, workpaper.ref) in there else "not run",
            "a workpaper of these books",
            f"close run {prepared.period}",
        )
        for program, workpaper in prepared.plan.pairs
        if (program, workpaper.ref) not in there or there[program, workpaper.ref]["stale"]
    ]
    if faults:
        raise ReportError("the period is not complete.", faults)
    return index


def _prior_binder(prepared: Prepared) -> Prior | None:
    """The latest binder of an earlier period in the company's folder. Raises ReportError when it can't be read."""
    stem, period = f"{prepared.settings.company}_", str(prepared.period)
    earlier = [
        path
        for path in sorted((prepared.company_folder / "binders").glob(f"{stem}*{ENDING}"))
        if path.name.removeprefix(stem).removesuffix(ENDING) < period
    ]
    if not earlier:
        return None
    with Archive(earlier[-1]) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        parameters = json.loads(archive.read(f"{contents.PERIOD}/books/parameters.json"))
        return Prior(manifest["period"], binder_hash(archive), earlier[-1].name, parameters, manifest)


def _changes(
    prior: Prior | None, prepared: Prepared, members: dict[str, Content], made_with: dict[str, Any]
) -> list[Change]:
    if prior is None:
        return []
    parameters = json.loads((prepared.folder / "books" / "parameters.json").read_text(encoding="utf-8"))
    then = prior.made_with
    notebooks = {each.path.name: each.sha256 for each in prepared.notebooks.workpapers}
    return [
        *parameter_changes(prior.parameters, parameters),
        *digest_changes("notebook", then["notebooks"], notebooks),
        *digest_changes("library", then["library"], made_with["library"]),
        *digest_changes(
            "package",
            {"python": then["python"], **then["packages"]},
            {"python": made_with["python"], **made_with["packages"]},
        ),
    ]


def _head(record: Record | None, period: str) -> Head:
    """Where the exported events end."""
    if record is None:
        return Head(0, "")
    lines = exported(record.events(), period).splitlines()
    return Head(len(lines), json.loads(lines[-1])["hash"]) if lines else Head(0, "")


def _pages(
    prepared: Prepared,
    index: dict[str, Any],
    heard: Heard,
    heading: dict[str, Any],
    key: SigningKey | None,
    changes: list[Change],
    prior: Prior | None,
) -> bytes:
    papers = []
    for path, document in documents_of(prepared.folder):
        rows = path.with_suffix(".rows.parquet")
        said = said_of(document, heard.of(document["program"], document["ref"]))
        papers.append(Paper(document, rows if rows.exists() else None, said))
    record, library = heading["record"], heading["library"]
    cover = Cover(
        seal=[
            ("Signed by the key (SHA-256)", key.fingerprint if key else "not signed: no key was given"),
            (
                "Binder before",
                f"{prior.period}, SHA-256 {prior.hash}" if prior else "none: this is the first in its folder",
            ),
            (
                "Record",
                f"{record['events']} events, the last {record['head']}" if record["events"] else "nothing was said",
            ),
            ("Library", f"{library['version']}, SHA-256 {library['sha256']}; Python {heading['python']}"),
            ("To perform it again", f"close verify {index['company']}_{index['period']}{ENDING}"),
        ],
        changes=[change.as_data() for change in changes],
        compared_with=f"Compared with the binder of {prior.period}"
        if prior
        else "There is no binder before to compare with",
        not_tested=contents.NOT_TESTED,
    )
    parameters = json.loads((prepared.folder / "books" / "parameters.json").read_text(encoding="utf-8"))
    ipe = read_source_sheets(prepared.folder)
    return render_binder(cover, index, said_of_period(index["entries"]), papers, parameters, ipe)
