"""The binder's own pages, `binder.pdf`: made when it is sealed, and made again when it is verified."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from close_library.binder import contents
from close_library.binder.changes import LOOSENED, in_words, sentence
from close_library.report.pdf.binder import Cover, Paper, render_binder
from close_library.run.gathering.index import documents_of, read_index
from close_library.run.gathering.source_sheets import read_source_sheets
from close_library.run.said.heard import Heard, said_of, said_of_period

_LOOSENED_SHOWN = 6
NOT_SIGNED = "not signed: no key was given"
ABOUT = (
    "This binder holds the workpapers of the period, the books that they rest on, and all that computed them: notebooks, "
    "parameters, what people said. close verify needs only the product and the file. It checks every byte, the signature "
    "and the chain to the binder before, executes every notebook again on the sealed books, and compares every figure, "
    "tie-out, finding and file. The seal proves that nothing was changed since; {who}. It does not prove that the sources "
    "were right: that is what workpaper 10 and the tie-outs to the ledger are for. No clock is in it: sealing the same "
    "content again gives the same bytes."
)
"""What an auditor reads on the first page, below the seal."""
_SIGNED_BY = (
    "who sealed it is proved when the key above is the one that its owner named to you by another way than this file"
)
_BY_ANYBODY = "who sealed it is not proved, for no key signed it"


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
            *([("Loosened since", _loosened(changes))] if prior else []),
            (
                "Record",
                f"{record['events']} events, the last {record['head']}" if record["events"] else "nothing was said",
            ),
            ("Library", f"{library['version']}, SHA-256 {library['sha256']}; Python {heading['python']}"),
            ("To verify it and perform it again", f"close verify {contents.file_name(heading)}"),
        ],
        about=ABOUT.format(who=_SIGNED_BY if fingerprint else _BY_ANYBODY),
        changes=[in_words(each) for each in changes],
        compared_with=_compared_with(prior, len(changes)),
        not_tested=contents.NOT_TESTED,
    )


def _loosened(changes: Sequence[Mapping[str, Any]]) -> str:
    """Which limits let more pass than in the binder before: what an auditor asks first."""
    loosened = [sentence(each) for each in changes if each["direction"] == LOOSENED]
    more = f" and {len(loosened) - _LOOSENED_SHOWN} more" if len(loosened) > _LOOSENED_SHOWN else ""
    return ("; ".join(loosened[:_LOOSENED_SHOWN]) + more) or "no limit"


def _compared_with(prior: Mapping[str, Any] | None, changes: int) -> str:
    if prior is None:
        return "There is no binder before, so nothing was compared"
    return f"Compared with the binder of {prior['period']}" + ("" if changes else ": nothing is set otherwise")
