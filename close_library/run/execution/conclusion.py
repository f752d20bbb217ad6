"""The document that an executed notebook concluded with, and whether it is one that can be put in the binder."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from close_library.run.execution.execute import Failure
from close_library.run.planning.task import Task
from close_library.workpaper import read_document

_SHOWN = 3


def read_conclusion(task: Task, executed: Path) -> dict[str, Any] | Failure:
    """The document of an executed notebook, or why it can't be taken."""
    document = read_document(executed)
    if document is None:
        return Failure(
            "NoConclusion", "The notebook came to its end without a conclusion: call wp.conclude() at its end."
        )
    for key, wanted in (("ref", task.heading["ref"]), ("program", task.program), ("period", task.period)):
        if document.get(key) != wanted:
            return Failure(
                "WrongConclusion", f"The notebook concluded for {key} {document.get(key)!r}, not {wanted!r}."
            )
    faults = [f"{error.json_path}: {error.message}" for error in _format().iter_errors(document)]
    if faults:
        said = "; ".join(fault[:200] for fault in faults[:_SHOWN])
        return Failure(
            "WrongConclusion", f"The document is not of the format workpaper/1, in {len(faults)} places: {said}"
        )
    return document


@cache
def _format() -> Draft202012Validator:
    schema = files("close_library.workpaper").joinpath("workpaper.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema))
