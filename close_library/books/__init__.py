"""The sealed books of a period: load, check, own, sort, seal, open.

`seal` reads the sources into one Parquet file a table and a manifest, all or nothing; `check` reads them and
writes nothing; `Books.open` gives a read-only view of what was sealed. What a row means is decided in
`tables`, what is true about the rows in `accounting`.
"""

from close_library.books.checking import FileReport, check
from close_library.books.opened import Books
from close_library.books.sealing import seal
from close_library.books.snapshot import Manifest, verify
from close_library.books.source_sheets import source_sheets

__all__ = ["Books", "FileReport", "Manifest", "check", "seal", "source_sheets", "verify"]
