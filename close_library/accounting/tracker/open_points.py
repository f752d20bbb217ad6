"""What is open in a period: findings, tie-outs that differ and workpapers without a conclusion, quoted from their workpapers.

Read from the table `findings` (`tables.SAID`), which a run writes when all other workpapers are done. A program sees what
concerns it; the company sees all, and what concerns no program. What reaches materiality says so.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pandas as pd

from close_library.accounting.sql import owned
from close_library.evidence import Chart, Part, Result, Scope, Table
from close_library.money import round_money, show
from close_library.parameters import COMPANY

TIE_OUT, NO_CONCLUSION = "tie_out_differs", "no_conclusion"
"""What stands as the finding of a tie-out that does not agree, and of a workpaper that failed."""

LISTED = 200
"""Open points that are listed one by one; the workpapers hold all."""

COUNTS = {
    "errors": f"severity = 'error' AND finding NOT IN ('{TIE_OUT}', '{NO_CONCLUSION}')",
    "warnings": "severity = 'warning'",
    "tie_outs": f"finding = '{TIE_OUT}'",
    "no_conclusion": f"finding = '{NO_CONCLUSION}'",
}
"""What is counted: findings by severity, tie-outs that differ, workpapers without a conclusion."""

_COUNTED = ", ".join(
    f"count(*) FILTER ({condition}) AS {name}" for name, condition in {**COUNTS, "material": "material = 'yes'"}.items()
)


def material_from(scope: Scope, revenue: Decimal) -> Decimal:
    """The amount from which an open point is material: `materiality`'s amount, or its percent of the month's revenue if less.

    Functional currency, to its minor unit. A month without revenue, or with less than none, has the amount alone.
    """
    limits = scope.parameters.materiality
    if revenue <= 0:
        return limits.amount
    return min(limits.amount, round_money(revenue * limits.percent / 100, scope.currency))


def open_points(scope: Scope, limit: Decimal, at_most: int = LISTED) -> Table:
    """What is open, the gravest and largest first: severity, workpaper, program (the company's), what, amount, material, message.

    Workpapers without a conclusion come first; tie-outs last, for most of them are what the findings before them explain.
    Material is what reaches `limit`, whatever its sign; a point without an amount is for its reader to weigh.
    """
    columns = "severity, workpaper, program" if scope.is_company else "severity, workpaper"
    frame = scope.books.frame(
        f"""
        SELECT {columns}, finding AS what, amount, material, message FROM {_points(scope, limit)}
        ORDER BY finding <> '{NO_CONCLUSION}', finding = '{TIE_OUT}', severity, abs(amount) DESC NULLS LAST, workpaper,
                 program, finding, known_key, message
        LIMIT {at_most}
        """
    )
    cut = f", {at_most} at most" if count_open(scope) > at_most else ""
    title = f"What is open, the gravest and largest first{cut} (material: {show(limit, scope.currency)} and more)"
    return Table(_titled(scope, title), frame, types={"amount": "money"})


def open_by_workpaper(scope: Scope, limit: Decimal, listed: str, at_most: int = LISTED) -> Table:
    """How much is open by workpaper, and how much of it is material; of the company by workpaper and program.

    Where `listed`, the schedule of the points, which names `at_most`, names all of them, these are its counts.
    """
    keys = "workpaper, title, program" if scope.is_company else "workpaper, title"
    counted = _counted(scope, limit, "What is open, by workpaper", keys)
    if count_open(scope) > at_most:
        return counted
    by = {key: key for key in keys.split(", ") if key != "title"}
    parts = (
        Part("errors", table=listed, by=by, where={"severity": "error"}, counts=True,
             unless=(("what", TIE_OUT), ("what", NO_CONCLUSION))),
        Part("warnings", table=listed, by=by, where={"severity": "warning"}, counts=True),
        Part("tie_outs", table=listed, by=by, where={"what": TIE_OUT}, counts=True),
        Part("no_conclusion", table=listed, by=by, where={"what": NO_CONCLUSION}, counts=True),
        Part("material", table=listed, by=by, where={"material": "yes"}, counts=True),
    )  # fmt: skip
    return replace(counted, parts=parts)


def open_by_program(scope: Scope, limit: Decimal, by_workpaper: str) -> Table:
    """How much is open by program: what `by_workpaper`, the schedule by workpaper and program, adds up to."""
    counted = _counted(scope, limit, "What is open, by program", "program")
    parts = tuple(Part(name, table=by_workpaper, of=(name,), by={"program": "program"}) for name in counted.types)
    return replace(counted, parts=parts)


def open_chart(id: str, table: Table, label: str) -> Chart | None:
    """What a table counts as bars, a line each; None where nothing is open."""
    data = [
        {"label": str(line[label]), "amounts": [str(int(line[name])) for name in COUNTS]}
        for line in table.frame.iloc[:-1].to_dict(orient="records")
    ]
    return Chart(id, "stacked_bars", table.title, "points", {"series": list(COUNTS), "data": data}) if data else None


def count_open(scope: Scope) -> Decimal:
    """How many points are open in the scope."""
    return Decimal(scope.books.rows(f"SELECT count(*) AS n FROM findings WHERE {_open(scope)}")[0]["n"])


def points_counted(result: Result, table: str) -> Decimal:
    """All points that a schedule (`90.7`, `91.6`) counts, added up line by line."""
    return result.added_up(table, COUNTS)


def _counted(scope: Scope, limit: Decimal, title: str, keys: str) -> Table:
    points = _points(scope, limit)
    lines = scope.books.frame(f"SELECT {keys}, {_COUNTED} FROM {points} GROUP BY {keys} ORDER BY {keys}")
    total = scope.books.frame(f"SELECT 'Total' AS {keys.split(', ')[0]}, {_COUNTED} FROM {points}")
    frame = pd.concat([lines.astype(object), total.astype(object)], ignore_index=True)
    frame, types = frame.where(frame.notna(), None), dict.fromkeys((*COUNTS, "material"), "int")
    return Table(_titled(scope, title), frame, total_row=True, types=types)


def _points(scope: Scope, limit: Decimal) -> str:
    """Errors and warnings that concern the scope."""
    return f"""
        (SELECT *, CASE WHEN abs(amount) >= {limit} THEN 'yes' END AS material FROM (
            SELECT severity, ref AS workpaper, title, CASE program WHEN '{COMPANY}' THEN 'company' ELSE program END AS program,
                   finding, TRY_CAST(amount AS DECIMAL(38,4)) AS amount, known_key, message
            FROM findings WHERE {_open(scope)}))
    """


def _open(scope: Scope) -> str:
    return f"severity IN ('error', 'warning') AND {owned(scope, 'program')}"


def _titled(scope: Scope, title: str) -> str:
    return title if scope.books.has("findings") else f"{title} (no run has gathered it yet)"
