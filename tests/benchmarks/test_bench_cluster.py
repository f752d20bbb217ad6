"""The same close by one process and by two, as a run on this machine and as workers of a Dask cluster, in interleaved rounds."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from close_library.run.close import run_close
from close_library.run.planning.prepare import Request
from close_library.run.progress import Silent
from tests.conftest import PROJECT, Sample
from tests.run.clusters import cluster

PROGRAMS = ("atlas",)
ROUNDS = int(os.environ.get("CLOSE_BENCH_ROUNDS", "3"))


@pytest.mark.benchmark
def test_one_worker_and_two(sample: Sample, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with ExitStack() as clusters:
        ways: dict[str, tuple[str, int]] = {"this machine, 1": ("", 1), "this machine, 2": ("", 2)}
        for count in (1, 2):
            dask = clusters.enter_context(cluster())
            for _ in range(count):
                dask.worker()
            dask.wait_for_workers(count)
            ways[f"Dask, {count}"] = (dask.address, 0)
        took: dict[str, list[float]] = {name: [] for name in ways}
        executed = 0
        for number in range(ROUNDS):
            for name, (address, workers) in ways.items():
                request = Request(
                    sample.parameters, tmp_path / f"{number} {name}", PROJECT / "notebooks",
                    programs=PROGRAMS, cluster=address, workers=workers,
                )  # fmt: skip
                began = time.perf_counter()
                result = run_close(request, Silent())
                took[name].append(time.perf_counter() - began)
                assert not result.failed
                executed = len(result.executed)
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    print(f"\n{executed} workpapers of one program, {ROUNDS} interleaved rounds, load {os.getloadavg()[0]:.1f}")
    for name, seconds in medians.items():
        same = medians[name.replace("Dask", "this machine")]
        print(
            f"  {name:16} {seconds:6.1f} s   {seconds / same:5.2f} × this machine with as many, "
            f"{seconds / medians['this machine, 1']:5.2f} × this machine with one"
        )
