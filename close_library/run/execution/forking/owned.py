"""The zygotes that a kernel can be asked of: the run's, which all its workers share, and one of this process's own."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from close_library.run.execution.forking.preload import EXTRAS, SAFE_TO_FORK, written
from close_library.run.execution.process import ZYGOTE

_CHOSEN_BY_A_KERNEL = ("MPLBACKEND", "MATPLOTLIBRC")


class OwnedZygote:
    """A zygote that ends with this process, however it ends: its standard input is ours."""

    def __init__(
        self,
        path: Path,
        extras: Iterable[str] = EXTRAS,
        environment: Mapping[str, str] = os.environ,
        output: IO[bytes] | None = None,
    ) -> None:
        """Start it; requests at `path` wait from now on, and are answered when it has preloaded."""
        self.path = path
        self.owner = os.getpid()
        self.modules = written()
        path.unlink(missing_ok=True)
        listening = _listening(path)
        arguments = [str(path), str(listening.fileno()), *extras]
        kept = {name: value for name, value in environment.items() if name not in _CHOSEN_BY_A_KERNEL}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "close_library.run.execution.forking.zygote", *arguments],
            pass_fds=[listening.fileno()],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=path.parent,
            env={**kept, "PYTHONHASHSEED": kept.get("PYTHONHASHSEED", "0"), **SAFE_TO_FORK},
            start_new_session=True,
        )
        listening.close()  # when the zygote dies, who waits on the socket is told

    @property
    def is_alive(self) -> bool:
        """Whether it is ours and runs."""
        return self.owner == os.getpid() and self.process.poll() is None

    @property
    def is_current(self) -> bool:
        """Whether our own modules are still those that it loaded, by the time they were written."""
        return self.is_alive and self.modules == written()

    def retire(self) -> None:
        """Let it end when its last kernel has ended."""
        assert self.process.stdin is not None
        with contextlib.suppress(OSError):
            self.process.stdin.write(b"retire\n")
            self.process.stdin.flush()

    def end(self, *, patiently: bool = False) -> None:
        """Have it end, and wait until it has: `patiently` lets kernels that are leaving come to their own end."""
        if self.owner != os.getpid():
            return
        assert self.process.stdin is not None
        if patiently:
            self.retire()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=5)
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _listening(path: Path) -> socket.socket:
    """A socket that listens for this user only."""
    listening = socket.socket(socket.AF_UNIX)
    os.fchmod(listening.fileno(), 0o600)
    # With too long a path the zygote ends, for it has nothing to listen on, and kernels are stock ones.
    with contextlib.suppress(OSError):
        listening.bind(str(path))
        listening.listen(64)
    return listening


class OwnZygote:
    """This process's own zygote, started when it is first asked for."""

    def __init__(self) -> None:
        self._zygotes: list[OwnedZygote] = []
        self._folder: Path | None = None

    def current(self) -> OwnedZygote:
        """The zygote to ask; a new one when our own modules have changed, as they do in a long session at a desk."""
        if self._zygotes and self._zygotes[-1].owner != os.getpid():
            self._zygotes, self._folder = [], None  # we are a fork of who owned them
        if not self._zygotes:
            atexit.register(self._end)
        elif self._zygotes[-1].is_current:
            return self._zygotes[-1]
        else:
            self._zygotes[-1].retire()
        zygote = OwnedZygote(self._place() / f"z{os.getpid()}-{len(self._zygotes)}")
        self._zygotes.append(zygote)
        return zygote

    def _place(self) -> Path:
        """A folder of the run's own, or one of ours."""
        if self._folder is None:
            run = os.environ.get("JUPYTER_RUNTIME_DIR", "") if os.environ.get(ZYGOTE) else ""
            self._folder = Path(run or tempfile.mkdtemp(prefix="close-zygote-"))
            if not run:
                atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        return self._folder

    def _end(self) -> None:
        for zygote in self._zygotes:
            zygote.end()


_own = OwnZygote()


def zygotes() -> Iterator[Path]:
    """Where zygotes listen: the run's first, then this process's own."""
    shared = os.environ.get(ZYGOTE)
    if shared:
        yield Path(shared)
    yield _own.current().path
