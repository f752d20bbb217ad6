"""What many tests share: the sample company and its close, a tiny company, and the command `close`."""

from __future__ import annotations

import os
import pickle
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from close_library import cli
from close_library.run.close import CloseResult, run_close
from close_library.run.planning.prepare import Request
from close_library.run.progress import Silent
from tests.ledgers import write_tables

if TYPE_CHECKING:
    from close_library.sample import Truth

settings.register_profile(
    "close",
    deadline=None,  # on a slow machine, and with other tests beside, a law holds all the same
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="LAW_EXAMPLES"
    not in os.environ,  # a change is judged by the same examples each time; LAW_EXAMPLES looks on
)
settings.load_profile("close")

PROJECT = Path(__file__).parents[1]
SITUATIONS = Path(__file__).parent / "notebooks"
"""Small notebooks, each named after what is wrong with it."""

TINY = """
    programs
    program_id  program_name
    atlas       Atlas
    borealis    Borealis

    invoices
    invoice_id  program_id  invoice_date  due_date    total_amount
    inv-1       atlas       2026-04-10    2026-05-10  100.00
    inv-2       borealis    2026-05-12    2026-06-11  250.00

    cash_receipts
    receipt_id  receipt_date  amount
    r-1         2026-05-20    100.00

    cash_applications
    application_id  receipt_id  invoice_id  application_date  amount
    a-1             r-1         inv-1       2026-05-20        100.00

    gl_entries
    document_number  program_id  effective_date  amount
    inv-1            atlas       2026-04-10      100.00
    inv-2            borealis    2026-05-12      250.00
    r-1              atlas       2026-05-20      -100.00

    account_balances
    account  period   opening_balance  closing_balance
    1200     2026-04  0.00             100.00
    1200     2026-05  100.00           250.00
"""

TINY_PARAMETERS = """\
company: tiny
name: Tiny, Inc.
functional_currency: USD
first_period: "2026-04"
sources:
  - {system: tables, path: ../tables}
accounts:
  accounts_receivable: ["1200"]
  revenue: ["4000"]
  cash: ["1000"]
"""


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Sample:
    """The sample company: its tables, its parameters, and what its generator knows."""

    tables: Path
    parameters: Path
    truth: Truth


@dataclass(frozen=True)
class Tiny:
    """A company of two programs and two invoices, in folders of its own."""

    folder: Path
    close: Callable[..., Said]

    @property
    def tables(self) -> Path:
        return self.folder / "tables"

    @property
    def parameters(self) -> Path:
        return self.folder / "parameters"

    @property
    def notebooks(self) -> Path:
        return self.folder / "notebooks"

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def period(self) -> Path:
        return self.outputs / "tiny" / "2026-05"

    def options(self, command: str) -> list[str]:
        """The options that let a command find this company."""
        outputs = ["--outputs", str(self.outputs)] if command not in ("check", "list") else []
        notebooks = ["--notebooks", str(self.notebooks)] if command != "history" else []
        return ["--parameters", str(self.parameters), *notebooks, *outputs]

    def say(self, command: str, *arguments: str) -> Said:
        """A command about this company."""
        return self.close(command, *arguments, *self.options(command))

    def add_situation(self, name: str, ref: str) -> None:
        """Drop one of the small notebooks into the company's notebooks, with a ref of its own."""
        text = (SITUATIONS / f"{name}.ipynb").read_text(encoding="utf-8")
        (self.notebooks / f"{ref}_{name}.ipynb").write_text(text.replace('"ref": "45"', f'"ref": "{ref}"'), "utf-8")


@pytest.fixture
def close(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command `close`: arguments in, exit code and texts out."""

    def say(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["close", *arguments])
        capsys.readouterr()
        code = _exit_code()
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return say


def _exit_code() -> int:
    """What the command ended with; its exception is let go, for it holds files that a failed command had open."""
    try:
        cli.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    pytest.fail("the command did not end with an exit code")


@pytest.fixture
def tiny(tmp_path: Path, close: Callable[..., Said]) -> Tiny:
    """The tiny company, with the notebook of the roll-forward."""
    company = Tiny(tmp_path, close)
    write_tables(company.tables, TINY)
    company.parameters.mkdir()
    (company.parameters / "company.yaml").write_text(TINY_PARAMETERS, encoding="utf-8")
    company.notebooks.mkdir()
    shutil.copy(PROJECT / "notebooks" / "30_receivables_roll_forward.ipynb", company.notebooks)
    return company


Once = Callable[[str, Callable[[Path], Any]], Any]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make something in a folder, once for all processes that run tests; the others get what came of it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def make(name: str, maker: Callable[[Path], Any]) -> Any:
        folder, kept = shared / name, shared / f"{name}.pickle"
        with FileLock(shared / f"{name}.lock"):
            if not kept.is_file():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                kept.write_bytes(pickle.dumps(maker(folder)))
            return pickle.loads(kept.read_bytes())

    return make


@pytest.fixture(scope="session")
def closed_once(once: Once) -> Path:
    """The tiny company with an invoice of borealis booked 45.00 too low, closed with workpapers 20 and 30."""
    folder: Path = once("closed_tiny", _close_tiny)
    return folder


def _close_tiny(folder: Path) -> Path:
    booked = "inv-2            borealis    2026-05-12      250.00"
    assert booked in TINY
    write_tables(folder / "tables", TINY.replace(booked, booked.replace("250.00", "205.00")))
    (folder / "parameters").mkdir()
    (folder / "parameters" / "company.yaml").write_text(TINY_PARAMETERS, encoding="utf-8")
    (folder / "notebooks").mkdir()
    for name in ("20_receivables_to_ledger", "30_receivables_roll_forward"):
        shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", folder / "notebooks")
    result = run_close(Request(folder / "parameters", folder / "outputs", folder / "notebooks"), Silent())
    assert not result.failed, result.error()
    return folder


@pytest.fixture
def closed_tiny(closed_once: Path, tmp_path: Path, close: Callable[..., Said]) -> Tiny:
    """That company in a folder of the test's own; nobody has said anything yet."""
    shutil.copytree(closed_once, tmp_path / "tiny")
    return Tiny(tmp_path / "tiny", close)


@pytest.fixture(scope="session")
def sample(once: Once) -> Sample:
    """The tables of the sample company, and the committed parameters pointing to them."""
    written: Sample = once("sample", _write_sample)
    return written


def _write_sample(folder: Path) -> Sample:
    from close_library.sample import write_sample

    truth = write_sample(folder / "tables", 1, Decimal(1))
    shutil.copytree(PROJECT / "parameters", folder / "parameters")
    company = folder / "parameters" / "company.yaml"
    text = company.read_text(encoding="utf-8")
    assert "../outputs/_sample/tables" in text, "the committed parameters point to the sample"
    company.write_text(text.replace("../outputs/_sample/tables", "../tables"), encoding="utf-8")
    return Sample(folder / "tables", folder / "parameters", truth)


@pytest.fixture(scope="session")
def closed(sample: Sample, once: Once) -> CloseResult:
    """A close of the sample company: the company and two of its programs, all workpapers."""

    def close_three(folder: Path) -> CloseResult:
        return run_close(
            Request(
                parameters=sample.parameters,
                outputs=folder,
                notebooks=PROJECT / "notebooks",
                programs=("_company", "atlas", "borealis"),
            ),
            Silent(),
        )

    result: CloseResult = once("closed", close_three)
    return result
