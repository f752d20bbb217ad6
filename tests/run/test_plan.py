"""What runs for whom, in which folder, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.errors import ParameterError
from close_library.period import Period
from close_library.run.planning.glance import Glance, choose_period
from close_library.run.planning.plan import Notebooks, Plan, choose, folder_of
from close_library.workpaper.notebook import Workpaper


def workpaper(ref: str, scope: str) -> Workpaper:
    return Workpaper(Path(f"{ref}_paper.ipynb"), ref, f"paper_{ref}", "Paper", scope, (), (), "", {})


NOTEBOOKS = Notebooks((workpaper("10", "company"), workpaper("20", "both"), workpaper("50", "program")), ())


def pairs(plan: Plan) -> list[str]:
    return [f"{program}/{each.ref}" for program, each in plan.pairs]


CHOICES = [
    ("everything", [], [], "_company/10 _company/20 atlas/20 atlas/50 borealis/20 borealis/50"),
    ("one program", ["borealis"], [], "borealis/20 borealis/50"),
    ("the company", ["_company"], [], "_company/10 _company/20"),
    ("a workpaper by ref", [], ["20"], "_company/20 atlas/20 borealis/20"),
    ("a workpaper by name", [], ["paper_50"], "atlas/50 borealis/50"),
    ("both narrowed", ["atlas", "_company"], ["20", "10"], "_company/10 _company/20 atlas/20"),
]


@pytest.mark.parametrize(
    ("programs", "refs", "expected"), [case[1:] for case in CHOICES], ids=[case[0] for case in CHOICES]
)
def test_workpapers_run_for_their_scope(programs: list[str], refs: list[str], expected: str) -> None:
    plan = choose(NOTEBOOKS, ["atlas", "borealis"], programs, refs)
    assert pairs(plan) == expected.split()
    assert plan.partial == bool(programs or refs)


def test_the_company_starts_first_because_it_takes_longest() -> None:
    tasks = choose(NOTEBOOKS, ["atlas"]).tasks(Path("outputs"), "2026-10", {}, 60)
    assert [task.label.split("_paper")[0] for task in tasks] == ["_company/10", "_company/20", "atlas/20", "atlas/50"]


FOLDERS = [
    ("atlas", "atlas"),
    ("IBM 391-é", "IBM 391-é"),
    ("_company", "_company"),
    ("books", "%62ooks"),
    ("index.json", "%69ndex.json"),
    ("../atlas", "%2E.%2Fatlas"),
    (".hidden", "%2Ehidden"),
    ("_all", "%5Fall"),
    ("a/b\\c\n", "a%2Fb%5Cc%0A"),
    ("50%", "50%25"),
]


@pytest.mark.parametrize(("program", "folder"), FOLDERS)
def test_a_program_gets_a_folder_that_can_not_lead_elsewhere(program: str, folder: str) -> None:
    assert folder_of(program) == folder


def month(text: str) -> Period | None:
    return Period.parse(text) if text else None


PERIODS = [
    # asked, latest in account_balances, latest in gl_entries, chosen or what the error says
    ("nothing: the latest balance", "", "2026-10", "2026-11", "2026-10"),
    ("nothing, without balances: the latest entry", "", "", "2026-11", "2026-11"),
    ("an earlier one", "2026-02", "2026-10", "2026-10", "2026-02"),
    ("the first", "2026-01", "2026-10", "", "2026-01"),
    ("one that only the ledger has", "2026-11", "2026-10", "2026-11", "2026-11"),
    ("one before the first", "2025-12", "2026-10", "", "from 2026-01 (first_period) to 2026-10"),
    ("one after all data", "2026-11", "2026-10", "2026-10", "from 2026-01 (first_period) to 2026-10"),
    ("nothing, and no ledger", "", "", "", "neither account_balances nor gl_entries"),
    ("any, without a ledger", "2026-04", "", "", "2026-04"),
    ("nothing, with data before the first", "", "2025-10", "", "mend first_period"),
]


@pytest.mark.parametrize(
    ("asked", "balance", "entry", "expected"), [case[1:] for case in PERIODS], ids=[case[0] for case in PERIODS]
)
def test_the_period_is_as_asked_or_the_latest_of_the_books(asked: str, balance: str, entry: str, expected: str) -> None:
    seen = Glance({}, month(balance), month(entry))
    if len(expected) == 7:
        assert str(choose_period(month(asked), Period.parse("2026-01"), seen)) == expected
    else:
        with pytest.raises(ParameterError) as caught:
            choose_period(month(asked), Period.parse("2026-01"), seen)
        assert expected in str(caught.value)
