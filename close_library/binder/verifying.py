"""`close verify`: is the binder whole, and does everything come out of it again?"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.checking import Difference, Verdict, check_seal
from close_library.binder.manifest import binder_hash
from close_library.binder.reperforming import reperform
from close_library.books.connection import SCRATCH
from close_library.errors import CloseError, Fault, ReportError
from close_library.run.progress import Reporter


@dataclass(frozen=True)
class Verified:
    """What a verification came to. `differences` empty: the binder is whole, and everything came out again."""

    binder: Path
    hash: str
    company: str
    period: str
    verdict: Verdict = field(hash=False)

    def as_data(self) -> dict[str, Any]:
        """The verification for `--json`."""
        return {
            "binder": str(self.binder),
            "sha256": self.hash,
            "company": self.company,
            "period": self.period,
            "held": self.verdict.held,
            "notes": self.verdict.notes,
            "differences": [vars(difference) for difference in self.verdict.differences],
        }


def verify_binder(
    path: Path,
    reporter: Reporter,
    *,
    trusted: str = "",
    prior: Path | None = None,
    seal_only: bool = False,
    workers: int = 0,
) -> Verified:
    """Verify a binder, and perform it again unless it is damaged or `seal_only`. Raises ReportError when there is no file.

    A damaged file is a difference, not an error: nothing of it is executed then.
    """
    if not path.is_file():
        raise ReportError(
            "there is no binder.", [Fault(str(path), "no file", "a binder", "give the path of a .binder.zip file")]
        )
    verdict = Verdict()
    reporter.step("reading every byte")
    try:
        with Archive(path) as archive:
            manifest = check_seal(path, archive, verdict, trusted, prior)
            if verdict.differences:
                if not seal_only:
                    verdict.notes.append("Nothing was performed again: the binder is not what was sealed.")
                return _verified(path, archive, manifest, verdict)
            _compare_environment(manifest, verdict)
            if not seal_only:
                _perform(archive, manifest, workers, reporter, verdict)
            return _verified(path, archive, manifest, verdict)
    except ReportError as error:
        verdict.differs(path.name, error.faults[0].found if error.faults else error.summary)
        return Verified(path, "", "", "", verdict)


def _verified(path: Path, archive: Archive, manifest: dict[str, Any], verdict: Verdict) -> Verified:
    if not manifest:
        return Verified(path, "", "", "", verdict)
    return Verified(path, binder_hash(archive), manifest["company"], manifest["period"], verdict)


def _perform(archive: Archive, manifest: dict[str, Any], workers: int, reporter: Reporter, verdict: Verdict) -> None:
    before = len(verdict.differences)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        try:
            done = reperform(archive, manifest, Path(folder), workers, reporter, verdict)
        except CloseError as error:
            place = error.faults[0].where.replace(folder, "") if error.faults else "the close"
            verdict.differs(
                place, f"it can't be performed again: {error.summary} {error.faults[0].found if error.faults else ''}"
            )
            return
    if len(verdict.differences) == before:
        verdict.held.append(
            f"{done.notebooks:,} notebooks were executed again on the sealed books: every figure, tie-out and finding, "
            f"and the bytes of all {done.files:,} files, came out as sealed."
        )


def _compare_environment(manifest: dict[str, Any], verdict: Verdict) -> None:
    """What here is not what computed it: worth knowing when something differs."""
    here = contents.environment()
    if here["library"] != manifest["library"]:
        verdict.notes.append(
            f"Computed with version {manifest['library']['version']} of the product; here is {version('close-workbook')}"
            f"{'' if here['library']['version'] != manifest['library']['version'] else ', with other code'}."
        )
    if here["python"] != manifest["python"]:
        verdict.notes.append(f"Computed with Python {manifest['python']}; here is {here['python']}.")
    others = [
        f"{name} {made} (here {here['packages'].get(name, 'none')})"
        for name, made in manifest["packages"].items()
        if here["packages"].get(name) != made
    ]
    if others:
        verdict.notes.append(f"Other versions of packages: {', '.join(others[:5])}{' …' if len(others) > 5 else ''}.")


__all__ = ["Difference", "Verified", "verify_binder"]
