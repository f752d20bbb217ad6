"""What is said of a value that can't be used: its file and line, what was found, what is expected, what to do."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from close_library.errors import Fault
from close_library.marked_yaml import Marked, Unquoted
from close_library.parameters.settings import REQUIRED, Settings, SourceSetting

_EXPECTED = {
    "missing": "a value",
    "int_type": "a whole number, without quotes",
    "int_parsing": "a whole number, without quotes",
    "bool_type": "true or false",
    "tuple_type": 'a list, such as ["1200"]',
    "too_short": "at least one entry",
    "model_type": "key: value lines",
    "model_attributes_type": "key: value lines",
}


def fault_of(problem: Any, layers: list[Marked], company_file: Path) -> Fault:
    dotted = ".".join(str(part) for part in problem["loc"])
    marked = next((layer for layer in reversed(layers) if dotted in layer.lines), None)
    where = f"{marked.path}, line {marked.lines[dotted]}, {dotted}" if marked else f"{company_file}, {dotted}"
    key = str(problem["loc"][-1])
    if problem["type"] == "extra_forbidden":
        return _unknown_key(where, key, problem["loc"])
    if problem["type"] == "missing":
        return Fault(where, "nothing", f"a value for {dotted}", f"add {dotted} to {company_file.name}")
    context = problem.get("ctx", {})
    expected = _EXPECTED.get(problem["type"]) or context.get("expected") or problem["msg"]
    if problem["type"] in ("greater_than_equal", "less_than_equal"):
        expected = f"a whole number {'from' if 'ge' in context else 'up to'} {context.get('ge', context.get('le'))}"
    found = problem["input"]
    shown = str(found) if isinstance(found, str | int | Unquoted) and not isinstance(found, bool) else _spelled(found)
    name = next(str(part) for part in reversed(problem["loc"]) if isinstance(part, str))
    without = "" if name in REQUIRED else ", or delete the line to use what holds without it"
    return Fault(where, shown, str(expected), f"mend {name}{without}")


def _spelled(value: Any) -> str:
    if value is None:
        return "nothing"
    return {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else type(value).__name__


def _unknown_key(where: str, key: str, loc: tuple[str | int, ...]) -> Fault:
    model: Any = Settings
    for part in loc[:-1]:
        annotation = model.model_fields[str(part)].annotation if isinstance(part, str) else SourceSetting
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else SourceSetting
    known = [name for name in model.model_fields if name != "folder"]
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return Fault(
        where,
        f"the unknown key {key}",
        "one of: " + ", ".join(known),
        f"did you mean {nearest[0]}?" if nearest else "delete the line",
    )


def summary_of(faults: list[Fault]) -> str:
    if len(faults) > 1:
        return f"{len(faults)} parameters can't be used."
    return f"{faults[0].where.rpartition(', ')[2]} can't be used."
