"""Two people at once: no event is lost, the chain does not fork, and the rules hold whoever comes first."""

from __future__ import annotations

import itertools
import multiprocessing
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from close_library.errors import RecordError
from close_library.record import Record, open_record
from tests.record.conftest import OCTOBER, Place, explain, sign
from tests.waiting import PATIENCE, wait_for

SPAWN = multiprocessing.get_context("spawn")
EACH = 100


def _say_much(place: Place, name: str, ready: Any) -> None:
    with open_record(place.url, place.folder) as record:
        ready.wait(PATIENCE)
        for number in range(EACH):
            explain(record, f"{name} {number}", by=name)


def _say_for_ever(place: Place, ready: Any) -> None:
    with open_record(place.url, place.folder) as record:
        ready.wait(PATIENCE)
        for number in itertools.count():
            explain(record, f"Ana {number}", by="Ana")


def _open_first(place: Place, ready: Any) -> None:
    ready.wait(PATIENCE)
    with open_record(place.url, place.folder) as record:
        explain(record)


def _in_processes(jobs: list[tuple[Callable[..., None], tuple[Any, ...]]]) -> None:
    ready = SPAWN.Barrier(len(jobs))
    processes = [SPAWN.Process(target=job, args=(*given, ready)) for job, given in jobs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0] * len(jobs)


def _at_once(*attempts: Callable[[], object]) -> list[str]:
    """What each attempt came to, all begun at the same moment."""
    ready = threading.Barrier(len(attempts))

    def attempt(number: int) -> str:
        ready.wait(PATIENCE)
        try:
            attempts[number]()
        except RecordError as error:
            return error.faults[0].found
        return "said"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(attempt, range(len(attempts))))


def test_two_processes_add_a_hundred_events_each(place: Place) -> None:
    with place.open() as record:
        _in_processes([(_say_much, (place, name)) for name in ("Ana", "Ben")])
        events = list(record.events())
        assert Counter(event.by for event in events) == {"Ana": EACH, "Ben": EACH}
        assert [event.seq for event in events] == list(range(1, 2 * EACH + 1))
        for name in ("Ana", "Ben"):
            said = [event.payload["text"] for event in events if event.by == name]
            assert said == [f"{name} {number}" for number in range(EACH)]
        assert record.verify([record.head]) == []


def test_several_people_open_a_new_record_at_once(place: Place) -> None:
    _in_processes([(_open_first, (place,))] * 3)
    with place.open() as record:
        assert record.head.events == 3
        assert record.verify() == []


ROUNDS = range(5)


@pytest.mark.parametrize("round", ROUNDS)
def test_two_reviewers_sign_at_once_and_one_is_first(record: Record, round: int) -> None:
    sign(record, "preparer", "Ana")
    said = _at_once(lambda: sign(record, "reviewer", "Ben"), lambda: sign(record, "reviewer", "Cem"))
    first = record.sign_offs(OCTOBER)["atlas", "40"].reviewer
    assert first and said.count("said") == 1
    assert any(other.startswith(f"reviewed by {first.by}") for other in said)
    assert record.head.events == 2


@pytest.mark.parametrize("round", ROUNDS)
def test_one_prepares_and_reviews_at_once(record: Record, round: int) -> None:
    """In whatever order they come, nobody's own preparation is reviewed."""
    said = _at_once(lambda: sign(record, "preparer", "Ana"), lambda: sign(record, "reviewer", "Ana"))
    assert said[0] == "said"
    assert said[1] in ("not prepared", "Ana prepared it and would review it")
    assert record.sign_offs(OCTOBER)["atlas", "40"].state("d1") == "prepared"


@pytest.mark.parametrize("round", ROUNDS)
def test_a_review_and_the_withdrawal_of_its_explanation_at_once(record: Record, round: int) -> None:
    explain(record)
    sign(record, "preparer", "Ana")
    said = _at_once(lambda: explain(record, ""), lambda: sign(record, "reviewer", "Ben", errors={"flux:4000": "12.50"}))
    kinds = [event.kind for event in record.events(after=2)]
    assert said[0] == "said"
    assert kinds == (["reviewed", "explained"] if said[1] == "said" else ["explained"])


def test_different_workpapers_are_signed_at_once(record: Record) -> None:
    refs = [str(number) for number in range(20, 30)]
    said = _at_once(*(lambda ref=ref: sign(record, "preparer", "Ana", ref=ref) for ref in refs))
    assert said == ["said"] * len(refs)
    assert set(record.sign_offs(OCTOBER)) == {("atlas", ref) for ref in refs}
    assert record.verify() == []


def test_reading_goes_on_while_somebody_writes(place: Place) -> None:
    with place.open() as record, place.open(wait=2) as reader:
        explain(record)
        with record._database.writing():
            assert reader.head.events == 1
            assert len(reader.explanations(OCTOBER)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_a_process_killed_while_it_adds_leaves_a_whole_record(place: Place) -> None:
    with place.open() as record:
        ready = SPAWN.Barrier(2)
        process = SPAWN.Process(target=_say_for_ever, args=(place, ready))
        process.start()
        ready.wait(PATIENCE)
        wait_for(lambda: not process.is_alive() or record.head.events >= 10)
        process.kill()
        process.join(PATIENCE)
        assert process.exitcode == -signal.SIGKILL
        assert record.head.events >= 10
        explain(record, "and on")
        assert record.verify() == []
