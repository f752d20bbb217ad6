"""Reports drawn again when something was said: from the document, its rows and its executed notebook, executing nothing.

Which reports must be drawn again is told by the index: it holds, for each workpaper, the digest of the `said` that its
reports were drawn with. So a redraw that was killed is made good by the next one, whoever asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from close_library.run.execution.draw import draw
from close_library.run.files.atomic import part_of, put_in_place
from close_library.run.freshness.stamps import renew_stamp
from close_library.run.gathering.index import documents_of, place_index, read_index, renew_manifest, said_in_entry
from close_library.run.planning.task import DRAWN
from close_library.run.said.heard import Heard, said_digest, said_of

Place = tuple[str, str]
"""Program and ref of a workpaper."""


def redraw(period: Path, heard: Heard, drawn_now: Collection[Place] = ()) -> list[Place]:
    """Draw the reports that show other than `heard`; returns them. `drawn_now` were drawn with it just now."""
    shown = {(each["program"], each["ref"]): each.get("said") for each in read_index(period).get("entries", [])}
    changed = []
    for path, document in documents_of(period):
        place = document["program"], document["ref"]
        said = said_of(document, heard.of(*place))
        if place not in drawn_now and shown.get(place) != said_digest(said):
            redraw_workpaper(path, document, said)
            changed.append(place)
    return changed


def redraw_workpaper(path: Path, document: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Draw the reports of the document at a path, and put them in place when all are finished."""
    files = {ending: path.with_suffix(f".{ending}") for ending in DRAWN}
    parts = {ending: part_of(file) for ending, file in files.items()}
    rows = path.with_suffix(".rows.parquet")
    try:
        executed = path.with_suffix(".ipynb").read_bytes()
        held = rows if document["status"] != "failed" and rows.exists() else None
        draw(document, held, said, executed, parts)
        for ending, part in parts.items():
            if part.exists():
                put_in_place(part, files[ending])
        renew_stamp(path)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def refresh(period: Path, heard: Heard) -> None:
    """Bring reports, index, front page and manifest of a period up to what was said.

    A period that was never run to its end has no index: then nothing is drawn, and the next run does.
    """
    index = read_index(period)
    if not index:
        return
    if changed := redraw(period, heard):
        documents = {(document["program"], document["ref"]): document for _, document in documents_of(period)}
        touched = ["index.html", "index.json"]
        for entry in index["entries"]:
            place = entry["program"], entry["ref"]
            if place in changed and place in documents:
                entry |= said_in_entry(documents[place], heard.of(*place))
                touched += [file for ending, file in entry["files"].items() if ending in DRAWN]
        place_index(period, index)
        renew_manifest(period, touched)
