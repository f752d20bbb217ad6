"""Outputs in a storage: the files of a run in a folder, and nothing done twice from another machine."""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from close_library.errors import BooksError
from close_library.run.execution.storage import holder
from close_library.run.execution.storage.holder import held
from close_library.run.execution.storage.mirror import Mirror
from close_library.run.execution.storage.objects import Storage
from close_library.run.planning.prepare import storage_url
from tests.conftest import Tiny
from tests.run.clusters import cluster
from tests.run.killing import carried_out
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

pytestmark = pytest.mark.slow

pytest.importorskip("s3fs", reason="s3fs is not installed")
moto_server = pytest.importorskip("moto.server", reason="no S3-compatible server (moto) is installed")

BUCKET = "books"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """An S3-compatible server on the loopback."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would print every request
    started = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def s3(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The server's bucket, empty; our own packages find it by the environment, as those of the AWS command line do."""
    import s3fs

    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_DEFAULT_REGION": "us-east-1",
        "XDG_CACHE_HOME": str(tmp_path / "here"),
    }.items():
        monkeypatch.setenv(name, value)
    files = s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)
    if files.exists(BUCKET):
        files.rm(BUCKET, recursive=True)
    files.mkdir(BUCKET)
    return files


def stored(s3: Any) -> dict[str, bytes]:
    """Every file of the period in the bucket, but for the record of the run."""
    prefix = f"{BUCKET}/close/tiny/2026-05/"
    found = {path.removeprefix(prefix): s3.cat_file(path) for path in s3.find(prefix)}
    return {path: content for path, content in found.items() if path != "run.json"}


def written(outputs: Path) -> dict[str, bytes]:
    period = outputs / "tiny" / "2026-05"
    files = [path for path in period.rglob("*") if path.is_file() and path.name not in ("run.json", ".seal.lock")]
    return {path.relative_to(period).as_posix(): path.read_bytes() for path in files}


def to_storage(tiny: Tiny, *options: str) -> dict[str, Any]:
    said = tiny.close("run", "--json", *tiny.options("list"), "--outputs", f"s3://{BUCKET}/close", *options)
    assert said.code == 0, said.err
    data: dict[str, Any] = json.loads(said.out)
    return data


def test_an_address_and_a_folder_are_told_apart() -> None:
    assert storage_url(Path("s3://bucket/a/b/")) == "s3://bucket/a/b"
    assert storage_url(Path("memory://close")) == "memory://close"
    for folder in ("outputs", "/var/outputs", "../s3", "C:/outputs", "./s3:/x"):
        assert storage_url(Path(folder)) is None or folder == "./s3:/x"


