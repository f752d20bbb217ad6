"""Many machines: the tasks of a run on the workers of a Dask cluster.

`executor` hands them out, `scheduler` is the line to Dask, `member` is what runs on a worker.
"""
