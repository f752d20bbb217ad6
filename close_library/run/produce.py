"""One task from the notebook to its files: execute, read the document, render, put everything in place.

The files of a workpaper are written beside each other under temporary names and renamed at the end, the
document last: who sees the document sees all that it names.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from close_library.errors import CloseError
from close_library.period import Period
from close_library.report import CodeCell, render_html, render_xlsx
from close_library.run.atomic import json_bytes, part_of, put_in_place
from close_library.run.conclusion import read_conclusion
from close_library.run.execute import Failure, execute
from close_library.run.kernel import kernel_used
from close_library.run.strip import cleaner, strip_executed
from close_library.run.task import ENDINGS, Outcome, Task
from close_library.workpaper.notebook import source_of


def produce(task: Task) -> Outcome:
    """Carry out a task. It never raises: what goes wrong is the outcome."""
    began = time.monotonic()
    parts = {ending: part_of(task.file(ending)) for ending in ENDINGS}
    ours = False
    try:
        concluded = _concluded(task, parts)
        if not isinstance(concluded, Failure):
            document, stopped = concluded
            _render(task, document, stopped, parts)
            _place(task, parts)
            return Outcome(task, document["status"], time.monotonic() - began, kernel=kernel_used())
        failure = concluded
    except CloseError as error:
        failure = Failure(type(error).__name__, error.summary, str(error))
    except OSError as error:
        failure = Failure("OutputError", f"Its files can't be written: {error.strerror or error}.")
    except Exception as error:  # whatever it is, it is this task that failed, and the log has it
        traceback.print_exc(file=sys.stderr)
        failure = Failure("InternalError", f"The close itself failed on it, with {type(error).__name__}: {error}")
        ours = True
    _keep_failed(task, failure, parts)
    message = failure.text or f"{failure.kind}: {failure.message}"
    return Outcome(task, "failed", time.monotonic() - began, message, ours, "" if task.died else kernel_used())


def _concluded(task: Task, parts: dict[str, Path]) -> tuple[dict[str, Any], str] | Failure:
    """The document of a task, with the message that stopped its notebook when it is not applicable."""
    if task.died:
        return Failure("WorkerDied", task.died)
    for part in parts.values():
        part.unlink(missing_ok=True)
    failure = execute(task, parts["ipynb"], parts["rows.parquet"])
    if failure and not failure.text:
        return failure
    concluded = read_conclusion(task, parts["ipynb"])
    if failure and (isinstance(concluded, Failure) or concluded["status"] != "not_applicable"):
        return failure
    return concluded if isinstance(concluded, Failure) else (concluded, failure.text if failure else "")


def _render(task: Task, document: dict[str, Any], stopped: str, parts: dict[str, Path]) -> None:
    executed = strip_executed(parts["ipynb"].read_bytes(), task.notebook.read_bytes(), task.folder, stopped)
    rows = parts["rows.parquet"] if parts["rows.parquet"].exists() else None
    parts["html"].write_bytes(render_html(document, rows, {}, code_cells(executed)))
    render_xlsx(document, rows, {}, parts["xlsx"])
    parts["ipynb"].write_bytes(executed)
    parts["json"].write_bytes(json_bytes(document))


def code_cells(executed: bytes) -> list[CodeCell]:
    """The code cells of an executed notebook, for the appendix of its report."""
    cells = [cell for cell in json.loads(executed)["cells"] if cell["cell_type"] == "code"]
    return [
        CodeCell(cell.get("execution_count") or number, source_of(cell), tuple(cell["metadata"].get("tags", [])))
        for number, cell in enumerate(cells, 1)
    ]


def _place(task: Task, parts: dict[str, Path]) -> None:
    absent = [ending for ending in ENDINGS if not parts[ending].exists()]
    for ending in ENDINGS:
        if ending not in absent:
            put_in_place(parts[ending], task.file(ending))
    for ending in absent:
        task.file(ending).unlink(missing_ok=True)


def failed_document(task: Task, failure: Failure) -> dict[str, Any]:
    """The document of a workpaper without a conclusion: what it is, and why there is none."""
    clean = cleaner(task.folder)
    return {
        "format": "workpaper/1",
        **{key: task.heading[key] for key in ("ref", "name", "title", "company", "company_name")},
        **{key: task.heading.get(key, "") for key in ("preparer", "reviewer")},
        "program": task.program,
        "period": task.period,
        "period_end": Period.parse(task.period).last_day.isoformat(),
        "status": "failed",
        "error": {"kind": failure.kind, "message": clean(failure.text or failure.message)},
    }


def _keep_failed(task: Task, failure: Failure, parts: dict[str, Path]) -> None:
    """Write the failed workpaper down: notebook, document and page, with no old success beside them."""
    try:
        document = failed_document(task, failure)
        notebook = _failed_notebook(task, failure, parts["ipynb"])
        for part in parts.values():
            part.unlink(missing_ok=True)
        parts["ipynb"].write_bytes(notebook)
        parts["html"].write_bytes(render_html(document, None, {}, code_cells(notebook)))
        parts["json"].write_bytes(json_bytes(document))
        _place(task, parts)
    except Exception:  # the disk or a renderer failed again: the outcome still says what happened
        traceback.print_exc(file=sys.stderr)
        for part in parts.values():
            part.unlink(missing_ok=True)


def _failed_notebook(task: Task, failure: Failure, executed: Path) -> bytes:
    written = task.notebook.read_bytes()
    try:
        return strip_executed(executed.read_bytes(), written, task.folder, failure.text)
    except (OSError, ValueError, KeyError):
        return written
