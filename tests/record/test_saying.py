"""What is said is kept as it was said, on both databases, and read back as it stands now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from close_library.errors import RecordError
from close_library.record import NOT_SIGNED, FollowUp, Record, SignedItem, open_record
from close_library.record.export import exported, faults_of_export, read_export
from tests.record.conftest import OCTOBER, Place, explain, sign

MOMENT = datetime(2026, 11, 3, 16, 30, 0, 1, tzinfo=timezone(timedelta(hours=2)))
ANYTHING = (
    "Größe ×2 – 増加 🚀 e\u0301 \u202etxet\u202c 'quotes' \"and\" \\back; DROP TABLE events;--\n\tsecond line %s :x"
)


def test_an_event_is_read_back_as_it_was_said(record: Record) -> None:
    said = explain(record, ANYTHING, at=MOMENT, amount="-0.0050", by="Zoë 山田")
    assert list(record.events()) == [said]
    assert (said.at, said.payload["text"]) == ("2026-11-03T14:30:00.000001Z", ANYTHING)
    assert record.head == (1, said.hash)
    assert record.verify() == []


def test_both_databases_give_the_same_hashes(tmp_path: Path, postgres_url: str) -> None:
    hashes = []
    for url in ("sqlite:///close.db", postgres_url):
        with open_record(url, tmp_path / "meridian") as record:
            for second in (0, 1):
                explain(record, ANYTHING, at=MOMENT + timedelta(seconds=second))
            hashes.append([event.hash for event in record.events()])
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 2


def test_time_is_now_when_none_is_given(record: Record) -> None:
    before = datetime.now(UTC)
    at = datetime.fromisoformat(explain(record).at)
    assert before <= at <= datetime.now(UTC)


def test_the_latest_explanation_holds(record: Record) -> None:
    explain(record, "first")
    explain(record, "of another program", program="borealis")
    latest = explain(record, "  second \r\n line  ", by=" Ben ")
    assert [(e.text, e.by, e.event) for e in record.explanations(OCTOBER)] == [
        ("of another program", "Ana", 2),
        ("second \n line", "Ben", latest.seq),
    ]


def test_an_explanation_carries_forward_not_back(record: Record) -> None:
    explain(record, "in September", period="2026-09")
    explain(record, "in November", period="2026-11")
    assert [e.text for e in record.explanations(OCTOBER)] == ["in September"]
    assert record.explanations("2026-12", since=OCTOBER)[0].text == "in November"


def test_an_empty_text_withdraws_an_explanation(record: Record) -> None:
    explain(record)
    explain(record, " ")
    assert record.explanations(OCTOBER) == []
    with pytest.raises(RecordError, match="no explanation"):
        explain(record, "")
    assert record.head.events == 2


@pytest.mark.parametrize(
    ("program", "subject", "amount", "explained"),
    [
        pytest.param("atlas", "flux:4000", "12.5", True, id="the same amount with fewer zeros"),
        pytest.param("atlas", "flux:4000", "12.51", False, id="another amount"),
        pytest.param("atlas", "flux:4000", None, False, id="no amount"),
        pytest.param("atlas", "flux:4010", "12.50", False, id="another subject"),
        pytest.param("_company", "flux:4000", "12.50", True, id="the company's workpaper of the same figure"),
        pytest.param("borealis", "flux:4000", "12.50", False, id="another program"),
    ],
)
def test_an_explanation_is_bound_to_its_amount(
    record: Record, program: str, subject: str, amount: str | None, explained: bool
) -> None:
    explain(record)
    (said,) = record.explanations(OCTOBER)
    assert said.explains(program, "40", subject, amount) is explained


def test_who_looks_after_an_item_and_what_is_done(record: Record) -> None:
    record.follow_up(OCTOBER, "atlas", "20", "inv-7", owner="Cem", by="Ana")
    record.follow_up(OCTOBER, "atlas", "20", "inv-7", action="asked the customer", by="Ben")
    record.follow_up("2026-11", "atlas", "20", "inv-7", owner="", by="Ana", at=MOMENT)
    october, november = record.follow_ups(OCTOBER), record.follow_ups("2026-12")
    assert [(f.owner, f.action, f.by) for f in october] == [("Cem", "asked the customer", "Ben")]
    said = ("2026-11", "atlas", "20", "inv-7", "", "asked the customer", "Ana", "2026-11-03T14:30:00.000001Z", 3)
    assert november == [FollowUp(*said)]


def test_what_is_said_later_of_an_earlier_month_does_not_replace_the_later_month(record: Record) -> None:
    record.follow_up("2026-11", "atlas", "20", "inv-7", owner="Dana", by="Ana")
    record.follow_up(OCTOBER, "atlas", "20", "inv-7", owner="Cem", by="Ana")
    assert [f.owner for f in record.follow_ups("2026-11")] == ["Dana"]


def test_what_was_reviewed_is_given_to_later_periods(record: Record) -> None:
    items = [SignedItem("inv-7", "12.00", "2026-09-30"), SignedItem("r-1", "-3.00")]
    sign(record, "preparer", "Ana")
    assert record.signed_figures("2026-11") == []
    rows = {"closing_balance": "a" * 64}
    sign(record, "reviewer", "Ben", figures={"closing_balance": "100.00", "ratio": None}, items=items, rows=rows)
    assert [(f.figure, f.amount) for f in record.signed_figures("2026-11")] == [("closing_balance", "100.00")]
    assert [(i.item, i.amount, i.first_date) for i in record.signed_items("2026-11")] == [
        ("inv-7", "12.00", "2026-09-30"),
        ("r-1", "-3.00", None),
    ]
    assert [(r.figure, r.digest, r.event) for r in record.signed_rows("2026-11")] == [("closing_balance", "a" * 64, 2)]
    assert record.signed_figures(OCTOBER) == []
    assert record.signed_figures("2026-12", since="2026-11") == []


def test_a_lapsed_sign_off_still_gives_what_was_signed_and_a_rejection_does_not(record: Record) -> None:
    sign(record, "preparer", "Ana")
    sign(record, "reviewer", "Ben", figures={"closing_balance": "100.00"})
    sign(record, "preparer", "Ana", digest="d2")
    assert record.sign_offs(OCTOBER)["atlas", "40"].holds("reviewer", "d2") is False
    assert [f.amount for f in record.signed_figures("2026-11")] == ["100.00"]
    sign(record, "reviewer", "Ben", digest="d2", figures={"closing_balance": "90.00"})
    assert [f.amount for f in record.signed_figures("2026-11")] == ["90.00"]
    record.reject(OCTOBER, "atlas", "40", "d2", "Ben", "the cutoff is wrong")
    assert record.signed_figures("2026-11") == []


def test_events_are_asked_for_by_what_they_are_about(record: Record) -> None:
    explain(record)
    explain(record, ref="41")
    explain(record, program="borealis")
    sign(record, "preparer", "Ana")
    assert [e.seq for e in record.events(program="atlas", ref="40")] == [1, 4]
    assert [e.seq for e in record.events(kind="prepared")] == [4]
    assert [e.seq for e in record.events(OCTOBER, after=2)] == [3, 4]
    assert list(record.events("2026-09")) == []


def test_events_are_exported_and_read_back_whatever_they_say(record: Record) -> None:
    explain(record, f"{ANYTHING} \u2028 \u2029 end")
    sign(record, "preparer", "Ana", figures={"closing_balance": "100.00"})
    content = exported(record.events(), OCTOBER)
    rows = read_export(content)
    assert [row.hash for row in rows] == [event.hash for event in record.events()]
    assert faults_of_export(rows, record.company, record.head) == []
    changed = read_export(content.replace(b"100.00", b"900.00"))
    assert [fault.where for fault in faults_of_export(changed, record.company, record.head)] == ["event 2"]
    with pytest.raises(RecordError, match="line 2"):
        read_export(content.replace(b'"seq":2', b'"seq": 2'))


def test_an_empty_record_says_nothing(record: Record) -> None:
    assert record.head.events == 0
    assert record.verify([record.head]) == []
    assert record.sign_offs(OCTOBER).get(("atlas", "40"), NOT_SIGNED).state("d1") == "not_signed"
    asked = (record.explanations, record.follow_ups, record.signed_figures, record.signed_items)
    assert [ask(OCTOBER) for ask in asked] == [[], [], [], []]


def test_a_record_is_opened_again(place: Place) -> None:
    with place.open() as record:
        said = explain(record)
    with place.open() as record:
        assert list(record.events()) == [said]
        assert record.company == "meridian"


def test_what_is_said_together_is_recorded_whole_or_not_at_all(record: Record) -> None:
    with record.together():
        record.explain("2026-05", "atlas", "40", "flux:4000", "1.00", "One", by="Ana")
        record.explain("2026-05", "atlas", "40", "flux:5000", "2.00", "Two", by="Ana")
    assert [event.seq for event in record.events()] == [1, 2]
    with pytest.raises(RecordError), record.together():
        record.explain("2026-05", "atlas", "40", "flux:6000", "3.00", "Three", by="Ana")
        record.explain("2026-05", "atlas", "40", "flux:7000", "4.00", "", by="Ana")
    assert [event.seq for event in record.events()] == [1, 2]
    record.explain("2026-05", "atlas", "40", "flux:6000", "3.00", "Three", by="Ana")
    assert record.verify() == []
