"""How cells look: one shape for each role, and the tones that conditional formats add."""

from __future__ import annotations

from typing import Any

FAINT, RULE, LINK, SOFT, FILL_IN = "#F4F6F9", "#1B2430", "#1B4F7D", "#55606F", "#FFF9E5"
GOOD, BAD, DOUBT, GREY = "#1C6A39", "#AB2219", "#845400", "#8A94A3"

_TONES = {"good": GOOD, "bad": BAD, "doubt": DOUBT, "soft": GREY}


def shape_of(name: str, places: int | None = None) -> dict[str, Any]:
    """A format by its role; `places` adds a number format with negatives in parentheses and 0 shown as 0."""
    shape: dict[str, Any] = {"font_name": "Arial", "font_size": 9, "valign": "top", **_SHAPES[name]}
    if places is not None:
        digits = "#,##0" + ("." + "0" * places if places else "")
        zero = "0" + ("." + "0" * places if places else "")
        shape |= {"num_format": f"{digits}_);({digits});{zero}_)", "align": "right"}
    return shape


def tone_of(tone: str) -> dict[str, Any]:
    """What a conditional format puts on top of a cell's own shape."""
    return {"bold": tone != "soft", "font_color": _TONES[tone]}


_COLUMN = {"bold": True, "bg_color": FAINT, "bottom": 1, "bottom_color": RULE, "text_wrap": True, "valign": "bottom"}
_FILL_IN = {"text_wrap": True, "bg_color": FILL_IN, "border": 4, "border_color": "#B8A86A", "locked": False}
_SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "number": {"valign": "bottom"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "title": {"bold": True, "font_size": 14},
    "heading": {"bold": True, "font_size": 11, "font_color": LINK},
    "beside": {"indent": 1},
    "label": {"font_color": SOFT},
    "value": {"bold": True},
    "right": {"align": "right"},
    "count": {"bold": True, "align": "left"},
    "note": {"italic": True, "font_color": SOFT},
    "wrapped": {"text_wrap": True},
    "wrapped_beside": {"text_wrap": True, "indent": 1},
    "column": _COLUMN,
    "column_beside": {**_COLUMN, "indent": 1},
    "number_column": {**_COLUMN, "align": "right"},
    "total": {"bold": True, "top": 1, "bottom": 6},
    "opens": {"font_color": LINK, "underline": 1},
    "tick": {"bold": True, "font_color": LINK, "align": "center"},
    "small": {"font_size": 7, "font_color": SOFT, "text_wrap": True},
    "fill_in": _FILL_IN,
    "suggested": {**_FILL_IN, "italic": True, "font_color": GREY},
    "stale": {**_FILL_IN, "bg_color": "#FBE9E7", "border_color": BAD},
}
