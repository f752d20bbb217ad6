"""The zygote: preload, stay single-threaded, fork one kernel a request.

`python -m close_library.run.execution.forking.zygote SOCKET DESCRIPTOR [EXTRA…]`: the path of a unix socket, and the open
descriptor on which its owner made it listen before anybody could know of it. Over it come JSON lines:
{"argv", "cwd", "env"} in; {"pid"}, {"ready"}, {"returncode"} or {"refused"} out. A hang-up of the requester kills the
kernel with all that it started; who sends {"leave": seconds} first lets it come to its own end. End of file on standard
input, which is how the zygote learns that its owner died, kills every kernel and ends; a line there retires it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, Never

from close_library.run.execution.forking.child import become_kernel
from close_library.run.execution.forking.preload import preload
from close_library.run.execution.process import adopt_orphans


def threads() -> int:
    """How many threads this process has."""
    return len(list(Path("/proc/self/task").iterdir()))


class Zygote:
    """The serving loop, with the kernels that are alive and who asked for them."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.listening = socket.socket(fileno=descriptor)
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
        self.leaving: dict[int, float] = {}
        """Process → when it is killed, if it has not ended by then."""
        self.retired = False

    def serve(self) -> Never:
        """Fork kernels until the owner is gone."""
        while True:
            soonest = min(self.leaving.values(), default=None)
            wait = None if soonest is None else max(0.0, soonest - time.monotonic())
            for key, _ in self.selector.select(wait):
                key.data() if key.data else self._request(key.fd)
            for process, until in self.leaving.items():
                if until <= time.monotonic():
                    _kill_group(process)

    def _accept(self) -> None:
        connection, _ = self.listening.accept()
        self.asked[connection.fileno()] = (connection, b"")
        self.selector.register(connection, selectors.EVENT_READ, None)

    def _owner(self) -> None:
        """Our owner is gone, or has another zygote by now: then this one ends with its last kernel."""
        if not os.read(0, 4096):
            self._end()
        self.retired = True
        self._end_if_retired()

    def _end_if_retired(self) -> None:
        if self.retired and not self.kernels:
            self._end()

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self.wake.recv(4096)
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if process == 0:
                break
            if process not in self.kernels:
                continue  # what a notebook started and left behind, killed below
            _kill_group(process)
            self.leaving.pop(process, None)
            descriptor = self.kernels.pop(process)
            if descriptor in self.asked:
                code = os.waitstatus_to_exitcode(status)
                _say(self.asked[descriptor][0], {"returncode": code})
        self._kill_left_behind()
        self._end_if_retired()

    def _kill_left_behind(self) -> None:
        """End what dead kernels started in sessions of their own: it is ours now, for we adopt orphans."""
        for process in _children():
            if process not in self.kernels:
                with contextlib.suppress(OSError):
                    os.kill(process, signal.SIGKILL)

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
        for message in map(json.loads, lines):
            if "leave" in message:
                self._let_go(descriptor, time.monotonic() + message["leave"])
            else:
                self._fork(connection, message)

    def _let_go(self, descriptor: int, until: float) -> None:
        for process, asked_by in self.kernels.items():
            if asked_by == descriptor:
                self.kernels[process] = None
                self.leaving[process] = until

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
            others = [each for each, _ in self.asked.values() if each is not connection]
            for each in (self.listening, self.wake, self.woken, *others):
                each.close()  # by its object, which would otherwise close the number again, whosever it is by then
            self.selector.close()
            become_kernel(request, lambda message: _say(connection, message), connection)
        self.kernels[process] = connection.fileno()

    def _end(self) -> Never:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for process in self.kernels:
            _kill_group(process)
        with contextlib.suppress(ChildProcessError):
            while True:
                for process in _children():
                    with contextlib.suppress(OSError):
                        os.kill(process, signal.SIGKILL)
                os.waitpid(-1, 0)
        self.path.unlink(missing_ok=True)
        if not self.retired:
            with contextlib.suppress(OSError):
                self.path.parent.rmdir()  # when it was only ours
        os._exit(0)


def _say(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(message).encode() + b"\n")


def _kill_group(process: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process, signal.SIGKILL)


def _children() -> list[int]:
    """The processes whose parent we are."""
    own = os.getpid()
    return [int(each) for each in Path(f"/proc/{own}/task/{own}/children").read_text().split()]


def main(path: str, descriptor: str, *extras: str) -> Never:
    """Preload, while requests already wait on the socket; serve."""
    adopt_orphans()
    zygote = Zygote(Path(path), int(descriptor))
    preload(extras)
    gc.collect()
    gc.freeze()
    zygote.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
