"""The prose of a workpaper: Markdown to HTML, with no way to smuggle anything in.

HTML in the text is shown as text, links and pictures stay the characters that they are written with.
"""

from __future__ import annotations

from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_DEEPEST = 6
_OWN_HEADING = 2
"""The level of the report's own headings: the prose's stand below it, none skipped."""


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "image", "autolink", "reference"])


def parse(text: str) -> list[Token]:
    """A section's Markdown as tokens, for pages that are no HTML."""
    return _parser().parse(text)


def prose(text: str | None) -> Markup:
    """A section's Markdown as safe HTML; its headings stand below the report's own."""
    if not text:
        return Markup("")
    tokens = _parser().parse(text)
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
            above = [*(outer for outer in above if outer < level), level]
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(_DEEPEST, _OWN_HEADING + len(above))}"
    # The renderer escapes every text token, and nothing else than our own tags comes out of it.
    return Markup(_parser().renderer.render(tokens, _parser().options, {}))
