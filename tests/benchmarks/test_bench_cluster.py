"""The same close on a Dask cluster of one worker and of two, and on this machine without one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from close_library.run.close import run_close
from close_library.run.planning.prepare import Request
from close_library.run.progress import Silent
from tests.conftest import PROJECT, Sample
from tests.run.clusters import cluster

PROGRAMS = ("atlas", "borealis", "cygnus")


@pytest.mark.benchmark
def test_one_worker_and_two(sample: Sample, tmp_path: Path) -> None:
    pytest.importorskip("distributed")

    def seconds(name: str, address: str = "", workers: int = 0) -> float:
        request = Request(
            sample.parameters, tmp_path / name, PROJECT / "notebooks",
            programs=PROGRAMS, cluster=address, workers=workers,
        )  # fmt: skip
        began = time.perf_counter()
        result = run_close(request, Silent())
        assert not result.failed
        return time.perf_counter() - began

    took = {"pool of 1": seconds("pool 1", workers=1), "pool of 2": seconds("pool 2", workers=2)}
    for count in (1, 2):
        with cluster() as dask:
            for _ in range(count):
                dask.worker()
            time.sleep(5)
            took[f"Dask, {count} worker{'s' * (count > 1)}"] = seconds(f"dask {count}", dask.address)
    print(f"\na close of {len(PROGRAMS)} programs, load {os.getloadavg()[0]:.1f}")
    for name, value in took.items():
        print(f"  {name:16} {value:6.1f} s   {value / took['pool of 1']:.2f} × a pool of 1")
