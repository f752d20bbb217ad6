"""How a workpaper looks while it is filled in a notebook: plain tables and lines, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

SHOWN_ROWS = 40


class Shown:
    """Something to look at, as HTML in JupyterLab and as text elsewhere."""

    def __init__(self, html: str, text: str) -> None:
        self._html, self._text = html, text

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


def lines(pairs: Iterable[tuple[str, str]]) -> Shown:
    """Label and value, line by line."""
    pairs = list(pairs)
    width = max((len(label) for label, _ in pairs), default=0)
    html = "".join(
        f"<tr><th style='text-align:left'>{escape(label)}</th><td style='text-align:left'>{escape(value)}</td></tr>"
        for label, value in pairs
    )
    return Shown(f"<table>{html}</table>", "\n".join(f"{label:<{width}}  {value}" for label, value in pairs))


def table(
    title: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[str | None]], total: int
) -> Shown:
    """A schedule: at most forty rows are shown, and how many there are."""
    head = rows[:SHOWN_ROWS]
    more = f"… {total} rows in all" if total > len(head) else ""
    align = ["left" if kind in ("text", "date") else "right" for kind in types]
    body = "".join(
        "<tr>"
        + "".join(
            f"<td style='text-align:{side}'>{escape(cell or '')}</td>" for cell, side in zip(row, align, strict=True)
        )
        + "</tr>"
        for row in head
    )
    names = "".join(
        f"<th style='text-align:{side}'>{escape(name)}</th>" for name, side in zip(columns, align, strict=True)
    )
    html = (
        f"<p><b>{escape(title)}</b></p><table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table><p>{more}</p>"
    )
    return Shown(html, "\n".join(filter(None, [title, *_aligned(columns, align, head), more])))


def _aligned(columns: Sequence[str], align: Sequence[str], rows: Sequence[Sequence[str | None]]) -> list[str]:
    cells = [list(columns), *[[cell or "" for cell in row] for row in rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    return [
        "  ".join(
            cell.ljust(width) if side == "left" else cell.rjust(width)
            for cell, width, side in zip(row, widths, align, strict=True)
        ).rstrip()
        for row in cells
    ]
