"""The executed notebook is kept without the clock and the machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from close_library.run.execution.strip import strip_executed


def code(id: str, outputs: list[dict[str, Any]], **metadata: Any) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": id, "execution_count": 1, "source": "1", "outputs": outputs,
        "metadata": {"papermill": {"start_time": "05:00:00", "duration": 1.5}, "execution": {"x": "05:00"}, **metadata},
    }  # fmt: skip


def notebook(cells: list[dict[str, Any]]) -> bytes:
    papermill = {
        "start_time": "2026-11-22T05:00:00", "end_time": "2026-11-22T05:00:01", "duration": 1.0, "version": "2.7.0",
        "input_path": "/home/dana/notebooks/20_x.ipynb", "output_path": "/home/dana/.20_x.part.ipynb",
        "environment_variables": {}, "exception": None, "parameters": {"program": "atlas"}, "default_parameters": {},
    }  # fmt: skip
    metadata = {"papermill": papermill, "close": {"ref": "20"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def stripped(folder: Path, outputs: list[dict[str, Any]], close_error: str = "") -> list[dict[str, Any]]:
    """The outputs of a cell after stripping."""
    kept = json.loads(strip_executed(notebook([code("a", outputs)]), notebook([code("a", [])]), folder, close_error))
    outputs_kept: list[dict[str, Any]] = kept["cells"][0]["outputs"]
    return outputs_kept


def test_the_clock_and_the_paths_of_papermill_go_and_the_parameters_stay(tmp_path: Path) -> None:
    kept = json.loads(strip_executed(notebook([code("a", [], tags=["x"])]), notebook([code("a", [])]), tmp_path))
    assert kept["metadata"]["papermill"] == {"default_parameters": {}, "parameters": {"program": "atlas"}}
    assert kept["cells"][0]["metadata"] == {"tags": ["x"]}


def test_the_ids_of_added_cells_are_their_places_and_written_ones_stay(tmp_path: Path) -> None:
    executed = notebook([code("random-7", []), code("a", [])])
    kept = json.loads(strip_executed(executed, notebook([code("a", [])]), tmp_path))
    assert [cell["id"] for cell in kept["cells"]] == ["added-0", "a"]


def test_pieces_of_a_stream_are_joined_wherever_the_kernel_flushed(tmp_path: Path) -> None:
    pieces = [("stdout", "one "), ("stdout", ["two\n"]), ("stderr", "three"), ("stdout", "four")]
    kept = stripped(tmp_path, [{"output_type": "stream", "name": name, "text": text} for name, text in pieces])
    assert [(each["name"], each["text"]) for each in kept] == [
        ("stdout", "one two\n"),
        ("stderr", "three"),
        ("stdout", "four"),
    ]


def test_paths_addresses_and_colours_go_from_texts_and_tracebacks(tmp_path: Path) -> None:
    text = f"/tmp/ipykernel_4711/123.py:1: Warning in {tmp_path}/x, {sys.prefix}/y, <A at 0x7f00aa>"
    error = {"output_type": "error", "ename": "KeyError", "evalue": text, "traceback": [f"\x1b[31m{text}\x1b[0m"]}
    said = [
        {"output_type": "stream", "name": "stderr", "text": text},
        {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}, "execution_count": 1},
        error,
    ]
    clean = "<cell>:1: Warning in ./x, <environment>/y, <A at 0x…>"
    kept = stripped(tmp_path, said)
    assert kept[0]["text"] == clean
    assert kept[1]["data"]["text/plain"] == clean
    assert (kept[2]["evalue"], kept[2]["traceback"]) == (clean, [clean])


def test_a_message_for_the_user_stands_in_place_of_a_traceback(tmp_path: Path) -> None:
    message = "BooksError: no rate.\n  where:     fx_rates"
    error = {"output_type": "error", "ename": "BooksError", "evalue": message, "traceback": ["Traceback", "line 7"]}
    assert stripped(tmp_path, [error], message)[0]["traceback"] == ["BooksError: no rate.", "  where:     fx_rates"]