def test_a_storage_holds_what_a_folder_would(
    tiny: Tiny, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tiny.say("run").code == 0
    to_storage(tiny)
    assert stored(s3) == written(tiny.outputs)
    assert not s3.exists(f"{BUCKET}/close/tiny/.run/2026-05.holder.json")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    before = stored(s3)
    executed = to_storage(tiny)["executed"]
    assert executed == 0
    assert stored(s3) == before

    (tiny.parameters / "programs").mkdir()
    (tiny.parameters / "programs" / "atlas.yaml").write_text('materiality: {amount: "1.00"}\n')
    (tiny.notebooks / "30_receivables_roll_forward.ipynb").write_text(
        (tiny.notebooks / "30_receivables_roll_forward.ipynb").read_text(encoding="utf-8").replace("risk", "RISK"),
        encoding="utf-8",
    )
    to_storage(tiny)
    assert tiny.say("run").code == 0
    assert stored(s3) == written(tiny.outputs)


def test_what_was_changed_here_and_not_sent_is_forgotten(tiny: Tiny, s3: Any, tmp_path: Path) -> None:
    to_storage(tiny, "--program", "atlas")
    before = stored(s3)
    [here] = (tmp_path / "here" / "close").glob("*/tiny/2026-05/atlas")
    for file in here.glob("30_*"):
        file.write_text("half a f")
    (here / "99_left_over.json").write_text("{}")
    assert to_storage(tiny, "--program", "atlas")["executed"] == 0
    assert stored(s3) == before


@pytest.mark.slow
def test_workers_without_the_folder_of_the_run(tiny: Tiny, s3: Any, tmp_path: Path) -> None:
    assert tiny.say("run").code == 0
    (tmp_path / "there").mkdir()
    with cluster(environment={"TMPDIR": str(tmp_path / "there"), "XDG_CACHE_HOME": "/nonexistent"}) as dask:
        dask.worker("--no-nanny", "--nthreads", "2", "--resources", "KERNEL=2")
        to_storage(tiny, "--cluster", dask.address)
        assert stored(s3) == written(tiny.outputs)
        fetched = list((tmp_path / "there").rglob("books/manifest.json"))
        assert len(fetched) == 1, "the books are fetched once for a machine"
        assert to_storage(tiny, "--cluster", dask.address)["executed"] == 0


def send(arguments: list[str]) -> None:
    """Send a finished period, as a run does at its end."""
    url, period = arguments
    mirror = Mirror.of(url, Path(period))
    with held(mirror.storage, mirror.period):
        mirror.send()


def test_a_run_that_is_killed_while_it_sends(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one makes the storage good, here one of folders; it need not wait for a dead process of its own machine."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "here"))
    stored = tmp_path / "stored"
    command = ("run", *tiny.options("list"), "--outputs", f"file://{stored}", "-w", "30", "-p", "atlas")
    assert tiny.close(*command).code == 0
    assert tiny.say("run", "-w", "30", "-p", "atlas").code == 0
    expected = written(tiny.outputs)
    assert written(stored) == expected
    [here] = (tmp_path / "here" / "close").glob("*/tiny/2026-05")
    finished = tmp_path / "finished"
    shutil.copytree(here.parent, finished)
    sending = [f"file://{stored}", str(here)]
    shutil.rmtree(stored)
    _, writes = carried_out(sending, below=stored, doing=send)
    seed = int(os.environ.get("KILL_SEED", str(random.randrange(10**6))))
    print(f"KILL_SEED={seed}")
    chance = random.Random(seed)
    for _ in range(int(os.environ.get("KILLS", "2"))):
        shutil.rmtree(here.parent)
        shutil.copytree(finished, here.parent)
        if chance.random() < 0.5:
            shutil.rmtree(stored)
        else:
            for file in chance.sample(sorted(path for path in stored.rglob("*.*") if path.is_file()), 3):
                file.unlink()
        at = chance.randint(1, writes)
        carried_out(sending, below=stored, kill_at=at, doing=send)
        assert tiny.close(*command).code == 0
        assert written(stored) == expected, f"killed at write {at} of {writes}"
        assert not [path for path in stored.rglob(".*") if path.name != ".run"]


def test_one_run_at_a_time(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(f"s3://{BUCKET}/close/tiny")
    with held(storage, "2026-05"):
        with pytest.raises(BooksError, match="another run is closing 2026-05"), held(storage, "2026-05"):
            pass
        with held(storage, "2026-06"):
            pass
    with held(storage, "2026-05"):
        pass
    monkeypatch.setattr(holder, "ABANDONED_AFTER", 1.0)
    assert storage.write(".run/2026-05.holder.json", json.dumps({"word": "x", "renewed": time.time() - 5}).encode())
    with held(storage, "2026-05") as refuse_lost:
        refuse_lost()
        storage.write(".run/2026-05.holder.json", json.dumps({"word": "y", "renewed": time.time()}).encode())
        with pytest.raises(BooksError, match="another run has taken 2026-05 over"):
            refuse_lost()
    assert storage.read(".run/2026-05.holder.json") is not None, "it is the other one's"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("s3://no-such-bucket/close", "the storage of the outputs can't be read or written"),
        ("nonsense://somewhere/else", "this kind of storage is not known"),
        ("gs://bucket/close", "a package is missing that this storage needs"),
    ],
)
def test_a_storage_that_can_not_be_used(tiny: Tiny, s3: Any, url: str, words: str) -> None:
    said = tiny.close("run", *tiny.options("list"), "--outputs", url)
    assert said.code == 2
    assert words in said.err
    assert url.partition("/close")[0] in said.err
    assert "Traceback" not in said.err


def test_other_commands_say_that_they_want_a_folder(tiny: Tiny) -> None:
    said = tiny.close("status", *tiny.options("list"), "--outputs", "s3://books/close")
    assert said.code == 2
    assert "only `close run` works on outputs in a storage" in said.err
    assert not Path("s3:").exists()
