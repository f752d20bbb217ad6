"""What runs again and what does not: nothing twice, and everything that anything changed for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from close_library.run.freshness.fresh import decide
from close_library.run.freshness.stamps import read_stamp, stamp_file
from close_library.workpaper import inputs
from close_library.workpaper.inputs import SealedBooks
from tests.conftest import Said, Tiny
from tests.run.test_close import files_of
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

pytestmark = pytest.mark.slow

NOTEBOOK = "30_receivables_roll_forward"
ALL = {"_company", "atlas", "borealis"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny company that was closed once."""
    return tmp_path_factory.mktemp("finished") / "tiny"


@pytest.fixture
def tiny(finished: Path, tiny: Tiny, close: Callable[..., Said]) -> Tiny:
    """A tiny company that was closed, in a folder of its own."""
    if not finished.exists():
        assert tiny.say("run").code == 0
        shutil.copytree(tiny.folder, finished, symlinks=True)
        return tiny
    shutil.rmtree(tiny.folder)
    shutil.copytree(finished, tiny.folder, symlinks=True)
    return tiny


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def run(tiny: Tiny, *options: str) -> dict[str, Any]:
    """A run, and what it says of itself: which programs were executed, which drawn again."""
    said = tiny.say("run", "--json", *options)
    assert said.code == 0, said
    diary = json.loads((tiny.period / "run.json").read_text(encoding="utf-8"))["workpapers"]
    result: dict[str, Any] = json.loads(said.out)
    done = {work: {each["program"] for each in diary if each["work"] == work} for work in ("execute", "draw")}
    assert len(done["execute"]) == result["executed"]
    assert len(ALL) == result["executed"] + result["drawn_again"] + result["unchanged"]
    return done


def reasons(tiny: Tiny) -> dict[str, str]:
    """Program → why a run would do something, as `close status` says it."""
    said = json.loads(tiny.say("status", "--json").out)
    return {each["program"]: each["why"] for each in said["workpapers"] if each["why"]}


def test_an_unchanged_close_does_nothing(tiny: Tiny) -> None:
    before = files_of(tiny.period)
    assert reasons(tiny) == {}
    assert run(tiny) == {"execute": set(), "draw": set()}
    assert files_of(tiny.period) == before
    assert "3 workpapers, 3 unchanged, 0 executed" in tiny.say("run").out
    assert "nothing to do" in tiny.say("status").out


def test_a_changed_row_runs_its_program_and_the_company(tiny: Tiny) -> None:
    """The other program's documents name the new file, and no more than that changes in them."""
    atlas = json.loads((tiny.period / "atlas" / f"{NOTEBOOK}.json").read_text())
    before = files_of(tiny.period)
    replace(tiny.tables / "invoices.csv", "250.00", "260.00")
    assert set(reasons(tiny).values()) == {"invoices.csv was edited since"}
    assert run(tiny) == {"execute": {"_company", "borealis"}, "draw": {"atlas"}}
    after = files_of(tiny.period)
    kept = [f"atlas/{NOTEBOOK}.{ending}" for ending in ("ipynb", "rows.parquet")]
    assert [after[name] for name in kept] == [before[name] for name in kept]
    now = json.loads((tiny.period / "atlas" / f"{NOTEBOOK}.json").read_text())
    assert {key for key in now if now[key] != atlas[key]} == {"sources"}
    (tiny.outputs).rename(tiny.folder / "in steps")
    assert run(tiny) == {"execute": ALL, "draw": set()}
    assert files_of(tiny.period) == files_of(tiny.folder / "in steps" / "tiny" / "2026-05")


def test_a_line_in_the_middle_moves_the_addresses_of_the_rows_below(tiny: Tiny) -> None:
    """An address is evidence: a row that stands elsewhere now is another row."""
    lines = (tiny.tables / "invoices.csv").read_text().split("\n")
    assert ("atlas" in lines[1], "borealis" in lines[2]) == (True, True)
    lines.insert(2, lines[1].replace("inv-1", "inv-0"))
    (tiny.tables / "invoices.csv").write_text("\n".join(lines))
    tiny.say("run", "--program", "borealis")
    stamp = read_stamp(tiny.period / "borealis" / f"{NOTEBOOK}.json")
    assert stamp
    assert reasons(tiny)["atlas"] == "invoices of atlas changed"


