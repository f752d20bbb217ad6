"""Our nbconvert exporter: an executed notebook gives the same page, bytes for bytes, as its document does."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import get_exporter

from close_library.errors import ReportError
from close_library.report import render_html
from close_library.report.exporter import WorkpaperExporter
from close_library.report.pages import css_text
from tests.report.conftest import CODE, NOTHING_SAID, build


def notebook_of(document: dict[str, Any] | None) -> nbformat.NotebookNode:
    """An executed notebook, with the document glued in its last cell as scrapbook does it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])
    for cell in CODE:
        notebook.cells.append(nbformat.v4.new_code_cell(cell.source, metadata={"tags": list(cell.tags)}))
    raw = {"text/html": "<script>window.INJECTED=1</script>"}
    outputs = [nbformat.v4.new_output("display_data", raw)]
    if document is not None:
        scrap = {"name": "workpaper", "data": document, "encoder": "json", "version": 1}
        data = {"application/scrapbook.scrap.json+json": scrap}
        outputs.append(nbformat.v4.new_output("display_data", data, metadata={"scrapbook": {"name": "workpaper"}}))
    notebook.cells[-1].outputs = outputs
    return notebook


def test_a_notebook_on_disk_gives_the_page_of_its_document(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    path = tmp_path / "20_receivables_to_ledger.ipynb"
    path.write_text(json.dumps(notebook_of(document)), encoding="utf-8")
    page, resources = WorkpaperExporter().from_filename(str(path))
    assert page.encode() == render_html(document, rows, NOTHING_SAID, CODE)
    assert resources["output_extension"] == ".html"
    assert "INJECTED=1</script>\n" not in page.split("<details>")[0]


def test_nbconvert_knows_it_by_its_name() -> None:
    assert [entry.value for entry in entry_points(group="nbconvert.exporters", name="workpaper")] == [
        "close_library.report.exporter:WorkpaperExporter"
    ]
    assert get_exporter("workpaper") is WorkpaperExporter


def test_a_notebook_without_conclusion_is_refused() -> None:
    with pytest.raises(ReportError, match="the notebook holds no workpaper"):
        WorkpaperExporter().from_notebook_node(notebook_of(None))


@pytest.mark.parametrize("text", ['a"b', "a\\b", "</style>", "a\nb", "é\u2028", "\U0001f4a3"])
def test_a_running_head_can_not_leave_its_string(text: str) -> None:
    spelled = str(css_text(text))
    assert spelled[0] == spelled[-1] == '"'
    assert not set(spelled[1:-1]) & set('"<>/\n\u2028')
