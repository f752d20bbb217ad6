"""What people said, laid over a document: what holds, what is stale, what is suggested, and to whom it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.record import Record, SignedItem, open_record
from close_library.run.said.heard import Heard, hear, said_digest, said_of, unexplained
from close_library.run.said.said_tables import rows_seen, said_rows, write_said_tables, written_rows
from close_library.run.said.subjects import items_of, subjects_of
from close_library.workpaper.document import document_digest

FINDING = "amount_differs:inv-2"
FLUX = "flux_unexplained:4000:atlas:prior_month"


def finding(subject: str = FINDING, amount: str | None = "-45.00", severity: str = "error") -> dict[str, Any]:
    return {
        "finding": subject.split(":")[0],
        "severity": severity,
        "amount": amount,
        "currency": "USD",
        "keys": {"invoices": [subject.split(":")[1]]},
        "message": f"{subject} of {amount}",
        "status": "open",
        "subject": subject,
    }


def tie_out(id: str = "20.2", difference: str = "-45.00", agreed: bool = False) -> dict[str, Any]:
    return {"id": id, "label": "they agree", "difference": difference, "agreed": agreed}


def flux(amount: str = "1200.00") -> dict[str, Any]:
    return {
        "columns": ["line", "change"],
        "types": ["text", "money"],
        "rows": [["4000 Revenue", amount], ["Total", amount]],
        "subjects": [[0, FLUX, amount]],
    }


def items(*open: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "columns": ["item", "first_date", "amount"],
        "types": ["text", "date", "money"],
        "rows": [list(each) for each in open],
        "subjects": [[row, item, amount] for row, (item, _, amount) in enumerate(open)],
    }


def paper(program: str = "atlas", period: str = "2026-05", ref: str = "20", **parts: Any) -> dict[str, Any]:
    """A document with only what the record speaks of."""
    return {
        "ref": ref,
        "program": program,
        "period": period,
        "status": "open",
        "functional_currency": "USD",
        "findings": [],
        "tie_outs": [],
        "tables": {},
        "parameters": [],
    } | parts


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    folder = tmp_path / "tiny"
    with open_record("sqlite:///close.db", folder) as opened:
        yield opened


def said(record: Record, document: dict[str, Any]) -> dict[str, Any]:
    return said_of(document, hear(record, document["period"]).of(document["program"], document["ref"]))


SUBJECTS = [
    ("an error", paper(findings=[finding()]), {FINDING: ("-45.00", True, True)}),
    ("a warning", paper(findings=[finding(severity="warning")]), {FINDING: ("-45.00", True, False)}),
    ("a note", paper(findings=[finding(severity="info")]), {FINDING: ("-45.00", False, False)}),
    ("a finding without an amount", paper(findings=[finding(amount=None)]), {FINDING: (None, True, True)}),
    ("a tie-out that disagrees", paper(tie_outs=[tie_out()]), {"tie_out:20.2": ("-45.00", True, True)}),
    ("a tie-out that agrees", paper(tie_outs=[tie_out(agreed=True)]), {}),
    ("a flux line", paper(tables={"40.1": flux()}), {FLUX: ("1200.00", False, False)}),
    (
        "a flux line beyond the threshold",
        paper(tables={"40.1": flux()}, findings=[finding(FLUX, "1200.00", "warning")]),
        {FLUX: ("1200.00", True, False)},
    ),
    (
        "two findings of one key",
        paper(findings=[finding(amount="-45.00"), finding(amount="5.50")]),
        {FINDING: ("-39.50", True, True)},
    ),
    ("reconciling items", paper(tables={"20.2": items(("20:document:inv-2", "2026-04-30", "-45.00"))}), {}),
    ("no conclusion", {"ref": "20", "program": "atlas", "period": "2026-05", "status": "failed"}, {}),
]


@pytest.mark.parametrize(("document", "expected"), [case[1:] for case in SUBJECTS], ids=[case[0] for case in SUBJECTS])
def test_what_can_be_explained(document: dict[str, Any], expected: dict[str, tuple[str | None, bool, bool]]) -> None:
    assert {id: (each.amount, each.needs, each.blocks) for id, each in subjects_of(document).items()} == expected


def test_the_items_of_a_document_and_the_day_on_which_each_first_stood_open() -> None:
    document = paper(tables={"20.2": items(("20:document:inv-2", "2026-04-30", "-45.00")), "40.1": flux()})
    assert [dataclasses.astuple(each) for each in items_of(document).values()] == [
        ("20:document:inv-2", "-45.00", "2026-04-30")
    ]


def test_nothing_said_is_written_out(record: Record) -> None:
    assert said(record, paper(findings=[finding()])) == {
        "state": "not signed off",
        "sign_offs": {"preparer": None, "reviewer": None, "rejected": None},
        "explanations": {},
        "items": {},
        "record": {"events": 0, "head": ""},
    }


# said in (period, program, amount) | seen in (period, program, amount) | its state there
CASES = [
    ("the figure explained", ("2026-05", "atlas", "-45.00"), ("2026-05", "atlas", "-45.00"), "current"),
    ("the same with another zero", ("2026-05", "atlas", "-45.0"), ("2026-05", "atlas", "-45.00"), "current"),
    ("a figure that changed since", ("2026-05", "atlas", "-45.00"), ("2026-05", "atlas", "-46.00"), "stale"),
    ("in the next month", ("2026-04", "atlas", "-45.00"), ("2026-05", "atlas", "-45.00"), "suggestion"),
    ("in the next month, another figure", ("2026-04", "atlas", "-45.00"), ("2026-05", "atlas", "-1.00"), "suggestion"),
    ("in the month before", ("2026-05", "atlas", "-45.00"), ("2026-04", "atlas", "-45.00"), None),
    ("in the company's paper", ("2026-05", "atlas", "-45.00"), ("2026-05", "_company", "-45.00"), "current"),
    ("in a program's, of the company", ("2026-05", "_company", "-45.00"), ("2026-05", "atlas", "-45.00"), "current"),
    ("in the company's, another figure", ("2026-05", "atlas", "-45.00"), ("2026-05", "_company", "-9.00"), None),
    ("in another program's", ("2026-05", "atlas", "-45.00"), ("2026-05", "borealis", "-45.00"), None),
]


@pytest.mark.parametrize(("told", "seen", "state"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_an_explanation_belongs_to_one_figure(
    record: Record, told: tuple[str, str, str], seen: tuple[str, str, str], state: str | None
) -> None:
    period, program, amount = told
    record.explain(period, program, "20", FINDING, amount, "Typed wrong", by="Ana")
    document = paper(seen[1], seen[0], findings=[finding(amount=seen[2])])
    found = said(record, document)["explanations"].get(FINDING)
    assert (found and found["state"]) == state
    assert [each.subject for each in unexplained(document, hear(record, seen[0]).of(seen[1], "20"))] == (
        [] if state == "current" else [FINDING]
    )


def test_a_suggestion_is_of_the_latest_month_and_what_is_withdrawn_is_none(record: Record) -> None:
    for period, text in (("2026-03", "old"), ("2026-04", "newer")):
        record.explain(period, "atlas", "20", FINDING, "-45.00", text, by="Ana")
    document = paper(findings=[finding()])
    assert said(record, document)["explanations"][FINDING]["text"] == "newer"
    record.explain("2026-04", "atlas", "20", FINDING, "-45.00", "", by="Ana")
    assert said(record, document)["explanations"][FINDING]["period"] == "2026-03"


def test_a_line_below_the_threshold_gets_no_suggestion(record: Record) -> None:
    record.explain("2026-04", "atlas", "40", FLUX, "9000.00", "New task type", by="Ana")
    assert said(record, paper(ref="40", tables={"40.1": flux()}))["explanations"] == {}


def test_a_sign_off_lapses_when_its_document_changes(record: Record) -> None:
    document = paper(figures={"closing_balance": {"amount": "1.00"}})
    digest = document_digest(document)
    record.sign("2026-05", "atlas", "20", "preparer", digest, by="Ana")
    assert said(record, document)["state"] == "prepared"
    record.sign("2026-05", "atlas", "20", "reviewer", digest, by="Ben")
    reviewed = said(record, document)
    assert (reviewed["state"], reviewed["sign_offs"]["reviewer"]["by"]) == ("reviewed", "Ben")
    changed = said(record, document | {"figures": {"closing_balance": {"amount": "2.00"}}})
    assert changed["state"] == "lapsed"
    assert [changed["sign_offs"][role]["lapsed"] for role in ("preparer", "reviewer")] == [True, True]
    record.reject("2026-05", "atlas", "20", digest, by="Ben", reason="the bank says otherwise")
    assert said(record, document)["sign_offs"]["rejected"]["reason"] == "the bank says otherwise"


def test_where_it_was_read_is_not_signed_what_was_read_is() -> None:
    document = paper(
        sources=[{"file": "invoices.csv", "sha256": "a"}],
        parameters=[{"key": "match.days", "value": "5", "origin": "company.yaml, line 9"}],
    )
    moved = document | {
        "sources": [{"file": "invoices.csv", "sha256": "b"}],
        "parameters": [{"key": "match.days", "value": "5", "origin": "company.yaml, line 10"}],
    }
    assert document_digest(moved) == document_digest(document)
    changed = document | {"parameters": [{"key": "match.days", "value": "6", "origin": "company.yaml, line 9"}]}
    assert document_digest(changed) != document_digest(document)


def test_what_is_said_elsewhere_changes_no_report(record: Record) -> None:
    """The digest decides what is drawn again: another workpaper's, program's or later month's words don't."""
    document = paper(findings=[finding()], tables={"20.2": items(("i", "2026-05-01", "1.00"))})
    record.explain("2026-05", "atlas", "20", FINDING, "-45.00", "Typed wrong", by="Ana")
    before = said_digest(said(record, document))
    for period, program, ref in (
        ("2026-05", "borealis", "20"),
        ("2026-05", "atlas", "30"),
        ("2026-06", "atlas", "20"),
    ):
        record.explain(period, program, ref, FINDING, "-45.00", "Elsewhere", by="Ana")
        record.follow_up(period, program, ref, "i", owner="Cleo", by="Ana")
    assert said_digest(said(record, document)) == before
    record.follow_up("2026-05", "atlas", "20", "i", owner="Cleo", by="Ana")
    after = said(record, document)
    assert after["items"]["i"]["owner"] == "Cleo"
    assert said_digest(after) != before


amounts = st.decimals("-1e9", "1e9", places=2).map(lambda amount: format(amount, "f"))


@given(explained=amounts, now=amounts)
def test_an_explanation_is_current_exactly_while_the_figure_is_what_it_explains(explained: str, now: str) -> None:
    from decimal import Decimal

    from close_library.record import Explanation

    told = Explanation("2026-05", "atlas", "20", FINDING, explained, "why", "Ana", "2026-06-01T00:00:00.000000Z", 1)
    heard = Heard(explanations={"20": (told,)}, hashes={1: "h"})
    state = said_of(paper(findings=[finding(amount=now)]), heard.of("atlas", "20"))["explanations"][FINDING]["state"]
    assert (state == "current") == (Decimal(explained) == Decimal(now))


def sign(record: Record, period: str, figures: dict[str, str], *items: SignedItem) -> None:
    for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
        record.sign(period, "atlas", "30", role, f"digest of {period} {figures}", by=by, figures=figures, items=items)  # type: ignore[arg-type]


def test_a_period_sees_what_was_signed_before_it(record: Record, tmp_path: Path) -> None:
    sign(record, "2026-04", {"closing_balance": "100.00"}, SignedItem("i-1", "-45.00", "2026-04-30"))
    sign(record, "2026-05", {"closing_balance": "250.00"})
    record.follow_up("2026-04", "atlas", "30", "i-1", owner="Cleo", action="ask", by="Ana")
    record.follow_up("2026-05", "atlas", "30", "i-1", owner="Dan", by="Ana")
    rows = said_rows(record, "2026-05")
    assert [row[:5] for row in rows["said_figures"]] == [("2026-04", "atlas", "30", "closing_balance", "100.00")]
    assert [row[:8] for row in rows["said_items"]] == [
        ("2026-04", "atlas", "30", "i-1", "-45.00", "2026-04-30", "Cleo", "ask")
    ]
    assert said_rows(record, "2026-04")["said_figures"] == []
    record.reject("2026-04", "atlas", "30", "digest", by="Ben", reason="wrong")
    assert said_rows(record, "2026-05")["said_figures"] == [], "a rejection takes back what was signed"


def test_the_said_tables_are_written_whole_and_only_when_they_change(record: Record, tmp_path: Path) -> None:
    empty = said_rows(None, "2026-05")
    assert write_said_tables(tmp_path, empty) == [
        "said_figures.parquet",
        "said_explanations.parquet",
        "said_items.parquet",
    ]
    assert write_said_tables(tmp_path, empty) == []
    record.explain("2026-05", "atlas", "20", FINDING, "-45.00", "Typed wrong", by="Ana")
    rows = said_rows(record, "2026-05")
    assert write_said_tables(tmp_path, rows) == ["said_explanations.parquet"]
    first = (tmp_path / "said_explanations.parquet").read_bytes()
    assert written_rows(tmp_path) == {name: list(held) for name, held in rows.items()}
    write_said_tables(tmp_path, empty)
    write_said_tables(tmp_path, rows)
    assert (tmp_path / "said_explanations.parquet").read_bytes() == first


def test_a_workpaper_reads_its_own_explanations_and_all_that_was_signed_of_its_program(record: Record) -> None:
    sign(record, "2026-04", {"closing_balance": "100.00"})
    record.explain("2026-05", "atlas", "40", FLUX, "1.00", "New", by="Ana")
    record.explain("2026-04", "atlas", "40", FLUX, "1.00", "Old", by="Ana")
    record.explain("2026-05", "atlas", "20", FINDING, "1.00", "Other", by="Ana")
    rows = said_rows(record, "2026-05")
    tables = ("said_figures", "said_explanations", "invoices")

    def seen(program: str) -> list[int]:
        return [len(held) for held in rows_seen(rows, tables, "2026-05", program, "40").values()]

    assert sorted(seen("atlas")) == [1, 1]
    assert sorted(seen("_company")) == [1, 1]
    assert sorted(seen("borealis")) == [0, 0]


def reviewed(record: Record, document: dict[str, Any]) -> None:
    for role, by in (("preparer", "Ana"), ("reviewer", "Ben")):
        record.sign("2026-05", document["program"], "20", role, document_digest(document), by=by)  # type: ignore[arg-type]


# said of the error after the review: (program, subject, text) | the state then, and whether the review lapsed
SINCE = [
    ("nothing", None, "reviewed", False),
    ("the same again", ("atlas", FINDING, "Typed wrong"), "reviewed", False),
    ("another text", ("atlas", FINDING, "Booked twice"), "lapsed", True),
    ("it is withdrawn", ("atlas", FINDING, ""), "lapsed", True),
    ("another text in the company's", ("_company", FINDING, "Booked twice"), "lapsed", True),
    ("another program's", ("borealis", FINDING, "Booked twice"), "reviewed", False),
    ("what was not explained before", ("atlas", "timing:inv-3", "Paid on the first"), "reviewed", False),
    ("what is not in the workpaper", ("atlas", "timing:inv-9", "Changed"), "reviewed", False),
]


@pytest.mark.parametrize(("since", "state", "lapsed"), [case[1:] for case in SINCE], ids=[case[0] for case in SINCE])
def test_a_review_lapses_when_an_explanation_that_it_saw_is_another_one(
    record: Record, since: tuple[str, str, str] | None, state: str, lapsed: bool
) -> None:
    document = paper(findings=[finding(), finding("timing:inv-3", "1.00", "warning")])
    record.explain("2026-05", "atlas", "20", FINDING, "-45.00", "Typed wrong", by="Ana")
    record.explain("2026-05", "atlas", "20", "timing:inv-9", "1.00", "Gone", by="Ana")
    reviewed(record, document)
    if since:
        program, subject, text = since
        record.explain("2026-05", program, "20", subject, "-45.00", text, by="Ana")
    now = said(record, document)
    assert now["state"] == state
    assert now["sign_offs"]["preparer"]["lapsed"] is False, "the preparer signed the document, which is the same"
    assert now["sign_offs"]["reviewer"]["lapsed"] is lapsed


def test_an_explanation_that_was_changed_is_reviewed_anew(record: Record) -> None:
    document = paper(findings=[finding()])
    record.explain("2026-05", "atlas", "20", FINDING, "-45.00", "Typed wrong", by="Ana")
    reviewed(record, document)
    record.explain("2026-05", "atlas", "20", FINDING, "-45.00", "Booked twice", by="Ana")
    retold = hear(record, "2026-05").of("atlas", "20").signed(document).retold
    record.sign("2026-05", "atlas", "20", "reviewer", document_digest(document), by="Ben", retold=retold)
    assert said(record, document)["state"] == "reviewed"


def test_what_is_heard_of_a_long_record_does_not_read_every_figure_that_was_signed(record: Record) -> None:
    figures = {f"figure:{number}": "1.00" for number in range(500)}
    for month in range(1, 6):
        record.sign(f"2026-0{month}", "atlas", "20", "preparer", "d" * 64, by="Ana", figures=figures)
        record.sign(f"2026-0{month}", "atlas", "20", "reviewer", "d" * 64, by="Ben", figures=figures)
    assert [mark.seq for mark in record.marks("2026-03")] == [1, 2, 3, 4, 5, 6]
    assert all(set(mark._fields) == {"seq", "program", "ref", "hash"} for mark in record.marks("2026-05"))
    assert hear(record, "2026-03").last == {("atlas", "20"): 6}
