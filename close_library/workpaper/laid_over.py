"""What the run lays over a document: the addresses of what was read.

A kernel knows the rows that its scope sees; a file holds rows of all programs, and a parameter stands in a line of a file.
When another program's row or another line changes, nothing is computed again: the addresses are laid over anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from close_library.parameters import COMPANY
from close_library.workpaper.inputs import SealedBooks


def laid_over(document: Mapping[str, Any], books: SealedBooks, declared: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its source files as they were sealed, and its parameters with the lines in which they stand.

    `declared`: what its notebook declares. A workpaper without a conclusion read nothing that it could name.
    """
    if document["status"] == "failed":
        return dict(document)
    origins = origins_of(books, document["program"], (each["key"] for each in document["parameters"]))
    return {
        **document,
        "sources": sources_of(books.manifest, (*declared["tables"], *declared["optional_tables"])),
        "parameters": [{**each, "origin": origins[each["key"]]} for each in document["parameters"]],
    }


def sources_of(manifest: Mapping[str, Any], tables: Iterable[str]) -> list[dict[str, Any]]:
    """The source files of some tables, whole: table, file, sha256, rows, control_total."""
    return [
        {"table": name, **{key: source[key] for key in ("file", "sha256", "rows", "control_total")}}
        for name in sorted({*tables})
        for source in manifest["tables"].get(name, {}).get("sources", [])
    ]


def origins_of(books: SealedBooks, program: str, keys: Iterable[str]) -> dict[str, str]:
    """Parameter → the file and line in which it stands."""
    scopes = books.parameters["scopes"]
    origins = scopes.get(program, scopes[COMPANY])["origins"]
    return {key: origins.get(key, "default") for key in keys}
