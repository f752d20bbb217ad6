"""What a zygote loads before it forks: what workpapers and kernels import, and what they would all work out anew.

No context is made and no thread started: a fork could not share them. The one connection of DuckDB that is opened has
neither threads nor rows.
"""

from __future__ import annotations

import importlib
import io
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SAFE_TO_FORK = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
"""Libraries that would start threads of their own at import, which a fork does not survive."""

MODULES = (
    "numpy",
    "pandas",
    "pandas.core.reshape.reshape",
    "pandas.io.formats.html",
    "pandas.io.formats.string",
    "pyarrow",
    "pyarrow.acero",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "pyarrow.pandas_compat",
    "duckdb",
    "faulthandler",
    "sqlite3",
    "IPython",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.history",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.core.pylabtools",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "ipykernel.comm",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.subshell_manager",
    "close_library.accounting",
    "close_library.workpaper.workpaper",
)

EXTRAS = {
    # Not matplotlib_inline: it looks for a shell at its import, which only a kernel has.
    "matplotlib": ("matplotlib.pyplot", "matplotlib.style", "matplotlib.backends.backend_agg"),
    "scrapbook": ("scrapbook",),
}
"""What no workpaper of ours imports, but many an analyst's notebook: costly, so only where it is wanted."""

BACKEND = "module://matplotlib_inline.backend_inline"
"""Where a kernel draws: into the notebook."""

_IMPORT = re.compile(rf"\b(?:import|from)\s+({'|'.join(EXTRAS)})\b")


def preload(extras: Iterable[str] = ()) -> None:
    """Import it all. An extra that is missing is left to the notebook that wants it."""
    for module in MODULES:
        importlib.import_module(module)
    for extra in extras:
        with suppress(ImportError):
            for module in EXTRAS[extra]:
                importlib.import_module(module)
            if extra == "matplotlib":
                _draw_once()
    from close_library.books.connection import open_ahead
    from close_library.workpaper.inputs import COMPUTING_PACKAGES, library_digest, packages

    open_ahead()
    # Every workpaper would read all our modules, and the metadata of these packages, for its digest.
    library_digest()
    packages(COMPUTING_PACKAGES)


def extras_of(notebooks: Iterable[Path]) -> list[str]:
    """Which extras some notebooks import."""
    found: set[str] = set()
    for notebook in notebooks:
        with suppress(OSError, UnicodeDecodeError):
            found.update(_IMPORT.findall(notebook.read_text(encoding="utf-8")))
    return sorted(found)


def written() -> dict[str, float]:
    """Our own modules and when each was written."""
    import close_library

    found: dict[str, float] = {}
    folders = [str(Path(close_library.__file__).parent)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    found[entry.path] = entry.stat().st_mtime
                elif entry.is_dir() and entry.name != "__pycache__":
                    folders.append(entry.path)
    return found


def _draw_once() -> None:
    """Fonts, styles and the list of backends are looked for when the first figure is drawn."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.rcsetup import validate_backend

    validate_backend(BACKEND)
    figure = Figure(figsize=(2, 2))
    figure.add_subplot().set_title("0")
    FigureCanvasAgg(figure).print_png(io.BytesIO())  # type: ignore[no-untyped-call]
