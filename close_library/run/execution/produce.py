"""One task from the notebook to its files: execute, read the document, render, put everything in place.

The files of a workpaper are written beside each other under temporary names and renamed at the end, the
document last: who sees the document sees all that it names. Its stamp goes before the first of them and comes
back after the last, so whatever happens in between, the next run knows that it was not finished.
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
from close_library.run.execution.conclusion import read_conclusion
from close_library.run.execution.draw import draw
from close_library.run.execution.execute import Failure, execute
from close_library.run.execution.kernel import kernel_used
from close_library.run.execution.strip import cleaner, strip_executed
from close_library.run.files.atomic import json_bytes, part_of, put_in_place
from close_library.run.files.disk import is_full, refusal_behind
from close_library.run.freshness.stamps import addresses_of, read_stamp, remove_stamp, write_stamp
from close_library.run.planning.task import ENDINGS, Outcome, Task
from close_library.run.said.heard import said_of
from close_library.workpaper.inputs import SealedBooks, inputs_digest, inputs_of
from close_library.workpaper.laid_over import laid_over


def produce(task: Task) -> Outcome:
    """Carry out a task. It never raises: what goes wrong is the outcome."""
    began = time.monotonic()
    parts = {ending: part_of(task.file(ending), task.attempt) for ending in ENDINGS}
    ours = False
    try:
        if task.work == "draw" and not task.died:
            return Outcome(task, _draw_again(task, parts), time.monotonic() - began)
        concluded = _concluded(task, parts)
        if not isinstance(concluded, Failure):
            document, stopped = concluded
            books, declared = _books_of(task)
            document = laid_over(document, books, declared)
            _render(task, document, stopped, parts)
            _place(task, parts)
            _stamp(task, document, books, declared)
            return Outcome(task, document["status"], time.monotonic() - began, kernel=kernel_used())
        failure = concluded
    except CloseError as error:
        failure = Failure(type(error).__name__, error.summary, str(error))
    except OSError as error:
        failure = Failure("OutputError", f"Its files can't be written: {error.strerror or error}.")
    except Exception as error:  # whatever it is, it is this task that failed, and the log has it
        traceback.print_exc(file=sys.stderr)
        refused = refusal_behind(error)
        failure = (
            Failure("OutputError", f"Its files can't be written: {refused.strerror}.")
            if refused
            else Failure("InternalError", f"The close itself failed on it, with {type(error).__name__}: {error}")
        )
        ours = not refused
    if is_full(failure.message) and task.file("json").exists():
        _remove(parts)  # the last good state stays until there is room for another
    else:
        _keep_failed(task, failure, parts)
    message = failure.text or f"{failure.kind}: {failure.message}"
    return Outcome(task, "failed", time.monotonic() - began, message, ours, "" if task.died else kernel_used())


def _draw_again(task: Task, parts: dict[str, Path]) -> str:
    """Lay the addresses over a document anew and draw its reports; what was executed stays. Returns its status."""
    stamp = read_stamp(task.file("json"))
    assert stamp, f"{task.label} was decided to be drawn, so it has a stamp"
    books, declared = _books_of(task)
    document = laid_over(json.loads(task.file("json").read_bytes()), books, declared)
    rows = task.file("rows.parquet")
    parts["json"].write_bytes(json_bytes(document))
    executed = task.file("ipynb").read_bytes()
    said = said_of(document, task.spoken)
    draw(document, rows if rows.exists() else None, said, executed, parts)
    remove_stamp(task.file("json"))
    for ending in ENDINGS:
        if parts[ending].exists():
            put_in_place(parts[ending], task.file(ending))
    write_stamp(task.file("json"), stamp.inputs, _addresses(task, document, books, declared))
    return str(document["status"])


def _books_of(task: Task) -> tuple[SealedBooks, dict[str, Any]]:
    """The books beside a task's folder, and what they say that its notebook declares."""
    folder = task.folder.parent / "books"
    declared: list[dict[str, Any]] = json.loads((folder / "workpapers.json").read_text(encoding="utf-8"))
    return SealedBooks.read(folder), next(each for each in declared if each["ref"] == task.heading["ref"])


def _stamp(task: Task, document: dict[str, Any], books: SealedBooks, declared: dict[str, Any]) -> None:
    """Stamp a finished workpaper, unless the kernel computed it from something else than what lies there now."""
    keys = [each["key"] for each in document["parameters"]]
    inputs = inputs_of(declared, books, task.program, task.period, keys)
    if inputs_digest(inputs) == document["inputs"]:
        write_stamp(task.file("json"), inputs, _addresses(task, document, books, declared))


def _addresses(task: Task, document: dict[str, Any], books: SealedBooks, declared: dict[str, Any]) -> str:
    return addresses_of(books, declared, task.program, [each["key"] for each in document["parameters"]])


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
    draw(document, rows, said_of(document, task.spoken), executed, parts)
    parts["ipynb"].write_bytes(executed)
    parts["json"].write_bytes(json_bytes(document))


def _place(task: Task, parts: dict[str, Path]) -> None:
    absent = [ending for ending in ENDINGS if not parts[ending].exists()]
    remove_stamp(task.file("json"))
    for ending in ENDINGS:
        if ending not in absent:
            put_in_place(parts[ending], task.file(ending))
    for ending in absent:
        task.file(ending).unlink(missing_ok=True)


def _remove(parts: dict[str, Path]) -> None:
    for part in parts.values():
        part.unlink(missing_ok=True)


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
        draw(document, None, said_of(document, task.spoken), notebook, parts)
        parts["json"].write_bytes(json_bytes(document))
        _place(task, parts)
    except Exception:  # the disk or a renderer failed again: the outcome still says what happened
        traceback.print_exc(file=sys.stderr)
        _remove(parts)


def _failed_notebook(task: Task, failure: Failure, executed: Path) -> bytes:
    written = task.notebook.read_bytes()
    try:
        return strip_executed(executed.read_bytes(), written, task.folder, failure.text)
    except (OSError, ValueError, KeyError):
        return written
