"""A worker process: it receives tasks, carries them out one after the other, and sends back their outcomes.

One worker lives as long as the run, so that papermill and the renderers are imported once. It is started as
`python -m close_library.run.execution.worker SOCKET LIFELINE`, with a socket to the process that started it, and a pipe
whose other end only that process holds.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Never

from close_library.run.execution.process import do_without_grammar

_COLLECT_AFTER = (50_000, 20, 100)
"""Objects before Python looks for garbage: a large workbook is hundreds of thousands of them, and none is garbage."""


def main(descriptor: int, lifeline: int) -> Never:
    """Serve until the other end of the socket closes, then end at once: nothing is left to tidy up."""
    threading.Thread(target=_end_with, args=[lifeline], daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    do_without_grammar()
    from close_library.run.execution.produce import produce

    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    while True:
        try:
            task = connection.recv()
        except (EOFError, ConnectionError):
            sys.stdout.flush()
            os._exit(0)
        connection.send(produce(task))
        os.chdir("/")


def _end_with(lifeline: int) -> None:
    """End when the process that started us ends, in the midst of a task too."""
    os.read(lifeline, 1)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
