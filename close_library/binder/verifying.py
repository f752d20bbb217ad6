"""`close verify`: is the binder whole, and does everything come out of it again?"""

from __future__ import annotations

import errno
import os
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.binder.checking import check_seal
from close_library.binder.manifest import binder_hash
from close_library.binder.reperforming import reperform
from close_library.binder.trusting import foreign_notebooks, refuse_to_execute
from close_library.binder.verdict import Difference, Verdict, first_line
from close_library.books.connection import SCRATCH
from close_library.errors import CloseError, Fault, ReportError
from close_library.run.files.disk import refusal_behind
from close_library.run.progress import Reporter

_BROKEN = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, RecursionError, OSError, duckdb.Error
)  # fmt: skip
"""What a binder of no close can raise in any step; a whole one never does. Damaged Parquet is an OSError without a number."""

_OF_THIS_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


@dataclass(frozen=True)
class Verified:
    """What a verification came to. No differences and no refusal: the binder is whole, and everything came out again."""

    binder: Path
    hash: str
    company: str
    period: str
    verdict: Verdict = field(hash=False)
    refusal: ReportError | None = None
    """Why nothing was performed again, where the reader can mend that."""

    def as_data(self) -> dict[str, Any]:
        """The verification for `--json`."""
        return {
            "binder": str(self.binder),
            "sha256": self.hash,
            "company": self.company,
            "period": self.period,
            "held": self.verdict.held,
            "performed": self.verdict.performed,
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
    trust_notebooks: bool = False,
    workers: int = 0,
) -> Verified:
    """Verify a binder, and perform it again unless it is damaged or `seal_only`. Raises ReportError when there is no file.

    A damaged file is a difference, not an error: nothing of it is executed then. Notebooks that are not the product's own
    are executed only where the reader trusts them.
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
            refusal = None
            if verdict.differences:
                verdict.notes.append("Nothing was performed again, because of what differs.")
            else:
                _compare_environment(manifest, verdict)
                if not seal_only:
                    refusal = _perform(archive, manifest, workers, reporter, verdict, trust_notebooks)
            if not manifest:
                return Verified(path, "", "", "", verdict)
            return Verified(path, binder_hash(archive), manifest["company"], manifest["period"], verdict, refusal)
    except ReportError as error:
        verdict.differs(path.name, first_line(error))
        return Verified(path, "", "", "", verdict)


def _perform(
    archive: Archive,
    manifest: dict[str, Any],
    workers: int,
    reporter: Reporter,
    verdict: Verdict,
    trust_notebooks: bool,
) -> ReportError | None:
    """Perform it again; returns why not, where notebooks are not the product's own and nobody trusts them."""
    foreign = foreign_notebooks(archive)
    if foreign:
        if not trust_notebooks:
            return refuse_to_execute(foreign)
        verdict.notes.append(f"Executed though they are not this product's own notebooks: {', '.join(foreign)}.")
    try:
        with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
            return _perform_in(Path(folder), archive, manifest, workers, reporter, verdict)
    except OSError as error:
        return _no_room(error)


def _perform_in(
    folder: Path, archive: Archive, manifest: dict[str, Any], workers: int, reporter: Reporter, verdict: Verdict
) -> ReportError | None:
    before = len(verdict.differences)
    try:
        done = reperform(archive, manifest, folder, workers, reporter, verdict)
    except CloseError as error:
        refused = refusal_behind(error)
        if refused and refused.errno in _OF_THIS_MACHINE:
            return _no_room(refused)
        fault = error.faults[0] if error.faults else Fault("the close", "", "")
        place = fault.where.replace(f"{folder}/", "")
        verdict.differs(place, f"it can't be performed again: {error.summary} {fault.found}".strip())
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno in _OF_THIS_MACHINE:
            return _no_room(error)
        what = f"it can't be performed again, because something in it is not as a close writes it ({error!r:.200})"
        verdict.differs("the close", what)
    else:
        if len(verdict.differences) == before:
            verdict.performed.append(
                f"{done.notebooks:,} notebooks were executed again on the sealed books, with the sealed parameters: every "
                f"figure, tie-out and finding, and every byte of {done.files:,} files, came out as sealed."
            )
    return None


def _no_room(error: OSError) -> ReportError:
    """This machine keeps it from being performed again: no difference, and nothing proved."""
    return ReportError(
        "the binder can't be performed again on this machine.",
        [
            Fault(
                str(error.filename or "the temporary folder"),
                (error.strerror or str(error)).lower(),
                "a temporary folder with room for the books and the reports",
                "set TMPDIR to such a folder, and verify it again",
            )
        ],
    )


def _compare_environment(manifest: dict[str, Any], verdict: Verdict) -> None:
    """What here is not what computed it: worth knowing when something differs."""
    here = contents.environment()
    if here["library"] != manifest["library"]:
        verdict.notes.append(
            f"Computed with version {manifest['library']['version']} of the product; here is {version('close-workbook')}"
            f"{'' if here['library']['version'] != manifest['library']['version'] else ', with other code'}."
            " Where something differs, that may be why: the version that sealed it tells."
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
