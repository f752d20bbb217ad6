"""What runs, where and in what order: one close, from the parameters to the index.

`close.run_close` conducts: it plans (workpapers × programs), locks the period, seals the books, computes the
schedules, has the notebooks executed by a pool of worker processes or by a cluster, and writes the index. This is the
only room that knows processes, paths and the clock, and the only importer of papermill, distributed and fsspec. What is
true of the books is `accounting`, what a workpaper says is `workpaper`, how it looks is `report`.

Its rooms, each importing only from those before it: `files` (whole or not at all), `said` (what people said), `planning`
(what is asked for), `freshness` (what must run again), `execution` (kernels, processes, clusters), `gathering` (what is
written of a period as a whole), `speaking` (saying something). The conductor and what it prints stand beside them.
"""
