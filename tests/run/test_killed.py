"""Pulling the plug: a run that is killed at any instant leaves nothing behind that the next one does not make good.

KILLS says how many random instants the slow test tries, KILL_SEED which.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import Tiny
from tests.run.killing import MARK, Company, carried_out, with_a_mortal_worker
from tests.run.test_close import files_of
from tests.waiting import PATIENCE, wait_for, words_of

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
            if process.pid != run.pid and word in " ".join(words_of(process)):
                with contextlib.suppress(psutil.Error):
                    process.kill()
                return

    kill.__name__ = word
    return kill


def kernel(run: subprocess.Popen[bytes], company: Company) -> None:
    """Kill a kernel: a fork of the zygote, with its name."""
    zygotes = {each.pid: each for each in company.processes() if "zygote" in " ".join(words_of(each))}
    for process in zygotes.values():
        with contextlib.suppress(psutil.Error):
            if process.ppid() in zygotes:
                process.kill()
                return


VICTIMS = (runner, whole_group, one_of("run.worker"), one_of("zygote"), kernel)


def kill_and_run_again(company: Company, victim: Callable[..., None], after: float, expected: dict[str, str]) -> None:
    """Start a run, kill some of it after some seconds, run again: the files are those of a run that nobody disturbed."""
    run = company.start()
    time.sleep(after)
    victim(run, company)
    run.communicate(timeout=PATIENCE)
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
    wait_for(lambda: company.tiny.period.joinpath("_company").exists() or run.poll() is not None)
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
    """The runner, at one of the files that it opens, renames or removes: books, schedules, entries, sheets, index, manifest."""
    company.grow()
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
    written = {name.rpartition(".")[2] for name in states["250.00"]}
    assert written >= {"csv", "docx", "html", "ipynb", "json", "parquet", "pdf", "pptx", "xlsx"}
    assert any("journal_entries" in name for name in states["250.00"])
    for number in range(int(os.environ.get("KILLS", "2"))):
        amount = list(states)[number % 2]
        company.change(amount)
        at, force = chance.randint(1, writes), chance.choice(([], ["--force"]))
        carried_out([*command, *force], below=company.tiny.outputs, environment=places, kill_at=at)
        carried_out(command, below=company.tiny.outputs, environment=places)
        company.assert_nothing_left()
        assert files_of(company.tiny.period) == states[amount], f"{force} killed at write {at} of {writes}"


@pytest.mark.slow
def test_killed_at_random_writes_of_a_worker(company: Company) -> None:
    """The worker, the run or both, at one of the files of a workpaper: executed, drawn, put in place, stamped."""
    seed = int(os.environ.get("KILL_SEED", str(random.randrange(10**6))))
    chance = random.Random(seed)
    print(f"KILL_SEED={seed}")
    command = ["run", "--workers", "1", *company.tiny.options("run")]
    places = {MARK: company.mark, "TMPDIR": str(company.temporary)}
    mortal: dict[str, Any] = {
        "below": company.tiny.outputs, "counted": company.tiny.folder / "counted", "environment": places,
    }  # fmt: skip
    company.temporary.mkdir()
    states = {}
    for amount in ("250.00", "260.00"):
        company.change(amount)
        writes = with_a_mortal_worker(command, **mortal)
        states[amount] = files_of(company.tiny.period)
    assert writes > 30
    for number in range(int(os.environ.get("KILLS", "2"))):
        amount = list(states)[number % 2]
        company.change(amount)
        at, who = chance.randint(1, writes), chance.choice(("worker", "run", "both"))
        with_a_mortal_worker(command, **mortal, at=at, who=who)
        carried_out(command, environment=places)
        company.assert_nothing_left()
        assert files_of(company.tiny.period) == states[amount], f"{who} killed at write {at} of {writes}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_says_so_and_leaves_nothing(number: signal.Signals, company: Company) -> None:
    """Twice, because an impatient person does; the second changes nothing."""
    company.tiny.add_situation("sleeps", "45")
    run = company.start()
    wait_for(lambda: ["sleep", "3600"] in map(words_of, company.processes()) or run.poll() is not None)
    run.send_signal(number)
    wait_for(lambda: is_stopping(run))
    run.send_signal(number)
    _, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130, err.decode()
    assert b"Stopped." in err
    assert b"Traceback" not in err
    company.assert_nothing_left()


def is_stopping(run: subprocess.Popen[bytes]) -> bool:
    """Whether a run has ended or has heard that it shall: from then on it hears no other signal."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{run.pid}/status").read_text(encoding="utf-8")
        [ignored] = re.findall(r"^SigIgn:\s*([0-9a-f]+)$", status, re.MULTILINE)
        return run.poll() is not None or bool(int(ignored, 16) >> (signal.SIGTERM - 1) & 1)
    return True


def test_the_second_of_two_runs_says_who_holds_the_period(company: Company) -> None:
    """It names the process; with --wait it waits. The first is held up until the second has said so."""
    first = company.start()
    holder = company.tiny.outputs / "tiny" / ".run" / "2026-05.holder.json"
    wait_for(lambda: holder.exists() or first.poll() is not None)
    first.send_signal(signal.SIGSTOP)
    try:
        waiting = company.start("--wait", str(2 * PATIENCE))
        second = company.start()
        _, err = second.communicate(timeout=PATIENCE)
        assert second.returncode == 2
        assert f"process {first.pid}" in err.decode()
        assert waiting.poll() is None
    finally:
        first.send_signal(signal.SIGCONT)
    for run in (first, waiting):
        _, err = run.communicate(timeout=PATIENCE)
        assert run.returncode == 0, err.decode()
    company.assert_nothing_left()
