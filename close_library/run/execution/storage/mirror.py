"""A period of a company, here and in a storage: fetched before a run, sent after it, each file whole.

The order in which files are sent is the order in which a run puts them in place: the stamps of changed workpapers go first,
then come reports, documents, stamps, the index, and the manifest last.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from close_library.run.execution.storage.holder import held
from close_library.run.execution.storage.objects import Remote, Storage, is_part
from close_library.run.files.atomic import file_digest, write_json
from close_library.run.freshness.stamps import stamp_file
from close_library.run.planning.prepare import Request, prepare, storage_url
from close_library.run.planning.task import EXECUTED, Task

State: TypeAlias = dict[str, list[str | int]]
"""Path → its version there, and its size and time here, when both were the same file."""

_STATE = ".mirrored.json"
_NOT_MIRRORED = (_STATE, ".lock", ".log", ".holder.json", ".probe", "-journal", "-wal", "-shm")
_AT_LAST = ("index.html", "index.json", "manifest.json", "run.json")
_STAMP = 2


@contextmanager
def outputs_here(request: Request) -> Iterator[Request]:
    """The request with its outputs in a folder of this machine; for a storage, the storage's state, sent back at the end.

    What a run that ended with an error left here is not sent: the storage keeps the last good state.
    """
    url = storage_url(request.outputs)
    if url is None:
        yield request
        return
    here = replace(request, outputs=_cache() / hashlib.sha256(url.encode()).hexdigest()[:24], storage=url)
    prepared = prepare(here)
    mirror = Mirror.of(url, prepared.folder)
    with held(mirror.storage, mirror.period, request.wait) as refuse_lost:
        mirror.fetch()
        yield here
        refuse_lost()
        mirror.send()


@dataclass(frozen=True)
class Mirror:
    """One period of a company: the company's folder here, and the storage."""

    storage: Storage
    folder: Path
    period: str

    @classmethod
    def of(cls, url: str, period: Path) -> Mirror:
        """The mirror of a period's folder in the storage at an address."""
        return cls(Storage(f"{url}/{period.parent.name}"), period.parent, period.name)

    @property
    def notebooks(self) -> str:
        """Where the notebooks of a run lie for the workers of a cluster."""
        return f".run/{self.period}.notebooks"

    def fetch(self) -> None:
        """Make what lies here what lies there."""
        self.storage.remove_parts()
        known, there = self._state(), self._there()
        for path in self._here():
            if path not in there:
                (self.folder / path).unlink()
        for path, version in there.items():
            if known.get(path) != [version, *self._weight(path)]:
                self.storage.get(path, self.folder / path)
        self._keep({path: [version, *self._weight(path)] for path, version in there.items()})

    def send(self, wanted: Callable[[str], bool] = lambda path: True) -> None:
        """Make what lies there what lies here, of the paths that are wanted."""
        known, there = self._state(), self._there()
        here = [path for path in self._here() if wanted(path)]
        changed = [path for path in here if path not in there or known.get(path) != [there[path], *self._weight(path)]]
        gone = [path for path in there if wanted(path) and not (self.folder / path).exists()]
        self.storage.remove(path for path in (*changed, *gone) if path in there and _rank(path) == _STAMP)
        for path in sorted(changed, key=_rank):
            self.storage.put(self.folder / path, path)
        self.storage.remove(gone)
        now = self._there()
        self._keep(known | {path: [now[path], *self._weight(path)] for path in here if path in now})

    def publish(self, drawn: Iterable[Task]) -> Remote:
        """Send the books and the notebooks of a run, for the workers of a cluster; says what they need.

        What is only drawn again needs the files that it is drawn from too.
        """
        places = (f"{self.period}/books/", f"{self.notebooks}/")
        self.send(lambda path: path.startswith(places))
        needed = [path for path in self._here() if path.startswith(places)]
        for task in drawn:
            files = (*(task.file(ending) for ending in EXECUTED), stamp_file(task.file("json")))
            needed += [file.relative_to(self.folder).as_posix() for file in files if file.exists()]
        return Remote(self.storage, tuple((path, file_digest(self.folder / path)) for path in sorted(needed)))

    def receive(self, task: Task) -> None:
        """Fetch the files of a workpaper that a worker sent: the new ones, and what is no longer there goes here too."""
        stamp = stamp_file(task.file("json"))
        below = [each.relative_to(self.folder).as_posix() for each in (task.folder, stamp.parent)]
        there = {path: version for each in below for path, version in self.storage.versions(each).items()}
        files = [*task.folder.glob(f"{task.stem}.*"), stamp]
        for path in {each.relative_to(self.folder).as_posix() for each in files} - there.keys():
            (self.folder / path).unlink(missing_ok=True)
        own = {path: version for path, version in there.items() if _stem(path) == task.stem}
        for path in sorted(own, key=_rank):
            self.storage.get(path, self.folder / path)
        self._keep(self._state() | {path: [version, *self._weight(path)] for path, version in own.items()})

    def _there(self) -> dict[str, str]:
        return {path: version for path, version in self.storage.versions().items() if self._belongs(path)}

    def _here(self) -> list[str]:
        """The files of the period and of the company here, but for locks and logs."""
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        return [path for path in found if self._belongs(path)]

    def _belongs(self, path: str) -> bool:
        first, _, rest = path.partition("/")
        name = path.rpartition("/")[2]
        if name.endswith(_NOT_MIRRORED) or is_part(name):
            return False
        if first == ".run":  # the machinery of the period, and of all periods
            return rest.startswith(self.period) or not rest[:4].isdigit()
        return first == self.period or not rest

    def _weight(self, path: str) -> list[int]:
        """What tells, without reading it, whether a file was touched since."""
        try:
            state = (self.folder / path).stat()
        except OSError:
            return []
        return [state.st_size, state.st_mtime_ns]

    def _state(self) -> State:
        try:
            found = json.loads((self.folder / _STATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _keep(self, state: State) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / _STATE, {path: state[path] for path in sorted(state) if self._weight(path)})


def _stem(path: str) -> str:
    """The stem of a workpaper's file: its endings are one word, but for the rows of its figures."""
    name = path.rpartition("/")[2]
    return name.removesuffix(".rows.parquet") if name.endswith(".rows.parquet") else name.rpartition(".")[0]


def _rank(path: str) -> int:
    """When a file is sent: reports, documents, stamps, and what names them all at the end."""
    first, _, rest = path.partition("/")
    if first == ".run":
        return _STAMP if "/" in rest else _STAMP + 1
    if rest in _AT_LAST:
        return _STAMP + 2 + _AT_LAST.index(rest)
    return 1 if path.endswith(".json") and not rest.startswith("books/") else 0


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "close"
