"""Forked kernels: the same bytes as stock ones, nothing left behind, and stock kernels where forking is not wanted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from close_library.run.forking import FORKED, STOCK, kind_of_kernel
from tests.conftest import PROJECT, Tiny

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


def close_with(kernel: str, tiny: Tiny, outputs: Path) -> dict[str, bytes]:
    """Every file of a close with one kind of kernel, but for the record of the run."""
    command = [sys.executable, "-m", "close_library", "run", *tiny.options("check"), "--outputs", str(outputs)]
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, "CLOSE_KERNEL": kernel}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    period = outputs / "tiny" / "2026-05"
    run = json.loads((period / "run.json").read_text(encoding="utf-8"))
    assert {each["kernel"] for each in run["workpapers"]} == {kernel}
    return {
        path.relative_to(period).as_posix(): path.read_bytes()
        for path in sorted(period.rglob("*"))
        if path.is_file() and path.name != "run.json"
    }


@needs_linux
def test_every_notebook_gives_the_same_bytes_with_both_kernels(tiny: Tiny, tmp_path: Path) -> None:
    for notebook in sorted((PROJECT / "notebooks").glob("[1-3]*.ipynb")):
        (tiny.notebooks / notebook.name).write_bytes(notebook.read_bytes())
    assert close_with(FORKED, tiny, tmp_path / "forked") == close_with(STOCK, tiny, tmp_path / "stock")


@needs_linux
def test_a_close_leaves_no_zygote(tiny: Tiny, tmp_path: Path) -> None:
    close_with(FORKED, tiny, tmp_path / "forked")
    time.sleep(0.2)
    left = [
        p for p in psutil.process_iter(["cmdline"]) if "close_library.run.forking.zygote" in (p.info["cmdline"] or [])
    ]
    assert [process for process in left if str(tmp_path) in " ".join(process.environ().values())] == []


def test_stock_kernels_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSE_KERNEL", "stock")
    assert kind_of_kernel() == STOCK


def test_stock_kernels_where_a_fork_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kind_of_kernel() == STOCK
