"""The kernel of a notebook: this interpreter's, hermetic, and gone when the process that started it is gone."""

from __future__ import annotations

import itertools
import os
import sys
from functools import cache
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from close_library.run.forking import FORKED, STOCK, kind_of_kernel
from close_library.run.forking.client import PromptKernelClient
from close_library.run.forking.provisioner import PROVISIONER, can_fork
from close_library.run.process import die_with_parent

_numbers = itertools.count()
_LONGEST_SOCKET_FOLDER = 50


@cache
def kernel_used() -> str:
    """Which kernels this process uses: `forked`, or `stock` where forking is unsafe or was not asked for."""
    return FORKED if kind_of_kernel() == FORKED and can_fork() else STOCK


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
        if kernel_used() == FORKED:
            self.client_factory = PromptKernelClient

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel as a command, forked where that is safe."""
        forked = {"kernel_provisioner": {"provisioner_name": PROVISIONER}} if kernel_used() == FORKED else {}
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"debugger": True, **forked},
        )

    async def _async_launch_kernel(self, kernel_cmd: list[str], **options: Any) -> None:
        if os.name == "posix":
            options["preexec_fn"] = die_with_parent
        await super()._async_launch_kernel(kernel_cmd, **options)
