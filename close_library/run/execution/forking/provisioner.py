"""A kernel provisioner that asks a zygote for a forked kernel; `close-fork` among jupyter_client's provisioners."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from close_library.run.execution.forking import FORKED, STOCK, kind_of_kernel
from close_library.run.execution.forking.owned import zygotes

PROVISIONER = "close-fork"
_START_SECONDS = 60
_LEAVE_SECONDS = 2.5
_NOT_INHERITED = ("PYTHONEXECUTABLE", "MPLBACKEND")


class _NotForked(Exception):
    """This zygote gives no kernel: it is gone, could not preload, or has threads."""


class ForkProvisioner(LocalProvisioner):
    """Life and death of one forked kernel, as the zygote tells of it; of a stock kernel where none can be forked."""

    kind = ""
    """`forked` or `stock`, once the kernel is started."""

    connection: socket.socket | None = None
    received = b""
    code: int | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel."""
        return self.connection is not None or super().has_process

    async def launch_kernel(self, cmd: list[str], **options: Any) -> KernelConnectionInfo:
        """Ask for a kernel and wait until its sockets are bound."""
        environment = {k: v for k, v in options.get("env", os.environ).items() if k not in _NOT_INHERITED}
        request = {"argv": cmd, "cwd": str(options.get("cwd") or Path.cwd()), "env": environment}
        self.kind = STOCK
        if kind_of_kernel() == FORKED:
            for path in zygotes():
                try:
                    await asyncio.wait_for(self._fork(path, request), _START_SECONDS)
                except (_NotForked, OSError, TimeoutError) as error:
                    self._hang_up()
                    self.log.debug("No kernel from the zygote at %s: %s", path, error)
                else:
                    self.kind = FORKED
                    return self.connection_info
        return await super().launch_kernel(cmd, **options)

    async def _fork(self, path: Path, request: dict[str, Any]) -> None:
        self.connection, self.received, self.code = socket.socket(socket.AF_UNIX), b"", None
        self.connection.connect(str(path))
        self.connection.sendall(json.dumps(request).encode() + b"\n")
        self.connection.setblocking(False)
        while True:
            message = await self._next_message()
            self.pid = self.pgid = message.get("pid", self.pid)
            if "returncode" in message:
                raise RuntimeError(f"Kernel ended with code {message['returncode']} before it was ready")
            if "refused" in message:
                raise _NotForked(message["refused"])
            if "ready" in message:
                return

    async def _next_message(self) -> dict[str, Any]:
        assert self.connection is not None
        while b"\n" not in self.received:
            received = await asyncio.get_running_loop().sock_recv(self.connection, 4096)
            if not received:
                raise _NotForked("it ended")
            self.received += received
        line, self.received = self.received.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    async def poll(self) -> int | None:
        """The exit code, None while the kernel lives."""
        if self.kind != FORKED:
            return await super().poll()
        if self.code is None and self.connection is not None:
            self._look()
        return self.code if self.connection is not None else self.code or 0

    def _look(self) -> None:
        assert self.connection is not None
        with contextlib.suppress(BlockingIOError):
            while received := self.connection.recv(4096):
                self.received += received
            if b"\n" not in self.received:  # the zygote died, and its kernels with it; but not what they had started
                self._signal(signal.SIGKILL)
                self.code = -signal.SIGKILL
        if b"\n" in self.received:
            line, self.received = self.received.split(b"\n", 1)
            self.code = json.loads(line)["returncode"]

    async def _ended(self) -> None:
        loop = asyncio.get_running_loop()
        while self.connection is not None and await self.poll() is None:
            told = asyncio.Event()
            loop.add_reader(self.connection, told.set)
            try:
                await told.wait()
            finally:
                loop.remove_reader(self.connection)

    async def wait(self) -> int | None:
        """Wait for the end of the kernel; its exit code."""
        if self.kind != FORKED:
            return await super().wait()
        await self._ended()
        self._hang_up()
        return self.code or 0

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel's process group."""
        if self.kind != FORKED:
            await super().send_signal(signum)
        elif self.connection is not None and self.code is None:
            self._signal(signum)

    def _signal(self, signum: int) -> None:
        if self.pgid:
            with contextlib.suppress(OSError):
                os.killpg(self.pgid, signum)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """Wake on the zygote's word instead of the manager's poll of a tenth of a second."""
        if self.kind == FORKED:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ended(), 5)

    def let_go(self) -> bool:
        """Let a kernel that was asked to end do so without us; the zygote ends it if it takes too long."""
        if self.kind != FORKED or self.connection is None or self.code is not None:
            return False
        with contextlib.suppress(OSError):
            self.connection.sendall(json.dumps({"leave": _LEAVE_SECONDS}).encode() + b"\n")
        self._hang_up()
        return True

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel."""
        await (self.send_signal(signal.SIGKILL) if self.kind == FORKED else super().kill(restart))

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel."""
        await (self.send_signal(signal.SIGTERM) if self.kind == FORKED else super().terminate(restart))

    async def cleanup(self, restart: bool = False) -> None:
        """Hang up, which kills what is left of the kernel."""
        self._hang_up()
        await super().cleanup(restart)

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None
