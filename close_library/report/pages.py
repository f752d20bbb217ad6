"""Our pages: templates of our own, every text escaped, style and script inside; nothing of nbconvert's templates or filters.

render_page   the page of a template from what it shows, as plain values
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from close_library.report.wording import show_total, source_anchor

TEMPLATES = Path(__file__).parent / "templates"


def render_page(template: str, page: Mapping[str, Any]) -> bytes:
    """One self-contained page; the same input gives the same bytes."""
    html: str = (
        environment()
        .get_template(template)
        .render(**page, css=Markup(_text("report.css")), script=Markup(_text("report.js")))
    )
    # Half a surrogate pair is no character; it is shown as a question mark instead of failing the report.
    return html.lstrip().encode("utf-8", "replace")


@cache
def environment() -> Environment:
    """The one environment of this process, with its templates compiled."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    made.globals.update(css_text=css_text, sealed=sealed, source_anchor=source_anchor)
    made.filters.update(grouped=lambda number: f"{number:,}", amount=show_total)
    return made


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def sealed(content: str) -> str:
    """The hash by which a page's security policy allows one script or style, and no other."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8", "replace")).digest()).decode() + "'"


def css_text(text: str) -> Markup:
    """A text as a CSS string that nothing can end: every character but letters and digits is written as its number."""
    return Markup(
        '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text if c.isprintable()) + '"'
    )
