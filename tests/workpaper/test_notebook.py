"""What a notebook must declare before anything runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from close_library.workpaper.notebook import read_workpaper, source_digest

FIXTURES = Path(__file__).parents[1] / "notebooks"


def workpaper_file(folder: Path, cells: list[tuple[str, str, list[str]]], ref: str = "45", name: str = "small") -> Path:
    """A notebook in a folder, from (kind, text, tags)."""
    content = {
        "cells": [
            {
                "cell_type": kind,
                "metadata": {"tags": tags} if tags else {},
                "source": text,
                **({"outputs": [], "execution_count": None} if kind == "code" else {}),
            }
            for kind, text, tags in cells
        ],
        "metadata": {
            "close": {
                "ref": ref,
                "name": name,
                "title": "Small",
                "scope": "both",
                "tables": ["invoices"],
                "optional_tables": ["fx_rates"],
            }
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / f"{ref}_{name}.ipynb"
    path.write_text(json.dumps(content))
    return path


PARAMETERS = ("code", 'program = ""\nperiod = ""\nbooks = ""', ["parameters"])

REFUSED = [
    # notebook, found, expected or do
    ("broken_json", "text that is not JSON", "save it again"),
    ("not_a_notebook", "not a notebook of format 4", "save it again"),
    ("latin_1", "bytes that are not UTF-8", "save it again"),
    ("no_parameters", "no cell tagged parameters", "exactly one cell"),
    ("two_parameter_cells", "cells 2, 3 tagged parameters", "exactly one cell"),
    ("misspelled_parameter", "the unknown parameter perod", "did you mean period?"),
    ("misspelled_parameter", "no parameter period", 'say period = "" once'),
    ("parameter_with_a_value", "program = 'atlas'", "leave each of the three empty"),
    ("parameter_of_a_number", "period = 202610", "leave each of the three empty"),
    ("extra_parameter", "the unknown parameter tolerance", "move tolerance to another cell"),
    ("parameters_not_python", "text that is not Python", "tagged"),
    ("no_tables_declared", "nothing", "add tables to metadata.close"),
    ("unknown_scope", '"programs"', '"program", "company" or "both"'),
    ("unknown_table", "the unknown table invoice", "did you mean invoices?"),
    ("ref_of_a_number", "45", "digits or letters in quotes"),
]


@pytest.mark.parametrize(("name", "found", "mend"), REFUSED, ids=[f"{name}: {found}" for name, found, _ in REFUSED])
def test_what_can_not_be_planned_is_refused_with_its_place(name: str, found: str, mend: str) -> None:
    workpaper, faults = read_workpaper(FIXTURES / f"{name}.ipynb")
    assert workpaper is None
    fitting = [fault for fault in faults if found in fault.found]
    assert fitting, faults
    assert f"{name}.ipynb" in fitting[0].where
    assert mend in fitting[0].expected + fitting[0].do


def test_a_notebook_without_a_declaration_is_left_out_without_a_fault() -> None:
    assert read_workpaper(FIXTURES / "no_declaration.ipynb") == (None, [])


def test_the_file_must_be_called_as_the_declaration_says() -> None:
    workpaper, faults = read_workpaper(FIXTURES / "sleeps.ipynb")
    assert workpaper is None
    assert "45_sleeps.ipynb" in faults[0].expected


def test_a_declaration_and_its_prose_are_read(tmp_path: Path) -> None:
    cells = [
        ("markdown", "# 45 · Small", []),
        PARAMETERS,
        ("markdown", "## Purpose\nWhy *this*.", []),
        ("code", "1", []),
        ("markdown", "## Procedure\nFirst.", []),
        ("code", "2", []),
        ("markdown", "Then.", []),
        ("markdown", "## Tie-outs", []),
        ("markdown", "## Something else\nnot kept", []),
        ("markdown", "## Conclusion\nEither way.", []),
    ]
    workpaper, faults = read_workpaper(workpaper_file(tmp_path, cells))
    assert not faults
    assert workpaper is not None
    assert (workpaper.stem, workpaper.tables, workpaper.optional_tables) == ("45_small", ("invoices",), ("fx_rates",))
    assert workpaper.sections == {"purpose": "Why *this*.", "procedure": "First.\n\nThen.", "conclusion": "Either way."}
    assert workpaper.runs_for_company
    assert workpaper.runs_for_programs


def test_the_digest_covers_what_was_written_and_not_what_came_out(tmp_path: Path) -> None:
    content = json.loads(workpaper_file(tmp_path, [PARAMETERS, ("code", "1 + 1", [])]).read_text())
    executed = json.loads(json.dumps(content))
    executed["cells"][1] |= {
        "execution_count": 7,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}],
        "id": "x",
    }
    edited = json.loads(json.dumps(content))
    edited["cells"][1]["source"] = "1 + 2"
    as_lines = json.loads(json.dumps(content))
    as_lines["cells"][0]["source"] = as_lines["cells"][0]["source"].splitlines(keepends=True)
    assert source_digest(executed) == source_digest(content) == source_digest(as_lines)
    assert source_digest(edited) != source_digest(content)
