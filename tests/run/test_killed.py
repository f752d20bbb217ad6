"""Pulling the plug: a run that is killed at any instant leaves nothing behind that the next one does not make good.

KILLS says how many random instants the slow test tries, KILL_SEED which.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.conftest import Tiny
from tests.run.killing import MARK, Company, carried_out
from tests.run.test_close import files_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are watched by /proc")


@pytest.fixture
def company(tiny: Tiny) -> Iterator[Company]:
    """A tiny company whose notebook leaves a process running in a session of its own."""
    path = tiny.notebooks / "30_receivables_roll_forward.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    source = 'import subprocess\n\nleft = subprocess.Popen(["sleep", "600"], start_new_session=True)'
    cell = {"cell_type": "code", "id": "left", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
    notebook["cells"].insert(2, cell)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    company = Company(tiny)
    yield company
    for process in company.processes():
        process.kill()


def runner(run: subprocess.Popen[bytes], company: Company) -> None:
    """The process that the user started."""
    run.kill()


def whole_group(run: subprocess.Popen[bytes], company: Company) -> None:
    """All processes of the run that there are at the moment, as a machine does that runs out of memory."""
    for process in company.processes():
        process.kill()


def one_of(word: str) -> Callable[[subprocess.Popen[bytes], Company], None]:
    """Kill one process in whose command a word stands."""

    def kill(run: subprocess.Popen[bytes], company: Company) -> None:
        for process in company.processes():
            if process.pid != run.pid and word in _words(process):
                with contextlib.suppress(psutil.Error):
                    process.kill()
                return

    kill.__name__ = word
    return kill


def kernel(run: subprocess.Popen[bytes], company: Company) -> None:
    """Kill a kernel: a fork of the zygote, with its name."""
    zygotes = {process.pid: process for process in company.processes() if "zygote" in _words(process)}
    for process in zygotes.values():
        with contextlib.suppress(psutil.Error):
            if process.ppid() in zygotes:
                process.kill()
                return


def _words(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


VICTIMS = (runner, whole_group, one_of("run.worker"), one_of("zygote"), kernel)


def kill_and_run_again(company: Company, victim: Callable[..., None], after: float, expected: dict[str, str]) -> None:
    """Start a run, kill some of it after some seconds, run again: the files are those of a run that nobody disturbed."""
    run = company.start()
    time.sleep(after)
    victim(run, company)
    run.communicate(timeout=300)
    assert run.returncode in (0, 2, -signal.SIGKILL), victim.__name__
    company.finish()
    company.assert_nothing_left()
    assert files_of(company.tiny.period) == expected, f"{victim.__name__} after {after} s"


def undisturbed(company: Company) -> tuple[dict[str, str], float]:
    """The files of a run that nobody disturbs, and how long it takes."""
    began = time.monotonic()
    company.finish()
    company.assert_nothing_left()
    return files_of(company.tiny.period), time.monotonic() - began


def test_a_killed_run_is_made_good_by_the_next(company: Company) -> None:
    """The runner, in the midst of the first close of a company."""
    company.tiny.outputs.mkdir()
    run = company.start()
    while not company.tiny.period.joinpath("_company").exists() and run.poll() is None:
        time.sleep(0.02)
    run.kill()
    run.communicate()
    made_good, _ = undisturbed(company)
    company.tiny.outputs.rename(company.tiny.folder / "aside")
    assert made_good == undisturbed(company)[0]


@pytest.mark.slow
def test_killed_at_random_instants(company: Company) -> None:
    """Runner, worker, zygote, kernel, everything; in first closes and in later ones."""
    seed = int(os.environ.get("KILL_SEED", str(random.randrange(10**6))))
    chance = random.Random(seed)
    print(f"KILL_SEED={seed}")
    states = {}
    for amount in ("250.00", "260.00"):
        company.change(amount)
        states[amount], seconds = undisturbed(company)
    for _ in range(int(os.environ.get("KILLS", "2"))):
        amount = chance.choice(list(states))
        company.change(amount)
        if chance.random() < 0.3:
            company.tiny.outputs.rename(company.tiny.folder / f"old {time.monotonic_ns()}")
        kill_and_run_again(company, chance.choice(VICTIMS), chance.uniform(0.1, 1.1 * seconds), states[amount])


@pytest.mark.slow
def test_killed_at_random_writes(company: Company) -> None:
    """The runner, at one of the files that it opens, renames or removes: books, stamps, tables, index, manifest."""
    seed = int(os.environ.get("KILL_SEED", str(random.randrange(10**6))))
    chance = random.Random(seed)
    print(f"KILL_SEED={seed}")
    command = ["run", "--workers", "1", *company.tiny.options("run")]
    places = {MARK: company.mark, "TMPDIR": str(company.temporary)}
    company.temporary.mkdir()
    states = {}
    for amount in ("250.00", "260.00"):
        company.change(amount)
        _, writes = carried_out(command, below=company.tiny.outputs, environment=places)
        states[amount] = files_of(company.tiny.period)
    for number in range(int(os.environ.get("KILLS", "2"))):
        amount = list(states)[number % 2]
        company.change(amount)
        at = chance.randint(1, writes)
        carried_out(command, below=company.tiny.outputs, environment=places, kill_at=at)
        carried_out(command, below=company.tiny.outputs, environment=places)
        company.assert_nothing_left()
        assert files_of(company.tiny.period) == states[amount], f"killed at write {at} of {writes}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_so_and_leaves_nothing(number: signal.Signals, company: Company) -> None:
    """Twice, because an impatient person does; the second changes nothing."""
    run = company.start()
    while not company.tiny.period.joinpath("_company").exists() and run.poll() is None:
        time.sleep(0.02)
    time.sleep(0.5)
    run.send_signal(number)
    time.sleep(0.2)
    run.send_signal(number)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130, err.decode()
    assert b"Stopped." in err
    assert b"Traceback" not in err
    company.assert_nothing_left()


def test_the_second_of_two_runs_says_who_holds_the_period(company: Company) -> None:
    """It names the process; with --wait it waits."""
    first = company.start()
    holder = company.tiny.outputs / "tiny" / ".run" / "2026-05.holder.json"
    while not holder.exists() and first.poll() is None:
        time.sleep(0.01)
    second = company.start()
    waiting = company.start("--wait", "300")
    _, err = second.communicate(timeout=60)
    assert second.returncode == 2
    assert f"process {first.pid}" in err.decode()
    for run in (first, waiting):
        assert run.wait(timeout=300) == 0
        run.communicate()
    company.assert_nothing_left()
