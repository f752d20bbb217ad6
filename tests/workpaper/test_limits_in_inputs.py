"""The company's flux workpapers rest on every program's thresholds; a program's rest on its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.workpaper.inputs import SealedBooks, inputs_of

DECLARED = {"sha256": "n", "tables": ["gl_entries"], "optional_tables": ["said_explanations"], "ref": "40"}


def inputs(folder: Path, program: str, amount: str, declared: dict[str, Any] = DECLARED) -> dict[str, Any]:
    """The inputs of a workpaper where atlas has this amount as its threshold."""
    usual = {"flux": {"amount": "10000.00"}, "contract_changes": "cumulative"}
    scopes = {"_company": usual, "atlas": {**usual, "flux": {"amount": amount}}, "borealis": usual}
    parameters = {"scopes": {scope: {"values": values} for scope, values in scopes.items()}}
    books = SealedBooks(folder, {"tables": {}, "linked": {}}, {}, parameters)
    return inputs_of(declared, books, program, "2026-05", ["flux.amount"])


def test_the_company_is_computed_again_when_a_program_s_threshold_changes(tmp_path: Path) -> None:
    assert inputs(tmp_path, "_company", "1.00") != inputs(tmp_path, "_company", "2.00")
    assert inputs(tmp_path, "atlas", "1.00") != inputs(tmp_path, "atlas", "2.00")
    assert inputs(tmp_path, "borealis", "1.00") == inputs(tmp_path, "borealis", "2.00")


def test_a_workpaper_that_asks_for_no_explanations_does_not_rest_on_them(tmp_path: Path) -> None:
    declared = {**DECLARED, "optional_tables": []}
    assert inputs(tmp_path, "_company", "1.00", declared) == inputs(tmp_path, "_company", "2.00", declared)
