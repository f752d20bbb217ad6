"""A worker process: it receives tasks, carries them out one after the other, and sends back their outcomes.

One worker lives as long as the run, so that papermill and the renderers are imported once. It is started as
`python -m close_library.run.worker DESCRIPTOR`, with a socket to the process that started it.
"""

from __future__ import annotations

import os
import signal
import sys
from multiprocessing.connection import Connection
from typing import Never

from close_library.run.process import die_with_parent


def main(descriptor: int) -> Never:
    """Serve until the other end of the socket closes, then end at once: nothing is left to tidy up."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    # jsonschema would spend a second on a grammar of internationalised addresses, which no notebook uses;
    # it does without when the package is absent.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from close_library.run.produce import produce

    while True:
        try:
            task = connection.recv()
        except (EOFError, ConnectionError):
            sys.stdout.flush()
            os._exit(0)
        connection.send(produce(task))
        os.chdir("/")


if __name__ == "__main__":
    main(int(sys.argv[1]))
