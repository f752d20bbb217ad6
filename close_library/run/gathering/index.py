"""What a finished period holds: its documents with their statuses, the front page, and the digest of every file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from close_library.parameters import COMPANY
from close_library.report import render_index
from close_library.run.files.atomic import file_digest, write_json, write_whole
from close_library.run.freshness.stamps import remove_stamp
from close_library.run.gathering.source_sheets import FILES as SHEETS
from close_library.run.planning.task import ENDINGS
from close_library.run.said.heard import NOTHING, Heard, Spoken, said_digest, said_of, said_of_period, sign_off_entry

SEVERITIES = ("error", "warning", "info")
STATUSES = ("agreed", "open", "failed", "not_applicable")
OUTSIDE_DIGEST = ("manifest.json", "run.json")
"""Files of a period that its manifest does not name: itself, and what the clock wrote."""

_NOT_PROGRAMS = ("books", "journal_entries")
_TOP = 50
_SHOWN_AT_END = 8


def documents_of(period: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every workpaper document of a period with its path, the company's first, then by program and ref."""
    folders = sorted(
        (each for each in period.glob("*/") if each.name not in _NOT_PROGRAMS),
        key=lambda each: (each.name != COMPANY, each.name),
    )
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(document, dict) and document.get("format") == "workpaper/1":
                yield path, document


