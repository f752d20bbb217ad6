"""A pool that outlives the runs of one test module: nobody waits again and again for processes to load the same packages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import pytest

from close_library.run import stages
from close_library.run.execution.pool import LocalPool
from close_library.run.planning.task import OnEvent, Outcome, Task


class Lent(AbstractContextManager["Lent"]):
    """A pool that stays open when a run has ended."""

    def __init__(self, pool: LocalPool) -> None:
        self.pool = pool

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def run(self, tasks: Sequence[Task], on_event: OnEvent) -> list[Outcome]:
        return self.pool.run(tasks, on_event)


@pytest.fixture(scope="module", autouse=True)
def warm_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs of this process that are not of a cluster share one worker and one zygote; import it to have it."""
    own = stages._executor
    with LocalPool(1, tmp_path_factory.mktemp("pool") / "log") as pool, pytest.MonkeyPatch.context() as patch:

        def executor(request: Any, *rest: Any) -> Any:
            return own(request, *rest) if request.cluster else Lent(pool)

        patch.setattr(stages, "_executor", executor)
        yield
