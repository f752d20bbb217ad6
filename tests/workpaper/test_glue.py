"""The document of an executed notebook, read back; what an analyst glued beside it is their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from close_library.workpaper.glue import SCRAP, read_document

MIME = "application/scrapbook.scrap.json+json"


def scrap(name: str, data: Any, **changed: Any) -> Any:
    payload = {"name": name, "data": data, "encoder": "json", "version": 1, **changed}
    return nbformat.v4.new_output("display_data", {MIME: payload}, metadata={"scrapbook": {"name": name}})


def executed(folder: Path, *outputs: Any) -> Path:
    cells = [
        nbformat.v4.new_markdown_cell("Purpose"),
        nbformat.v4.new_code_cell("wp.conclude()", outputs=list(outputs)),
    ]
    path = folder / "executed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_the_last_document_is_the_one(tmp_path: Path) -> None:
    said = nbformat.v4.new_output("stream", text="done")
    assert read_document(executed(tmp_path, scrap(SCRAP, {"ref": "31"}), said, scrap(SCRAP, {"ref": "32"}))) == {
        "ref": "32"
    }


def test_no_conclusion_no_document(tmp_path: Path) -> None:
    assert read_document(executed(tmp_path)) is None
    assert read_document(executed(tmp_path, scrap("total", "1.00"))) is None


@pytest.mark.parametrize(
    "odd",
    [
        scrap("total", "1.00", encoder="unheard of"),
        scrap("total", "1.00", version="one"),
        nbformat.v4.new_output("display_data", {"application/scrapbook.scrap.arrow+json": {"name": "rows"}}),
    ],
    ids=["an unknown encoder", "no version", "no data"],
)
def test_what_an_analyst_glued_beside_it_need_not_be_readable(odd: Any, tmp_path: Path) -> None:
    assert read_document(executed(tmp_path, odd, scrap(SCRAP, {"ref": "31"}), odd)) == {"ref": "31"}
