"""The rules of signing, on both databases: two people, what is prepared, what is explained, what was rejected."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.errors import RecordError
from close_library.record import NOT_SIGNED, Record, Rejection, Signature, SignOff
from close_library.record.signing import add, rejecting_faults, signing_faults, unexplained
from close_library.record.wording import About, same_person
from tests.record.conftest import OCTOBER, explain, sign

WORKPAPER = ("atlas", "40")


def state(record: Record, digest: str | None = "d1") -> str:
    return record.sign_offs(OCTOBER).get(WORKPAPER, NOT_SIGNED).state(digest)


def refused(record: Record, role: str, by: str, **changed: Any) -> str:
    before = record.head
    with pytest.raises(RecordError) as error:
        sign(record, role, by, **changed)
    assert record.head == before
    return str(error.value)


def test_a_workpaper_is_prepared_then_reviewed(record: Record) -> None:
    states = [state(record)]
    sign(record, "preparer", "Ana")
    states.append(state(record))
    sign(record, "reviewer", "Ben")
    states.append(state(record))
    assert states == ["not_signed", "prepared", "reviewed"]
    signed = record.sign_offs(OCTOBER)[WORKPAPER]
    assert signed.preparer and signed.reviewer
    assert (signed.preparer.by, signed.preparer.event, signed.reviewer.by, signed.reviewer.event) == (
        "Ana",
        1,
        "Ben",
        2,
    )


def test_a_sign_off_lapses_when_the_document_changes_and_holds_when_it_changes_back(record: Record) -> None:
    sign(record, "preparer", "Ana")
    sign(record, "reviewer", "Ben")
    assert [state(record, digest) for digest in ("d2", None, "d1")] == ["lapsed", "lapsed", "reviewed"]


@pytest.mark.parametrize("name", ["Ana", " ANA", "A\u200bna", "Àna", "А\u006ea", "\u2800Ana", "Ana."])
def test_a_preparer_does_not_review(record: Record, name: str) -> None:
    sign(record, "preparer", "Ana")
    assert "two people" in refused(record, "reviewer", name)
    assert state(record) == "prepared"


def test_what_is_not_prepared_is_not_reviewed(record: Record) -> None:
    assert "not prepared" in refused(record, "reviewer", "Ben")
    sign(record, "preparer", "Ana", program="borealis")
    sign(record, "preparer", "Ana", period="2026-09")
    assert "not prepared" in refused(record, "reviewer", "Ben")


def test_what_changed_since_it_was_prepared_is_not_reviewed(record: Record) -> None:
    sign(record, "preparer", "Ana")
    assert "changed since Ana prepared it" in refused(record, "reviewer", "Ben", digest="d2")


def test_a_review_is_of_the_latest_preparation(record: Record) -> None:
    """Ben reviews d1, the document changes to d2 and back, and Ben prepares d1: that is no review by two people."""
    sign(record, "preparer", "Ana")
    sign(record, "reviewer", "Ben")
    sign(record, "preparer", "Ana", digest="d2")
    sign(record, "preparer", "Ben")
    assert state(record) == "prepared"
    assert "two people" in refused(record, "reviewer", "Ben")
    sign(record, "reviewer", "Ana")
    assert state(record) == "reviewed"


def test_what_is_signed_is_not_signed_again(record: Record) -> None:
    sign(record, "preparer", "Ana")
    assert "prepared by Ana" in refused(record, "preparer", "Cem")
    sign(record, "reviewer", "Ben")
    assert "reviewed by Ben" in refused(record, "reviewer", "Cem")


def test_an_unexplained_error_is_not_reviewed(record: Record) -> None:
    sign(record, "preparer", "Ana")
    errors = {"flux:4000": "12.50", "tie_out:40.1": "3.00", "journal_unbalanced:J-1": None}
    explain(record)
    said = refused(record, "reviewer", "Ben", errors=errors)
    assert "flux:4000" not in said and "tie_out:40.1" in said and "journal_unbalanced:J-1" in said
    explain(record, subject="tie_out:40.1", amount="3")
    explain(record, subject="journal_unbalanced:J-1", amount=None)
    sign(record, "reviewer", "Ben", errors=errors)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"amount": "12.49"}, id="of the amount as it was"),
        pytest.param({"period": "2026-09"}, id="of an earlier month"),
        pytest.param({"program": "borealis"}, id="of another program"),
        pytest.param({"ref": "41"}, id="of another workpaper"),
    ],
)
def test_an_explanation_of_something_else_explains_no_error(record: Record, said: dict[str, str]) -> None:
    sign(record, "preparer", "Ana")
    explain(record, **said)
    assert "an error that nobody explained" in refused(record, "reviewer", "Ben", errors={"flux:4000": "12.50"})


def test_a_withdrawn_explanation_explains_no_error(record: Record) -> None:
    explain(record)
    explain(record, "")
    sign(record, "preparer", "Ana")
    assert "an error that nobody explained" in refused(record, "reviewer", "Ben", errors={"flux:4000": "12.50"})


def test_a_rejection_withdraws_both_and_must_be_prepared_anew(record: Record) -> None:
    sign(record, "preparer", "Ana")
    sign(record, "reviewer", "Ben")
    record.reject(OCTOBER, "atlas", "40", "d1", "Ben", " the cutoff\nis wrong ")
    signed = record.sign_offs(OCTOBER)[WORKPAPER]
    assert signed.preparer is None and signed.reviewer is None
    assert signed.rejected and (signed.rejected.by, signed.rejected.reason) == ("Ben", "the cutoff\nis wrong")
    assert [state(record, digest) for digest in ("d1", "d2")] == ["rejected", "rejected"]
    assert "rejected by Ben" in refused(record, "reviewer", "Cem")
    sign(record, "preparer", "Ana")
    assert state(record) == "prepared"
    assert record.sign_offs(OCTOBER)[WORKPAPER].rejected is None


def test_a_rejection_has_a_reason_and_something_to_reject(record: Record) -> None:
    with pytest.raises(RecordError, match="signed by nobody"):
        record.reject(OCTOBER, "atlas", "40", "d1", "Ben", "wrong")
    sign(record, "preparer", "Ana")
    with pytest.raises(RecordError, match="why it is rejected"):
        record.reject(OCTOBER, "atlas", "40", "d1", "Ben", " \n")
    record.reject(OCTOBER, "atlas", "40", "d1", "Ben", "wrong")
    with pytest.raises(RecordError, match="rejected already, by Ben"):
        record.reject(OCTOBER, "atlas", "40", "d1", "Cem", "wrong")


def test_a_refusal_reads_like_a_message(record: Record) -> None:
    sign(record, "preparer", "Ana")
    assert refused(record, "reviewer", "Ana").splitlines() == [
        "RecordError: this can't be said now.",
        "  where:     workpaper 40 of atlas, 2026-10",
        "  found:     Ana prepared it and would review it",
        "  expected:  two people",
        "  do:        ask somebody else to review it",
    ]


STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(["preparer", "reviewer", "rejected"]), st.sampled_from("ABC"), st.sampled_from(["d1", "d2"])
    ),
    max_size=12,
)


@given(STATEMENTS)
def test_whatever_people_try_a_reviewed_document_has_two_people(tried: list[tuple[Any, str, str]]) -> None:
    """Law: after any attempts, reviewed means the same document, prepared by one person and then reviewed by another."""
    now = NOT_SIGNED
    for number, (what, by, digest) in enumerate(tried, start=1):
        document = About(OCTOBER, "atlas", "40", digest)
        if what == "rejected":
            if not rejecting_faults(document, now):
                now = add(now, "rejected", Rejection(by, "", digest, number, "wrong"))
        elif not signing_faults(document, what, by, now, []):
            now = add(now, "prepared" if what == "preparer" else "reviewed", Signature(by, "", digest, number))
        for each in ("d1", "d2"):
            _check_two_people(now, each)


def _check_two_people(now: SignOff, digest: str) -> None:
    if now.state(digest) == "reviewed":
        assert now.preparer and now.reviewer
        assert not same_person(now.preparer.by, now.reviewer.by)
        assert now.preparer.digest == now.reviewer.digest == digest
        assert now.preparer.event < now.reviewer.event


def test_no_errors_need_no_explanations() -> None:
    assert unexplained(About(OCTOBER, "atlas", "40", "d1"), {}, []) == []
