"""Who loosened the tolerance? The parameters of two binders, compared."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from close_library.binder.changes import Change, digest_changes, direction, in_words, parameter_changes, sentence

COMPANY: dict[str, Any] = {
    "values": {
        "tolerances": {"tie_out": "0.00", "match": "0.00"},
        "flux": {"amount": "10000.00", "rule": "or", "comparisons": ["prior_month", "prior_year"]},
        "purchase_orders": {"required": True},
    },
    "origins": {"tolerances.tie_out": "company.yaml, line 23", "flux.amount": "company.yaml, line 24"},
}
BEFORE = {"scopes": {"_company": COMPANY, "atlas": deepcopy(COMPANY)}}


def after(scope: str, group: str, key: str, value: Any) -> dict[str, Any]:
    changed = deepcopy(BEFORE)
    changed["scopes"][scope]["values"][group][key] = value
    return changed


def test_nothing_changed() -> None:
    assert parameter_changes(BEFORE, deepcopy(BEFORE)) == []


def test_a_tolerance_that_was_raised_is_named_with_its_line() -> None:
    found = parameter_changes(BEFORE, after("_company", "tolerances", "tie_out", "50.00"))
    assert found[0] == Change(
        "setting", "_company", "tolerances.tie_out", "0.00", "50.00", "company.yaml, line 23", "loosened"
    )
    assert [change.scope for change in found] == ["_company"] or found[1].scope == "atlas"


def test_what_the_company_changed_is_not_said_again_for_each_program() -> None:
    now = after("_company", "flux", "amount", "20000.00")
    now["scopes"]["atlas"]["values"]["flux"]["amount"] = "20000.00"
    assert [(change.scope, change.direction) for change in parameter_changes(BEFORE, now)] == [("_company", "loosened")]


def test_a_program_of_its_own() -> None:
    found = parameter_changes(BEFORE, after("atlas", "flux", "amount", "500.00"))
    assert [(change.scope, change.key, change.direction) for change in found] == [("atlas", "flux.amount", "tightened")]


def test_a_new_program_is_compared_with_the_company_of_before() -> None:
    now = deepcopy(BEFORE)
    now["scopes"]["borealis"] = deepcopy(COMPANY)
    now["scopes"]["borealis"]["values"]["tolerances"]["match"] = "1.00"
    assert [(change.scope, change.key) for change in parameter_changes(BEFORE, now)] == [
        ("borealis", "tolerances.match")
    ]


@pytest.mark.parametrize(
    ("key", "before", "now", "expected"),
    [
        ("tolerances.tie_out", "9.00", "10.00", "loosened"),
        ("tolerances.tie_out", "10.00", "9.00", "tightened"),
        ("tolerances.tie_out", "10.00", "10.000", "changed"),
        ("match.days", "5", "10", "loosened"),
        ("purchase_orders.required", "true", "false", "loosened"),
        ("purchase_orders.required", "false", "true", "tightened"),
        ("purchase_orders.look_ahead_months", "2", "1", "loosened"),
        ("flux.rule", "or", "and", "loosened"),
        ("flux.comparisons", "prior_month, prior_year", "prior_month", "loosened"),
        ("flux.comparisons", "prior_month", "prior_month, prior_year", "tightened"),
        ("accounts.cash", "1000", "1001", "changed"),
        ("tolerances.tie_out", None, "1.00", "changed"),
    ],
)
def test_which_way_a_limit_went(key: str, before: str | None, now: str, expected: str) -> None:
    assert direction(key, before, now) == expected


def test_notebooks_and_packages() -> None:
    found = digest_changes("package", {"duckdb": "2.0.0", "pandas": "3.1.1"}, {"duckdb": "2.0.1", "pyarrow": "26"})
    assert [(change.kind, change.key, change.before, change.now) for change in found] == [
        ("package", "duckdb", "2.0.0", "2.0.1"),
        ("package", "pandas", "3.1.1", None),
        ("package", "pyarrow", None, "26"),
    ]
    assert found[0].as_data()["key"] == "package duckdb"


def test_a_setting_is_known_by_where_it_is_made_and_not_by_its_name() -> None:
    [found] = parameter_changes(BEFORE, after("atlas", "flux", "petty cash", "1010"))
    assert (found.kind, found.as_data()["key"]) == ("setting", "flux.petty cash")


# scope, before, now | in a table | in a sentence
WORDS = [
    ("_company", "0.00", "50.00", ("0.00", "50.00"), "match.days from 0.00 to 50.00"),
    ("atlas", None, "5", ("not there", "5"), "match.days of atlas from not there to 5"),
    ("_company", "5", "", ("5", "empty"), "match.days from 5 to empty"),
]


@pytest.mark.parametrize(("scope", "before", "now", "cells", "said"), WORDS)
def test_a_change_has_the_same_words_everywhere(
    scope: str, before: str | None, now: str | None, cells: tuple[str, str], said: str
) -> None:
    change = Change("setting", scope, "match.days", before, now, "", "changed").as_data()
    assert (in_words(change)["before"], in_words(change)["now"]) == cells
    assert sentence(change) == said
