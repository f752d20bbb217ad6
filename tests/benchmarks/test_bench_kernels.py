"""One small notebook: papermill's command line and API as they come, ours, and a forked plain function as the limit."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from close_library.run.execution.forking.owned import OwnedZygote
from close_library.run.execution.forking.preload import SAFE_TO_FORK
from close_library.run.execution.process import ZYGOTE, environment
from tests.benchmarks.small import write_small_notebook
from tests.conftest import PROJECT

ROUNDS = 5
OURS_A_ROUND = 6

_STOCK = """
import sys, papermill
print("ready", flush=True)
for line in sys.stdin:
    papermill.execute_notebook({notebook!r}, {output!r}, parameters={{"program": line.strip()}}, progress_bar=False)
    print("0", flush=True)
"""

_OURS = """
import os, sys
sys.modules["rfc3987_syntax"] = None
from pathlib import Path
from close_library.run.execution.execute import execute
from close_library.run.execution.kernel import kernel_used
from close_library.run.execution.strip import strip_executed
from close_library.run.planning.task import Task
from close_library.workpaper import read_document

notebook, output = Path({notebook!r}), Path({output!r})
print("ready", flush=True)
for line in sys.stdin:
    task = Task(notebook, output.parent, line.strip(), "2026-10", "45_small", {{}}, 60)
    failure = execute(task, output, output.with_suffix(".parquet"))
    read_document(output)
    output.write_bytes(strip_executed(output.read_bytes(), notebook.read_bytes(), output.parent))
    os.chdir("/")
    print("0" if failure is None and kernel_used() == "forked" else failure, flush=True)
"""


@contextlib.contextmanager
def served(command: list[str], environment: dict[str, str]) -> Iterator[Callable[[], float]]:
    """A process that does one piece of work for each line: gives the function that times one."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=environment, cwd=PROJECT,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    def once() -> float:
        began = time.perf_counter()
        process.stdin.write("atlas\n")
        process.stdin.flush()
        assert process.stdout.readline() == "0\n"
        return time.perf_counter() - began

    try:
        once()
        yield once
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def zygote() -> Iterator[dict[str, str]]:
    """The environment of a worker, with the zygote that a run starts for its workers."""
    with tempfile.TemporaryDirectory(prefix="close-b-") as scratch:
        given = environment(1, Path(scratch))
        started = OwnedZygote(Path(scratch) / "zygote", environment=given)
        yield {**given, ZYGOTE: str(started.path)}
        started.end()


@pytest.mark.benchmark
@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_one_small_notebook(tmp_path: Path) -> None:
    notebook, output = tmp_path / "small.ipynb", tmp_path / "out.ipynb"
    write_small_notebook(notebook)
    paths = {"notebook": str(notebook), "output": str(output)}
    plain = {**os.environ, "PYTHONPATH": str(PROJECT)}

    def command_line() -> float:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "papermill", str(notebook), str(output), "-p", "program", "atlas"],
            check=True, capture_output=True,
        )  # fmt: skip
        return time.perf_counter() - began

    with (
        zygote() as started,
        served([sys.executable, "-c", _STOCK.format(**paths)], plain) as api,
        served([sys.executable, "-c", _OURS.format(**paths)], started) as ours,
        served([sys.executable, "-m", "tests.benchmarks.small"], {**plain, **SAFE_TO_FORK}) as function,
    ):
        seconds: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            seconds.setdefault("papermill, command line", []).append(command_line())
            seconds.setdefault("papermill, API", []).append(api())
            for _ in range(OURS_A_ROUND):
                seconds.setdefault("ours", []).append(ours())
                seconds.setdefault("forked plain function", []).append(function())
    assert "image/png" in output.read_text(encoding="utf-8"), "ours drew the chart"
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"\none small notebook, {ROUNDS} interleaved rounds, load {os.getloadavg()[0]:.1f}")
    for name, median in medians.items():
        print(
            f"  {name:24} {median:7.3f} s   {median / medians['ours']:6.2f} × ours   (fastest {min(seconds[name]):.3f} s)"
        )
    faster, slower = medians["papermill, API"] / medians["ours"], medians["ours"] / medians["forked plain function"]
    print(f"  ours is {faster:.1f} times as fast as the API (aim: 20) and takes {slower:.2f} times the limit (aim: 2)")
