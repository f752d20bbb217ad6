"""YAML whose values know their line and are never re-typed.

YAML reads `0123` as 83 and `yes` as true. Here plain numbers stay what they look like or become
`Unquoted`, which no parameter accepts, so a code or an amount that was not quoted is refused instead of changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from close_library.errors import Fault, ParameterError

_WHOLE_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)")


@dataclass(frozen=True)
class Unquoted:
    """A plain scalar that YAML would have turned into another value: `0123`, `5000.00`, `1e3`."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Marked:
    """The values of one file, and the line of each key by its dotted path (`tolerances.tie_out`)."""

    path: Path
    values: dict[str, Any]
    lines: dict[str, int]


def read_marked(path: Path) -> Marked:
    """The mapping in a YAML file with the line of each value.

    Raises ParameterError when the file can't be read, is not UTF-8, is not YAML, is not a mapping, or names a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ParameterError(
            "a parameters file can't be read.",
            [
                Fault(
                    str(path),
                    error.strerror or str(error),
                    "a readable YAML file",
                    "check the path and its permissions",
                )
            ],
        ) from None
    except UnicodeDecodeError as error:
        raise ParameterError(
            "a parameters file is not UTF-8.",
            [Fault(str(path), f"byte {error.start + 1} is not UTF-8", "a UTF-8 text file", "save the file as UTF-8")],
        ) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ParameterError(
            "a parameters file is not YAML.",
            [Fault(f"{path}, line {line}", error.problem or "unreadable text", "key: value lines", "mend the line")],
        ) from None
    except yaml.YAMLError as error:
        raise ParameterError(
            "a parameters file is not YAML.",
            [Fault(str(path), str(error).splitlines()[0], "key: value lines", "mend the file")],
        ) from None
    if node is None:
        return Marked(path, {}, {})
    if not isinstance(node, yaml.MappingNode):
        raise ParameterError(
            "a parameters file is not a mapping.",
            [
                Fault(
                    f"{path}, line 1", node.tag.rpartition(":")[2], "key: value lines", "see the README's company.yaml"
                )
            ],
        )
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    values = _value(node, "", path, lines, faults)
    if faults:
        raise ParameterError("a key is written twice.", faults)
    return Marked(path, values, lines)


def _value(node: yaml.Node, dotted: str, path: Path, lines: dict[str, int], faults: list[Fault]) -> Any:
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            place = f"{dotted}.{key}" if dotted else key
            if key in mapping:
                faults.append(
                    Fault(
                        f"{path}, line {key_node.start_mark.line + 1}, {place}",
                        f"{key} again (first in line {lines[place]})",
                        "each key once",
                        "delete one of the two lines",
                    )
                )
                continue
            lines[place] = key_node.start_mark.line + 1
            mapping[key] = _value(value_node, place, path, lines, faults)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        items = []
        for number, item in enumerate(node.value):
            place = f"{dotted}.{number}"
            lines[place] = item.start_mark.line + 1
            items.append(_value(item, place, path, lines, faults))
        return items
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    kind, text = node.tag.rpartition(":")[2], str(node.value)
    if kind in ("str", "timestamp"):
        return text
    if kind == "null":
        return None
    if kind == "bool" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "int" and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return Unquoted(text)
