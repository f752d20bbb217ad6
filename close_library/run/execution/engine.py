"""papermill's engine for a run: the notebook is saved once, at its end, and has so many seconds for all its cells.

Also papermill's own under the name `close`: `papermill --engine close IN OUT` executes in a forked kernel.
"""

from __future__ import annotations

import time
from typing import Any

from nbformat import NotebookNode
from papermill.engines import NBClientEngine, NotebookExecutionManager
from papermill.iorw import write_ipynb

ENGINE = "close"

_MESSAGE_SECONDS = 60
"""How long the end of a cell's outputs may take to come after the cell's own end. nbclient gives up after four seconds, and
says that the cell took too long, which a busy machine alone can bring about."""


class CloseEngine(NBClientEngine):  # type: ignore[misc]
    """papermill saves the whole notebook twice a cell; nobody looks at a workpaper before it is done.

    papermill writes what came to its end or raised in a cell; what ended otherwise (a timeout, a dead kernel) is written here.
    """

    @classmethod
    def execute_notebook(
        cls, nb: NotebookNode, kernel_name: str, output_path: str | None = None, **options: Any
    ) -> NotebookNode:
        """Execute without saving on the way; what was done until an accident is saved."""
        try:
            executed: NotebookNode = super().execute_notebook(nb, kernel_name, None, **options)
        except BaseException:
            if output_path:
                write_ipynb(nb, output_path)
            raise
        return executed

    @classmethod
    def execute_managed_notebook(
        cls, notebook: NotebookExecutionManager, kernel_name: str, *, seconds: int = 0, **options: Any
    ) -> None:
        """Execute the cells in a forked kernel; `seconds` is what all of them may take together, 0 is no limit."""
        from close_library.run.execution.kernel import OwnKernelManager

        if seconds:
            ends = time.monotonic() + seconds
            options["timeout_func"] = lambda cell: max(1.0, ends - time.monotonic())
        super().execute_managed_notebook(
            notebook,
            kernel_name,
            kernel_manager_class=OwnKernelManager,
            autosave_cell_every=0,
            iopub_timeout=_MESSAGE_SECONDS,
            **options,
        )
