"""LibreOffice recalculates every formula to the cent, from a copy whose cached values are all wrong.

Three values are compared: the document's (the model), the cached one, and the recalculated one. A copy with right
cached values would prove nothing: LibreOffice keeps them unless it is told to recalculate.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from close_library.report import render_xlsx
from close_library.run.close import CloseResult
from close_library.run.gathering.index import documents_of
from tests.report.conftest import BUILDERS, build
from tests.report.papers import spoken
from tests.waiting import PATIENCE

SOFFICE = shutil.which("soffice")
WRONG_NUMBER, WRONG_TEXT = "-99999", "PLANTED"

# OOXMLRecalcMode 0: always recalculate when a file is loaded.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>"""

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="there is no LibreOffice (soffice)")


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Path, Path]]:
    """Every paper's document, its workbook, and the recalculated copy; one start of LibreOffice for all."""
    folder = tmp_path_factory.mktemp("recalculation")
    made = {}
    for number, name in enumerate(BUILDERS):
        own = folder / str(number)
        own.mkdir()
        document, rows = build(name, own)
        render_xlsx(document, rows, spoken(document), own / f"paper{number}.xlsx")
        made[name] = document, own / f"paper{number}.xlsx"
    copies = recalculate([workbook for _, workbook in made.values()], folder)
    return {name: (*made[name], copy) for name, copy in zip(made, copies, strict=True)}


def recalculate(workbooks: list[Path], folder: Path) -> list[Path]:
    """Copies of workbooks with wrong cached values, recalculated by LibreOffice; names must differ."""
    (folder / "planted").mkdir()
    planted = [folder / "planted" / workbook.name for workbook in workbooks]
    for workbook, copy in zip(workbooks, planted, strict=True):
        plant_wrong_values(workbook, copy)
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
    start = [str(SOFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    convert = ["--convert-to", "xlsx", "--outdir", str(folder / "done")]
    subprocess.run([*start, *convert, *map(str, planted)], check=True, capture_output=True, timeout=2 * PATIENCE)
    return [folder / "done" / workbook.name for workbook in workbooks]


def plant_wrong_values(workbook: Path, copy: Path) -> None:
    """Copy a workbook and replace the cached value of every formula."""

    def wrong(cell: re.Match[str]) -> str:
        value = WRONG_TEXT if 't="str"' in cell[1] else WRONG_NUMBER
        return f"<c{cell[1]}>{cell[2]}<v>{value}</v></c>"

    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(copy, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part.startswith("xl/worksheets/sheet"):
                text = re.sub(r"<c([^>]*)>(<f>.*?</f>)<v>[^<]*</v></c>", wrong, content.decode())
                content = text.encode()
            target.writestr(part, content)


def cells_of(workbook: Path, data_only: bool) -> dict[tuple[str, str], Any]:
    """Every cell of a workbook but those of Data, which holds no formula and may be long."""
    book = openpyxl.load_workbook(workbook, read_only=True, data_only=data_only)
    found = {
        (sheet.title, cell.coordinate): cell
        for sheet in book
        if sheet.title != "Data"
        for line in sheet.iter_rows()
        for cell in line
        if cell.value is not None
    }
    book.close()
    return found


def formulas(workbook: Path) -> dict[tuple[str, str], str]:
    found = cells_of(workbook, data_only=False)
    live = {place: cell.value for place, cell in found.items() if cell.data_type == "f"}
    with zipfile.ZipFile(workbook) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sum(parts.read(name).count(b"<f>") for name in sheets) == len(live), "Data holds no formula"
    return live


def values(workbook: Path, cells: Any) -> dict[tuple[str, str], Any]:
    found = cells_of(workbook, data_only=True)
    return {place: found[place].value if place in found else None for place in cells}


def to_the_cent(value: Any) -> Any:
    """A number at a ten-thousandth (ratios have four decimals), a text as it is."""
    if value is None or isinstance(value, str):
        return value or None  # an empty text is read as nothing
    return Decimal(repr(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


@pytest.mark.parametrize("name", BUILDERS)
def test_cached_and_recalculated_values_are_the_same(recalculated: Any, name: str) -> None:
    _, workbook, copy = recalculated[name]
    cells = formulas(workbook)
    cached, again = values(workbook, cells), values(copy, cells)
    assert len(cells) > 20
    assert {cell: to_the_cent(value) for cell, value in cached.items()} == {
        cell: to_the_cent(value) for cell, value in again.items()
    }


@pytest.mark.parametrize("name", BUILDERS)
def test_figures_and_tie_outs_are_those_of_the_document(recalculated: Any, name: str) -> None:
    document, _, copy = recalculated[name]
    assert_figures(document, copy)


def assert_figures(document: dict[str, Any], copy: Path) -> None:
    """Every figure and every difference of the recalculated copy is the document's."""
    book = openpyxl.load_workbook(copy, read_only=True, data_only=True)
    lines = list(book["Summary"].values)
    figures = {
        line[1].rpartition("(")[2][:-1]: line
        for line in lines
        if isinstance(line[0], str) and re.fullmatch(r"F\d{3,}", line[0])
    }
    assert set(figures) == set(document["figures"])
    for id, figure in document["figures"].items():
        line = figures[id]
        if figure["amount"] is None:
            assert line[2] == "not defined"
            continue
        if figure["unit"] == "date":
            assert line[2] == figure["amount"]
            continue
        assert to_the_cent(line[2]) == to_the_cent(float(figure["amount"])), figure
        if figure["rows"] is not None and figure["unit"] not in ("percent", "days", "ratio"):
            assert (line[4], line[6]) == (figure["rows"], "agrees")
    for line, tie_out in zip(list(book["Tie-outs"].values)[1:], document["tie_outs"], strict=False):
        assert to_the_cent(line[4]) == to_the_cent(float(tie_out["difference"]))
        assert line[6] == ("agrees" if tie_out["agreed"] else "does not agree")


def test_the_copy_really_had_wrong_values(recalculated: Any) -> None:
    _, workbook, copy = recalculated["aging"]
    cells = formulas(workbook)
    planted = values(copy.parent.parent / "planted" / copy.name, cells)
    assert set(planted.values()) == {int(WRONG_NUMBER), WRONG_TEXT}


@pytest.mark.slow
def test_every_kind_of_workpaper_of_a_close_recalculates(closed: CloseResult, tmp_path: Path) -> None:
    """Three values of every formula: what the document says, what the workbook caches, what LibreOffice makes of it."""
    documents = {}
    for path, document in documents_of(closed.prepared.folder):
        if document["status"] in ("agreed", "open"):
            name = f"{document['program']}_{document['ref']}.xlsx"
            rows = path.with_name(document["rows"]["file"]) if document.get("rows") else None
            render_xlsx(document, rows, spoken(document), tmp_path / name)
            documents[name] = document
    refs = "10 20 21 22 23 24 30 31 32 40 41 42 50 51 60 61 62 70 71 72 73 90 91"
    assert {document["ref"] for document in documents.values()} == set(refs.split())
    in_all = 0
    for copy in recalculate([tmp_path / name for name in documents], tmp_path):
        cells = formulas(tmp_path / copy.name)
        in_all += len(cells)
        cached, again = values(tmp_path / copy.name, cells), values(copy, cells)
        differ = {
            cell: (cells[cell], cached[cell], again[cell])
            for cell in cells
            if to_the_cent(cached[cell]) != to_the_cent(again[cell])
        }
        assert not differ, copy.name
        assert_figures(documents[copy.name], copy)
    assert in_all > 1_000
