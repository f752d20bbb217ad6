"""The prose of a workpaper for the page: Markdown to blocks of runs, which the template sets without reading any markup."""

from __future__ import annotations

from typing import Any

from markdown_it.token import Token

from close_library.report.prose import parse


def blocks_of(text: str | None) -> list[dict[str, Any]]:
    """A section's Markdown as blocks: `{"kind": "paragraph"|"heading"|"item"|"code"|"row", "runs": [[text, style]]}`.

    Styles: "", "strong", "em", "code".
    """
    blocks: list[dict[str, Any]] = []
    kinds: list[str] = []
    for token in parse(text or ""):
        match token.type:
            case "heading_open":
                kinds.append("heading")
            case "list_item_open":
                kinds.append("item")
            case "heading_close" | "list_item_close":
                kinds.pop()
            case "inline":
                blocks.append({"kind": kinds[-1] if kinds else "paragraph", "runs": _runs(token)})
            case "fence" | "code_block" | "html_block":
                blocks.append({"kind": "code", "runs": [[token.content.rstrip("\n"), "code"]]})
    return blocks


def _runs(inline: Token) -> list[list[str]]:
    runs: list[list[str]] = []
    styles: list[str] = []
    for token in inline.children or []:
        match token.type:
            case "strong_open" | "em_open":
                styles.append(token.type.removesuffix("_open"))
            case "strong_close" | "em_close":
                styles.pop()
            case "code_inline":
                runs.append([token.content, "code"])
            case "softbreak":
                runs.append([" ", ""])
            case "hardbreak":
                runs.append(["\n", ""])
            case _:
                runs.append([token.content, styles[-1] if styles else ""])
    return runs
