"""A module imports only from rooms before its own (DESIGN.md); each outside package has its one home."""

import ast
from pathlib import Path

import pytest

import close_library

PACKAGE = Path(close_library.__file__).parent
ROOMS = [
    "errors",
    "money",
    "period",
    "marked_yaml",
    "parameters",
    "tables",
    "sources",
    "books",
    "evidence",
    "accounting",
    "workpaper",
    "record",
    "report",
    "run",
    "binder",
    "cli",
    "__main__",
]
SEPARATE = {"sample": {"errors", "money", "period", "tables", "sample"}}
"""Rooms beside the flow, and all that they may know."""

RUN = ["files", "said", "planning", "freshness", "execution", "gathering", "speaking"]
"""The rooms of `run`, in which a module imports only from rooms before its own. What stands beside them may import all."""

HOMES = {
    "papermill": "run",
    "distributed": "run",
    "fsspec": "run",
    "scrapbook": "workpaper",
    "xlsxwriter": "report",
    "pptx": "report",
    "docx": "report",
    "typst": "report",
    "sqlalchemy": "record",
    "alembic": "record",
    "psycopg": "record",
    "cryptography": "binder",
    "nbconvert": "report",
    "typer": "cli",
    "yaml": "marked_yaml",
}
"""Outside packages that exactly one room imports."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_upstream(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    known = {module.split(".")[1] for module in imports_of(path) if module.startswith("close_library.")}
    allowed = SEPARATE.get(room) or {*ROOMS[: ROOMS.index(room) + 1], *(SEPARATE if room in ("run", "cli") else ())}
    assert known <= allowed, f"{room} imports {sorted(known - allowed)}"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if set(RUN) & set(path.relative_to(PACKAGE).parts[1:-1])], ids=str
)
def test_imports_point_upstream_in_run(path: Path) -> None:
    room = path.relative_to(PACKAGE / "run").parts[0]
    known = {module.split(".")[2] for module in imports_of(path) if module.startswith("close_library.run.")}
    assert known <= set(RUN[: RUN.index(room) + 1])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_outside_package_has_one_home(path: Path) -> None:
    outside = {module.split(".")[0] for module in imports_of(path)}
    strays = {package for package in outside & set(HOMES) if HOMES[package] != room_of(path)}
    assert not strays, f"{sorted(strays)} belong to {[HOMES[package] for package in sorted(strays)]}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent
