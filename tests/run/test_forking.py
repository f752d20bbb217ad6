"""Forked kernels: the same bytes as stock ones, nothing left behind, and stock kernels where forking is not wanted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from close_library.run.execution.forking import FORKED, STOCK, kind_of_kernel, owned
from close_library.run.execution.forking.__main__ import NAME, install
from close_library.run.execution.forking.preload import extras_of
from tests.conftest import PROJECT, Tiny
from tests.waiting import PATIENCE, wait_for, wait_until_gone, words_of

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")


def close_with(kernel: str, tiny: Tiny, outputs: Path) -> dict[str, bytes]:
    """Every file of a close with one kind of kernel, but for the record of the run."""
    command = [sys.executable, "-m", "close_library", "run", *tiny.options("check"), "--outputs", str(outputs)]
    done = subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True,
        env={**os.environ, "CLOSE_KERNEL": kernel, "CLOSE_TEST": str(outputs)},
    )  # fmt: skip
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
def test_a_notebook_gives_the_same_bytes_with_both_kernels_and_no_zygote_is_left(tiny: Tiny, tmp_path: Path) -> None:
    forked = close_with(FORKED, tiny, tmp_path / "forked")
    wait_for(lambda: not zygotes_of(tmp_path / "forked"), "a zygote is left")
    assert forked == close_with(STOCK, tiny, tmp_path / "stock")


def zygotes_of(folder: Path) -> list[psutil.Process]:
    """The zygotes of a close into a folder; those of other tests may end while we look."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            ours = process.environ().get("CLOSE_TEST") == str(folder)
            if ours and "close_library.run.execution.forking.zygote" in words_of(process):
                found.append(process)
    return found


@needs_linux
@pytest.mark.slow
def test_every_notebook_gives_the_same_bytes_with_both_kernels(tiny: Tiny, tmp_path: Path) -> None:
    """Those whose tables the tiny company lacks say so, in the same bytes too."""
    for notebook in (PROJECT / "notebooks").glob("*.ipynb"):
        (tiny.notebooks / notebook.name).write_bytes(notebook.read_bytes())
    assert close_with(FORKED, tiny, tmp_path / "forked") == close_with(STOCK, tiny, tmp_path / "stock")


