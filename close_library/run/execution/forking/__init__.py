"""Kernels forked from a warm process: a fresh process for every notebook, without starting an interpreter for it.

A *zygote* preloads what workpapers import, stays single-threaded, and forks a kernel on request. It plugs into
jupyter_client as the kernel provisioner `close-fork`, so anything that runs Jupyter kernels can use it. Where forking is
unsafe the stock kernel is started instead, and the provisioner says which it was.
"""

from __future__ import annotations

import os
import sys

STOCK = "stock"
FORKED = "forked"


def kind_of_kernel() -> str:
    """`forked` where the system can fork safely and CLOSE_KERNEL does not ask for `stock`.

    macOS can fork, but not safely once its own frameworks were loaded, so it gets stock kernels like Windows.
    """
    asked = os.environ.get("CLOSE_KERNEL", FORKED)
    return FORKED if sys.platform == "linux" and asked == FORKED else STOCK
