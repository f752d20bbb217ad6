"""The billing calendar (workpaper 73): was every step done in time and reviewed, and how long did the month take?

Timestamps are UTC, and so is every comparison and every day here, whatever time zone a team works in. A task belongs to the
period that it names. What does not belong here: when journals were entered (`review_journals`).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pandas as pd

from close_library.accounting.sql import memoised, owned, population, shown, text
from close_library.evidence import Chart, Computed, Figure, Finding, Part, Population, Result, Scope, Table
from close_library.money import ratio
from close_library.period import working_day

CONVENTIONS = {
    "on_time_percent": "completed by the time due ÷ (completed, or overdue) × 100",
    "first_pass_percent": "reviews that passed ÷ reviews with a result × 100",
    "business_days_to_close": "Mondays to Fridays, holidays included, after the period up to the day (UTC) on which its last "
    "task was completed; not defined while a task is not complete",
}
"""How each ratio is computed, printed beside it."""

STATES = ("on_time", "late", "not_due")
"""What a task is: completed by its time; completed after it, or overdue; neither complete nor due."""

_COUNTS = f"""
    count(*) AS tasks, {", ".join(f"count(*) FILTER (state = '{state}') AS {state}" for state in STATES)},
    count(result) AS reviews, count(*) FILTER (result = 'passed') AS reviews_passed,
    count(completed_at) AS completed, CAST(coalesce(sum(after_period), 0) AS BIGINT) AS after_period,
    count(in_step) AS stepped, CAST(coalesce(sum(in_step), 0) AS BIGINT) AS in_step,
    count(in_review) AS in_reviews, CAST(coalesce(sum(in_review), 0) AS BIGINT) AS in_review
"""

_TYPES = {"on_time_percent": "percent", "first_pass_percent": "percent", "cycle_days": "days", "step_hours": "ratio",
          "review_hours": "ratio"}  # fmt: skip

_DAY, _HOUR = 86_400, 3_600


def billing_calendar(scope: Scope) -> Result:
    """Workpaper 73: the period's billing tasks against their due times, their reviews, and how long they took.

    Figures: `tasks`, `tasks_due` (complete, or overdue), `tasks_on_time`, `reviews` (with a result), `reviews_passed` (rows), and
    the ratios `on_time_percent`, `first_pass_percent` and `business_days_to_close` as CONVENTIONS says them. Tables: by program,
    by team, by step, and the tasks, late ones first. `cycle_days`: mean days from the period's end to completion; `step_hours`:
    mean hours since the program's step before (by due time) was complete; `review_hours`: mean hours from completion to review.
    Findings: `task_late`, `task_not_reviewed`, `task_self_reviewed`; an open task is late when it was due before `overdue_from`.

    Example: `billing_calendar(scope).on_time_percent.amount`
    """
    tasks = _tasks(scope)
    counted = {
        "tasks": ("Tasks of the period", "true"),
        "tasks_due": ("Tasks complete or overdue", "state <> 'not_due'"),
        "tasks_on_time": ("Tasks completed in time", "state = 'on_time'"),
        "reviews": ("Reviews with a result", "result IS NOT NULL"),
        "reviews_passed": ("Reviews that passed", "result = 'passed'"),
    }
    figures = {
        id: Figure.of(id, label, "rows", _population(scope, tasks, condition))
        for id, (label, condition) in counted.items()
    }
    figures |= _ratios(figures, _days_to_close(scope, tasks))
    by_team = _by(scope, tasks, "team", "Tasks by team")
    return Result(
        tables={
            "73.1": _by(scope, tasks, "program_id", "Tasks by program"),
            "73.2": by_team,
            "73.3": _by(scope, tasks, "step", "Tasks by step"),
            "73.4": _task_list(scope, tasks),
        },
        figures=figures,
        findings=tuple(_findings(scope, tasks)),
        charts=(_picture(by_team),),
    )


def overdue_from(scope: Scope) -> datetime:
    """The moment (UTC) before which an open task must have been due to be late: the later of the period's end and `as_of`.

    Where `as_of` is empty, it is the latest time in the books at which something was done: an entry or approval in the ledger, a
    completion or a review of a task.
    """
    end = datetime.combine(scope.period.next.first_day, time())
    if scope.parameters.as_of:
        return max(end, scope.parameters.as_of.replace(tzinfo=None))
    row = scope.books.rows(
        """
        SELECT max(moment) AS latest FROM (
            SELECT max(greatest(entered_at, approved_at)) AS moment FROM gl_entries
            UNION ALL SELECT max(greatest(completed_at, reviewed_at)) FROM billing_tasks
        )
        """
    )[0]
    return max(end, row["latest"] or end)


def states_counted(calendar: Result, schedule: str) -> tuple[Decimal, Decimal]:
    """Tasks on time, late and not due, added up line by line of a schedule (`73.1` to `73.3`), and the tasks of the period.

    Example: `states_counted(billing_calendar(scope), "73.1")`
    """
    return calendar.added_up(schedule, STATES), Computed.of([(1, calendar.tasks)])


def _tasks(scope: Scope) -> str:
    """The period's tasks with their state, and the seconds that they took."""
    end = f"TIMESTAMP '{datetime.combine(scope.period.next.first_day, time())}'"
    began = f"CASE WHEN row_number() OVER by_step = 1 THEN {end} ELSE lag(completed_at) OVER by_step END"
    return memoised(
        scope.books,
        "billing_calendar",
        f"""
        SELECT *, CASE WHEN completed_at <= due_at THEN 'on_time'
                    WHEN completed_at > due_at OR due_at < TIMESTAMP '{overdue_from(scope)}' THEN 'late'
                    ELSE 'not_due' END AS state,
               date_diff('second', {end}, completed_at) AS after_period,
               CASE WHEN {began} < completed_at THEN date_diff('second', {began}, completed_at)
                    WHEN {began} >= completed_at THEN 0 END AS in_step,
               date_diff('second', completed_at, reviewed_at) AS in_review,
               completed_at IS NOT NULL AND reviewer IS NULL AS not_reviewed,
               coalesce(reviewer = assignee, false) AS self_reviewed
        FROM billing_tasks WHERE period = {text(str(scope.period))} AND {owned(scope, "owner_program_id")}
        WINDOW by_step AS (PARTITION BY program_id ORDER BY due_at, task_id, source_file, source_row)
        """,
    )


