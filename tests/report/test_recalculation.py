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
from tests.report.conftest import BUILDERS, NOTHING_SAID, build

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
        render_xlsx(document, rows, NOTHING_SAID, own / f"paper{number}.xlsx")
        plant_wrong_values(own / f"paper{number}.xlsx", folder / f"paper{number}.xlsx")
        made[name] = document, own / f"paper{number}.xlsx", folder / "done" / f"paper{number}.xlsx"
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")
    copies = [str(folder / f"paper{number}.xlsx") for number in range(len(made))]
    start = [str(SOFFICE), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    convert = ["--convert-to", "xlsx", "--outdir", str(folder / "done")]
    subprocess.run([*start, *convert, *copies], check=True, capture_output=True, timeout=180)
    return made


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


def formulas(workbook: Path) -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(workbook)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "f"
    }


def values(workbook: Path, cells: Any) -> dict[tuple[str, str], Any]:
    book = openpyxl.load_workbook(workbook, data_only=True)
    return {(sheet, cell): book[sheet][cell].value for sheet, cell in cells}


def to_the_cent(value: Any) -> Any:
    """A number at a ten-thousandth (ratios have four decimals), a text as it is."""
    if isinstance(value, str):
        return value
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
    book = openpyxl.load_workbook(copy, data_only=True)
    lines = list(book["Summary"].values)
    figures = {
        line[1].rpartition("(")[2][:-1]: line
        for line in lines
        if isinstance(line[0], str) and re.fullmatch(r"F\d{3}", line[0])
    }
    assert set(figures) == set(document["figures"])
    for id, figure in document["figures"].items():
        line = figures[id]
        if figure["amount"] is None:
            assert line[2] == "not defined"
            continue
        assert to_the_cent(line[2]) == to_the_cent(float(figure["amount"])), figure
        if figure["rows"] is not None:
            assert (line[4], line[6]) == (figure["rows"], "agrees")
    for line, tie_out in zip(list(book["Tie-outs"].values)[1:], document["tie_outs"], strict=False):
        assert to_the_cent(line[4]) == to_the_cent(float(tie_out["difference"]))
        assert line[6] == ("agrees" if tie_out["agreed"] else "does not agree")


def test_the_copy_really_had_wrong_values(recalculated: Any) -> None:
    _, workbook, copy = recalculated["aging"]
    cells = formulas(workbook)
    planted = values(copy.parent.parent / copy.name, cells)
    assert set(planted.values()) == {int(WRONG_NUMBER), WRONG_TEXT}
