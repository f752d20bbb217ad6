"""How an outside system spells the canonical tables: one module a system reads, renames and casts.

Nothing here joins or sums across tables, and nothing is typed by guessing: every file is read as text and
cast by the declared type of its column. All faults of all files are gathered before giving up.

A system is a `System`: a function that lists the files of a source's folder, and one that reads such a
file as text. Adding one is a module and a line in `SYSTEMS`.
"""

from close_library.sources import plain
from close_library.sources.extract import Extract, RawFile, SourceSetting, System
from close_library.sources.reading import Reading, list_files, read_sources

SYSTEMS: dict[str, System] = {"tables": plain.SYSTEM}
"""Every system that a source may name in company.yaml."""

__all__ = ["SYSTEMS", "Extract", "RawFile", "Reading", "SourceSetting", "System", "list_files", "read_sources"]
