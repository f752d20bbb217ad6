"""A company with a hundred thousand, a million and ten million deliveries: sealed, priced, traced and reconciled in four GiB.

Every stage is a process of its own, as in a run, whose largest resident memory the system says: it must be less than four
GiB, of which the engine gets what a run gives it on such a machine. The alternative is one query by hand over the same Parquet
files in the same run and with the same memory, which must find the same cents; where it takes seconds, rounds of the two are
interleaved and the middle one counts. CLOSE_BENCH_ROWS says other sizes, separated by commas (`CLOSE_BENCH_ROWS=100000000`
needs 40 GB of disk and half an hour), CLOSE_BENCH_FOLDER where the companies are kept from run to run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.benchmarks.rows_stage import MACHINE

SIZES = [int(size) for size in os.environ.get("CLOSE_BENCH_ROWS", "100000,1000000,10000000").split(",")]
BY_HAND = "by_hand"
MADE_FIRST = ("seal", "schedules")
WORKPAPERS = ("20:_company", "22:_company", "23:_company", "50:p0", "60:p0")
PRICED_TRACED_RECONCILED = ("schedules", *WORKPAPERS)
BESIDES = ("10:_company", "51:p0", "71:p0")
"""Other workpapers that look at every delivery: what they ask is not what the query by hand answers."""

PROGRAM = "p0"
SAID = {
    BY_HAND: "the query by hand",
    "seal": "read and seal",
    "schedules": "price (schedules)",
    "20:_company": "20, the company",
    "22:_company": "22, the company",
    "23:_company": "23, the company",
    "50:p0": "50, one program of eight",
    "60:p0": "60, one program of eight",
    "10:_company": "10, the company",
    "51:p0": "51, one program of eight",
    "71:p0": "71, one program of eight",
}


@dataclass(frozen=True)
class Stage:
    """What a stage found and took: seconds of the wall and of the processors, the largest resident memory in bytes."""

    found: Any
    seconds: float
    processor: float
    peak: int


Stages = dict[str, Stage]


def run_stage(folder: Path, name: str) -> Stage:
    """Run a stage in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.rows_stage", str(folder), name]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: {done.stderr[-2000:]}"
    return Stage(**json.loads(done.stdout))


def round_of(folder: Path) -> Stages:
    """Every stage once, the query by hand first; what an earlier round made is made again."""
    for made in ("books/manifest.json", "books/schedules/schedules.json"):
        (folder / made).unlink(missing_ok=True)
    return {name: run_stage(folder, name) for name in (BY_HAND, *MADE_FIRST, *WORKPAPERS, *BESIDES)}


def middle(rounds: Iterable[Stages]) -> Stages:
    """Of each stage the middle of its rounds, and the largest memory."""
    of_stage = defaultdict(list)
    for each in rounds:
        for name, stage in each.items():
            of_stage[name].append(stage)
    return {
        name: Stage(
            stages[0].found,
            median(stage.seconds for stage in stages),
            median(stage.processor for stage in stages),
            max(stage.peak for stage in stages),
        )
        for name, stages in of_stage.items()
    }


def together(stages: Stages, names: Iterable[str]) -> Stage:
    """Stages one after the other."""
    some = [stages[name] for name in names]
    return Stage(None, sum(s.seconds for s in some), sum(s.processor for s in some), max(s.peak for s in some))


def compare(found: Mapping[str, Mapping[str, str]], by_hand: list[list[str]]) -> None:
    """Every figure that both have is the same amount, exactly."""
    to_date: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    of_period: defaultdict[str, Decimal] = defaultdict(Decimal)
    for figure, program, order, both, period in by_hand:
        to_date[figure, program] += Decimal(both)
        to_date[figure, program, order] += Decimal(both)
        of_period[figure] += Decimal(period)
    company, trace, recognition = (
        {id: Decimal(amount) for id, amount in found[name].items() if amount} for name in ("23", "50", "60")
    )
    for figure in ("delivered_value", "accepted_value", "billed", "revenue"):
        assert company[figure] == of_period[figure] != 0, f"23 {figure}"
    assert recognition["revenue_to_date"] == to_date["revenue", PROGRAM] != 0
    names = {
        "delivered_value": "delivered_value",
        "accepted_value": "accepted_value",
        "recognised": "revenue",
        "invoiced": "billed",
    }
    for ours, theirs in names.items():
        assert trace[ours] == to_date[theirs, PROGRAM], f"50 {ours}"
        for order in (f"PO-0-{number}" for number in range(5)):
            assert trace[f"{ours}:{order}"] == to_date[theirs, PROGRAM, order], f"50 {ours}:{order}"


def said_of(rows: int, stages: Stages, smaller: tuple[int, Stages] | None) -> str:
    """The table of one size: seconds, rows a second, memory, against the query by hand, and growth from the smaller size."""
    hand = stages[BY_HAND]
    lines = {SAID[name]: (stage, (name,)) for name, stage in stages.items()}
    for label, names in (
        ("priced, traced, reconciled", PRICED_TRACED_RECONCILED),
        ("the same, read and sealed", ("seal", *PRICED_TRACED_RECONCILED)),
    ):
        lines[label] = together(stages, names), names
    text = [
        f"\n{rows:,} deliveries",
        f"  {'stage':27} {'seconds':>8} {'processor':>9} {'rows/s':>11} {'peak MiB':>8} {'× hand':>7}"
        + (f" {'growth':>7} (rows × {rows / smaller[0]:.0f})" if smaller else ""),
    ]
    for label, (stage, names) in lines.items():
        grown = f" {stage.seconds / together(smaller[1], names).seconds:6.1f}×" if smaller else ""
        text.append(
            f"  {label:27} {stage.seconds:8.1f} {stage.processor:9.1f} {rows / stage.seconds:11,.0f} "
            f"{stage.peak / 2**20:8,.0f} {stage.seconds / hand.seconds:6.1f}×{grown}"
        )
    return "\n".join(text)


@pytest.mark.benchmark
def test_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Time against the query by hand, largest memory of each stage; figures compared to the cent."""
    kept = Path(os.environ.get("CLOSE_BENCH_FOLDER", tmp_path))
    smaller = None
    for rows in sorted(SIZES):
        folder = kept / str(rows)
        run_stage(folder, f"write:{rows}")
        stages = middle(round_of(folder) for _ in range(3 if rows < 1_000_000 else 1))
        with capsys.disabled():
            print(said_of(rows, stages, smaller), flush=True)
        compare({name.split(":")[0]: stages[name].found["figures"] for name in WORKPAPERS}, stages[BY_HAND].found)
        assert max(stage.peak for stage in stages.values()) < MACHINE
        smaller = rows, stages
