"""Our nbconvert exporter: a workpaper's page from its document, with an own template that escapes every text.

`jupyter nbconvert --to workpaper executed.ipynb` draws the document that the notebook glued, with the rows file
beside it. nbconvert's own templates are not extended: they put cell output into the page as it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from close_library.errors import Fault, ReportError
from close_library.report import CodeCell
from close_library.report.front_page import front_page_of
from close_library.report.ipe.page import ipe_page
from close_library.report.page import page_of
from close_library.report.rows_file import RowsFile
from close_library.report.wording import show_total, source_anchor

_TEMPLATES = Path(__file__).parent / "templates"
_SCRAP = "application/scrapbook.scrap.json+json"
_NOTHING_SAID: dict[str, Any] = {"sign_offs": {}, "explanations": {}, "items": []}


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
        return [str(_TEMPLATES)]

    def _create_environment(self) -> Environment:
        """Our own templates only, every text escaped; none of nbconvert's filters, some of which undo that."""
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(css_text=css_text, sealed=sealed)
        environment.globals.update(source_anchor=source_anchor)
        environment.filters.update(grouped=lambda number: f"{number:,}", amount=show_total)
        return environment

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
        return self.render_workpaper(document, rows, _NOTHING_SAID, _code_of(nb)).decode(), resources

    def render_workpaper(
        self, document: Mapping[str, Any], rows: Path | None, said: Mapping[str, Any], code: Sequence[CodeCell]
    ) -> bytes:
        """The page of a document, its rows file, what people said, and the notebook's code."""
        return self.render_page(page_of(document, RowsFile(rows, document), said, code))

    def render_page(self, page: Mapping[str, Any]) -> bytes:
        """The page of a workpaper from what it shows (`page_of`)."""
        return self._render("workpaper.html.jinja", page)

    def render_source_sheets(self, ipe: Mapping[str, Any]) -> bytes:
        """The sheets of a period's sources."""
        return self._render("ipe.html.jinja", ipe_page(ipe))

    def render_front_page(self, index: Mapping[str, Any], said: Mapping[str, Any]) -> bytes:
        """The front page of a period."""
        return self._render("index.html.jinja", front_page_of(index, said))

    def _render(self, template: str, page: Mapping[str, Any]) -> bytes:
        html: str = self.environment.get_template(template).render(
            **page, css=Markup(_text("report.css")), script=Markup(_text("report.js"))
        )
        # Half a surrogate pair is no character; it is shown as a question mark instead of failing the report.
        return html.lstrip().encode("utf-8", "replace")


@cache
def warm_exporter() -> WorkpaperExporter:
    """The one exporter of this process, with its templates compiled."""
    return WorkpaperExporter()  # type: ignore[no-untyped-call]


@cache
def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def sealed(content: str) -> str:
    """The hash by which a page's security policy allows one script or style, and no other."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8", "replace")).digest()).decode() + "'"


def css_text(text: str) -> Markup:
    """A text as a CSS string that nothing can end: every character but letters and digits is written as its number."""
    return Markup(
        '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text if c.isprintable()) + '"'
    )


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
