"""Same seed, same bytes; another seed, another company; the scale multiplies; a bad call is refused."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from close_library.errors import ParameterError
from close_library.sample import write_sample
from tests.sample.conftest import Sample

ROOT = Path(__file__).parents[2]


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("hash_seed, zone", [("1", "UTC"), ("4711", "Asia/Kolkata")])
def test_same_bytes_under_another_hash_seed_and_time_zone(
    sample: Sample, tmp_path: Path, hash_seed: str, zone: str
) -> None:
    code = f"import pathlib, close_library.sample as s; s.write_sample(pathlib.Path({str(tmp_path)!r}))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=environment)
    assert _digests(tmp_path) == _digests(sample.folder)


def test_writing_over_an_earlier_sample_leaves_only_the_new_one(sample: Sample, tmp_path: Path) -> None:
    write_sample(tmp_path, seed=5)
    write_sample(tmp_path)
    assert _digests(tmp_path) == _digests(sample.folder)


def test_another_seed_is_another_company_with_the_same_plants(sample: Sample, tmp_path: Path) -> None:
    other = write_sample(tmp_path, seed=2)
    assert _digests(tmp_path)["invoices.csv"] != _digests(sample.folder)["invoices.csv"]
    assert [(one["name"], one["periods"]) for one in other.planted] == [
        (one["name"], one["periods"]) for one in sample.truth.planted
    ]
    assert other.figures["2026-10"]["_company"]["20"]["unexplained"] == 0


@pytest.mark.parametrize(
    "scale, table, about",
    [
        (Decimal(2), "deliveries", Decimal(2)),
        (Decimal(2), "vendor_work", Decimal(2)),
        (Decimal("0.5"), "vendor_work", Decimal("0.5")),
    ],
)
def test_the_scale_multiplies_deliveries_and_work(
    sample: Sample, tmp_path: Path, scale: Decimal, table: str, about: Decimal
) -> None:
    scaled = write_sample(tmp_path, scale=scale)
    factor = Decimal(scaled.rows[table]) / sample.truth.rows[table]
    assert abs(factor - about) < Decimal("0.1")
    assert len(scaled.planted) == len(sample.truth.planted)


def test_the_smallest_company_still_has_every_plant(sample: Sample, tmp_path: Path) -> None:
    tiny = write_sample(tmp_path, scale=Decimal("0.01"))
    assert [one["name"] for one in tiny.planted] == [one["name"] for one in sample.truth.planted]


@pytest.mark.parametrize("scale", ["0", "-1", "NaN", "Infinity"])
def test_a_scale_that_is_not_positive_is_refused_before_anything_is_written(tmp_path: Path, scale: str) -> None:
    with pytest.raises(ParameterError, match="scale"):
        write_sample(tmp_path / "company", scale=Decimal(scale))
    assert not (tmp_path / "company").exists()


def test_a_folder_that_is_a_file_is_refused_with_its_name(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("here", encoding="utf-8")
    with pytest.raises(ParameterError, match="taken"):
        write_sample(place)
    assert place.read_text(encoding="utf-8") == "here"


def test_a_write_that_fails_midway_leaves_no_file(tmp_path: Path) -> None:
    def full(words: str, done: int, of: int) -> None:
        if done == 5:
            raise OSError(28, "No space left on device")

    with pytest.raises(ParameterError, match="No space left"):
        write_sample(tmp_path, progress=full)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_sample(tmp_path, scale=Decimal("0.01"), progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(told[-1][2] + 1))
    assert told[0][0] == "month 2026-01" and told[-1][0] == "done"
