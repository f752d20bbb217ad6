"""Is a binder whole? Every byte of it, its signature, its chain, and the events that it carries."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.manifest import (
    DIGEST,
    FORMAT,
    KEY,
    MANIFEST,
    SIGNATURE,
    binder_hash,
    digest_line,
    manifest_bytes,
)
from close_library.binder.signature import fingerprint_of, is_signed
from close_library.errors import CloseError, ReportError
from close_library.record.export import faults_of_export, read_export


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was sealed, or not as it comes out again: where, and what."""

    place: str
    what: str


@dataclass
class Verdict:
    """What was looked at and held, what is worth knowing, and every difference."""

    held: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def differs(self, place: str, what: str) -> None:
        """Note a difference."""
        self.differences.append(Difference(place, what))


def check_seal(
    path: Path, archive: Archive, verdict: Verdict, trusted: str = "", prior: Path | None = None
) -> dict[str, Any]:
    """Check everything that needs no computation; returns the manifest, empty where it can't be read.

    `trusted` is the fingerprint that the reader expects; `prior` the binder before, else looked for beside this one.
    """
    manifest = _read_manifest(archive, verdict)
    if not manifest:
        return {}
    _check_files(archive, manifest, verdict)
    _check_signature(archive, manifest, verdict, trusted)
    _check_chain(path, manifest, verdict, prior)
    _check_record(archive, manifest, verdict)
    return manifest


def _read_manifest(archive: Archive, verdict: Verdict) -> dict[str, Any]:
    try:
        written = archive.read(MANIFEST)
        manifest: dict[str, Any] = json.loads(written)
        known = isinstance(manifest, dict) and manifest.get("format") == FORMAT and manifest_bytes(manifest) == written
        line = archive.read(DIGEST)
    except (ReportError, ValueError) as error:
        verdict.differs("seal", f"it can't be read: {_first_line(error)}")
        return {}
    if not known:
        verdict.differs(MANIFEST, "it is not spelled as a manifest is")
        return {}
    if line != digest_line(written):
        verdict.differs(DIGEST, f"it says {line[:64]!r}, the manifest is {digest_line(written)[:64].decode()}")
    return manifest


def _check_files(archive: Archive, manifest: dict[str, Any], verdict: Verdict) -> None:
    """Every file is there with its digest, none is there beside them, and nothing stands between them."""
    before = len(verdict.differences)
    named = set(manifest["files"])
    seal = {MANIFEST, DIGEST, *((SIGNATURE, KEY) if manifest["key"] else ())}
    for name in sorted(named - set(archive.names)):
        verdict.differs(name, "missing")
    for name in sorted(set(archive.names) - named - seal):
        verdict.differs(name, "not sealed: the manifest does not name it")
    for name in sorted(named & set(archive.names)):
        try:
            found = archive.digest(name)
        except ReportError as error:
            verdict.differs(name, _first_line(error))
            continue
        if found != manifest["files"][name]["sha256"]:
            verdict.differs(name, f"sha256 {found}, sealed as {manifest['files'][name]['sha256']}")
    if len(verdict.differences) == before:
        place = archive.first_foreign_byte()
        if place is not None:
            verdict.differs(f"{archive.path.name}, byte {place:,}", "not a byte of the archive that its files make")
        else:
            verdict.held.append(f"{len(named):,} files have the bytes that were sealed.")


def _check_signature(archive: Archive, manifest: dict[str, Any], verdict: Verdict, trusted: str) -> None:
    if not manifest["key"]:
        verdict.notes.append("It is not signed: no key was given when it was sealed.")
        if trusted:
            verdict.differs(SIGNATURE, f"not signed, expected the key {trusted}")
        return
    try:
        signature, key = archive.read(SIGNATURE), archive.read(KEY)
        fingerprint = fingerprint_of(key)
    except ReportError as error:
        verdict.differs("seal", _first_line(error))
        return
    if fingerprint != manifest["key"]:
        verdict.differs(KEY, f"the key {fingerprint}, sealed with {manifest['key']}")
    elif not is_signed(archive.read(MANIFEST), signature, key):
        verdict.differs(SIGNATURE, "not this key's signature of this manifest")
    elif trusted and trusted.lower().replace(":", "") != fingerprint:
        verdict.differs(KEY, f"the key {fingerprint}, expected {trusted}")
    else:
        verdict.held.append(f"Signed by the key {fingerprint}.")
        if not trusted:
            verdict.notes.append("Compare this fingerprint with the one that you had from whoever sealed it.")


def _check_chain(path: Path, manifest: dict[str, Any], verdict: Verdict, prior: Path | None) -> None:
    named = manifest["prior"]
    if named is None:
        verdict.notes.append("It is the first of its chain.")
        return
    beside = prior or path.with_name(named["file"])
    if not beside.is_file():
        verdict.notes.append(
            f"It follows the binder of {named['period']} with the hash {named['sha256']}, which is not here to compare."
        )
        return
    try:
        with Archive(beside) as before:
            found = binder_hash(before)
    except ReportError as error:
        verdict.differs(beside.name, _first_line(error))
        return
    if found == named["sha256"]:
        verdict.held.append(f"It follows the binder of {named['period']} ({beside.name}).")
    else:
        verdict.differs(beside.name, f"its hash is {found}, this binder follows {named['sha256']}")


def _check_record(archive: Archive, manifest: dict[str, Any], verdict: Verdict) -> None:
    """The chain of the events is whole and ends where the manifest says."""
    try:
        rows = read_export(archive.read(contents.EVENTS))
    except CloseError as error:
        verdict.differs(contents.EVENTS, _first_line(error))
        return
    record = manifest["record"]
    if len(rows) != record["events"]:
        verdict.differs(contents.EVENTS, f"{len(rows)} events, sealed with {record['events']}")
    elif rows:
        faults = faults_of_export(rows, manifest["company"], (record["events"], record["head"]))
        for fault in faults:
            verdict.differs(f"{contents.EVENTS}, {fault.where}", f"found {fault.found}, expected {fault.expected}")
        if not faults:
            verdict.held.append(f"{len(rows):,} events of the record follow each other without a gap.")
    else:
        verdict.held.append("Nothing had been said in the record.")


def _first_line(error: Exception) -> str:
    if isinstance(error, CloseError) and error.faults:
        return error.faults[0].found
    return str(error).splitlines()[0] if str(error) else type(error).__name__
