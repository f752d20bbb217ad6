"""Which notebooks of a binder are the product's own, and which could be anybody's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from close_library.binder.archive import Archive, write_archive
from close_library.binder.trusting import foreign_notebooks, refuse_to_execute
from close_library.run.planning import prepare
from tests.conftest import PROJECT

NAME = "30_receivables_roll_forward.ipynb"


def notebook(**changed: Any) -> bytes:
    content = json.loads((PROJECT / "notebooks" / NAME).read_text(encoding="utf-8"))
    return json.dumps({**content, **changed}).encode()


def edited(content: bytes, cell: int, **changed: Any) -> bytes:
    read = json.loads(content)
    read["cells"][cell] |= changed
    return json.dumps(read).encode()


PRINTED = [{"output_type": "stream", "name": "stdout", "text": "7"}]

CASES = [
    ("the product's own", notebook(), False),
    ("with outputs of a run by hand", edited(notebook(), 2, outputs=PRINTED, execution_count=7), False),
    ("another line of code", edited(notebook(), 2, source="import os"), True),
    ("another sentence", edited(notebook(), 0, source="# Trust me"), True),
    ("a tag that executes differently", edited(notebook(), 2, metadata={"tags": ["raises-exception"]}), True),
    ("text turned into code", edited(notebook(), 0, cell_type="code"), True),
    ("other tables declared", notebook(metadata={"close": {}}), True),
    ("no notebook", b"import os", True),
    ("nothing", b"", True),
    ("a list", b"[]", True),
    ("cells of no kind", b'{"metadata": {}, "cells": [1]}', True),
]


@pytest.mark.parametrize(("content", "foreign"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_a_person_wrote_decides(content: bytes, foreign: bool, tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {f"notebooks/{NAME}": content, "period/x.ipynb": b"not executed"})
    with Archive(tmp_path / "a.zip") as archive:
        assert foreign_notebooks(archive) == ([f"notebooks/{NAME}"] if foreign else [])


def test_a_notebook_of_the_product_is_known_by_what_it_holds_not_by_its_name(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {"notebooks/99_other.ipynb": notebook()})
    with Archive(tmp_path / "a.zip") as archive:
        assert foreign_notebooks(archive) == []


def test_a_notebook_in_the_current_folder_is_not_the_product_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends a binder can send a folder `notebooks` beside it."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / NAME).write_bytes(edited(notebook(), 2, source="import os"))
    write_archive(tmp_path / "a.zip", {f"notebooks/{NAME}": edited(notebook(), 2, source="import os")})
    monkeypatch.chdir(tmp_path)
    with Archive(tmp_path / "a.zip") as archive:
        assert foreign_notebooks(archive) == [f"notebooks/{NAME}"]


def test_without_the_product_s_notebooks_every_one_is_foreign(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.zip", {f"notebooks/{NAME}": notebook()})
    with Archive(tmp_path / "a.zip") as archive:
        assert foreign_notebooks(archive, tmp_path / "none") == [f"notebooks/{NAME}"]


def test_the_refusal_names_them_and_the_way_on() -> None:
    said = str(refuse_to_execute([f"notebooks/{number}.ipynb" for number in range(7)]))
    assert "notebooks/4.ipynb and 2 more" in said
    assert "--trust-notebooks" in said


def without_checkout(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package lies where no folder of notebooks is beside it."""
    monkeypatch.setattr(prepare, "__file__", str(folder / "close_library" / "run" / "planning" / "prepare.py"))


def test_an_installation_brings_the_notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that has only the product there is no checkout to know them from; for one person or for all, in any prefix."""
    files = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["data-files"]
    (place,) = files
    installed = {path.name for pattern in files[place] for path in PROJECT.glob(pattern)}
    assert installed == {path.name for path in (PROJECT / "notebooks").glob("*.ipynb")}
    packages = tmp_path / "lib" / "python3" / "site-packages"
    described = packages / "close_workbook-9.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: close-workbook\nVersion: 9\n", encoding="utf-8")
    listed = ["close_library/__init__.py,,", *(f"../../../{place}/{name},," for name in sorted(installed))]
    (described / "RECORD").write_text("\n".join(listed) + "\n", encoding="utf-8")
    shutil.copytree(PROJECT / "notebooks", tmp_path / place)
    monkeypatch.syspath_prepend(packages)
    without_checkout(packages, monkeypatch)
    assert prepare.own_notebooks_folder() == tmp_path / place


def test_an_installation_without_a_list_of_files_has_them_below_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = tmp_path / "close_workbook-9.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: close-workbook\nVersion: 9\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    without_checkout(tmp_path, monkeypatch)
    data = Path(sysconfig.get_path("data"))
    assert prepare.own_notebooks_folder() == data / "share" / "close-workbook" / "notebooks"


@pytest.mark.skipif(
    not (find_spec("pip") and find_spec("setuptools")), reason="no pip and setuptools to install a wheel"
)
def test_a_wheel_installed_elsewhere_than_python_knows_its_notebooks(tmp_path: Path) -> None:
    """As `pip install --user` does: the packages and the notebooks lie below a folder that is not Python's own."""
    source, home = tmp_path / "source", tmp_path / "home"
    names = ("close_library", "notebooks", "pyproject.toml", "README.md")
    for name in names:
        path = PROJECT / name
        shutil.copytree(path, source / name) if path.is_dir() else shutil.copy(path, source / name)
    build = "from setuptools import build_meta; print(build_meta.build_wheel('..'))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    install = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed", "--prefix", str(home)]
    subprocess.run([sys.executable, "-m", *install, str(wheel)], cwd=tmp_path, check=True, capture_output=True)
    (packages,) = home.glob("**/site-packages")
    ask = "from close_library.run.planning.prepare import own_notebooks_folder; print(own_notebooks_folder())"
    said = subprocess.run(
        [sys.executable, "-c", ask], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(packages)},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert Path(said.stdout.strip()) == home / "share" / "close-workbook" / "notebooks"
    assert sorted(each.name for each in Path(said.stdout.strip()).iterdir()) == sorted(
        each.name for each in (PROJECT / "notebooks").glob("*.ipynb")
    )
