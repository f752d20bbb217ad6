"""The line to a Dask scheduler: connect, see its workers, send them work. The only module that knows distributed.

What goes wrong on the line is told as an error that names the host; what goes wrong in a task is the task's own affair.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from typing import Any
from urllib.parse import urlsplit

from close_library.errors import Fault, ParameterError
from close_library.run.execution.process import cores

LOCAL = "local"
_CONNECT_SECONDS = 10
_FIRST_WORKER_SECONDS = 15
_ANSWER_SECONDS = 60
_LOOK_EVERY = 0.5
_START = "dask worker SCHEDULER --nthreads 1 --resources KERNEL=1"


def refuse_unreachable(address: str) -> None:
    """Raise ParameterError when nobody listens at an address: known before the books are sealed, not after."""
    if address == LOCAL:
        return
    with _talking_to(address):
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        if not parts.hostname or not parts.port:
            raise ValueError("no host and port")
        if parts.scheme in ("tcp", "tls"):
            socket.create_connection((parts.hostname, parts.port), timeout=_CONNECT_SECONDS).close()


class Scheduler:
    """A connection to a scheduler; `local` starts one, with workers on this machine, that ends with the connection."""

    def __init__(self, address: str, workers: int = 0) -> None:
        """Connect. Raises ParameterError when distributed is not installed or nobody answers."""
        self.address = address
        distributed = _distributed()
        self._cluster: Any = None
        with _talking_to(address):
            if address == LOCAL:
                with _without_keyboard():
                    self._cluster = distributed.LocalCluster(
                        n_workers=workers or cores(),
                        threads_per_worker=1,
                        resources={"KERNEL": 1},
                        dashboard_address="127.0.0.1:0",
                        scheduler_kwargs={"dashboard": False},
                        silence_logs=logging.CRITICAL,
                    )
            target = self._cluster or address
            # Dask's own, when it can't be made, tries to say goodbye to nobody for 20 seconds, and prints a traceback.
            client = type("Client", (distributed.Client,), {"__del__": lambda self: None})
            options = {"timeout": _CONNECT_SECONDS, "set_as_default": False, "name": "close"}
            self._client = _in_time(_CONNECT_SECONDS + 5, lambda: client(target, **options))
            with suppress(TimeoutError, asyncio.TimeoutError):
                self._client.wait_for_workers(1, timeout=_FIRST_WORKER_SECONDS)

    def close(self) -> None:
        """Hang up."""
        with suppress(Exception):
            _in_time(_CONNECT_SECONDS, lambda: self._client.close(timeout=5))
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close(timeout=10)

    def workers(self, resource: str) -> dict[str, float]:
        """The workers that are there, and how much of a resource each offers."""
        there = self._asked(lambda: self._client.scheduler_info(n_workers=-1)["workers"])
        return {address: each.get("resources", {}).get(resource, 0) for address, each in there.items()}

    def ask(self, function: Callable[..., Any], *arguments: Any, workers: Sequence[str]) -> dict[str, Any]:
        """What a function says on some workers; an error stands in the place of an answer."""
        found: dict[str, Any] = self._asked(
            lambda: self._client.run(function, *arguments, workers=list(workers), on_error="return")
        )
        return found

    def submit(self, function: Callable[..., Any], *arguments: Any, worker: str, resources: Mapping[str, int]) -> Any:
        """Have one worker, and no other, call a function; never instead of doing so taken from an earlier call."""
        return self._asked(
            lambda: self._client.submit(
                function, *arguments, workers=[worker], allow_other_workers=False, resources=dict(resources), pure=False
            )
        )

    def cancel(self, futures: Sequence[Any]) -> None:
        """Say that nobody wants to know any more what these come to; their workers stop."""
        if futures:
            self._asked(lambda: self._client.cancel(list(futures), force=True))

    def _asked(self, function: Callable[[], Any]) -> Any:
        """What the scheduler answers. Raises ParameterError when it is lost, before or while it is asked."""
        self.refuse_lost()
        with _talking_to(self.address):
            try:
                return _in_time(_ANSWER_SECONDS, function, self._is_connected)
            except (OSError, RuntimeError):
                self.refuse_lost()
                raise

    def _is_connected(self) -> bool:
        return bool(self._client.status == "running")

    def refuse_lost(self) -> None:
        """Raise ParameterError when the scheduler is gone: Dask would go on with what it last knew of it."""
        if not self._is_connected():
            fault = Fault(
                f"--cluster {self.address}",
                "no connection any more",
                "a scheduler that runs to the end of the close",
                "start it again, and run again: what was finished is kept",
            )
            raise ParameterError("the scheduler of the cluster was lost.", [fault])

    def outcome(self, future: Any) -> tuple[Any, str]:
        """What a function came to, or what prevented it."""
        if future.status == "finished":
            with suppress(Exception):
                return future.result(timeout=_CONNECT_SECONDS), ""
            return None, "its answer was lost"
        if future.status == "error":
            with suppress(Exception):
                error = future.exception(timeout=_CONNECT_SECONDS)
                return None, f"the last ended with {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        return None, "its worker was lost"


@contextmanager
def _without_keyboard() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C, which a terminal says to all of them: they end with us, without a traceback.

    We hear it at the end of the block.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else it is started before the first process, and opens that one's ears again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _in_time(seconds: float, function: Callable[[], Any], worth_waiting: Callable[[], bool] = lambda: True) -> Any:
    """What a function comes to, if it does in time.

    Dask waits for ever where something else listens at the address, and where a scheduler is lost while it is asked.
    """
    ended: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def call() -> None:
        try:
            ended.put((function(), None))
        except BaseException as error:
            ended.put((None, error))

    threading.Thread(target=call, daemon=True).start()
    until = time.monotonic() + seconds
    while time.monotonic() < until and worth_waiting():
        with suppress(queue.Empty):
            came_to, error = ended.get(timeout=_LOOK_EVERY)
            if error is not None:
                raise error
            return came_to
    raise TimeoutError(f"no answer of a Dask scheduler within {seconds:.0f} seconds")


@contextmanager
def _talking_to(address: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ParameterError(
            "the scheduler of the cluster can't be reached.",
            [
                Fault(
                    f"--cluster {address}",
                    " ".join(str(error).split())[:300] or type(error).__name__,
                    "the address of a Dask scheduler that is running, such as tcp://host:8786",
                    "start one with `dask scheduler`, look at host, port and firewall; for tls:// also at the "
                    "certificates that Dask's configuration names under distributed.comm.tls",
                )
            ],
        ) from error


def unfit(address: str, refused: Mapping[str, str]) -> ParameterError:
    """The error that no worker of a cluster can be given work, with each one's reason."""
    if not refused:
        fault = Fault(f"--cluster {address}", "no worker", "at least one", f"start them: {_START}")
        return ParameterError("the cluster has no workers.", [fault])
    expected = "the same Python, close_library and packages as here, KERNEL among its resources, and the same folders"
    faults = [Fault(f"worker {worker}", why, expected, _remedy(why)) for worker, why in sorted(refused.items())]
    return ParameterError("no worker of the cluster can be given work.", faults)


def _remedy(why: str) -> str:
    if "KERNEL" in why:
        return f"start it so: {_START}"
    if "folder" in why:
        return "mount the outputs under the same path there, or keep them in a storage: --outputs s3://bucket/prefix"
    return "install the same version there, and start the worker again"


def asked_for() -> Callable[[], bool]:
    """For a function that runs on a worker: something that says whether anybody still wants what it comes to.

    Nobody does when the run that asked was stopped or killed, or lost its line to the scheduler.
    """
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    return wanted


def hosts(addresses: Collection[str]) -> dict[str, str]:
    """Worker → its machine."""
    return {address: address.partition("://")[2].rpartition(":")[0] for address in addresses}


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ParameterError(
            "Dask distributed is not installed, and --cluster needs it.",
            [Fault("--cluster", "no package distributed", "Dask distributed", "pip install distributed")],
        ) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    return distributed
