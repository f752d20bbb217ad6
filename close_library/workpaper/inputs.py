"""Everything that a workpaper is computed from, and its digest: same inputs, same document.

The run asks before anything is executed, the kernel when it concludes: both by this function, from the same files. Which
parameters count is known once a workpaper has run: those that it read.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import close_library
from close_library.books.shares import (
    Owners,
    owners_seen,
    said_digest,
    share_digests,
    source_shares,
    stored_schedules,
)
from close_library.parameters import COMPANY
from close_library.tables import SAID

COMPUTING_PACKAGES = ("duckdb", "numpy", "pandas", "pyarrow")
"""The packages whose version can change a figure."""

_NAMED_AT_MOST = 50
"""Owners whose digests are kept one by one; of more only one digest over all."""


@dataclass(frozen=True)
class SealedBooks:
    """What the files of a folder of books say of themselves, read once for all workpapers."""

    folder: Path
    manifest: Mapping[str, Any]
    schedules: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @classmethod
    def read(
        cls, folder: Path, manifest: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None
    ) -> SealedBooks:
        """The books in a folder, with what is given in place of its files. Raises OSError or ValueError without a file."""
        return cls(
            folder,
            manifest or _json(folder / "manifest.json"),
            stored_schedules(folder),
            parameters or _json(folder / "parameters.json"),
        )

    def values(self, program: str) -> dict[str, Any]:
        """The parameters in force for a program, as plain values; a program without its own has the company's."""
        scopes = self.parameters["scopes"]
        values: dict[str, Any] = scopes.get(program, scopes[COMPANY])["values"]
        return values


def inputs_of(
    declared: Mapping[str, Any], books: SealedBooks, program: str, period: str, keys: Iterable[str]
) -> dict[str, Any]:
    """What a workpaper is computed from, by kind; `keys` are the parameters that it reads (`flux.amount`).

    Of tables and schedules: owner → digest of the rows that are seen.
    """
    owners = owners_seen(books.manifest, program)
    names = sorted({*declared["tables"], *declared["optional_tables"]})
    values = books.values(program)
    return {
        "notebook": declared["sha256"],
        "library": library_digest(),
        "program": program,
        "period": period,
        "parameters": {key: _value(values, key) for key in sorted(keys)},
        "tables": {
            name: _shares(books.manifest["tables"][name]["owners"], owners)
            for name in names
            if name in books.manifest["tables"]
        },
        "files": _digest(source_shares(books.manifest, names, owners)),
        "schedules": {
            name: _shares(schedule["owners"], owners)
            for name, schedule in sorted(books.schedules.items())
            if set(names).issuperset(schedule["tables"])
        },
        "said": {
            name: said_digest(books.folder, name, owners, program, declared["ref"]) for name in names if name in SAID
        },
        "contract_changes": _treatments(books, owners) if "contract_changes" in names else {},
        "flux": _limits(books) if owners is None and "said_explanations" in names else {},
        "packages": packages(COMPUTING_PACKAGES),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }


def table_digest(books: SealedBooks, table: str, program: str) -> str:
    """The sha256 over the rows of a table that a program sees; over all rows for the company."""
    return _digest(share_digests(books.manifest["tables"][table]["owners"], owners_seen(books.manifest, program)))


def inputs_digest(inputs: Mapping[str, Any]) -> str:
    """The sha256 of everything that a workpaper is computed from."""
    return _digest(inputs)


@cache
def packages(names: tuple[str, ...]) -> dict[str, str]:
    """Package → version, of those that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def library_digest() -> str:
    """sha256 over the library's own files."""
    root = Path(close_library.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _shares(by_owner: Mapping[str, str], owners: Owners) -> dict[str, str]:
    shares = share_digests(by_owner, owners)
    return shares if len(shares) <= _NAMED_AT_MOST else {"": _digest(shares)}


def _treatments(books: SealedBooks, owners: Owners) -> dict[str, str]:
    """Program → how its contract changes are treated: a computation looks at it for other programs too."""
    return {
        scope: str(held["values"]["contract_changes"])
        for scope, held in books.parameters["scopes"].items()
        if owners is None or scope in owners or scope == COMPANY
    }


def _limits(books: SealedBooks) -> dict[str, Any]:
    """Program → its flux thresholds: the company's workpaper judges each program's lines by them."""
    return {scope: held["values"]["flux"] for scope, held in books.parameters["scopes"].items()}


def _value(values: Mapping[str, Any], dotted: str) -> Any:
    value: Any = values
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
