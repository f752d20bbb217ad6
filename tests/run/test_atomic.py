"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from close_library.errors import ReportError
from close_library.run.files import atomic
from close_library.run.files.atomic import json_bytes, part_of, remove_parts, sweep, whole, write_json, write_whole
from close_library.run.files.disk import writing_to


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_finished_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["index.html"]


def test_an_interrupted_write_leaves_the_old_file_and_no_piece(tmp_path: Path) -> None:
    path = tmp_path / "index.html"
    write_whole(path, b"old")
    with pytest.raises(KeyboardInterrupt), whole(path) as part:
        part.write_bytes(b"ha")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["index.html"]


def test_a_full_disk_leaves_the_old_file_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index.json"
    write_json(path, {"period": "2026-09"})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(ReportError) as caught, writing_to(tmp_path):
        write_json(path, {"period": "2026-10"})
    assert "no space left on device" in str(caught.value)
    assert "free some space" in str(caught.value)
    assert path.read_bytes() == json_bytes({"period": "2026-09"})
    assert names(tmp_path) == ["index.json"]


def test_a_bug_is_not_taken_for_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ours"), writing_to(tmp_path):
        raise ValueError("ours")


def test_json_keeps_the_order_of_keys_and_the_letters_of_names() -> None:
    assert json_bytes({"b": "Ærø", "a": 1}) == '{\n  "b": "Ærø",\n  "a": 1\n}\n'.encode()


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("20_x.ipynb", "20_x.rows.parquet", ".gitignore"):
        (tmp_path / name).touch()
        part_of(tmp_path / name).touch()
    remove_parts(tmp_path)
    assert names(tmp_path) == [".gitignore", "20_x.ipynb", "20_x.rows.parquet"]


def test_what_several_periods_share_is_only_swept_when_its_process_is_dead(tmp_path: Path) -> None:
    """Another period may be closed at the same time, and write the same file under a name of its own."""
    company = tmp_path / "tiny"
    period, stamps, binders = company / "2026-05", company / ".run", company / "binders"
    for folder in (period / "atlas", stamps / "2026-05" / "atlas", binders):
        folder.mkdir(parents=True)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with whole(stamps / "glance.json") as ours:
        ours.touch()
        left = ours.with_name(ours.name.replace(f"-{os.getpid()}-", f"-{dead.pid}-"))
        assert left != ours
        gone = [
            left,
            part_of(period / "atlas" / "20_x.html"),
            part_of(stamps / "2026-05" / "atlas" / "20_x.json"),
            part_of(stamps / "2026-05.holder.json", "-7-other"),
            part_of(binders / "tiny_2026-05.binder.zip"),
        ]
        kept = [ours, part_of(binders / "tiny_2026-04.binder.zip"), part_of(stamps / "durations.json", "-7-00000000")]
        for path in (*gone, *kept):
            path.touch()
        sweep(period)
        assert [path.exists() for path in gone] == [False] * len(gone)
        assert [path.exists() for path in kept] == [True] * len(kept)
        os.utime(kept[2], (0, 0))
        sweep(period)
        assert not kept[2].exists(), "nobody has touched it for a day"
