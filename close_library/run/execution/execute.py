"""Execute one notebook. The only module that knows papermill and nbclient."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4.rwbase import split_lines
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from close_library.errors import CloseError
from close_library.run.execution.engine import ENGINE, CloseEngine
from close_library.run.execution.process import KERNEL_MEMORY
from close_library.run.planning.task import Task

ROWS_FILE = "CLOSE_ROWS_FILE"
"""The environment variable that tells a workpaper where to write the rows of its figures."""

_START_TIMEOUT = 120
_MOST_CHARACTERS = 2000
_OUT_OF_MEMORY = ("MemoryError", "ArrowMemoryError", "OutOfMemoryException")

papermill_engines.register(ENGINE, CloseEngine)


@dataclass(frozen=True)
class Failure:
    """Why a notebook has no conclusion: a kind, and one paragraph for a reader.

    `text` is the message of a `CloseError` word by word when one ended it, else empty.
    """

    kind: str
    message: str
    text: str = ""


def execute(task: Task, target: Path, rows: Path) -> Failure | None:
    """Execute a task's notebook into `target`, in the task's folder; None when it came to its end.

    The books are passed relative to the folder, so that no path of this machine is in the result.
    """
    os.environ[ROWS_FILE] = str(rows)
    try:
        notebook = papermill.execute_notebook(
            _literal(task.notebook),
            _literal(target),
            parameters={"program": task.program, "period": task.period, "books": "../books"},
            kernel_name="python3",
            language="python",
            cwd=str(task.folder),
            progress_bar=False,
            log_output=False,
            start_timeout=_START_TIMEOUT,
            engine_name=ENGINE,
            seconds=task.timeout,
        )
    except PapermillExecutionError as error:
        return _raised(error)
    except CellTimeoutError:
        return Failure("Timeout", f"It took longer than the {task.timeout} seconds that --timeout allows.")
    except DeadKernelError:
        return Failure(
            "DeadKernel",
            "The notebook's kernel died. Most often the machine had no memory left for it: "
            "close other programs, or run with fewer --workers.",
        )
    except RuntimeError as error:
        if "Kernel" not in str(error):
            raise
        return Failure("DeadKernel", f"The notebook's kernel did not start. {error}")
    # papermill saves with sorted keys, which would lose the order of the document's figures and schedules.
    target.write_text(json.dumps(split_lines(notebook), ensure_ascii=False), encoding="utf-8")  # type: ignore[no-untyped-call]
    return None


def _literal(path: Path) -> str:
    """A path for papermill, which would fill in parameters between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _raised(error: PapermillExecutionError) -> Failure:
    text = re.sub(r"\x1b\[[0-9;]*m", "", error.evalue or "")
    if error.ename in _close_errors() and text.startswith(f"{error.ename}: "):
        summary = text.removeprefix(f"{error.ename}: ").splitlines()[0]
        return Failure(error.ename, summary, text)
    if error.ename in _OUT_OF_MEMORY:
        return Failure("OutOfMemory", _needed_more_memory())
    paragraph = " ".join(text.split())[:_MOST_CHARACTERS]
    return Failure(
        error.ename, f"Cell [{error.exec_count}] ended with {error.ename}" + (f": {paragraph}" if paragraph else ".")
    )


def _needed_more_memory() -> str:
    allowed = os.environ.get(KERNEL_MEMORY, "")
    limit = f"the {int(allowed) // 2**20} MiB that a kernel may have" if allowed.isdigit() else "there was"
    return (
        f"The notebook needed more memory than {limit}: run with fewer --workers, "
        f"or allow more with the environment variable {KERNEL_MEMORY} (bytes)."
    )


def _close_errors() -> set[str]:
    return {CloseError.__name__, *(kind.__name__ for kind in CloseError.__subclasses__())}
