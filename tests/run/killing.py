"""A company whose commands can be watched and killed, and what must not be left of them."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from close_library.record import open_record
from close_library.run.gathering.index import documents_of
from close_library.run.gathering.redraw import redraw_workpaper
from close_library.run.said.heard import hear, said_of
from tests.conftest import PROJECT, Tiny
from tests.ledgers import write_tables
from tests.run.writes import AT, BELOW, COUNTED, MORTAL, WHO, is_write
from tests.waiting import PATIENCE, wait_for

MARK = "CLOSE_KILL_TEST"
ALLOWED = {".run", ".seal.lock"}
"""What may begin with a dot in a folder of outputs: stamps and locks; no temporary file."""

CONTRACTS = """
    contracts
    contract_id  program_id
    c-1          atlas

    contract_lines
    contract_line_id  contract_id  product  billing_model  recognition   unit_price
    labels            c-1          labels   usage          as_delivered  10

    deliveries
    delivery_id  program_id  contract_line_id  delivery_date  quantity_delivered  status
    d-1          atlas       labels            2026-05-10     10                  delivered
"""
"""A delivery that nobody has billed or booked, so that entries are proposed."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["close_library.cli", "close_library.binder.sealing", "close_library.run.speaking.signing", "alembic.command"]
)


@dataclass
class Company:
    """A tiny company, the processes of its runs, and where they keep their temporary files."""

    tiny: Tiny
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    def grow(self) -> None:
        """Let it have all that a period is gathered into: entries to import, slides, a letter, the sheets of its sources."""
        write_tables(self.tiny.tables, CONTRACTS)
        with (self.tiny.parameters / "company.yaml").open("a", encoding="utf-8") as parameters:
            parameters.write('  unbilled_receivable: ["1250"]\n  deferred_revenue: ["2400"]\n')
        for name in ("10_source_completeness", "61_proposed_journal_entries", "91_close_summary"):
            shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", self.tiny.notebooks)

    @property
    def temporary(self) -> Path:
        return self.tiny.folder / "t"

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """A run in a process of its own, with a temporary place that is looked at afterwards."""
        self.temporary.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "close_library", "run", "--workers", "2", *options, *self.tiny.options("run")],
            cwd=PROJECT,
            env={**os.environ, MARK: self.mark, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self) -> None:
        """A run to its end."""
        run = self.start()
        _, err = run.communicate(timeout=PATIENCE)
        assert run.returncode == 0, err.decode()

    def processes(self) -> list[psutil.Process]:
        """What is alive of all runs of this company."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def assert_nothing_left(self) -> None:
        """No process, no temporary file, no scratch folder."""
        wait_for(lambda: not self.processes(), "a process is left")
        assert_no_parts(self.tiny)
        assert not self.temporary.exists() or list(self.temporary.iterdir()) == []

    def change(self, amount: str) -> None:
        """Another amount in one row of one program."""
        file = self.tiny.tables / "invoices.csv"
        lines = file.read_text(encoding="utf-8").split("\n")
        cells = lines[2].split(",")
        cells[lines[0].split(",").index("total_amount")] = amount
        file.write_text("\n".join([*lines[:2], ",".join(cells), *lines[3:]]), encoding="utf-8")


def assert_no_parts(tiny: Tiny) -> None:
    """No temporary file in the outputs."""
    hidden = {path.name for path in tiny.outputs.rglob(".*")}
    assert hidden <= ALLOWED
    assert not list(tiny.outputs.rglob("*.part*"))


def drawn_anew(tiny: Tiny, number: int) -> Path:
    """A copy of the period with every report drawn again from what the record holds."""
    copy = tiny.folder / f"drawn {number}" / tiny.period.name
    shutil.copytree(tiny.period, copy)
    with open_record("sqlite:///close.db", tiny.period.parent) as record:
        heard = hear(record, tiny.period.name)
    for path, document in documents_of(copy):
        redraw_workpaper(path, document, said_of(document, heard.of(document["program"], document["ref"])))
    return copy


def carried_out(
    arguments: Sequence[str],
    *,
    kill_after: float | None = None,
    kill_at: int = 0,
    below: Path | None = None,
    environment: Mapping[str, str] | None = None,
    doing: Callable[[list[str]], None] | None = None,
) -> tuple[float, int]:
    """One command of ours, in a fork that has everything loaded, killed after some seconds or at its n-th write.

    Returns the seconds that it took, and how often it opened, renamed or removed a file below a folder. So the instants
    fall into what it does, not into the loading of Python, and every state that the disk can be in can be had.

    `doing` is something else with arguments than the command.
    """
    writes = _FORKS.Value("i", 0, lock=False)
    process = _FORKS.Process(
        target=_counted, args=[doing or _close, list(arguments), kill_at, str(below), writes, environment or {}]
    )
    began = time.monotonic()
    process.start()
    process.join(kill_after)
    unkilled = kill_after is None and not kill_at
    assert process.exitcode in ((0,) if unkilled else (None, 0, 2, -signal.SIGKILL)), arguments
    process.kill()
    process.join()
    return time.monotonic() - began, writes.value


def with_a_mortal_worker(
    arguments: Sequence[str],
    *,
    below: Path,
    counted: Path,
    environment: Mapping[str, str],
    at: int = 0,
    who: str = "run",
) -> int:
    """A run whose worker kills itself, the run or both at its n-th write; returns how many writes its workers came to."""
    counted.unlink(missing_ok=True)
    mortal = {"PYTHONPATH": str(MORTAL), BELOW: str(below), COUNTED: str(counted), AT: str(at), WHO: who}
    seconds, _ = carried_out(arguments, kill_after=PATIENCE if at else None, environment={**environment, **mortal})
    assert not at or seconds < PATIENCE, "the run hangs"
    return counted.stat().st_size


def _close(arguments: list[str]) -> None:
    from close_library import cli

    sys.argv = ["close", *arguments]
    cli.main()


def _counted(
    doing: Callable[[list[str]], None],
    arguments: list[str],
    kill_at: int,
    below: str,
    writes: Any,
    environment: Mapping[str, str],
) -> None:
    def count(event: str, details: tuple[Any, ...]) -> None:
        if is_write(event, details) and str(details[0]).startswith(below):
            writes.value += 1
            if writes.value == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    os.environ.update(environment)
    tempfile.tempdir = None
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - until the process is killed
    sys.addaudithook(count)
    doing(arguments)
