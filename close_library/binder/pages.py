"""The binder's own pages, `binder.pdf`: made when it is sealed, and made again when it is verified."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.report.pdf.binder import Cover, Paper, render_binder
from close_library.run.gathering.index import documents_of, read_index
from close_library.run.gathering.source_sheets import read_source_sheets
from close_library.run.said.heard import Heard, said_of, said_of_period

NOT_SIGNED = "not signed: no key was given"


def binder_pages(
    period: Path,
    heard: Heard,
    heading: Mapping[str, Any],
    fingerprint: str | None,
    changes: Sequence[Mapping[str, Any]],
) -> bytes:
    """The pages over a period's folder. `heading` is what the manifest says beside its files, `changes` those since the
    binder before."""
    index = read_index(period)
    papers = []
    for path, document in documents_of(period):
        rows = path.with_suffix(".rows.parquet")
        said = said_of(document, heard.of(document["program"], document["ref"]))
        papers.append(Paper(document, rows if rows.exists() else None, said))
    parameters = json.loads((period / "books" / "parameters.json").read_text(encoding="utf-8"))
    cover = _cover(heading, fingerprint, changes)
    ipe = read_source_sheets(period)
    return render_binder(cover, index, said_of_period(index["entries"]), papers, parameters, ipe)


def _cover(heading: Mapping[str, Any], fingerprint: str | None, changes: Sequence[Mapping[str, Any]]) -> Cover:
    record, library, prior = heading["record"], heading["library"], heading["prior"]
    return Cover(
        seal=[
            ("Sealed with the key (SHA-256)", fingerprint or NOT_SIGNED),
            (
                "Binder before",
                f"{prior['period']}, SHA-256 {prior['sha256']}" if prior else "none: this is the first in its folder",
            ),
            (
                "Record",
                f"{record['events']} events, the last {record['head']}" if record["events"] else "nothing was said",
            ),
            ("Library", f"{library['version']}, SHA-256 {library['sha256']}; Python {heading['python']}"),
            ("To verify it and perform it again", f"close verify {contents.file_name(heading)}"),
        ],
        changes=changes,
        compared_with=f"Compared with the binder of {prior['period']}"
        if prior
        else "There is no binder before to compare with",
        not_tested=contents.NOT_TESTED,
    )
