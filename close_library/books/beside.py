"""Work that is done beside the reading of the next rows: writing them and taking their digests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self


class Beside:
    """Does pieces of work in threads while the next rows are read; use it as a context.

    What was asked for at once is done side by side, and is done before anything that was asked for later; so at most one batch of
    rows waits, and whatever order matters is kept. An error is raised where the next work is asked for, or at the end.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2)
        self._doing: list[Future[Any]] = []

    def do(self, *work: Callable[[], Any]) -> None:
        """Wait for what was asked for before, then start this."""
        self._wait()
        self._doing = [self._threads.submit(each) for each in work]

    def _wait(self) -> None:
        doing, self._doing = self._doing, []
        for each in doing:
            each.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._wait()
        finally:
            self._threads.shutdown()
