"""Two people at two machines, one record on PostgreSQL: each has outputs of their own, both see what was said."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PROJECT, Said, Tiny
from tests.record.postgres import postgres_server, postgres_url
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

__all__ = ["postgres_server", "postgres_url"]

BOREALIS_20 = ("-p", "borealis", "-w", "20")
SUBJECTS = ("amount_differs:inv-2", "tie_out:20.2")


@pytest.fixture
def machines(closed_once: Path, tmp_path: Path, close: Callable[..., Said], postgres_url: str) -> tuple[Tiny, Tiny]:
    """The same company, closed on two machines, with one record."""
    for name in ("ana", "ben"):
        folder = tmp_path / name
        shutil.copytree(closed_once, folder)
        company = folder / "parameters" / "company.yaml"
        company.write_text(f"{company.read_text(encoding='utf-8')}record: {postgres_url}\n", encoding="utf-8")
    return Tiny(tmp_path / "ana", close), Tiny(tmp_path / "ben", close)


def test_one_prepares_and_the_other_reviews_on_another_machine(machines: tuple[Tiny, Tiny]) -> None:
    ana, ben = machines
    for subject in SUBJECTS:
        assert ana.say("explain", subject, "Typed wrong", "-p", "borealis", "--by", "Ana").code == 0
    assert ana.say("sign", *BOREALIS_20, "--as", "preparer", "--by", "Ana").code == 0
    said = ben.say("sign", *BOREALIS_20, "--as", "reviewer", "--by", "Ben")
    assert said.code == 0, said.err
    page = (ben.period / "borealis" / "20_receivables_to_ledger.html").read_text(encoding="utf-8")
    assert "Typed wrong" in page and "Ana" in page, "the report on Ben's machine shows what Ana said on hers"
    assert not list(ana.outputs.rglob("close.db*"))


def test_both_review_at_once(machines: tuple[Tiny, Tiny]) -> None:
    """No lock of files stands between two machines: the record itself lets only one of them review."""
    for subject in SUBJECTS:
        machines[0].say("explain", subject, "Typed wrong", "-p", "borealis", "--by", "Ana")
    machines[0].say("sign", *BOREALIS_20, "--as", "preparer", "--by", "Ana")
    command = [sys.executable, "-m", "close_library", "sign", *BOREALIS_20, "--as", "reviewer", "--json"]
    both = [
        subprocess.Popen(
            [*command, *machine.options("sign"), "--by", by], cwd=PROJECT, stdout=subprocess.PIPE, text=True
        )
        for machine, by in zip(machines, ("Ben", "Cleo"), strict=True)
    ]
    results = [json.loads(each.communicate(timeout=PATIENCE)[0])["workpapers"][0]["result"] for each in both]
    assert "signed" in results
    assert set(results) <= {"signed", "already", "refused"}
    events = json.loads(machines[0].say("history", "--json").out)["events"]
    assert [each["kind"] for each in events].count("reviewed") == 1
    for machine in machines:
        assert machine.say("history", "--verify").code == 0
