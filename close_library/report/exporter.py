"""Our nbconvert exporter: a workpaper's page from its document, with an own template that escapes every text.

`jupyter nbconvert --to workpaper executed.ipynb` draws the document that the notebook glued, with the rows file
beside it. nbconvert's own templates are not extended: they put cell output into the page as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from close_library.errors import Fault, ReportError
from close_library.report import CodeCell
from close_library.report.page import page_of
from close_library.report.pages import TEMPLATES, environment, render_page
from close_library.report.rows_file import RowsFile
from close_library.report.said import NOTHING_SAID

_SCRAP = "application/scrapbook.scrap.json+json"


class WorkpaperExporter(TemplateExporter):
    """A workpaper as one self-contained page."""

    export_from_notebook = "Workpaper"
    output_mimetype = "text/html"

    @default("file_extension")
    def _html(self) -> str:
        return ".html"

    @default("template_file")
    def _template_file_default(self) -> str:
        return "workpaper.html.jinja"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "workpaper"

    @default("template_paths")
    def _template_paths(self, prune: bool = True, root_dirs: list[str] | None = None) -> list[str]:
        return [str(TEMPLATES)]

    def _create_environment(self) -> Environment:
        """Our own templates only; none of nbconvert's filters, some of which undo the escaping."""
        return environment()

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page of an executed notebook. Raises ReportError when the notebook glued no workpaper."""
        resources = dict(self._init_resources(resources))  # type: ignore[no-untyped-call]
        place = resources.get("metadata") or {}
        document = _glued(nb)
        if document is None:
            raise ReportError(
                "the notebook holds no workpaper.",
                [
                    Fault(
                        f"{place.get('name', 'the notebook')}.ipynb",
                        "no document is glued in its cells",
                        "an executed workpaper",
                        "execute it to its end",
                    )
                ],
            )
        named = (document.get("rows") or {}).get("file")
        rows = Path(place.get("path") or ".", named) if named else None
        page = page_of(document, RowsFile(rows, document), NOTHING_SAID, _code_of(nb))
        return render_page("workpaper.html.jinja", page).decode(), resources


def _glued(nb: NotebookNode) -> dict[str, Any] | None:
    """The document that the notebook glued, the last one where it was glued again."""
    found: Any = None
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("scrapbook", {}).get("name") == "workpaper":
                found = output.get("data", {}).get(_SCRAP, found)
    if isinstance(found, Mapping) and "data" in found and "format" not in found:
        found = found["data"]
    return dict(found) if isinstance(found, Mapping) else None


def _code_of(nb: NotebookNode) -> list[CodeCell]:
    """The code cells with the numbers that they were executed under."""
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    return [
        CodeCell(cell.get("execution_count") or number, cell.source, tuple(cell.metadata.get("tags", [])))
        for number, cell in enumerate(cells, 1)
    ]
