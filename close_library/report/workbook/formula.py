"""How a number follows from others, as text of a document: read once, computed exactly, and written for a spreadsheet.

    {total} / {credit_sales} * 31               figures of the document
    [change] / abs([comparison]) * 100          cells of the same line
    [current#3] - [current#5]                   cells of other lines, counted from 0
    sum([current#0:2]) + [90.2!revenue#8]       a span of lines; a cell of another schedule

Numbers, + - * / ( ), `abs` and `sum`, nothing else: what is anything else is no formula, and its cell stays a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

_TOKEN = re.compile(
    r"\s*(?:\{(?P<figure>[^{}]+)\}"
    r"|\[(?:(?P<table>[^][!#]+)!)?(?P<column>[^][!#]+)(?:#(?P<first>\d{1,6})(?::(?P<last>\d{1,6}))?)?\]"
    r"|(?P<number>\d+(?:\.\d+)?)|(?P<name>abs|sum)\b|(?P<sign>[-+*/()]))"
)
_DEEPEST = 20
_LONGEST = 1_000
"""Signs, figures and cells of a formula; a cell of Excel holds no more, and each is a level of the tree."""


class Reference(NamedTuple):
    """Cells of a schedule: `table` is empty for the own one, `first` None for the own line; a span has a `last`."""

    table: str
    column: str
    first: int | None
    last: int | None


class Undefined(Exception):
    """A division by zero: the formula has no value there."""


class Unknown(Exception):
    """A figure or a cell that is not there, or holds no number."""


Cells = Callable[[Reference], list[Fraction]]
"""The numbers of the cells that are referred to; raises Unknown."""


@dataclass(frozen=True)
class Formula:
    """A formula that was read: a tree of (kind, operands)."""

    tree: tuple[Any, ...]

    def value(self, figures: Mapping[str, Fraction], cells: Cells) -> Fraction:
        """The exact value; raises Undefined or Unknown."""
        return _value(self.tree, figures, cells)

    def spelled(self, figures: Mapping[str, str], cells: Callable[[Reference], str]) -> str:
        """The formula for a spreadsheet, without the sign of equality and without rounding."""
        return _spelled(self.tree, figures, cells)

    def divisors(self, figures: Mapping[str, str], cells: Callable[[Reference], str]) -> list[str]:
        """What it divides by, where that can be zero."""
        found = (node[2] for node in _nodes(self.tree) if node[0] == "/")
        return [_spelled(node, figures, cells) for node in found if node[0] != "number"]

    @property
    def divides(self) -> bool:
        """Whether it may have no value."""
        return any(node[0] == "/" and node[2][0] != "number" for node in _nodes(self.tree))

    @property
    def references(self) -> list[Reference]:
        """The cells that it is made of."""
        return [node[1] for node in _nodes(self.tree) if node[0] in ("cell", "sum")]


@cache
def read(text: str) -> Formula | None:
    """A formula; None when the text is anything but one."""
    parts, place, text = [], 0, text.strip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if not token:
            return None
        parts.append(token)
        place = token.end()
        if len(parts) > _LONGEST:
            return None
    try:
        tree, end = _sum(parts, 0, 0)
    except (IndexError, ValueError):
        return None
    return Formula(tree) if end == len(parts) else None


def excel_formula(formula: str | None, references: Mapping[str, str], places: int) -> str | None:
    """The Excel formula of figures, rounded as the figure is; None when it is none, or names a figure that is not there."""
    found = read(formula) if formula else None
    try:
        return f"=ROUND({found.spelled(references, _no_cells)},{places})" if found else None
    except Unknown:
        return None


def _no_cells(reference: Reference) -> str:
    raise Unknown(reference)


def _sum(parts: list[re.Match[str]], place: int, depth: int) -> tuple[tuple[Any, ...], int]:
    """Terms with + and -, or factors with * and /, from the left."""
    return _chain(
        parts, place, depth, "+-", lambda at: _chain(parts, at, depth, "*/", lambda to: _one(parts, to, depth))
    )


def _chain(
    parts: list[re.Match[str]], place: int, depth: int, signs: str, below: Callable[[int], tuple[tuple[Any, ...], int]]
) -> tuple[tuple[Any, ...], int]:
    tree, place = below(place)
    while place < len(parts) and (sign := parts[place]["sign"]) and sign in signs:
        right, place = below(place + 1)
        tree = (sign, tree, right)
    return tree, place


def _one(parts: list[re.Match[str]], place: int, depth: int) -> tuple[tuple[Any, ...], int]:
    """A figure, a cell, a number, or what stands in parentheses."""
    token = parts[place]
    if depth > _DEEPEST:
        raise ValueError(token[0])
    if token["figure"] is not None:
        return ("figure", token["figure"]), place + 1
    if token["number"] is not None:
        return ("number", token["number"]), place + 1
    if token["column"] is not None:
        return ("cell", _reference(token)), place + 1
    if token["sign"] == "-":
        tree, end = _one(parts, place + 1, depth + 1)
        return ("negative", tree), end
    opening = place + 1 if token["name"] else place
    if parts[opening]["sign"] != "(":
        raise ValueError(token[0])
    tree, end = _sum(parts, opening + 1, depth + 1)
    if parts[end]["sign"] != ")" or (token["name"] == "sum" and tree[0] != "cell"):
        raise ValueError(token[0])
    return ("sum", tree[1]) if token["name"] == "sum" else (token["name"] or "group", tree), end + 1


def _reference(token: re.Match[str]) -> Reference:
    first, last = (int(token[name]) if token[name] is not None else None for name in ("first", "last"))
    return Reference(token["table"] or "", token["column"], first, last)


def _nodes(tree: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield tree
    for part in tree[1:]:
        if type(part) is tuple:
            yield from _nodes(part)


def _value(tree: tuple[Any, ...], figures: Mapping[str, Fraction], cells: Cells) -> Fraction:
    kind = tree[0]
    if kind in ("cell", "sum"):
        found = cells(tree[1])
        if kind == "cell" and len(found) != 1:
            raise Unknown(tree[1])
        return sum(found, Fraction(0))
    if kind == "figure":
        if tree[1] not in figures:
            raise Unknown(tree[1])
        return figures[tree[1]]
    if kind == "number":
        return Fraction(tree[1])
    left = _value(tree[1], figures, cells)
    if kind in ("group", "abs", "negative"):
        return abs(left) if kind == "abs" else -left if kind == "negative" else left
    right = _value(tree[2], figures, cells)
    if kind == "/":
        if not right:
            raise Undefined
        return left / right
    return left + right if kind == "+" else left - right if kind == "-" else left * right


def _spelled(tree: tuple[Any, ...], figures: Mapping[str, str], cells: Callable[[Reference], str]) -> str:
    kind = tree[0]
    if kind == "cell":
        return cells(tree[1])
    if kind == "sum":
        return f"SUM({cells(tree[1])})"
    if kind == "figure":
        if tree[1] not in figures:
            raise Unknown(tree[1])
        return figures[tree[1]]
    if kind == "number":
        return str(tree[1])
    if kind == "negative":
        return f"(-{_spelled(tree[1], figures, cells)})"
    if kind in ("group", "abs"):
        return f"{'ABS' if kind == 'abs' else ''}({_spelled(tree[1], figures, cells)})"
    return f"{_spelled(tree[1], figures, cells)}{kind}{_spelled(tree[2], figures, cells)}"
