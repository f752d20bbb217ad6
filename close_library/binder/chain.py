"""Does a binder follow the one before it, and does it say truly what changed since?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.changes import changes_since
from close_library.binder.manifest import binder_hash, read_manifest
from close_library.binder.verdict import Verdict, first_line
from close_library.errors import ReportError
from close_library.money import counted
from close_library.run.files.atomic import json_bytes


def check_chain(
    path: Path, archive: Archive, manifest: dict[str, Any], verdict: Verdict, prior: Path | None = None
) -> None:
    """Compare a binder with the one before it: as given, else looked for beside it under the name that it says."""
    named = manifest["prior"]
    _note_one_between(path, manifest, verdict)
    if named is None:
        verdict.notes.append("It is the first of its chain: with nothing before it, it says of no change.")
        if prior is not None:
            verdict.differs(prior.name, "this binder says that it follows none")
        return
    beside = prior or path.with_name(named["file"])
    if not beside.is_file():
        if prior is not None:
            verdict.differs(prior.name, "there is no such file")
        verdict.notes.append(
            f"It follows the binder of {named['period']} with the hash {named['sha256']}, which is not here: what it says "
            "of changes since then was not checked."
        )
        return
    try:
        with Archive(beside) as before:
            found = binder_hash(before)
            if found != named["sha256"]:
                verdict.differs(beside.name, f"its hash is {found}, this binder follows {named['sha256']}")
                return
            verdict.held.append(f"It follows the binder of {named['period']} ({beside.name}).")
            _check_changes(archive, manifest, before, verdict)
    except ReportError as error:
        verdict.differs(beside.name, first_line(error))


def _check_changes(archive: Archive, manifest: dict[str, Any], before: Archive, verdict: Verdict) -> None:
    """What it says of changes since the binder before is what the two binders give."""
    then = read_manifest(before)
    if then["key"] != manifest["key"]:
        verdict.notes.append(f"The binder before was sealed with another key: {then['key'] or 'none'}.")
    if before.digest(contents.RESOLVED) != then["files"].get(contents.RESOLVED, {}).get("sha256"):
        verdict.differs(f"{before.path.name}, {contents.RESOLVED}", "not the bytes that were sealed")
        return
    try:
        changes = changes_since(
            json.loads(before.read(contents.RESOLVED)), then, json.loads(archive.read(contents.RESOLVED)), manifest
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        verdict.differs(contents.RESOLVED, f"parameters that can't be compared ({first_line(error)})")
        return
    if json_bytes([change.as_data() for change in changes]) == archive.read(contents.CHANGES):
        verdict.held.append(
            f"What changed since, of settings, notebooks and packages, is as it says: {counted(len(changes), 'change')}."
        )
    else:
        verdict.differs(contents.CHANGES, f"not what the two binders give, which is {counted(len(changes), 'change')}")


def _note_one_between(path: Path, manifest: dict[str, Any], verdict: Verdict) -> None:
    """Name a binder beside this one that lies between it and the one it follows."""
    since = manifest["prior"]["period"] if manifest["prior"] else ""
    for each in sorted(path.parent.glob(f"*{contents.ENDING}")):
        if since < contents.period_in_name(each.name, manifest["company"]) < manifest["period"]:
            verdict.notes.append(f"{each.name} lies beside it, and it does not follow that one.")