def sealed_files(period: Path) -> set[tuple[str, str, str]]:
    """Table, file and sha256 of every source file in the books of a period; empty when there are no books."""
    try:
        books = json.loads((period / "books" / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return {
        (table, source["file"], source["sha256"])
        for table, sealed in books["tables"].items()
        for source in sealed["sources"]
    }


def is_stale(document: dict[str, Any], sealed: set[tuple[str, str, str]]) -> bool:
    """Whether a document rests on files that are no longer those of the books."""
    return any((each["table"], each["file"], each["sha256"]) not in sealed for each in document.get("sources") or [])


def entry_of(
    path: Path, document: dict[str, Any], sealed: set[tuple[str, str, str]], spoken: Spoken = NOTHING
) -> dict[str, Any]:
    """What the index says of a document: status, sign-off, files, tie-outs and findings, and whether it is stale."""
    tie_outs = document.get("tie_outs") or []
    findings = document.get("findings") or []
    disagreeing = [each for each in tie_outs if not each["agreed"]]
    stem = path.name.removesuffix(".json")
    return {
        **{key: document[key] for key in ("program", "ref", "name", "title", "status")},
        "stale": is_stale(document, sealed),
        "error": _error_of(document),
        "missing_tables": document.get("missing_tables") or [],
        "tie_outs": {"agreed": len(tie_outs) - len(disagreeing), "open": len(disagreeing)},
        "open_tie_outs": disagreeing,
        "findings": {severity: sum(each["severity"] == severity for each in findings) for severity in SEVERITIES},
        "top_findings": [each for severity in SEVERITIES[:2] for each in findings if each["severity"] == severity][
            :_TOP
        ],
        "files": {
            ending: f"{path.parent.name}/{stem}.{ending}"
            for ending in ENDINGS
            if path.with_name(f"{stem}.{ending}").exists()
        },
        **said_in_entry(document, spoken),
    }


def said_in_entry(document: dict[str, Any], spoken: Spoken) -> dict[str, Any]:
    """What the index says of the record: the sign-off of a workpaper, and the digest of what its reports show of it."""
    said = said_of(document, spoken)
    return {"sign_off": sign_off_entry(document, spoken, said), "said": said_digest(said)}


def _error_of(document: dict[str, Any]) -> str:
    error = document.get("error") or ""
    return str(error.get("message", "")) if isinstance(error, dict) else str(error)


def write_index(
    period: Path, heading: dict[str, Any], program_names: dict[str, str], heard: Heard = Heard()
) -> dict[str, Any]:
    """Write `index.json` and `index.html` of a period from the documents that are there; returns the index."""
    documents = list(documents_of(period))
    sealed = sealed_files(period)
    entries = [
        entry_of(path, document, sealed, heard.of(document["program"], document["ref"])) for path, document in documents
    ]
    found = _each_once(document for _, document in documents)
    books = json.loads((period / "books" / "manifest.json").read_text(encoding="utf-8"))
    index = {
        "format": "index/1",
        **heading,
        "programs": list(dict.fromkeys(entry["program"] for entry in entries)),
        "program_names": program_names,
        "workpapers": [
            {"ref": ref, "name": name, "title": title}
            for ref, name, title in sorted({(entry["ref"], entry["name"], entry["title"]) for entry in entries})
        ],
        "entries": entries,
        "findings": {severity: sum(each["severity"] == severity for each in found) for severity in SEVERITIES},
        "attention": [each for severity in SEVERITIES[:2] for each in found if each["severity"] == severity][
            :_SHOWN_AT_END
        ],
        "sources": [
            {"table": table, **source} for table, sealed in books["tables"].items() for source in sealed["sources"]
        ],
        "ipe": SHEETS,
    }
    place_index(period, index)
    return index


def place_index(period: Path, index: dict[str, Any]) -> None:
    """Write `index.html` and `index.json` of a period."""
    write_whole(period / "index.html", render_index(index, said_of_period(index["entries"])))
    write_json(period / "index.json", index)


def read_index(period: Path) -> dict[str, Any]:
    """The index of a period; empty where it was never written."""
    try:
        index: dict[str, Any] = json.loads((period / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return index


def _each_once(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings of a period with their workpaper and program: a company's and its programs' same finding counts once."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for document in sorted(documents, key=lambda document: (document["ref"], document["program"] != COMPANY)):
        for each in document.get("findings") or []:
            place = {"ref": document["ref"], "program": document["program"]}
            found.setdefault(identity_of(document["ref"], each), {**place, **each})
    return list(found.values())


def identity_of(ref: str, finding: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes two findings the same one, whoever raised it: workpaper, kind, what it is known by, and its aspect."""
    table, keys = next(iter(finding["keys"].items()))
    return (ref, finding["finding"], table, *keys, finding.get("subject") or "")


def write_manifest(period: Path) -> None:
    """Write `manifest.json`: the sha256 of every file of a period, except itself and the record of the run."""
    files = {
        path.relative_to(period).as_posix(): file_digest(path)
        for path in sorted(period.rglob("*"))
        if path.is_file()
        and not path.name.startswith(".")
        and path.relative_to(period).as_posix() not in OUTSIDE_DIGEST
    }
    write_json(period / "manifest.json", {"format": "manifest/1", "files": files})


def renew_manifest(period: Path, files: Iterable[str]) -> None:
    """Bring the digests of some files of a period up to date in its manifest, reading no other."""
    try:
        held: dict[str, Any] = json.loads((period / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        write_manifest(period)
        return
    digests = {file: file_digest(period / file) for file in files if (period / file).is_file()}
    write_json(period / "manifest.json", {**held, "files": dict(sorted({**held["files"], **digests}.items()))})


def has_unplanned(period: Path, planned: set[tuple[str, str]]) -> bool:
    """Whether a period holds workpapers that a full run no longer plans."""
    held = {(path.parent.name, path.stem) for path in period.glob("*/*.json") if path.parent.name not in _NOT_PROGRAMS}
    return not held <= planned


def remove_unplanned(period: Path, planned: set[tuple[str, str]]) -> list[str]:
    """Remove the workpapers of a period that a full run no longer plans; `planned` holds (folder, stem). Returns them."""
    removed = []
    for path, _ in list(documents_of(period)):
        if (path.parent.name, path.stem) not in planned:
            removed.append(f"{path.parent.name}/{path.stem}")
            for ending in ENDINGS:
                path.with_name(f"{path.stem}.{ending}").unlink(missing_ok=True)
            remove_stamp(path)
    for folder in period.glob("*/"):
        if folder.name not in _NOT_PROGRAMS and not any(folder.iterdir()):
            folder.rmdir()
    return removed
