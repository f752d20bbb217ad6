"""One JSON document a notebook, glued in the form that scrapbook reads.

A kernel writes scrapbook's MIME type itself: importing scrapbook there costs a second in every notebook (its papermill
and IRI grammar). scrapbook reads it back, on the side of the run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

SCRAP = "workpaper"
_MIME = "application/scrapbook.scrap.json+json"


def glue_document(document: dict[str, Any]) -> None:
    """Leave the document in the running notebook, unseen."""
    from IPython.display import display

    scrap = {"name": SCRAP, "data": document, "encoder": "json", "version": 1}
    display(  # type: ignore[no-untyped-call]
        {_MIME: scrap}, raw=True, metadata={"scrapbook": {"name": SCRAP, "data": True, "display": False}}
    )


def read_document(notebook: Path) -> dict[str, Any] | None:
    """The document that an executed notebook holds; None when it came to no conclusion."""
    import scrapbook

    scraps = scrapbook.read_notebook(str(notebook)).scraps
    document: dict[str, Any] | None = scraps[SCRAP].data if SCRAP in scraps else None
    return document
