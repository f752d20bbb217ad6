"""What a worker process is given: an environment that is the same on every machine, and its share of this one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]

KERNEL_MEMORY = "CLOSE_KERNEL_MEMORY"
"""The environment variable that says how many bytes a kernel may allocate."""

ZYGOTE = "CLOSE_ZYGOTE"
"""The environment variable that says where the run's zygote listens."""

_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_MEMORY_FOR_ENGINES = 0.7
_MEMORY_OF_KERNELS = 0.9
_LEAST_MEMORY = 256 * 2**20
_LEAST_FOR_A_KERNEL = 2**30
_RESERVED = 1280 * 2**20
"""Address space that Arrow's allocator and a kernel's threads reserve at once and mostly never touch."""
_DROPPED = ("MPLBACKEND", "PYTHONSTARTUP", "PYTHONINSPECT", "LANGUAGE", "CLOSE_ROWS_FILE")


def do_without_grammar() -> None:
    """Spare jsonschema a second for a grammar of internationalised addresses, which no notebook and no report uses.

    It does without when the package is absent.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def die_with_parent() -> None:
    """Ask the system to kill this process when its parent ends, however it ends (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def adopt_orphans() -> None:
    """Ask the system to give this process what its descendants leave behind, instead of the first process (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def limit_memory(allowed: str) -> None:
    """Let this process and its children allocate so many bytes each; empty is no limit (Linux).

    What they map of files and share does not count, nor what our packages only reserve.
    """
    if allowed and sys.platform == "linux":
        import resource

        with contextlib.suppress(ValueError, OSError):
            most = int(allowed) + _RESERVED
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def environment(workers: int, scratch: Path) -> dict[str, str]:
    """The environment of one of `workers` processes, which its kernels inherit.

    Hash seed, time zone and locale are fixed, because results must not depend on them; the user's Jupyter and
    IPython settings stay out. `scratch` is a folder of the run's own, for sockets and the like.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED and not name.startswith("LC_")}
    package_root = str(Path(__file__).resolve().parents[3])
    search_path = [package_root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **kept,
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(search_path)),
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_RUNTIME_DIR": str(scratch),
        "JUPYTER_PLATFORM_DIRS": "1",
        "CLOSE_THREADS": str(max(1, cores() // workers)),
        "CLOSE_MEMORY_LIMIT": memory_limit(workers),
        KERNEL_MEMORY: os.environ.get(KERNEL_MEMORY) or str(kernel_memory(workers)),
    }


def memory_limit(workers: int) -> str:
    """The share of this machine's memory that each of `workers` engines may use, as DuckDB spells it."""
    return f"{max(_LEAST_MEMORY, int(_memory() * _MEMORY_FOR_ENGINES) // workers) // 2**20}MiB"


def kernel_memory(workers: int) -> int:
    """How many bytes each of `workers` kernels may allocate, its engine's share included."""
    return max(_LEAST_FOR_A_KERNEL, int(_memory() * _MEMORY_OF_KERNELS) // workers)


def _memory() -> int:
    """The memory of this machine, or of the container that we are in."""
    total: int = psutil.virtual_memory().total
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return total
