"""A ratio's formula: `{total} / {credit_sales} * 31` over figures of the same document becomes an Excel formula."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(r"\s*(?:\{(?P<figure>[^{}]+)\}|(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+*/()]))")


def excel_formula(formula: str | None, references: Mapping[str, str], places: int) -> str | None:
    """The Excel formula, rounded as the figure is; None when the text is anything but figures, numbers and + - * / ( ).

    A figure that the document lacks gives None too: then the ratio is written as a number.
    """
    if not formula:
        return None
    parts, place = [], 0
    text = formula.strip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if not token:
            return None
        figure = token["figure"]
        if figure is not None and figure not in references:
            return None
        parts.append(references[figure] if figure is not None else token["number"] or token["sign"])
        place = token.end()
    return f"=ROUND({''.join(parts)},{places})"