def _population(scope: Scope, tasks: str, condition: str) -> Population:
    seen = shown(
        task="task_id", program="program_id", step="step", team="team", due="due_at", completed="completed_at", state="state"
    )  # fmt: skip
    rows = population("'billing_tasks'", "source_file", "source_row", "1", seen)
    return Population(scope.books, f"{rows} FROM {tasks} WHERE {condition}")


def _ratios(figures: dict[str, Figure], days_to_close: int | None) -> dict[str, Figure]:
    rows = {id: figure.money for id, figure in figures.items()}
    days = None if days_to_close is None else Decimal(f"{days_to_close}.0000")
    return {
        id: Figure.ratio(id, label, unit, amount, CONVENTIONS[id], formula)
        for id, label, unit, amount, formula in (
            ("on_time_percent", "Tasks completed in time", "percent",
             ratio(rows["tasks_on_time"] * 100, rows["tasks_due"]), "{tasks_on_time} / {tasks_due} * 100"),
            ("first_pass_percent", "Reviews that passed at first", "percent",
             ratio(rows["reviews_passed"] * 100, rows["reviews"]), "{reviews_passed} / {reviews} * 100"),
            ("business_days_to_close", "Business days to close", "days", days, ""),
        )
    }  # fmt: skip


def _days_to_close(scope: Scope, tasks: str) -> int | None:
    row = scope.books.rows(
        f"""
        SELECT CAST(max(completed_at) AS DATE) AS last_day, count(*) AS tasks, count(completed_at) AS completed FROM {tasks}
        """
    )[0]
    if not row["tasks"] or row["completed"] < row["tasks"]:
        return None
    return _working_days(scope.closing_date, row["last_day"])


def _working_days(after: date, to: date) -> int:
    """Working days after a day up to another, that one included."""
    return next(number for number in count() if working_day(after, number + 1) > to)


