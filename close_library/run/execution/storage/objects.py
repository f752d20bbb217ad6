"""A storage as a place of whole files below one address. The only module that knows fsspec.

A file appears there whole or not at all. Object stores promise it; where there are folders (`file://`, `sftp://`), it is
sent under a temporary name and renamed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from filelock import FileLock

from close_library.errors import CloseError, Fault, ParameterError, ReportError
from close_library.run.files.atomic import file_digest, part_of, whole
from close_library.run.freshness.stamps import stamp_file
from close_library.run.planning.task import ENDINGS, Task

_DAY = 86_400.0


@dataclass(frozen=True)
class Storage:
    """The files of a company in a storage; `url` is the company's folder there."""

    url: str

    def versions(self, below: str = "") -> dict[str, str]:
        """Path → a text that changes with the file's content, of all files below a path."""
        with self._telling():
            self._files.invalidate_cache()
            root = f"{self._root}/{below}".rstrip("/")
            found: dict[str, dict[str, Any]] = self._files.find(root, detail=True)
            return {
                path.removeprefix(f"{self._root}/"): _version(info)
                for path, info in found.items()
                if info.get("type") != "directory" and path.startswith(f"{self._root}/")
            }

    def get(self, path: str, target: Path) -> None:
        """Fetch a file; it appears whole."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as part, self._telling():
            self._files.get_file(f"{self._root}/{path}", str(part))

    def put(self, source: Path, path: str) -> None:
        """Send a file; it appears whole."""
        with self._telling():
            if not self._has_folders:
                self._files.put_file(str(source), f"{self._root}/{path}")
                return
            part = part_of(Path(path), f"-{uuid4().hex}").as_posix()
            self._make_folder_of(path)
            self._files.put_file(str(source), f"{self._root}/{part}")
            self._files.mv(f"{self._root}/{part}", f"{self._root}/{path}")

    def write(self, path: str, content: bytes, *, only_if_absent: bool = False) -> bool:
        """Write a small file; with `only_if_absent` False comes back when there is one already."""
        try:
            with self._telling(FileExistsError):
                mode = {"mode": "create"} if only_if_absent else {}
                if self._has_folders:
                    self._make_folder_of(path)
                self._files.pipe_file(f"{self._root}/{path}", content, **mode)
        except FileExistsError:
            return False
        return True

    def read(self, path: str) -> bytes | None:
        """A small file; None where there is none."""
        try:
            with self._telling(FileNotFoundError):
                self._files.invalidate_cache()
                content: bytes = self._files.cat_file(f"{self._root}/{path}")
                return content
        except FileNotFoundError:
            return None

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files, those that are there."""
        for path in paths:
            with suppress(FileNotFoundError), self._telling(FileNotFoundError):
                self._files.rm_file(f"{self._root}/{path}")

    def remove_parts(self) -> None:
        """Remove what a killed run left behind under temporary names."""
        if self._has_folders:
            self.remove([path for path in self.versions() if is_part(path)])

    @property
    def _has_folders(self) -> bool:
        """Whether paths begin at a root, so that folders must be made; a bucket has only names."""
        return bool(self._files.root_marker == "/")

    def _make_folder_of(self, path: str) -> None:
        self._files.makedirs(f"{self._root}/{path}".rpartition("/")[0], exist_ok=True)

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs  # type: ignore[import-untyped]
        except ImportError:
            raise _not_installed(self.url, "no package fsspec") from None
        try:
            options = {"skip_instance_cache": True, "use_listings_cache": False}
            files, root = url_to_fs(self.url, **options)
        except ImportError as error:
            raise _not_installed(self.url, str(error)) from None
        except ValueError as error:
            raise ParameterError(
                "this kind of storage is not known.",
                [Fault(f"--outputs {self.url}", str(error), "a folder, or an address such as s3://bucket/prefix")],
            ) from None
        return files, root.rstrip("/")

    @property
    def _files(self) -> Any:
        return self._opened[0]

    @property
    def _root(self) -> str:
        return self._opened[1]

    @contextmanager
    def _telling(self, *expected: type[Exception]) -> Iterator[None]:
        """What a storage refuses, in whatever words its package has, as an error that the user can mend."""
        try:
            yield
        except Exception as error:
            if isinstance(error, (CloseError, *expected)):
                raise
            if _is(error, FileExistsError, 412) and FileExistsError in expected:
                raise FileExistsError(self.url) from error
            raise ReportError(
                "the storage of the outputs can't be read or written.",
                [
                    Fault(
                        self.url,
                        " ".join(str(error).split())[:300] or type(error).__name__,
                        "a storage that can be reached, read and written",
                        "look at the address and at the credentials, which its package takes from where it always does "
                        "(for s3:// those of the AWS command line); then run again, the last good state is there",
                    )
                ],
            ) from error


def _is(error: Exception, kind: type[Exception], status: int) -> bool:
    """Whether a storage refused with a status, which packages spell in different ways."""
    said = getattr(error, "response", None) or getattr(error.__cause__, "response", None) or {}
    return isinstance(error, kind) or said.get("ResponseMetadata", {}).get("HTTPStatusCode") == status


def _version(info: dict[str, Any]) -> str:
    for key in ("ETag", "etag", "md5Hash", "content_md5"):
        if info.get(key):
            return str(info[key])
    changed = info.get("mtime") or info.get("LastModified") or info.get("last_modified") or info.get("created")
    return f"{info.get('size')} {changed}"


def _not_installed(url: str, found: str) -> ParameterError:
    return ParameterError(
        "a package is missing that this storage needs.",
        [Fault(f"--outputs {url}", found, "the storage's package for fsspec", "install it with pip, on workers too")],
    )


@dataclass(frozen=True)
class Remote:
    """What a worker without the run's folder needs: where the files are, and which of them, by their digests."""

    storage: Storage
    files: tuple[tuple[str, str], ...]

    @property
    def folder(self) -> Path:
        """Where this machine keeps what its workers fetched; another state of the books is another folder."""
        key = hashlib.sha256(repr((self.storage.url, self.files)).encode()).hexdigest()[:24]
        return _fetched() / key

    def fetch(self) -> Path:
        """Have the files here, each fetched once for all workers of this machine; returns the folder."""
        _fetched().mkdir(mode=0o700, parents=True, exist_ok=True)
        complete = self.folder / ".complete"
        with FileLock(f"{self.folder}.lock"):
            if not complete.exists():
                _forget_old()
                for path, digest in self.files:
                    here = self.folder / path
                    if not here.is_file() or file_digest(here) != digest:
                        self.storage.get(path, here)
                complete.touch()
        return self.folder

    def send(self, task: Task, company_folder: Path) -> None:
        """Send the files of a workpaper: its old stamp goes first, its document comes last but for the new stamp."""
        stamp = stamp_file(task.file("json"))
        self.storage.remove([stamp.relative_to(company_folder).as_posix()])
        for file in (*(task.file(ending) for ending in ENDINGS), stamp):
            path = file.relative_to(company_folder).as_posix()
            if file.exists():
                self.storage.put(file, path)
            else:
                self.storage.remove([path])


def is_part(path: str) -> bool:
    """Whether a file has a temporary name."""
    name = path.rpartition("/")[2]
    return name.startswith(".") and ".part" in name


def _fetched() -> Path:
    return Path(tempfile.gettempdir()) / f"close-fetched-{os.getuid() if hasattr(os, 'getuid') else 'me'}"


def _forget_old() -> None:
    """Remove what runs of other days fetched."""
    for folder in _fetched().iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _DAY:
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)
