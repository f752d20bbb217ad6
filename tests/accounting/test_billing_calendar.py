"""The billing calendar: lateness to the second, reviews, and how long a month took, with near misses beside each finding."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from close_library.accounting import billing_calendar, states_counted
from close_library.accounting.billing.billing_calendar import overdue_from
from tests.ledgers import amounts, found, scope_of, small_company

HEADER = "task_id program_id period step team assignee due_at completed_at reviewer reviewed_at result"


def tasks(rows: str, more: str = "") -> str:
    """The table of tasks with these rows; `02T18:00:00Z` is a time on the second of June 2026."""
    spelled = re.sub(r"(?<=\s)(\d\dT)", r"2026-06-\1", rows)
    return f"\n    billing_tasks\n    {HEADER}\n{spelled}\n{more}"


CALENDAR = tasks("""
    on-the-minute  atlas     2026-05  cut-off  billing   ann  02T18:00:00Z  02T18:00:00Z       bob  02T19:00:00Z  passed
    a-second-late  atlas     2026-05  invoice  billing   ann  03T18:00:00Z  03T18:00:01Z       bob  03T20:00:00Z  returned
    in-berlin      borealis  2026-05  cut-off  delivery  cem  02T18:00:00Z  02T19:30:00+02:00  bob  02T19:00:00Z  passed
    in-new-york    borealis  2026-05  invoice  delivery  cem  03T18:00:00Z  03T15:00:00-04:00  bob  04T09:00:00Z  passed
    never          borealis  2026-05  send     .         cem  04T18:00:00Z  .                  .    .             .
    in-time        borealis  2026-05  file     delivery  cem  10T18:00:00Z  .                  .    .             .
    nobody         atlas     2026-05  send     billing   ann  04T18:00:00Z  04T12:00:00Z       .    .             .
    alone          atlas     2026-05  file     billing   ann  05T18:00:00Z  05T12:00:00Z       ann  05T13:00:00Z  passed
    unassigned     atlas     2026-05  archive  billing   .    05T18:00:00Z  05T12:00:00Z       ann  05T13:00:00Z  passed
    of-june        atlas     2026-06  cut-off  billing   ann  01T18:00:00Z  09T12:00:00Z       ann  09T13:00:00Z  passed
""")


def test_what_is_late_unreviewed_or_reviewed_by_the_one_who_did_it(tmp_path: Path) -> None:
    """Done on the minute, in another time zone, due later than anything was done, of another period: no finding."""
    assert found(billing_calendar(small_company(tmp_path, CALENDAR))) == [
        ("task_late", "a-second-late", "–"),
        ("task_late", "in-new-york", "–"),
        ("task_late", "never", "–"),
        ("task_not_reviewed", "nobody", "–"),
        ("task_self_reviewed", "alone", "–"),
    ]


def test_a_message_says_how_late(tmp_path: Path) -> None:
    said = {f.keys["billing_tasks"][0]: f.message for f in billing_calendar(small_company(tmp_path, CALENDAR)).findings}
    assert said["in-new-york"].endswith("was due on 2026-06-03 18:00 UTC and completed 1 h 0 min after that.")
    assert said["never"] == "Task never, send of borealis, was due on 2026-06-04 18:00 UTC and is not complete."


def test_the_figures_and_the_schedules(tmp_path: Path) -> None:
    calendar = billing_calendar(small_company(tmp_path, CALENDAR))
    assert amounts(calendar) == {
        "tasks": "9.00",
        "tasks_due": "8.00",
        "tasks_on_time": "5.00",
        "reviews": "6.00",
        "reviews_passed": "5.00",
        "on_time_percent": "62.50",
        "first_pass_percent": "83.3333",
        "business_days_to_close": "n/a",
    }
    for schedule in ("73.1", "73.2", "73.3"):
        assert states_counted(calendar, schedule) == (Decimal(9), Decimal(9))
    by_team = {line["team"]: line for line in calendar.tables["73.2"].frame.to_dict("records")}
    assert {team: (line["on_time"], line["late"], line["not_due"]) for team, line in by_team.items()} == {
        "billing": (4, 1, 0),
        "delivery": (1, 1, 1),
        "none named": (0, 1, 0),
        "Total": (5, 3, 1),
    }


def test_cycle_times(tmp_path: Path) -> None:
    """From the period's end: 1 and 3 days. From the step before: 24 and 48 hours. From completion to review: 2 hours."""
    rows = """
        first   atlas  2026-05  cut-off  billing  ann  02T18:00:00Z  02T00:00:00Z  bob  02T02:00:00Z  passed
        second  atlas  2026-05  invoice  billing  ann  05T18:00:00Z  04T00:00:00Z  .    .                     .
    """
    calendar = billing_calendar(small_company(tmp_path, tasks(rows)))
    times = {line["step"]: line for line in calendar.tables["73.3"].frame.to_dict("records")}
    columns = ("cycle_days", "step_hours", "review_hours")
    assert [[str(times[step][name]) for name in columns] for step in ("cut-off", "invoice", "Total")] == [
        ["1.0000", "24.0", "2.0"],
        ["3.0000", "48.0", "None"],
        ["2.0000", "36.0", "2.0"],
    ]


