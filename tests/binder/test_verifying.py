"""What keeps this machine from performing a binder again is no difference of the binder."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import duckdb
import pytest

from close_library.binder import verifying
from close_library.errors import ReportError
from close_library.run.files.disk import cannot_write
from close_library.run.progress import Silent
from tests.binder.test_checking import write_binder


def full(*_: Any) -> None:
    try:
        raise OSError(errno.ENOSPC, "No space left on device", "/tmp/close-verify-x/books")
    except OSError as error:
        raise cannot_write(Path("/tmp/close-verify-x"), "no space left on device") from error


def test_a_full_disk_is_a_message_not_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "reperform", full)
    verified = verifying.verify_binder(write_binder(tmp_path / "a.binder.zip"), Silent())
    assert verified.verdict.differences == []
    assert verified.verdict.performed == []
    assert "no space left" in str(verified.refusal)


def test_no_temporary_folder_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.TemporaryDirectory", none)
    verified = verifying.verify_binder(write_binder(tmp_path / "a.binder.zip"), Silent())
    assert isinstance(verified.refusal, ReportError)
    assert "TMPDIR" in str(verified.refusal)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("tables"),
        TypeError("None"),
        RecursionError(),
        ReportError("gone", []),
        OSError("Couldn't deserialize thrift"),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        duckdb.BinderException("no such column"),
    ],
)
def test_what_a_binder_of_no_close_breaks_is_a_difference(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(verifying, "reperform", broken)
    verified = verifying.verify_binder(write_binder(tmp_path / "a.binder.zip"), Silent())
    assert len(verified.verdict.differences) == 1
    assert verified.refusal is None
