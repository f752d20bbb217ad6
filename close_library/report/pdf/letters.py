"""Text that the fonts of the pages can show: what they lack is written as its number, never left out.

A page without a glyph is no PDF/A; and a reader must see that something stands there.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from fontTools.ttLib import TTFont

BREAK = "\u200b"
"""A place where a long word may break; it shows as nothing."""

FONT_FOLDERS = (Path(__file__).parent / "fonts", Path(matplotlib.get_data_path()) / "fonts" / "ttf")
"""Where the fonts of the pages lie: Liberation Sans is ours, DejaVu Sans comes with matplotlib."""

_LONGEST_WORD = 22
_AFTER = re.compile(r"([_/:;,.=&?@\-\\])(?=[^\s\u200b])")
_LONG = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")


def readable(value: Any) -> Any:
    """The same data with every text in letters that the fonts have."""
    if isinstance(value, str):
        return _readable_text(value)
    if isinstance(value, dict):
        return {key: readable(each) for key, each in value.items()}
    return [readable(each) for each in value] if isinstance(value, list | tuple) else value


def breakable(text: str) -> str:
    """The text with places in its long words where a line may end."""
    return _LONG.sub(lambda word: _broken(word[0]), text)


def longest_piece(text: str) -> int:
    """The letters of the longest piece of a breakable text that can't break."""
    return max((len(piece) for piece in re.split(rf"[\s{BREAK}]+", text)), default=0)


def _broken(word: str) -> str:
    pieces = _AFTER.sub(rf"\1{BREAK}", word).split(BREAK)
    return BREAK.join(
        BREAK.join(piece[start : start + _LONGEST_WORD] for start in range(0, len(piece), _LONGEST_WORD))
        for piece in pieces
    )


def _readable_text(text: str) -> str:
    known = _letters()
    if all(character in known for character in text):
        return text
    return "".join(character if character in known else f"[U+{ord(character):04X}]" for character in text)


@cache
def _letters() -> frozenset[str]:
    """Every character that Liberation Sans or DejaVu Sans has, and the white space that sets text."""
    own, other = FONT_FOLDERS
    letters = {"\n", BREAK}
    for font in (own / "LiberationSans-Regular.ttf", other / "DejaVuSans.ttf"):
        with TTFont(font, lazy=True) as opened:
            letters |= {chr(number) for number in opened.getBestCmap() if number >= 0x20}
    return frozenset(letters)
