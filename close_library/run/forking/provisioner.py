"""A kernel provisioner that asks a zygote for a forked kernel; `close-fork` among jupyter_client's provisioners."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

PROVISIONER = "close-fork"
_START_SECONDS = 60

_SAFE_TO_FORK = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""Libraries that would start threads of their own at import, which a fork does not survive."""


class _Zygote:
    """The one zygote of this process, started when the first kernel is asked for."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.path = ""
        self.owner = 0

    def socket_path(self) -> str | None:
        """Where it listens; None when it can't be forked from safely."""
        if self.process is None or self.process.poll() is not None or self.owner != os.getpid():
            self._start()
        return self.path or None

    def _start(self) -> None:
        folder = Path(os.environ.get("JUPYTER_RUNTIME_DIR") or tempfile.mkdtemp(prefix="close-zygote-"))
        path = folder / f"z{os.getpid()}"
        path.unlink(missing_ok=True)
        environment = {**os.environ, "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0"), **_SAFE_TO_FORK}
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "close_library.run.forking.zygote", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
            start_new_session=True,
        )
        atexit.register(self.process.terminate)
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        self.path = str(path) if said.startswith("{") and json.loads(said)["ready"] else ""


_zygote = _Zygote()


def can_fork() -> bool:
    """Whether there is a zygote that can be forked from safely; starts it."""
    return _zygote.socket_path() is not None


class ForkProvisioner(LocalProvisioner):
    """Life and death of one forked kernel, as the zygote tells of it."""

    connection: socket.socket | None = None
    received = b""
    code: int | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel."""
        return self.connection is not None

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Ask for a kernel and wait until its sockets are bound."""
        path = _zygote.socket_path()
        if path is None:
            raise RuntimeError("Kernel can't be forked: the zygote has threads")
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        environment = {k: v for k, v in options.get("env", os.environ).items() if k != "PYTHONEXECUTABLE"}
        request = {"argv": cmd, "cwd": str(options.get("cwd") or Path.cwd()), "env": environment}
        connection.sendall(json.dumps(request).encode() + b"\n")
        connection.setblocking(False)
        self.connection, self.received, self.code = connection, b"", None
        while True:
            message = await asyncio.wait_for(self._next_message(), _START_SECONDS)
            self.pid = self.pgid = message.get("pid", self.pid)
            if "refused" in message or "returncode" in message:
                raise RuntimeError(f"Kernel did not start: {message}")
            if "ready" in message:
                return self.connection_info

    async def _next_message(self) -> dict[str, Any]:
        assert self.connection is not None
        while b"\n" not in self.received:
            received = await asyncio.get_running_loop().sock_recv(self.connection, 4096)
            if not received:
                raise RuntimeError("Kernel did not start: its zygote is gone")
            self.received += received
        line, self.received = self.received.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    async def poll(self) -> int | None:
        """The exit code, None while the kernel lives."""
        if self.connection is None:
            return 0 if self.code is None else self.code
        if self.code is None:
            self._look()
        return self.code

    def _look(self) -> None:
        assert self.connection is not None
        with contextlib.suppress(BlockingIOError):
            while received := self.connection.recv(4096):
                self.received += received
            self.code = -signal.SIGKILL if self.code is None else self.code
        if b"\n" in self.received:
            line, self.received = self.received.split(b"\n", 1)
            self.code = json.loads(line)["returncode"]

    async def _ended(self) -> None:
        loop = asyncio.get_running_loop()
        while await self.poll() is None:
            told = asyncio.Event()
            assert self.connection is not None
            loop.add_reader(self.connection, told.set)
            try:
                await told.wait()
            finally:
                loop.remove_reader(self.connection)

    async def wait(self) -> int | None:
        """Wait for the end of the kernel; its exit code."""
        if self.connection is not None:
            await self._ended()
            self.connection.close()
            self.connection = None
        return self.code or 0

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group."""
        if self.connection is not None and self.code is None and self.pgid:
            with contextlib.suppress(OSError):
                os.killpg(self.pgid, signum)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wake on the zygote's word instead of the manager's poll of a tenth of a second."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended(), 5)

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel."""
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Hang up, which kills what is left of the kernel."""
        if self.connection is not None and not restart:
            self.connection.close()
            self.connection = None
        await super().cleanup(restart)
