"""What can't be said is refused in words, all of it at once, and nothing is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.errors import RecordError
from close_library.record import Record, SignedItem
from close_library.record.wording import TEXT_AT_MOST, Wording, same_person
from tests.record.conftest import OCTOBER, explain, sign


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param({"text": "a\x00b"}, "U+0000 at place 2", id="a NUL byte"),
        pytest.param({"text": "\x1b[31mred"}, "U+001B at place 1", id="an escape sequence"),
        pytest.param({"text": "bad \udcff"}, "U+DCFF", id="half a character"),
        pytest.param({"text": "\uffff"}, "U+FFFF", id="what XML can't hold"),
        pytest.param({"text": "x" * (TEXT_AT_MOST + 1)}, "10,001 characters", id="too long"),
        pytest.param({"by": ""}, "nothing", id="said by nobody"),
        pytest.param({"by": " \u200b "}, "nothing", id="said by an invisible name"),
        pytest.param({"by": None}, "nothing", id="said by None"),
        pytest.param({"by": "Ana\nBen"}, "U+000A", id="a name on two lines"),
        pytest.param({"by": "x" * 201}, "201 characters", id="a long name"),
        pytest.param({"period": "2026-13"}, "2026-13", id="no month"),
        pytest.param({"period": "\udcff"}, "\\udcff", id="no text"),
        pytest.param({"program": ""}, "nothing", id="no program"),
        pytest.param({"ref": "4\x000"}, "U+0000", id="a NUL byte in the workpaper"),
        pytest.param({"subject": "x" * 2_001}, "2,001 characters", id="a long subject"),
        pytest.param({"amount": "1,250.00"}, "1,250.00", id="an amount with a comma"),
        pytest.param({"amount": "NaN"}, "NaN", id="no number"),
        pytest.param({"amount": ""}, "nothing", id="an empty amount"),
        pytest.param({"amount": 12.5}, "12.5", id="a binary float"),
        pytest.param({"at": datetime(2026, 10, 31)}, "2026-10-31", id="a time without a zone"),
    ],
)
def test_what_cannot_be_said_is_refused(record: Record, changed: dict[str, Any], found: str) -> None:
    with pytest.raises(RecordError) as error:
        explain(record, **changed)
    (fault,) = error.value.faults
    assert found in fault.found
    assert fault.where and fault.expected
    assert str(error.value).replace("\n", "").isprintable()
    assert record.head.events == 0


def test_all_that_is_wrong_is_said_at_once(record: Record) -> None:
    with pytest.raises(RecordError) as error:
        explain(record, "\x00", period="soon", by="", amount="much")
    assert len(error.value.faults) == 4


@pytest.mark.parametrize(
    ("said", "where"),
    [
        pytest.param({"figures": {"a": "1e5"}}, "the figure a", id="a figure that is no exact amount"),
        pytest.param({"items": [SignedItem("i", "1"), SignedItem(" i", "2")]}, "the item i", id="an item twice"),
        pytest.param({"items": [SignedItem("i", "1", "2026-02-30")]}, "first date", id="an item of no day"),
        pytest.param({"items": [SignedItem("", "1")]}, "the item", id="an item without a name"),
        pytest.param({"errors": {"tie_out:20.1": "?"}}, "tie_out:20.1", id="an error of no amount"),
        pytest.param({"rows": {"a": "ab"}}, "the rows of a", id="rows without a digest"),
        pytest.param({"digest": " "}, "the digest", id="a document without a digest"),
        pytest.param({"role": "auditor"}, "the role", id="another role"),
    ],
)
def test_what_cannot_be_signed_is_refused(record: Record, said: dict[str, Any], where: str) -> None:
    with pytest.raises(RecordError) as error:
        sign(record, **{"role": "preparer", "by": "Ana", **said})
    assert any(where in fault.where for fault in error.value.faults)
    assert record.head.events == 0


def test_a_follow_up_says_something(record: Record) -> None:
    with pytest.raises(RecordError, match="nothing said"):
        record.follow_up(OCTOBER, "atlas", "20", "inv-7", by="Ana")


def test_a_question_about_no_month_is_refused(record: Record) -> None:
    for ask in (record.explanations, record.follow_ups, record.sign_offs, record.signed_figures, record.signed_items):
        with pytest.raises(RecordError, match="a year and a month"):
            ask("October")


@pytest.mark.parametrize("filter", [{"program": "\udcff"}, {"ref": "a\x00"}, {"period": "\udcff"}])
def test_a_question_that_no_database_understands_finds_nothing_or_is_refused(
    record: Record, filter: dict[str, Any]
) -> None:
    try:
        assert list(record.events(**filter)) == []
    except RecordError as error:
        assert "Traceback" not in str(error)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ana", "ana ", True),
        ("José  Núñez", "Jose\u0301 Nu\u0301n\u0303ez", True),
        ("Ana", "A\u200bna", True),
        ("Ａｎａ", "Ana", True),
        ("STRASSE", "Straße", True),
        ("Ana López", "ana lopez", True),
        ("Ana Lopez", "Lopez, Ana", True),
        ("Ana Lopez", "Ana Lopes", False),
        ("Ana Lopez", "Аnа Lореz", True),
        ("Ана", "Яна", False),
        ("Ana Lopez", "A. Lopez", False),
        ("กา", "กี", False),
        ("张伟", "张威", False),
        ("Ana", "Anna", False),
        ("Ana Lopez", "AnaLopez", True),
        ("Ana Lopez", "Ana\u200bLopez", True),
        ("Ana Lopez", "lopezana", True),
        ("Ana Lopez", "ana.lopez@meridian.example", True),
        ("Ana Lopez", "Ana Lopez (reviewer)", True),
        ("Ana Lopez", "Ana Lopez <al@meridian.example>", True),
        ("Ana Lopez", "Ben Lopez (Ana)", False),
        ("ana@meridian.example", "ben@meridian.example", False),
        ("(Ana)", "(Ben)", False),
        ("One Two Three Four Five Six", "six five four three two one", True),
    ],
)
def test_a_person_is_the_same_however_the_name_is_typed(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) is same


@given(st.text(max_size=300))
def test_any_text_is_kept_as_it_is_or_refused(text: str) -> None:
    wording = Wording()
    kept = wording.text("the text", text)
    refused = bool(wording.faults)
    assert refused or kept == text.replace("\r\n", "\n").replace("\r", "\n").strip()
    strange = any(ord(c) < 32 and c not in "\n\t" for c in text.replace("\r", "\n").strip())
    assert not strange or refused