@needs_linux
@pytest.mark.slow
def test_every_notebook_on_the_sample_with_both_kernels(sample: Any, tmp_path: Path) -> None:
    found = []
    for kernel in (FORKED, STOCK):
        outputs = tmp_path / kernel
        command = ["run", "--parameters", str(sample.parameters), "--outputs", str(outputs)]
        done = subprocess.run(
            [sys.executable, "-m", "close_library", *command, "--program", "_company", "--program", "atlas"],
            cwd=PROJECT, env={**os.environ, "CLOSE_KERNEL": kernel}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        [period] = outputs.glob("meridian/*-*")
        found.append({p.relative_to(period): p.read_bytes() for p in period.rglob("*.*") if p.name != "run.json"})
    assert len(found[0]) > 100
    assert found[0] == found[1]


def test_stock_kernels_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSE_KERNEL", "stock")
    assert kind_of_kernel() == STOCK


def test_stock_kernels_where_a_fork_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kind_of_kernel() == STOCK


def test_what_is_preloaded_is_what_the_notebooks_import(tmp_path: Path) -> None:
    shipped = list((PROJECT / "notebooks").glob("*.ipynb"))
    assert extras_of(shipped) == []
    (tmp_path / "own.ipynb").write_text(
        '{"cells": [{"source": ["import scrapbook as sb\\n", "from  matplotlib import cm"]}]}'
    )
    assert extras_of([*shipped, tmp_path / "own.ipynb"]) == ["matplotlib", "scrapbook"]


# The kernel by itself, as any Jupyter program starts it.


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The kernelspec, installed into an environment of the test's own."""
    install(str(tmp_path / "environment"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "environment" / "share" / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    return tmp_path


@contextlib.contextmanager
def kernel(**options: Any) -> Iterator[tuple[KernelManager, Callable[[str], str]]]:
    """A kernel as jupyter_client starts it, and a function that executes code in it and gives what it prints."""
    manager = KernelManager(kernel_name=NAME)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)

    def say(code: str) -> str:
        printed: list[str] = []
        reply = client.execute_interactive(
            code,
            timeout=PATIENCE,
            output_hook=lambda m: printed.append(m["content"].get("text", "")),
            allow_stdin=False,
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed).strip()

    try:
        yield manager, say
    finally:
        client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


@needs_linux
def test_the_kernel_by_itself_starts_interrupts_restarts_and_ends(known: Path) -> None:
    assert NAME in KernelSpecManager().find_kernel_specs()
    with kernel(cwd=str(known)) as (manager, say):
        assert manager.provisioner.kind == FORKED
        first = process_of(say)
        assert say("import sys, pandas; print('pandas' in sys.modules, os.getcwd())") == f"True {known}"
        manager.interrupt_kernel()
        assert say("print(6 * 7)") == "42"
        manager.restart_kernel()
        wait_until_gone([first])
    with kernel() as (_, say):
        second = process_of(say)
        assert say("import random, uuid; print(len({random.random(), uuid.uuid4().hex}))") == "2"
    wait_until_gone([second])


def process_of(say: Callable[[str], str]) -> psutil.Process:
    """The process of a kernel."""
    return psutil.Process(int(say("import os; print(os.getpid())")))


@needs_linux
def test_kernels_share_nothing_that_they_set(known: Path) -> None:
    with kernel() as (_, say):
        say("import pandas, random, builtins, os; pandas.set_option('display.max_rows', 3); builtins.x = 1")
        say("os.environ['LEAK'] = '1'; import decimal; decimal.getcontext().prec = 3; mark = random.random()")
        number = say("print(random.random())")
    with kernel() as (_, say):
        assert say("import pandas; print(pandas.get_option('display.max_rows') == 3)") == "False"
        assert say("import builtins, os, decimal; print(hasattr(builtins, 'x'), 'LEAK' in os.environ)") == "False False"
        assert say("print(decimal.getcontext().prec)") == "28"
        assert say("import random; random.random(); print(random.random())") != number


@needs_linux
def test_a_chart_is_drawn_into_the_notebook_with_both_kernels(known: Path) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint(plt.get_backend())"
    pictures = []
    for wanted in (FORKED, STOCK):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
        (known / "chart.ipynb").write_text(nbformat.writes(notebook))
        done = subprocess.run(
            [sys.executable, "-m", "papermill", "--no-progress-bar", "-k", NAME, "chart.ipynb", f"{wanted}.ipynb"],
            cwd=known, env={**os.environ, "CLOSE_KERNEL": wanted}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        outputs = nbformat.read(known / f"{wanted}.ipynb", 4).cells[-1].outputs
        pictures.append([each["data"]["image/png"] for each in outputs if "data" in each])
        assert "inline" in "".join(each.get("text", "") for each in outputs)
    assert len(pictures[0]) == 1
    assert pictures[0] == pictures[1]


@needs_linux
@pytest.mark.slow
def test_nbval_runs_our_kernel(known: Path) -> None:
    cells = [nbformat.v4.new_code_cell("import pandas\nprint(1 + 1)")]
    cells[0].outputs, cells[0].execution_count = [nbformat.v4.new_output("stream", text="2\n")], 1
    (known / "checked.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))
    alone = ["-p", "no:cacheprovider", "-p", "tests.nbval_again"]
    command = [sys.executable, "-m", "pytest", "-q", *alone, "--nbval", "--nbval-kernel-name", NAME]
    done = subprocess.run([*command, "checked.ipynb"], cwd=known, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@needs_linux
def test_a_zygote_with_threads_gives_no_kernel_and_a_stock_one_starts(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (known / "site").mkdir()
    (known / "site" / "sitecustomize.py").write_text(
        "import sys, threading, time\n"
        "if 'close_library.run.execution.forking.zygote' in sys.orig_argv:\n"
        "    threading.Thread(target=time.sleep, args=[600], daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(known / "site"), str(PROJECT)]))
    monkeypatch.setattr(owned, "_own", owned.OwnZygote())
    with kernel() as (manager, say):
        assert manager.provisioner.kind == STOCK
        assert say("print(1)") == "1"


@needs_linux
def test_a_zygote_of_older_modules_is_replaced_and_keeps_its_kernels(
    known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owned, "_own", owned.OwnZygote())
    with kernel() as (_, say):
        say("mark = 1")
        old = owned._own.current()
        monkeypatch.setattr(owned, "written", lambda: {"changed": 1.0})
        with kernel() as (other, tell):
            assert owned._own.current() is not old
            assert other.provisioner.kind == FORKED
            assert tell("print(2)") == "2"
            assert say("print(mark)") == "1"
    old.process.wait(timeout=PATIENCE)


_SPEAKS_TO_THE_END = """
import threading, time
kernel = get_ipython().kernel

def late(status, channel, *rest, publish=kernel._publish_status, sleep=time.sleep):
    if (status, channel) == ("idle", "control"):
        sleep(0.2)
    publish(status, channel, *rest)

def slow(*rest, close=kernel.iopub_thread.io_loop.close, sleep=time.sleep, **more):
    close(*rest, **more)
    sleep(0.4)

def speak(thread=kernel.iopub_thread):
    while True:
        thread.schedule(int)

kernel._publish_status, kernel.iopub_thread.io_loop.close = late, slow
if speaks:
    threading.Thread(target=speak, daemon=True).start()
"""
"""The time between the end of the broadcasts and that of their sockets is a moment; here it is long enough to be met."""


@needs_linux
@pytest.mark.parametrize("speaks", [False, True], ids=["its control thread", "a thread of the notebook"])
def test_a_kernel_ends_well_while_somebody_still_speaks(known: Path, speaks: bool) -> None:
    with kernel() as (manager, say):
        say(f"speaks = {speaks}\n{_SPEAKS_TO_THE_END}")
        manager.request_shutdown()
        wait_for(lambda: not manager.is_alive())
        assert manager.provisioner.code == 0


_STARTS_OTHERS = """
import os, subprocess, sys
child = subprocess.Popen(["sleep", "600"])
started = subprocess.run(["sh", "-c", "setsid sleep 601 > /dev/null & echo $!"], stdout=subprocess.PIPE, text=True)
print(started.stdout, child.pid)
"""


@needs_linux
@pytest.mark.parametrize("dies", ["kernel", "zygote", "hang-up"])
def test_what_a_notebook_started_ends_with_it_whatever_dies(
    known: Path, dies: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owned, "_own", owned.OwnZygote())
    with kernel() as (manager, say):
        daemon, child = (psutil.Process(int(number)) for number in say(_STARTS_OTHERS).split())
        own = process_of(say)
        if dies == "kernel":
            own.kill()
        elif dies == "zygote":
            os.kill(owned._own.current().process.pid, signal.SIGKILL)
            wait_for(lambda: not manager.is_alive())
            daemon.kill()  # in a session of its own, only the zygote could have found it
        else:
            manager.provisioner._hang_up()
        wait_until_gone([own, child, daemon])


@needs_linux
def test_a_kernel_has_only_so_much_memory(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSE_KERNEL_MEMORY", str(1 << 30))
    tiny.add_situation("needs_memory", "45")
    said = tiny.say("run", "--program", "atlas")
    assert said.code == 2
    assert "OutOfMemory: The notebook needed more memory than the 1024 MiB that a kernel may have" in said.err
    document = json.loads((tiny.period / "atlas" / "30_receivables_roll_forward.json").read_text())
    assert document["status"] != "failed"
