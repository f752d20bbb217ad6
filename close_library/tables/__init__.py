"""What a column means: the canonical tables that every source system is cast into.

One declaration a table: its columns in order with their types, its key, its amount (for control totals),
its date, what its columns refer to, and how a row finds the program that owns it. Nothing here reads a
file; the names follow the AICPA Audit Data Standards where they have one.
"""

from close_library.tables.declared import TABLES
from close_library.tables.said import SAID
from close_library.tables.schema import PROVENANCE, Column, Reference, Table

__all__ = ["PROVENANCE", "SAID", "TABLES", "Column", "Reference", "Table"]