def _by(scope: Scope, tasks: str, column: str, title: str) -> Table:
    """Tasks, reviews and times by a column, and in all."""
    rows = scope.books.rows(
        f"""
        SELECT coalesce({column}, 'none named') AS name, false AS last, {_COUNTS} FROM {tasks} GROUP BY 1
        UNION ALL SELECT 'Total', true, {_COUNTS} FROM {tasks} ORDER BY last, name
        """
    )
    lines = [
        {
            column.removesuffix("_id"): row["name"],
            **{name: row[name] for name in ("tasks", *STATES)},
            "on_time_percent": ratio(Decimal(row["on_time"] * 100), Decimal(row["on_time"] + row["late"])),
            "returned": row["reviews"] - row["reviews_passed"],
            "first_pass_percent": ratio(Decimal(row["reviews_passed"] * 100), Decimal(row["reviews"])),
            "cycle_days": ratio(Decimal(row["after_period"]), Decimal(row["completed"] * _DAY)),
            "step_hours": ratio(Decimal(row["in_step"]), Decimal(row["stepped"] * _HOUR), places=1),
            "review_hours": ratio(Decimal(row["in_review"]), Decimal(row["in_reviews"] * _HOUR), places=1),
        }
        for row in rows
    ]
    name, last = column.removesuffix("_id"), len(lines) - 1
    parts = (
        Part("tasks", ("tasks",), {name: name}, counts=True),
        *(Part(state, ("tasks",), {name: name}, {"state": state}, counts=True) for state in STATES),
        Part("returned", ("reviews", "-reviews_passed"), {name: name}, counts=True),
    )
    frame = pd.DataFrame(lines)
    shown_in_all = ("tasks", "on_time_percent", "first_pass_percent")
    return Table(
        title,
        frame,
        total_row=True,
        types=_TYPES,
        links=tuple((last, list(frame.columns).index(id), id) for id in shown_in_all),
        relations={"on_time_percent": "[on_time] / ([on_time] + [late]) * 100"},
        parts=parts,
    )


def _task_list(scope: Scope, tasks: str) -> Table:
    frame = scope.books.frame(
        f"""
        SELECT task_id AS task, program_id AS program, step, team, assignee, strftime(due_at, '%Y-%m-%d %H:%M') AS due_at,
               strftime(completed_at, '%Y-%m-%d %H:%M') AS completed_at, reviewer, result, replace(state, '_', ' ') AS state
        FROM {tasks} ORDER BY {tasks}.state <> 'late', {tasks}.due_at, task_id, source_file, source_row
        """
    )
    return Table("The tasks, late ones first (times in UTC)", frame)


def _picture(by_team: Table) -> Chart:
    data = [
        {"label": str(line["team"]), "amounts": [str(line[state]) for state in STATES]}
        for line in by_team.frame.iloc[:-1].to_dict("records")
    ]
    return Chart("73.c1", "stacked_bars", "Tasks by team", "tasks", {"series": list(STATES), "data": data})


def _findings(scope: Scope, tasks: str) -> list[Finding]:
    rows = scope.books.rows(
        f"""
        SELECT task_id, program_id, step, assignee, due_at, completed_at, state, not_reviewed, self_reviewed FROM {tasks}
        WHERE state = 'late' OR not_reviewed OR self_reviewed ORDER BY task_id, source_file, source_row
        """
    )
    return [
        Finding(
            name,
            "warning",
            None,
            scope.currency,
            {"billing_tasks": (row["task_id"],), "programs": (row["program_id"],)},
            f"Task {row['task_id']}, {row['step']} of {row['program_id']}, {sentence}.",
        )
        for row in rows
        for name, holds, sentence in (
            ("task_late", row["state"] == "late", _lateness(row)),
            ("task_not_reviewed", row["not_reviewed"], "is complete and was reviewed by nobody"),
            ("task_self_reviewed", row["self_reviewed"], f"was reviewed by {row['assignee']}, who did it"),
        )
        if holds
    ]


def _lateness(row: dict[str, Any]) -> str:
    due = f"was due on {row['due_at']:%Y-%m-%d %H:%M} UTC and "
    if row["completed_at"] is None:
        return due + "is not complete"
    late: timedelta = row["completed_at"] - row["due_at"]
    hours, seconds = divmod(int(late.total_seconds()), _HOUR)
    return due + f"completed {hours} h {seconds // 60} min after that"
