"""Is a binder whole? Every byte of it, its signature, its chain, and the events that it carries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.chain import check_chain
from close_library.binder.manifest import DIGEST, KEY, MANIFEST, SIGNATURE, digest_line, read_manifest
from close_library.binder.signature import fingerprint_of, is_signed
from close_library.binder.verdict import Verdict, first_line
from close_library.errors import CloseError, ReportError
from close_library.record.export import faults_of_export, read_export


def check_seal(
    path: Path, archive: Archive, verdict: Verdict, trusted: str = "", prior: Path | None = None
) -> dict[str, Any]:
    """Check everything that needs no computation, and the binder before; returns the manifest, empty where it can't be read.

    `trusted` is the fingerprint that the reader expects; `prior` the binder before, else looked for beside this one.
    """
    manifest = check_whole(archive, verdict, trusted)
    if manifest:
        check_chain(path, archive, manifest, verdict, prior)
    return manifest


def check_whole(archive: Archive, verdict: Verdict, trusted: str = "") -> dict[str, Any]:
    """Check a binder by itself: its bytes, its signature, its events. Whatever it follows is not looked at."""
    try:
        manifest = read_manifest(archive)
        line = archive.read(DIGEST)
    except ReportError as error:
        verdict.differs("seal", f"it can't be read: {first_line(error)}")
        return {}
    if line != (expected := digest_line(archive.read(MANIFEST))):
        verdict.differs(DIGEST, f"it says {line[:64]!r}, the manifest is {expected[:64].decode()}")
    _check_files(archive, manifest, verdict)
    _check_signature(archive, manifest, verdict, trusted)
    _check_record(archive, manifest, verdict)
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
            verdict.differs(name, first_line(error))
            continue
        if found != manifest["files"][name]["sha256"]:
            verdict.differs(name, f"sha256 {found}, sealed as {manifest['files'][name]['sha256']}")
    if len(verdict.differences) == before:
        place = archive.first_foreign_byte()
        if place is not None:
            verdict.differs(f"{archive.path.name}, byte {place:,}", "not a byte of the archive that its files make")
        else:
            verdict.held.append(
                f"{len(named):,} files have the bytes that were sealed; none is missing, none was added."
            )


def _check_signature(archive: Archive, manifest: dict[str, Any], verdict: Verdict, trusted: str) -> None:
    if not manifest["key"]:
        verdict.notes.append(
            "It is not signed: no key was given when it was sealed. Anybody could have made it; its hash is all that tells "
            "it from another."
        )
        if trusted:
            verdict.differs(SIGNATURE, f"not signed, expected the key {trusted}")
        return
    try:
        signature, key = archive.read(SIGNATURE), archive.read(KEY)
        fingerprint = fingerprint_of(key)
    except ReportError as error:
        verdict.differs("seal", first_line(error))
        return
    if fingerprint != manifest["key"]:
        verdict.differs(KEY, f"the key {fingerprint}, sealed with {manifest['key']}")
    elif not is_signed(archive.read(MANIFEST), signature, key):
        verdict.differs(SIGNATURE, "not this key's signature of this manifest")
    elif trusted and trusted != fingerprint:
        verdict.differs(KEY, f"the key {fingerprint}, expected {trusted}")
    elif trusted:
        verdict.held.append(f"Signed by the key {fingerprint}, which is the one expected.")
    else:
        verdict.held.append(f"Signed by the key {fingerprint}.")
        verdict.notes.append(
            "Whose key that is, no binder can prove: compare the fingerprint with the one that its owner gave you, "
            "or give that as --fingerprint."
        )


def _check_record(archive: Archive, manifest: dict[str, Any], verdict: Verdict) -> None:
    """The chain of the events is whole and ends where the manifest says."""
    try:
        rows = read_export(archive.read(contents.EVENTS))
    except CloseError as error:
        verdict.differs(contents.EVENTS, first_line(error))
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
