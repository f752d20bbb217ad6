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
    """The document that an executed notebook holds; None when it came to no conclusion.

    What an analyst glued beside it is not read: it need not be well-formed.
    """
    import scrapbook

    executed = scrapbook.read_notebook(str(notebook))
    for cell in executed.cells:
        cell.outputs = [output for output in cell.get("outputs", ()) if _is_ours(output)]
    document: dict[str, Any] | None = executed.scraps[SCRAP].data if SCRAP in executed.scraps else None
    return document


def _is_ours(output: dict[str, Any]) -> bool:
    glued: dict[str, Any] = output.get("data", {}).get(_MIME, {})
    return glued.get("name") == SCRAP
