"""The digest of everything that a workpaper is computed from: same digest, same document."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import close_library
from close_library.books import Books

COMPUTING_PACKAGES = ("duckdb", "pandas", "pyarrow")
"""The packages whose version can change a figure."""


def inputs_digest(declared: dict[str, Any], books: Books, parameters: dict[str, Any], program: str, period: str) -> str:
    """sha256 over the notebook, the library, the parameters in force, the tables that it may read and the packages."""
    tables = books.manifest["tables"]
    made_from = {
        "notebook": declared["sha256"],
        "library": library_digest(),
        "program": program,
        "period": period,
        "parameters": parameters,
        "tables": {
            name: tables[name]["sha256"]
            for name in sorted({*declared["tables"], *declared["optional_tables"]})
            if name in tables
        },
        "packages": {name: version(name) for name in COMPUTING_PACKAGES},
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def library_digest() -> str:
    """sha256 over the library's own modules."""
    root = Path(close_library.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
