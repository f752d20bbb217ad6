"""The zygote: preload, stay single-threaded, fork one kernel a request.

`python -m close_library.run.forking.zygote SOCKET`. Over the unix socket come JSON lines: {"argv", "cwd", "env"} in;
{"pid"}, {"ready"}, {"returncode"} out. A hang-up of the requester kills the kernel with its whole process group; end of
file on standard input, which is how the zygote learns that its owner died, kills every kernel and ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, Never

from close_library.run.process import die_with_parent

PRELOADED = (
    "numpy",
    "pandas",
    "pandas.io.formats.html",
    "pyarrow",
    "pyarrow.parquet",
    "pyarrow.pandas_compat",
    "duckdb",
    "sqlite3",
    "IPython",
    "IPython.core.completer",
    "IPython.core.history",
    "IPython.core.completerlib",
    "IPython.core.logger",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.debugger",
    "ipykernel.comm",
    "close_library.accounting",
    "close_library.workpaper",
)
"""What workpapers and a kernel import. No connection is opened, no context is made: a fork could not share them."""


def threads() -> int:
    """How many threads this process has."""
    return len(list(Path("/proc/self/task").iterdir()))


class Zygote:
    """The serving loop, with the kernels that are alive and who asked for them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listening = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        self.listening.bind(str(path))
        os.umask(before)
        self.listening.listen(64)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listening, selectors.EVENT_READ, self._accept)
        self.selector.register(0, selectors.EVENT_READ, self._owner)
        self.wake, self.woken = socket.socketpair()
        for end in (self.wake, self.woken):
            end.setblocking(False)
        signal.set_wakeup_fd(self.woken.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        self.selector.register(self.wake, selectors.EVENT_READ, self._reap)
        self.asked: dict[int, tuple[socket.socket, bytes]] = {}
        self.kernels: dict[int, int | None] = {}
        """Process → the descriptor of who asked for it, None once they hung up."""

    def serve(self) -> Never:
        """Fork kernels until the owner is gone."""
        while True:
            for key, _ in self.selector.select():
                key.data() if key.data else self._request(key.fd)

    def _accept(self) -> None:
        connection, _ = self.listening.accept()
        self.asked[connection.fileno()] = (connection, b"")
        self.selector.register(connection, selectors.EVENT_READ, None)

    def _owner(self) -> None:
        if not os.read(0, 4096):
            self._end()

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            _kill_group(process)  # what the notebook started and left behind
            descriptor = self.kernels.pop(process, None)
            if descriptor in self.asked:
                code = os.waitstatus_to_exitcode(status)
                _say(self.asked[descriptor][0], {"returncode": code})

    def _request(self, descriptor: int) -> None:
        connection, waiting = self.asked[descriptor]
        try:
            received = connection.recv(1 << 20)
        except OSError:
            received = b""
        if not received:
            self._hang_up(descriptor)
            return
        *lines, rest = (waiting + received).split(b"\n")
        self.asked[descriptor] = (connection, rest)
        for line in lines:
            self._fork(connection, json.loads(line))

    def _hang_up(self, descriptor: int) -> None:
        connection, _ = self.asked.pop(descriptor)
        self.selector.unregister(connection)
        connection.close()
        for process, asked_by in list(self.kernels.items()):
            if asked_by == descriptor:
                self.kernels[process] = None
                _kill_group(process)

    def _fork(self, connection: socket.socket, request: dict[str, Any]) -> None:
        if threads() != 1:
            _say(connection, {"refused": f"the zygote has {threads()} threads"})
            return
        process = os.fork()
        if process == 0:
            _say(connection, {"pid": os.getpid()})
            inherited = [
                self.listening,
                self.wake,
                self.woken,
                *(c for c, _ in self.asked.values() if c is not connection),
            ]
            _become_kernel(request, inherited, connection)
        self.kernels[process] = connection.fileno()

    def _end(self) -> Never:
        for process in list(self.kernels):
            _kill_group(process)
        self.path.unlink(missing_ok=True)
        os._exit(0)


def _say(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def _kill_group(process: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process, signal.SIGKILL)


def _become_kernel(request: dict[str, Any], inherited: list[socket.socket], connection: socket.socket) -> Never:
    """Turn the forked process into a kernel, as a fresh interpreter would be one; never returns."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    for each in inherited:
        os.close(each.fileno())
    zygote = os.getppid()
    os.setsid()  # a group of its own: killing it takes what the notebook started with it
    die_with_parent()
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    _reseed()
    sys.argv = request["argv"][2:]
    del sys.path[0]
    code = 0
    try:
        from ipykernel.kernelapp import IPKernelApp

        application = IPKernelApp.instance(parent_handle=zygote)
        application.initialize(request["argv"][3:])  # type: ignore[no-untyped-call]
        _say(connection, {"ready": True})
        connection.close()
        application.start()  # type: ignore[no-untyped-call]
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc(file=sys.__stderr__)
        code = 70
    finally:
        import atexit

        with contextlib.suppress(BaseException):
            atexit._run_exitfuncs()
        for stream in (sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(BaseException):
                stream.flush()  # type: ignore[union-attr]
        os._exit(code)  # without tearing the interpreter down, which would only copy pages


def _reseed() -> None:
    """State that was copied by the fork would repeat in every kernel."""
    import random

    import numpy

    random.seed()
    numpy.random.seed()


def main(path: str) -> Never:
    """Preload, check that a fork is safe, say so on standard output, serve."""
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    zygote = Zygote(Path(path))
    print(json.dumps({"ready": threads() == 1, "threads": threads()}), flush=True)
    zygote.serve()


if __name__ == "__main__":
    main(sys.argv[1])
