"""Words of a report: codes of ours are spelled as words, what a source says is not touched."""

from __future__ import annotations

from typing import Any

import pytest

from close_library.report.wording import count_of, show_code, show_keys, show_name, terms_in


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("in_subledger_not_in_gl", "in the subledger, not in the ledger"),
        ("po_overbilled", "PO overbilled"),
        ("days_31_60", "days 31–60"),
        ("due_date", "due date"),
        ("tie_outs", "tie-outs"),
        ("on_todays_books", "on today's books"),
        ("timing", "timing"),
    ],
)
def test_a_code_reads_as_words(code: str, words: str) -> None:
    assert show_name(code) == words


@pytest.mark.parametrize(
    ("text", "column", "shown"),
    [
        ("billed_not_collected", "status", "billed not collected"),
        ("over_90", "aging_column", "over 90"),
        ("in_00159", "status", "in_00159"),
        ("in_some_thing", "invoice_id", "in_some_thing"),
        ("PO_1", "status", "PO_1"),
        ("fx:EUR", "document", "fx:EUR (remeasurement of EUR)"),
        ("fx:EURO", "document", "fx:EURO"),
        ("in_gl_not_in_subledger", "what", "in the ledger, not in the subledger"),
        ("po_underfunded", "what", "PO underfunded"),
        ("in gl not in subledger", "customer_name", "in gl not in subledger"),
    ],
)
def test_only_codes_in_columns_of_codes_become_words(text: str, column: str, shown: str) -> None:
    assert show_code(text, column) == shown


def test_information_has_no_plural() -> None:
    assert [count_of(n, "info") for n in (0, 1, 2)] == ["0 info", "1 info", "2 info"]
    assert [count_of(n, "error") for n in (0, 1, 1200)] == ["0 errors", "1 error", "1,200 errors"]


def test_what_a_remeasurement_is_is_said_once() -> None:
    document: dict[str, Any] = {
        "findings": [{"keys": {"gl_entries": ["fx:EUR"]}}],
        "tables": {"20.2": {"rows": [["fx:EUR", None], ["fx:CHF", "1.00"]]}},
    }
    assert [term for term, _ in terms_in(document)] == ["fx:CHF", "fx:EUR"]
    assert terms_in({}) == []


def test_a_findings_documents_are_named_by_their_kind() -> None:
    assert show_keys({"cash_receipts": ["r_1", "r_2"], "gl_entries": ["j"]}) == "cash receipts r_1, r_2; GL entries j"
