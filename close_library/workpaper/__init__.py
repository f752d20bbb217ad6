"""What must a reader see and sign? The workpaper: opened, filled and concluded in a notebook, glued as one document.

What does not belong here: computing (accounting), looks (report), what people said (record).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from close_library.workpaper.glue import read_document
    from close_library.workpaper.scope import open_scope
    from close_library.workpaper.workpaper import Workpaper, open_workpaper

__all__ = ["Workpaper", "open_scope", "open_workpaper", "read_document"]

_HOMES = {"Workpaper": "workpaper", "open_scope": "scope", "open_workpaper": "workpaper", "read_document": "glue"}


def __getattr__(name: str) -> Any:
    """Each name is loaded when it is asked for: a run that has nothing to execute does without notebooks."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"{__name__} has no {name}")