NOTEBOOK_FILE, COMPANY_FILE = f"notebooks/{NOTEBOOK}.ipynb", "parameters/company.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        (NOTEBOOK_FILE, "## Purpose", "## Purpose\\n\\nMore.", dict.fromkeys(ALL, "notebook changed")),
        (COMPANY_FILE, "name: Tiny, Inc.", "name: Small, Inc.", dict.fromkeys(ALL, "parameter name changed")),
        (COMPANY_FILE, "name: Tiny, Inc.", "name: Tiny, Inc.\nflux: {amount: '5.00'}",
         dict.fromkeys(ALL, "its source files or parameter files changed, not what it reads of them")),
        (COMPANY_FILE, '  cash: ["1000"]\n', '  cash: ["1000"]\nflux: {amount: "5.00"}\n', {}),
        ("parameters/programs/atlas.yaml", "", 'tolerances: {tie_out: "1.00"}\n',
         {"atlas": "parameter tolerances.tie_out changed"}),
        ("parameters/programs/atlas.yaml", "", 'flux: {amount: "1.00"}\n', {}),
    ],
    ids=["notebook", "parameter that it reads", "line of a parameter", "parameter that it does not read",
         "parameter of a program", "unread parameter of a program"],
)  # fmt: skip
def test_status_says_why_something_would_run(file: str, old: str, new: str, why: dict[str, str], tiny: Tiny) -> None:
    path = tiny.folder / file
    if old:
        replace(path, old, new)
    else:
        path.parent.mkdir()
        path.write_text(new, encoding="utf-8")
    assert reasons(tiny) == why


@pytest.mark.parametrize(
    ("ending", "work"),
    [("json", "execute"), ("ipynb", "execute"), ("rows.parquet", "execute"), ("html", "draw"), ("xlsx", "draw")],
)
@pytest.mark.parametrize("harm", ["damaged", "gone"])
def test_a_file_that_is_not_as_it_was_written(ending: str, work: str, harm: str, tiny: Tiny) -> None:
    """It is made again, from the notebook or only from its document."""
    file = tiny.period / "atlas" / f"{NOTEBOOK}.{ending}"
    file.unlink() if harm == "gone" else file.write_bytes(file.read_bytes()[:-1])
    assert decided(tiny, "atlas") == (work, f"{NOTEBOOK}.{ending} is not as it was written")


def decided(tiny: Tiny, program: str) -> tuple[str, str]:
    books = SealedBooks.read(tiny.period / "books")
    [declared] = json.loads((tiny.period / "books" / "workpapers.json").read_text())
    decision = decide(tiny.period / program / f"{NOTEBOOK}.json", declared, books, program, "2026-05")
    return decision.work, decision.why


def test_what_was_damaged_is_mended(tiny: Tiny) -> None:
    before = files_of(tiny.period)
    for name in ("atlas/30_receivables_roll_forward.html", "borealis/30_receivables_roll_forward.json", "index.json"):
        (tiny.period / name).write_bytes(b"{}")
    (tiny.period / "manifest.json").unlink()
    (tiny.period / "_company" / f".{NOTEBOOK}.part.html").touch()
    stamp_file(tiny.period / "_company" / f"{NOTEBOOK}.json").unlink()
    assert run(tiny) == {"execute": {"borealis", "_company"}, "draw": {"atlas"}}
    assert files_of(tiny.period) == before
    (tiny.period / "index.html").unlink()
    assert run(tiny) == {"execute": set(), "draw": set()}
    assert files_of(tiny.period) == before


def test_a_changed_package_runs_everything(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = inputs.packages(inputs.COMPUTING_PACKAGES)
    monkeypatch.setattr(inputs, "packages", lambda names: {**versions, "duckdb": "99"})
    assert decided(tiny, "atlas") == ("execute", "package duckdb changed")
    monkeypatch.setattr(inputs, "library_digest", lambda: "another")
    assert decided(tiny, "atlas") == ("execute", "library changed, package duckdb changed")


def test_force_runs_everything_to_the_same_bytes(tiny: Tiny) -> None:
    before = files_of(tiny.period)
    assert run(tiny, "--force")["execute"] == ALL
    assert files_of(tiny.period) == before


def test_a_failed_workpaper_always_runs_again(tiny: Tiny) -> None:
    tiny.add_situation("no_conclusion", "45")
    assert tiny.say("run").code == 2
    assert set(reasons(tiny).values()) == {"failed, or not finished"}
    assert tiny.say("run").code == 2
    diary = json.loads((tiny.period / "run.json").read_text(encoding="utf-8"))["workpapers"]
    assert {each["workpaper"] for each in diary} == {"45_no_conclusion"}
