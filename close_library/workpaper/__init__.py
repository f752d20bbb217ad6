"""What must a reader see and sign? The workpaper: opened, filled and concluded in a notebook, glued as one document.

What does not belong here: computing (accounting), looks (report), what people said (record).
"""

from close_library.workpaper.glue import read_document
from close_library.workpaper.scope import open_scope
from close_library.workpaper.workpaper import Workpaper, open_workpaper

__all__ = ["Workpaper", "open_scope", "open_workpaper", "read_document"]
