"""Where a notebook finds its books: in a run it is told; by hand they are those of the last close.

By hand the parameters folder is looked for from the working directory upwards, and the outputs stand beside it.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from close_library.books import Books
from close_library.errors import BooksError, Fault, NotebookError
from close_library.parameters import COMPANY, load_parameters
from close_library.workpaper.notebook import read_workpaper


@dataclass(frozen=True)
class Place:
    """What a notebook looks at: the folder of the books, its own declaration, its program and period."""

    books: Path
    declared: dict[str, Any]
    parameters: dict[str, Any]
    program: str
    period: str


def find_place(ref: str, program: str, period: str, books: str) -> Place:
    """The place of a workpaper. Raises BooksError or NotebookError when there is none yet."""
    folder = Path(books) if books else last_books(period)
    parameters = _read(folder / "parameters.json")
    declared = _declared(ref, folder, by_hand=not books)
    return Place(
        folder, declared, parameters, program or _first_scope(declared, folder), period or parameters["period"]
    )


def last_books(period: str) -> Path:
    """The books of a period, or of the last one closed, found from the working directory upwards. Raises BooksError."""
    here = Path.cwd()
    root = next(
        (folder for folder in (here, *here.parents) if (folder / "parameters" / "company.yaml").is_file()), None
    )
    if root is None:
        raise BooksError(
            "no company was found from here.",
            [
                Fault(
                    str(here),
                    "no parameters/company.yaml here or above",
                    "a project with parameters/ and outputs/",
                    "open the notebook inside the project, or fill in books",
                )
            ],
        )
    company = load_parameters(root / "parameters").resolve().company
    outputs = root / "outputs" / company
    closed = sorted(
        path.parent for path in outputs.glob("*/books/manifest.json") if period in ("", path.parent.parent.name)
    )
    if not closed:
        raise BooksError(
            "there are no books yet.",
            [
                Fault(
                    str(outputs),
                    f"no books of {period}" if period else "no closed period",
                    "the books of a run",
                    f"close run {period}".rstrip(),
                )
            ],
        )
    return closed[-1]


def _declared(ref: str, folder: Path, *, by_hand: bool) -> dict[str, Any]:
    """The notebook's declaration: as the run wrote it, or by hand as the notebook in the working directory says now."""
    if by_hand:
        for path in sorted(Path.cwd().glob(f"{ref}_*.ipynb")):
            workpaper, faults = read_workpaper(path)
            if faults:
                raise NotebookError(f"{path.name} can't be used.", faults)
            if workpaper:
                return workpaper.as_data()
    for declared in _read(folder / "workpapers.json"):
        if declared["ref"] == ref:
            found: dict[str, Any] = declared
            return found
    raise NotebookError(
        f"workpaper {ref} is not declared.",
        [
            Fault(
                f"open_workpaper({ref!r}, …)",
                f"no notebook {ref}_*.ipynb with metadata.close",
                "the ref of a declared notebook",
                "give the ref that metadata.close says",
            )
        ],
    )


def _first_scope(declared: dict[str, Any], folder: Path) -> str:
    if declared["scope"] == "company":
        return COMPANY
    with closing(Books.open(folder, (), ["programs"])) as books:
        first = books.rows("SELECT min(program_id) AS program FROM programs")[0]["program"]
    return first or COMPANY


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BooksError(
            "the books are not complete.",
            [
                Fault(
                    str(path),
                    str(error).splitlines()[0],
                    "a file that the run writes",
                    "run the close of the period again",
                )
            ],
        ) from None
