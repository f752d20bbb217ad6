"""The end of a kernel's sockets: nobody speaks over them any more when they close.

ipykernel closes them from the main thread while others may still be sending: its control thread, which says that the
shutdown it was asked for is done, and threads of the notebook that print. libzmq takes that for a bug of its caller and
aborts the process ("Assertion failed: pfd.revents & POLLIN"), or the sender waits for ever (zeromq/libzmq#4644).
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import Any

_PATIENCE = 1.0
"""Seconds that one who is sending is waited for; a message takes microseconds."""


class Broadcast:
    """Stands before the broadcast channel's `schedule`, and knows who is sending at the moment."""

    def __init__(self, thread: Any) -> None:
        self._schedule = thread.schedule
        self._open = True
        self._sending: set[int] = set()

    def __call__(self, message: Callable[[], None]) -> None:
        """Send, unless it is too late."""
        sender = threading.get_ident()
        self._sending.add(sender)
        try:
            if self._open:
                self._schedule(message)
        finally:
            self._sending.discard(sender)

    def close(self) -> None:
        """Let nobody begin to send, and wait for those who have begun."""
        self._open = False
        ends = time.monotonic() + _PATIENCE
        while self._sending and time.monotonic() < ends:
            time.sleep(0.001)


def close_in_order(application: Any) -> None:
    """Have an initialized kernel application end its control thread, then its broadcasts, then close its sockets.

    What a notebook registered for the end of its process comes before, and is heard.
    """
    broadcasts = application.iopub_thread
    broadcast = Broadcast(broadcasts)
    broadcasts.schedule = broadcast

    def stop() -> None:
        control = application.control_thread
        if control is not None and control.is_alive():
            control.stop()
            control.join(_PATIENCE)
        broadcast.close()
        broadcasts.stop()

    atexit.unregister(broadcasts.stop)
    atexit.register(stop)
