"""How a table stands on a page: the width of its columns, the size of its letters, and in how many parts it is set.

No cell is cut off: a table that is too wide for the page at the smallest letters is set in several parts, each with the
first column again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from close_library.report.pdf.letters import longest_piece

PAGE_WIDTH = 768.0
"""Points between the margins of a page of A4 across."""

SIZES = (8.0, 7.2, 6.5, 6.0)
"""Sizes of letters in points, the largest that fits is taken."""

_LETTER = 0.575
"""How wide a letter is, in parts of its size: a digit with a little to spare."""

_INSET = 9.0
_MOST_LETTERS = 68
_ROWS_MEASURED = 1_000


@dataclass(frozen=True)
class Part:
    """A part of a table: which columns, how wide each in points, the size of the letters."""

    columns: tuple[int, ...]
    widths: tuple[float, ...]
    size: float


def parts_of(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Part]:
    """The parts in which a table is set; `rows` are texts that may break."""
    cells = [headings, *rows[:_ROWS_MEASURED], *rows[-1:]]
    least = [max(longest_piece(row[column]) for row in cells) for column in range(len(headings))]
    full = [min(max(len(row[column]) for row in cells), _MOST_LETTERS) for column in range(len(headings))]
    full = [max(pair) for pair in zip(least, full, strict=True)]
    for size in SIZES:
        if sum(_points(letters, size) for letters in least) <= PAGE_WIDTH:
            return [_part(range(len(headings)), least, full, size)]
    size = SIZES[-1]
    return [_part(columns, least, full, size) for columns in _bands([_points(letters, size) for letters in least])]


def _points(letters: int, size: float) -> float:
    return letters * _LETTER * size + _INSET


def _part(columns: Sequence[int], least: Sequence[int], full: Sequence[int], size: float) -> Part:
    """Each column has room for its longest word; what is left goes to those that would use it."""
    needed = [_points(least[column], size) for column in columns]
    wanted = [_points(full[column], size) - need for column, need in zip(columns, needed, strict=True)]
    share = min(1.0, (PAGE_WIDTH - sum(needed)) / sum(wanted)) if sum(wanted) > 0 else 0.0
    widths = [need + want * share for need, want in zip(needed, wanted, strict=True)]
    return Part(tuple(columns), tuple(round(width, 1) for width in widths), size)


def _bands(needed: Sequence[float]) -> list[list[int]]:
    """The columns in groups that fit the page, the first column in each."""
    bands: list[list[int]] = [[0]]
    left = PAGE_WIDTH - needed[0]
    for column in range(1, len(needed)):
        if needed[column] > left and len(bands[-1]) > 1:
            bands.append([0])
            left = PAGE_WIDTH - needed[0]
        bands[-1].append(column)
        left -= needed[column]
    return bands
