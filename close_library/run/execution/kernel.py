"""The kernel of a notebook: this interpreter's, hermetic, and gone when the process that started it is gone."""

from __future__ import annotations

import itertools
import os
import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from close_library.run.execution.forking.client import PromptKernelClient
from close_library.run.execution.forking.provisioner import PROVISIONER, ForkProvisioner
from close_library.run.execution.process import KERNEL_MEMORY, die_with_parent, limit_memory

_numbers = itertools.count()
_LONGEST_SOCKET_FOLDER = 50
_NO_PAUSE = "--IPythonKernel._execute_sleep=0"
"""ipykernel pauses half a millisecond in every cell, for clients that don't wait for its outputs; nbclient does."""

_used = ""


def kernel_used() -> str:
    """The kind of kernel that this process started last: `forked`, or `stock` where forking is unsafe or not wanted."""
    return _used


class OwnKernelManager(AsyncKernelManager):
    """Starts the interpreter that runs us, whatever kernels a user has installed under the name python3.

    It talks over sockets in the run's own folder: kernels that start at the same time can't take each
    other's ports.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        folder = os.environ.get("JUPYTER_RUNTIME_DIR", "")
        if os.name == "posix" and 0 < len(folder) <= _LONGEST_SOCKET_FOLDER:
            self.transport = "ipc"
            self.ip = f"{folder}/{os.getpid()}-{next(_numbers)}"
        self.client_factory = PromptKernelClient

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel as a command, and who forks it where that is safe."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", _NO_PAUSE],
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"debugger": True, "kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )

    async def _async_start_kernel(self, **options: Any) -> None:
        """As the manager does, without its pause of a hundredth of a second."""
        self._attempted_start = True
        command, options = await self._async_pre_start_kernel(**options)
        await self._async_launch_kernel(command, **options)
        await self._async_post_start_kernel(**options)

    start_kernel = _async_start_kernel

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        global _used
        if os.name == "posix":
            options["preexec_fn"] = _stock_kernel
        await super()._async_launch_kernel(kernel_cmd, **options)
        assert isinstance(self.provisioner, ForkProvisioner)
        _used = self.provisioner.kind

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        """Ask a kernel to end and go on: the next notebook need not wait for the last one's farewell."""
        if now or restart or not await self._async_is_alive():
            await super()._async_shutdown_kernel(now, restart)
            return
        assert isinstance(self.provisioner, ForkProvisioner)
        self.session.send(self._control(), self.session.msg("shutdown_request", content={"restart": False}))
        if self.provisioner.let_go():
            await self._async_cleanup_resources()
        else:
            await super()._async_shutdown_kernel(now, restart)

    shutdown_kernel = _async_shutdown_kernel

    def _control(self) -> Any:
        self._connect_control_socket()
        return self._control_socket


def _stock_kernel() -> None:
    """What a forked kernel does for itself."""
    die_with_parent()
    limit_memory(os.environ.get(KERNEL_MEMORY, ""))
