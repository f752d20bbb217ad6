"""The schema of a workpaper's document: believable papers conform, each kind of fault is found."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import close_library
from tests.report import papers
from tests.report.conftest import Built, build

SCHEMA = json.loads((Path(close_library.__file__).parent / "workpaper" / "workpaper.schema.json").read_text("utf-8"))
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def faults(document: dict[str, Any]) -> list[str]:
    return [error.json_path for error in CHECK.iter_errors(document)]


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_papers_conform(paper: Built) -> None:
    document = paper[0]
    if "<script>" in document["period_end"]:
        document["period_end"] = "2026-10-31"
    assert faults(document) == []


@pytest.mark.parametrize("document", [papers.failed(Path()), papers.not_applicable(Path())], ids=["failed", "n/a"])
def test_a_document_without_conclusion_conforms(document: dict[str, Any]) -> None:
    assert faults(document) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["figures", "total", "amount"], 12.5),
        (["figures", "total", "amount"], "1,204.00"),
        (["figures", "total", "amount"], "1E+3"),
        (["figures", "total", "amount"], "2026-10-31"),
        (["figures", "total", "rows"], "17"),
        (["figures", "total", "extra"], "x"),
        (["tie_outs", 0, "difference"], 0),
        (["tie_outs", 0, "tick"], "Z"),
        (["findings", 0, "severity"], "high"),
        (["findings", 0, "keys"], {}),
        (["findings", 0, "keys"], {"invoices": []}),
        (["tables", "70.1", "rows", 0, 1], 3),
        (["tables", "70.1", "types"], ["float"]),
        (["charts", 0, "data"], [{"label": "x", "amount": "1.00"}]),
        (["charts", 1, "data", 0, "amount"], 1.5),
        (["sources", 0, "sha256"], "abc"),
        (["rows", "sha256"], ""),
        (["rows", "file"], "../other.rows.parquet"),
        (["period"], "2026-13"),
        (["status"], "done"),
        (["error"], 5),
        (["unknown"], 1),
    ],
    ids=lambda value: "/".join(map(str, value)) if isinstance(value, list) else None,
)
def test_a_fault_is_found(tmp_path: Path, place: list[Any], value: Any) -> None:
    document = deepcopy(build("aging", tmp_path)[0])
    inner = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert faults(document) != []


@pytest.mark.parametrize(
    "missing", ["figures", "tie_outs", "findings", "tables", "sources", "sections", "rows", "inputs"]
)
def test_what_a_finished_workpaper_must_have(tmp_path: Path, missing: str) -> None:
    document = build("bridge", tmp_path)[0]
    del document[missing]
    assert faults(document) == ["$"]
