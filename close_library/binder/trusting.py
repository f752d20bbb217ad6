"""Whose code would verifying execute? A notebook may do whatever its writer likes, on the machine of whoever verifies.

The product's own notebooks are known; any other is named first, and executed only by somebody who says so. A signature
does not help here: it says who sealed a binder, not what its notebooks do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from close_library.binder import contents
from close_library.binder.archive import Archive
from close_library.errors import CloseError, Fault, ReportError
from close_library.run.planning.plan import read_notebooks
from close_library.run.planning.prepare import own_notebooks_folder
from close_library.workpaper.notebook import source_digest

_NAMED = 5


def foreign_notebooks(archive: Archive, own: Path | None = None) -> list[str]:
    """The notebooks of a binder that are not the installed product's, by their names in the binder.

    What counts is what a person wrote in them, not their outputs. `own` is the folder of the product's notebooks.
    """
    known = _known(own_notebooks_folder() if own is None else own)
    inside = [name for name in archive.names if name.startswith(f"{contents.NOTEBOOKS}/")]
    return [name for name in inside if _digest(archive.read(name)) not in known]


def refuse_to_execute(foreign: Iterable[str]) -> ReportError:
    """The error that names them and says how to go on."""
    names = [*foreign]
    found = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
    return ReportError(
        "nothing was performed again: notebooks of the binder are not this product's own.",
        [
            Fault(
                "what verifying executes",
                found,
                "the notebooks of the installed product, which are known; others can do anything on this machine",
                "read them in the binder, which is a zip; then give --trust-notebooks. "
                "Or install the version of the product that sealed it",
            )
        ],
    )


def _known(folder: Path) -> set[str]:
    try:
        return {each.sha256 for each in read_notebooks(folder).workpapers}
    except CloseError:
        return set()


def _digest(content: bytes) -> str:
    try:
        return source_digest(json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""
