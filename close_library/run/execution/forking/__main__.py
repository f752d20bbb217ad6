"""`python -m close_library.run.execution.forking` makes our kernel known to Jupyter in this environment as `close`."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

NAME = "close"


def install(prefix: str = sys.prefix) -> str:
    """Copy the kernelspec to where Jupyter looks for it; returns the folder."""
    return KernelSpecManager().install_kernel_spec(str(Path(__file__).parent / "kernelspec"), NAME, prefix=prefix)


if __name__ == "__main__":
    print(install())
