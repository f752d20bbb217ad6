"""A paper whose schedules declare how their cells follow: of figures, of rows, of each other; its items have hostile names."""

from __future__ import annotations

import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.report.papers import HOSTILE, Paper, tie_out

ITEMS = [*HOSTILE, "Plain item", "plain item", "7", "007"]
"""Names that a criterion would read as operators, patterns or numbers, or would not tell apart."""

STATES = ("on_time", "late")
MONTHS = ("2026-09", "2026-10")

FOLLOWS = {"change": "[current] - [comparison]"}


def declared(folder: Path) -> dict[str, Any]:
    """40: drivers by item, what they add up to, and the items counted."""
    paper = Paper("40", "flux", "Flux of what is declared", folder)
    _write_rows(paper)
    amounts = {id: paper.figure(id, id.capitalize()) for id in ("current", "comparison", "gone", "nothing")}
    drivers = _drivers(paper)
    lead = [
        ["Items", *_compared(amounts["current"], amounts["comparison"])],
        ["Gone", *_compared(amounts["gone"], Decimal("0.00"))],
        ["Result", *_compared(amounts["current"] - amounts["gone"], amounts["comparison"])],
    ]
    result = amounts["current"] - amounts["gone"]
    columns, sides = ["line", "current", "comparison", "change", "percent"], ("current", "comparison")
    return paper.document(
        tie_outs=[
            tie_out("40.1", "The lines are the figures", result, result, "F",
                    per_workpaper_formula="{current} - {gone}", per_books_formula="sum([40.1!current#0:0]) - [40.1!current#1]"),
            tie_out("40.2", "What is not borne out stays", Decimal("1.00"), result, "F", per_workpaper_formula="{current}"),
        ],
        tables={
            "40.1": {
                "title": "Lead sheet", "columns": columns, "types": ["text", "money", "money", "money", "percent"], "rows": lead,
                "total_row": False, "total_rows": 3, "relations": {**FOLLOWS, "percent": "[change] / abs([comparison]) * 100"},
                "formulas": [[0, 1, "{current}"], [0, 2, "{comparison}"], [1, 1, "{gone}"], [1, 2, "{nothing}"],
                             *([2, n, f"[{side}#0] - [{side}#1]"] for n, side in enumerate(sides, 1))],
            },
            "40.2": {
                "title": "Drivers", "columns": ["item", "current", "comparison", "change", "rows", "of_month"],
                "types": ["text", "money", "money", "money", "int", "money"], "rows": drivers, "total_row": True,
                "total_rows": len(drivers), "relations": FOLLOWS,
                "parts": [
                    {"column": "current", "figures": ["both", "-turned"], "by": {"name": "item"}, "where": {"side": "current"}},
                    {"column": "comparison", "figures": ["-both"], "by": {"name": "item"}, "where": {"side": "comparison"}},
                    {"column": "rows", "figures": ["both"], "by": {"name": "item"}, "counts": True},
                    {"column": "of_month", "figures": ["both"], "by": {"name": "item"}, "where": {"date[:7]": MONTHS[1]}},
                ],
            },
            **_listed(paper),
        },
    )  # fmt: skip


def _write_rows(paper: Paper) -> None:
    """Rows of both sides: `both` holds the comparison with its sign turned, `turned` a part of the current side twice."""
    dice = random.Random(40)
    for line in range(2, 400):
        item, side, month = dice.choice(ITEMS), dice.choice(("current", "comparison")), dice.choice(MONTHS)
        amount = Decimal(dice.randint(-50_000, 900_000)) / 100
        shown = {"name": item, "side": side, "date": f"{month}-{dice.randint(1, 28):02d}"}
        if dice.random() < 0.1:
            del shown["name"]
        paper.row("both", "deliveries", line, amount if side == "current" else -amount, **shown)
        paper.row(side, "deliveries", line, amount, **shown)
        if side == "current" and dice.random() < 0.2:
            paper.row("turned", "deliveries", line, amount, **shown)
    paper.row("gone", "deliveries", 999, Decimal("12.34"), name="gone")
    for id in ("both", "turned"):
        paper.figure(id, id.capitalize())


def _drivers(paper: Paper) -> list[list[str | None]]:
    lines: list[list[str | None]] = []
    for item in ITEMS:
        rows = [(row["figure"], row["amount"], dict(row["shown"])) for row in paper.rows]
        own = [(figure, amount, shown) for figure, amount, shown in rows if shown.get("name") == item]
        current = sum((amount for figure, amount, _ in own if figure == "current"), Decimal("0.00"))
        current -= sum((amount for figure, amount, _ in own if figure == "turned"), Decimal("0.00"))
        before = sum((amount for figure, amount, _ in own if figure == "comparison"), Decimal("0.00"))
        both = [(amount, shown) for figure, amount, shown in own if figure == "both"]
        month = sum((amount for amount, shown in both if shown["date"].startswith(MONTHS[1])), Decimal("0.00"))
        lines.append([item, str(current), str(before), str(current - before), str(len(both)), str(month)])
    sums = [sum((Decimal(line[column] or 0) for line in lines), Decimal(0)) for column in range(1, 6)]
    return [*lines, ["Total", *map(str, sums)]]


def _compared(current: Decimal, comparison: Decimal) -> list[str | None]:
    change = current - comparison
    percent = (change * 100 / abs(comparison)).quantize(Decimal("0.0001"), ROUND_HALF_UP) if comparison else None
    return [str(current), str(comparison), str(change), None if percent is None else f"{percent.normalize():f}"]


def _listed(paper: Paper) -> dict[str, Any]:
    """Items in a list, counted and added up by name in a schedule before it."""
    listed: list[list[str | None]] = [
        [item, STATES[n % 2], None if n % 5 == 0 else f"{n}.50"] for n, item in enumerate([*ITEMS, *ITEMS[:7]])
    ]
    counted: list[list[str | None]] = []
    for item in ITEMS:
        own = [(state, Decimal(amount or 0)) for name, state, amount in listed if name == item]
        late = sum(state == "late" for state, _ in own)
        counted.append(
            [item, str(late), str(len(own) - late), str(sum((amount for _, amount in own), Decimal("0.00")))]
        )
    by = {"item": "item"}
    return {
        "40.3": {
            "title": "Counted", "columns": ["item", "late", "others", "amount"], "types": ["text", "int", "int", "money"],
            "rows": counted, "total_row": False, "total_rows": len(counted),
            "parts": [
                {"column": "late", "table": "40.4", "by": by, "where": {"state": "late"}, "counts": True},
                {"column": "others", "table": "40.4", "by": by, "unless": [["state", "late"]], "counts": True},
                {"column": "amount", "table": "40.4", "by": by, "of": ["amount"]},
            ],
        },
        "40.4": {
            "title": "Listed", "columns": ["item", "state", "amount"], "types": ["text", "text", "money"], "rows": listed,
            "total_row": False, "total_rows": len(listed),
        },
    }  # fmt: skip
