"""Sealing: everything of a closed period into one file, chained to the binder before, signed when there is a key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive, digest_of, write_archive
from close_library.binder.changes import Change, changes_since
from close_library.binder.checking import check_whole
from close_library.binder.manifest import MANIFEST, binder_hash, sealed
from close_library.binder.pages import binder_pages
from close_library.binder.signature import SigningKey
from close_library.binder.verdict import Verdict, first_line
from close_library.errors import Fault, RecordError, ReportError
from close_library.record import Head, Record
from close_library.record.export import exported
from close_library.run.files.atomic import json_bytes, sweep, whole
from close_library.run.files.disk import writing_to
from close_library.run.files.lock import locked
from close_library.run.files.scratch import remove_abandoned
from close_library.run.freshness.pending import SAID_SINCE, pending_work
from close_library.run.gathering.index import read_index
from close_library.run.gathering.redraw import refresh
from close_library.run.planning.prepare import Prepared, Request, prepare
from close_library.run.progress import Reporter
from close_library.run.said.heard import hear
from close_library.run.said.recorded import doubts, record_if_any


@dataclass(frozen=True)
class Prior:
    """The binder before: its period, its hash, its name, its key, and what it was made with."""

    period: str
    hash: str
    file: str
    fingerprint: str | None
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
    path = to or prepared.company_folder / "binders" / contents.file_name({"company": company, "period": period})
    with (
        writing_to(prepared.company_folder),
        locked(prepared.company_folder / ".run", company, period, request.wait),
        record_if_any(prepared.settings.record, prepared.company_folder) as record,
    ):
        sweep(prepared.folder)
        remove_abandoned()
        _refuse_a_broken_record(record, prepared)
        heard = hear(record, period)
        refresh(prepared.folder, heard)
        index = _complete_index(prepared)
        prior = _prior_binder(prepared)
        members = {**contents.period_files(prepared.folder), **contents.sources_of(prepared)}
        made_with = contents.environment()
        changes = _changes(prior, prepared, made_with)
        head = _head(record, period)
        members |= {
            contents.EVENTS: exported(record.events() if record else (), period),
            contents.ENVIRONMENT: contents.environment_bytes(made_with),
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
        fingerprint = key.fingerprint if key else None
        members[contents.README] = contents.readme(heading, fingerprint)
        reporter.step("setting the pages of the binder")
        members[contents.PAGES] = binder_pages(
            prepared.folder, heard, heading, fingerprint, [change.as_data() for change in changes]
        )
        reporter.step("writing the binder")
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as part:
            write_archive(part, everything := sealed(members, heading, key))
    digest, _ = digest_of(everything[MANIFEST])
    return Sealed(path, digest, len(everything), fingerprint, prior, tuple(changes))


def _complete_index(prepared: Prepared) -> dict[str, Any]:
    """The index of the period. Raises ReportError when a workpaper of the plan is missing or of older books, or would be
    computed from other notebooks, parameters or code than it was."""
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
    faults += [] if faults else _computed_otherwise(prepared, there)
    if faults:
        raise ReportError("the period is not complete.", faults)
    return index


def _computed_otherwise(prepared: Prepared, there: dict[tuple[str, str], dict[str, Any]]) -> list[Fault]:
    """The workpapers that come from other notebooks, parameters or code than would be sealed with them.

    A failed one runs again each time: that it failed is what is sealed. What was said since is laid over the reports.
    """
    pending = pending_work(prepared, look_at_sources=False)
    return [
        Fault(
            f"{program}/{workpaper.stem}",
            pending[program, workpaper.ref].why,
            "a workpaper of the notebooks and parameters as they are now",
            f"close run {prepared.period}",
        )
        for program, workpaper in prepared.plan.pairs
        if pending[program, workpaper.ref].work == "execute"
        and pending[program, workpaper.ref].why != SAID_SINCE
        and there[program, workpaper.ref]["status"] != "failed"
    ]


def _prior_binder(prepared: Prepared) -> Prior | None:
    """The latest binder of an earlier period in the company's folder.

    Raises ReportError when it is damaged, or is not what its name says: what was loosened is told by comparing with it.
    """
    company, period = prepared.settings.company, str(prepared.period)
    earlier = [
        (of, path)
        for path in (prepared.company_folder / "binders").glob(f"*{contents.ENDING}")
        if "" < (of := contents.period_in_name(path.name, company)) < period
    ]
    if not earlier:
        return None
    of, path = max(earlier)
    expected = f"the binder of {company}, {of}, as it was sealed"
    do = f"put it back from a copy, or move it away and have {period} begin a new chain"
    verdict = Verdict()
    try:
        with Archive(path) as archive:
            manifest = check_whole(archive, verdict)
            if manifest and (manifest["company"], manifest["period"]) != (company, of):
                verdict.differs(path.name, f"the binder of {manifest['company']}, {manifest['period']}")
            if not verdict.differences:
                parameters = json.loads(archive.read(contents.RESOLVED))
                return Prior(of, binder_hash(archive), path.name, manifest["key"], parameters, manifest)
    except ReportError as error:
        verdict.differs(path.name, first_line(error))
    raise ReportError(
        "the binder before can't be followed.",
        [Fault(f"{path}, {each.place}", each.what, expected, do) for each in verdict.differences],
    )


def _changes(prior: Prior | None, prepared: Prepared, made_with: dict[str, Any]) -> list[Change]:
    if prior is None:
        return []
    parameters = json.loads((prepared.folder / "books" / "parameters.json").read_text(encoding="utf-8"))
    notebooks = {each.path.name: each.sha256 for each in prepared.notebooks.workpapers}
    return changes_since(prior.parameters, prior.made_with, parameters, {**made_with, "notebooks": notebooks})


def _refuse_a_broken_record(record: Record | None, prepared: Prepared) -> None:
    """Refuse to seal events that are not as they were written, or are gone. Raises RecordError."""
    if faults := doubts(record, prepared.company_folder):
        raise RecordError("the record is not as it was written.", faults)


def _head(record: Record | None, period: str) -> Head:
    """Where the exported events end."""
    if record is None:
        return Head(0, "")
    lines = exported(record.events(), period).splitlines()
    return Head(len(lines), json.loads(lines[-1])["hash"]) if lines else Head(0, "")