@pytest.mark.parametrize(
    ("name", "completed", "days"),
    [
        ("a Monday, the period ended on the Sunday before", "2026-06-01T09:00:00Z", "1.00"),
        ("the Friday after", "2026-06-05T23:59:59Z", "5.00"),
        ("the Saturday adds no working day", "2026-06-06T12:00:00Z", "5.00"),
        ("the Monday after that", "2026-06-08T00:00:00Z", "6.00"),
        ("still Friday in UTC, though Saturday where the team works", "2026-06-06T01:00:00+02:00", "5.00"),
        ("before the period ended", "2026-05-30T12:00:00Z", "0.00"),
        ("not complete", ".", "n/a"),
    ],
)
def test_business_days_to_close(tmp_path: Path, name: str, completed: str, days: str) -> None:
    rows = f"""
        done   atlas  2026-05  cut-off  .  ann  2026-06-30T18:00:00Z  2026-05-29T12:00:00Z  bob  .  .
        last   atlas  2026-05  send     .  ann  2026-06-30T18:00:00Z  {completed}           bob  .  .
        later  atlas  2026-06  send     .  ann  2026-06-30T18:00:00Z  2026-06-25T12:00:00Z  bob  .  .
    """
    calendar = billing_calendar(small_company(tmp_path, tasks(rows)))
    assert amounts(calendar, "business_days_to_close") == {"business_days_to_close": days}, name


OPEN = tasks(
    "due-in-may atlas 2026-05 cut-off . ann 2026-05-31T23:59:59Z . . . .\n"
    "due-in-june atlas 2026-05 send . ann 2026-06-04T18:00:00Z . . . .\n"
    "due-in-july atlas 2026-05 file . ann 2026-07-04T18:00:00Z . . . .\n"
)
LEDGER = """
    gl_entries
    document_number  effective_date  amount  entered_at            approved_at
    x                2026-05-31      1.00    2026-06-02T09:00:00Z  {approved}
"""


def late(text: str, tmp_path: Path, **changes: object) -> list[str]:
    return [key for _, key, _ in found(billing_calendar(small_company(tmp_path, text, **changes)))]  # type: ignore[arg-type]


def test_an_open_task_is_late_when_it_was_due_before_the_later_of_the_periods_end_and_as_of(tmp_path: Path) -> None:
    """Without a time of its own the latest time at which something was done counts; a due time is none."""
    assert late(OPEN, tmp_path / "nothing was done") == ["due-in-may"]
    entered = OPEN + LEDGER.format(approved="2026-06-04T18:00:00Z")
    assert late(entered, tmp_path / "approved when it was due") == ["due-in-may"]
    approved = OPEN + LEDGER.format(approved="2026-06-04T18:00:01Z")
    assert late(approved, tmp_path / "approved a second later") == ["due-in-june", "due-in-may"]
    assert late(approved, tmp_path / "said otherwise", as_of="2026-06-01T00:00:00Z") == ["due-in-may"]
    assert late(OPEN, tmp_path / "much later", as_of="2026-07-04T20:00:01+02:00") == [
        "due-in-july",
        "due-in-june",
        "due-in-may",
    ]


def test_a_time_before_the_periods_end_does_not_count(tmp_path: Path) -> None:
    scope = small_company(tmp_path, OPEN, as_of="2026-05-01T00:00:00Z")
    assert overdue_from(scope) == datetime(2026, 6, 1)


def test_a_month_without_tasks(tmp_path: Path) -> None:
    small_company(tmp_path, CALENDAR)
    calendar = billing_calendar(scope_of(tmp_path / "books", "2026-02"))
    assert amounts(calendar, "tasks", "on_time_percent", "first_pass_percent", "business_days_to_close") == {
        "tasks": "0.00",
        "on_time_percent": "n/a",
        "first_pass_percent": "n/a",
        "business_days_to_close": "n/a",
    }
    assert calendar.findings == ()
