"""What an analyst opens in a blank notebook: the scope that every procedure takes, over the books of a closed period."""

from __future__ import annotations

import json
from pathlib import Path

from close_library.books import Books
from close_library.evidence import Scope
from close_library.parameters import COMPANY, read_parameters
from close_library.period import Period
from close_library.workpaper.place import last_books


def open_scope(program: str = COMPANY, period: str = "", books: str = "") -> Scope:
    """The scope of a program (else the whole company) in a closed period (else the last one), with every table to ask.

    `books` names a folder of books; left empty, they are looked for from the working directory upwards, as notebooks do.
    Raises BooksError when no such period was closed.

    Example:
        from close_library.accounting import revenue_to_ledger
        from close_library.workpaper import open_scope

        revenue_to_ledger(open_scope("atlas", "2026-10")).table
    """
    folder = Path(books) if books else last_books(period)
    parameters = json.loads((folder / "parameters.json").read_text(encoding="utf-8"))
    asked = Period.parse(period or parameters["period"])
    return Scope(Books.open(folder), read_parameters(parameters, program), program, asked)
