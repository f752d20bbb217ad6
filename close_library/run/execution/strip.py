"""The executed notebook without the clock and the machine: the same inputs give the same bytes.

Times, durations, process ids and absolute paths go; what was written, what came out and which parameters it
was given stay.
"""

from __future__ import annotations

import json
import re
import sys
import sysconfig
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

_KEPT_OF_PAPERMILL = ("default_parameters", "parameters")
_MARK = "papermill-error-cell-tag"
_CELL_FILE = re.compile(r"\S*ipykernel_\d+/\d+\.py")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def strip_executed(executed: bytes, written: bytes, folder: Path, close_error: str = "") -> bytes:
    """The bytes to keep of an executed notebook.

    `written` is the notebook as a person wrote it (its cells keep their ids, all others get numbered ones),
    `folder` where it ran. `close_error` is the message of the error that ended it, when the user can mend it:
    it then stands in place of the traceback, and papermill's marks around it go.
    """
    notebook: dict[str, Any] = json.loads(executed)
    clean = cleaner(folder)
    papermill = notebook["metadata"].pop("papermill", {})
    notebook["metadata"]["papermill"] = {key: papermill[key] for key in _KEPT_OF_PAPERMILL if key in papermill}
    if close_error:
        notebook["cells"] = [cell for cell in notebook["cells"] if _MARK not in cell["metadata"].get("tags", [])]
    _number(notebook["cells"], {cell.get("id") for cell in json.loads(written)["cells"]})
    for cell in notebook["cells"]:
        for key in ("papermill", "execution"):
            cell["metadata"].pop(key, None)
        if cell["cell_type"] == "code":
            cell["outputs"] = [_without_machine(output, clean, close_error) for output in _joined(cell["outputs"])]
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def cleaner(folder: Path) -> Callable[[str], str]:
    """A function that takes this machine's paths and addresses out of a text."""
    paths = {
        str(folder): ".",
        str(folder.parent): "..",
        sysconfig.get_paths()["purelib"]: "<packages>",
        sysconfig.get_paths()["stdlib"]: "<python>",
        sys.prefix: "<environment>",
        str(Path(__file__).resolve().parents[3]): "<project>",
        str(Path.home()): "~",
    }
    longest_first = sorted((path for path in paths if len(path) > 1), key=len, reverse=True)

    def clean(text: str) -> str:
        text = _ADDRESS.sub("at 0x…", _CELL_FILE.sub("<cell>", text))
        for path in longest_first:
            text = text.replace(path, paths[path])
        return text

    return clean


def _number(cells: list[dict[str, Any]], written: Collection[str | None]) -> None:
    """Give the cells that papermill added, whose ids are random, ids by their place."""
    for place, cell in enumerate(cells):
        if "id" in cell and cell["id"] not in written:
            cell["id"] = f"added-{place}"


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbouring pieces of one stream as one: where a kernel flushes depends on the clock."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output["output_type"] == "stream" == last["output_type"] and output["name"] == last["name"]:
            last["text"] = _text(last["text"]) + _text(output["text"])
        else:
            joined.append(output)
    return joined


def _without_machine(output: dict[str, Any], clean: Callable[[str], str], close_error: str) -> dict[str, Any]:
    match output["output_type"]:
        case "stream":
            return {**output, "text": clean(_text(output["text"]))}
        case "error" if close_error:
            return {**output, "evalue": close_error, "traceback": close_error.splitlines()}
        case "error":
            lines = [clean(_COLOUR.sub("", line)) for line in output["traceback"]]
            return {**output, "evalue": clean(output["evalue"]), "traceback": lines}
        case _ if "text/plain" in output.get("data", {}):
            return {**output, "data": {**output["data"], "text/plain": clean(_text(output["data"]["text/plain"]))}}
    return output


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
