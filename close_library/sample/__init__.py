"""A believable company to try the close on: its tables, and what the close must find in them.

`write_sample` writes the tables of TABLES.md with a documented set of planted problems, and beside them
`expected.json` (figures and findings by the generator's own events) and a README. Nothing here knows the
product's accounting: the expected figures are a second opinion.
"""

from close_library.sample.company import write_sample
from close_library.sample.truth import Truth

__all__ = ["Truth", "write_sample"]
