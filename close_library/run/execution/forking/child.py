"""From a fork to a kernel: what a fresh interpreter would have, and nothing of the zygote's."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, Never

from close_library.run.execution.forking.leaving import close_in_order
from close_library.run.execution.process import KERNEL_MEMORY, adopt_orphans, die_with_parent, limit_memory

_COLLECT_AFTER = (20_000, 20, 50)
"""Objects before Python looks for garbage: ten times its own habit, for a process that lives for a second."""


def become_kernel(request: dict[str, Any], say: Callable[[dict[str, Any]], None], connection: socket.socket) -> Never:
    """Turn the forked process into a kernel on the connection file that it was asked for; never returns."""
    _leave_the_zygote()
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    limit_memory(os.environ.get(KERNEL_MEMORY, ""))
    say({"pid": os.getpid()})
    _reseed()
    sys.argv = request["argv"][2:]
    del sys.path[0]
    code = 0
    try:
        from ipykernel.kernelapp import IPKernelApp

        application = IPKernelApp.instance(parent_handle=os.getppid())
        application.initialize(request["argv"][3:])  # type: ignore[no-untyped-call]
        close_in_order(application)
        _choose_backend()
        say({"ready": True})
        connection.close()
        application.start()  # type: ignore[no-untyped-call]
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc(file=sys.__stderr__)
        code = 70
    finally:
        _end(code)


def _leave_the_zygote() -> None:
    """Signals, session and standard input as a process of its own has them."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()  # a group of its own: killing it takes what the notebook started with it
    die_with_parent()
    adopt_orphans()  # ours come to us while we live, and to the zygote, which ends them, when we are gone
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    gc.set_threshold(*_COLLECT_AFTER)


def _reseed() -> None:
    """State that was copied by the fork would repeat in every kernel."""
    import random

    import numpy

    random.seed()
    numpy.random.seed()


def _choose_backend() -> None:
    """Give a preloaded matplotlib the backend that it would have read from the environment at its import."""
    if "matplotlib" in sys.modules:
        sys.modules["matplotlib"].rcParams["backend"] = os.environ["MPLBACKEND"]


def _end(code: int) -> Never:
    """What a program does at its end, without tearing the interpreter down, which would only copy pages."""
    import atexit

    gc.freeze()  # what ends needs no search for garbage, which IPython asks for
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    for stream in (sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(BaseException):
            stream.flush()  # type: ignore[union-attr]
    os._exit(code)
