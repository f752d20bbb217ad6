"""The longest first: by how long each took, by how long its kind took, and the unknown before all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from close_library.run.freshness.durations import longest_first, remember
from close_library.run.planning.task import Outcome, Task


def task(label: str) -> Task:
    program, stem = label.split("/")
    return Task(Path("x.ipynb"), Path(program), program, "2026-05", stem)


def outcome(label: str, seconds: float, kernel: str = "forked") -> Outcome:
    return Outcome(task(label), "agreed", seconds, kernel=kernel)


def test_by_the_last_duration_else_by_the_kind_and_the_unknown_first(tmp_path: Path) -> None:
    took = {"atlas/20_x": 1.0, "atlas/50_y": 4.0, "borealis/50_y": 2.0, "_company/20_x": 9.0}
    remember([outcome(label, seconds) for label, seconds in took.items()], tmp_path)
    remember([outcome("atlas/20_x", 5.0), outcome("borealis/50_y", 99.0, kernel="")], tmp_path)
    tasks = [task(label) for label in (*took, "cygnus/50_y", "cygnus/99_new")]
    random.Random(1).shuffle(tasks)
    expected = ["cygnus/99_new", "_company/20_x", "atlas/20_x", "atlas/50_y", "cygnus/50_y", "borealis/50_y"]
    assert [each.label for each in longest_first(tasks, tmp_path)] == expected


def test_nothing_known_keeps_the_order_of_the_plan_with_the_company_first(tmp_path: Path) -> None:
    tasks = [task("atlas/20_x"), task("_company/10_z"), task("atlas/10_z")]
    assert [each.label for each in longest_first(tasks, tmp_path)] == ["_company/10_z", "atlas/20_x", "atlas/10_z"]


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"atlas/20_x": "long"}', '{"atlas/20_x": null}'])
def test_a_damaged_memory_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    (tmp_path / "durations.json").write_text(damage)
    assert longest_first([task("atlas/20_x")], tmp_path) == [task("atlas/20_x")]
