"""Outputs in a storage, such as `s3://bucket/prefix`: the run works in a folder of this machine and mirrors it.

`objects` is the storage as a place of whole files, `mirror` keeps a period here and there the same, `holder` says who holds
a period. The storage is what counts: what lies here and not there is forgotten when the next run begins.
"""

from close_library.run.execution.storage.mirror import outputs_here

__all__ = ["outputs_here"]
