"""How long a record of 100,000 events takes; printed, not judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from close_library.record import Head, Record
from close_library.record.chain import Row, canonical, chained
from close_library.record.database import EVENTS
from tests.record.conftest import Place, explain

EVENT_COUNT = 100_000
PERIODS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]
FIGURES = {f"figure_{number}": "1234567.89" for number in range(50)}
TEXT = "Volume rose with the new task type; the rate is unchanged. " * 3
PAYLOADS = {
    "explained": {"amount": "12.50", "text": TEXT},
    "followed_up": {"owner": "Cem", "action": "asked the customer for the remittance"},
    "prepared": {"errors": {}, "figures": FIGURES, "items": []},
    "reviewed": {
        "errors": {},
        "figures": FIGURES,
        "items": [{"item": f"inv-{n}", "amount": "12.00", "first_date": "2026-01-31"} for n in range(10)],
    },
}


def _rows(head: Head) -> Iterator[Row]:
    """Two years of ten programs and twenty workpapers: 70 of 100 events explain, 20 follow up, 10 sign."""
    for number in range(EVENT_COUNT):
        kind = ["explained"] * 7 + ["followed_up"] * 2 + [("prepared", "reviewed")[number // 10 % 2]]
        which = number // 20
        said = {
            "at": "2026-11-01T00:00:00.000000Z",
            "by": "Ana",
            "kind": kind[number % 10],
            "period": PERIODS[number * len(PERIODS) // EVENT_COUNT],
            "program": f"program-{which % 10}",
            "ref": str(20 + which // 10 % 20),
            "subject": "d1" if number % 10 == 9 else f"subject-{number % 997}",
            "payload": canonical(PAYLOADS[kind[number % 10]]),
        }
        row = chained(head, said)
        head = Head(row.seq, row.hash)
        yield row


@pytest.mark.benchmark
def test_a_record_of_a_hundred_thousand_events(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with place.open() as record:
        with record._database.writing() as connection:
            rows = [row._asdict() for row in _rows(record.head)]
            for start in range(0, len(rows), 5_000):
                connection.execute(EVENTS.insert(), rows[start : start + 5_000])
        took = {name: _seconds(question) for name, question in _questions(record).items()}
        with capsys.disabled():
            print(f"\n{EVENT_COUNT:,} events in {record._database.engine.dialect.name}")
            for name, (seconds, count) in took.items():
                print(f"  {name:<48} {seconds * 1000:>9,.1f} ms {count:>8,}")


def _questions(record: Record) -> dict[str, Callable[[], object]]:
    last = PERIODS[-1]
    return {
        "head": lambda: [record.head],
        "one explanation said": lambda: [explain(record, period=last)],
        "explanations of a period": lambda: record.explanations(last, since=last),
        "explanations of all periods": lambda: record.explanations(last),
        "follow-ups to a period": lambda: record.follow_ups(last),
        "sign-offs of a period": lambda: record.sign_offs(last),
        "figures signed in the prior period": lambda: record.signed_figures("2026-01", since=last),
        "figures signed in all periods": lambda: record.signed_figures("2026-01"),
        "items signed in the prior period": lambda: record.signed_items("2026-01", since=last),
        "history of a workpaper": lambda: list(record.events(last, "program-1", "21")),
        "all events": lambda: list(record.events()),
        "verify": record.verify,
    }


def _seconds(question: Callable[[], object]) -> tuple[float, int]:
    start = time.perf_counter()
    answer = question()
    assert isinstance(answer, list | dict)
    return time.perf_counter() - start, len(answer)
