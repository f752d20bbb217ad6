"""A company with scripts, formulas and markup in every text column: nothing of it lives in the reports, nothing is lost.

Left alone are words that the tables fix, currencies, months, the ids of programs (a folder is called so, and bad ones are
refused) and the accounts that parameters name.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from close_library.report.workbook.streamed import cell_text
from close_library.run.close import CloseResult, Request, run_close
from close_library.run.progress import Silent
from close_library.sample import write_sample
from close_library.tables import TABLES
from tests.conftest import PROJECT, Once
from tests.report.conftest import new_page
from tests.report.papers import HOSTILE
from tests.report.test_page import Reader, carried

PLANTED = [
    *HOSTILE,
    '#eval("1+1") #link("javascript:window.INJECTED=1")[x] *bold* @label <tag> $x^2$',
    "</textarea></title></dialog><svg onload=window.INJECTED=1>",
    "=cmd|' /C calc'!A0",
    "\u2066isolated\u2069\u200f",
]
LEFT_ALONE = {"currency", "period", "program_id"}
ROLE_ACCOUNTS = {"1000", "1050", "1200", "1250", "2000", "2100", "2400", "4000", "4010", "4900", "5000", "6500"}


def planted(value: str) -> str:
    """A value with one of the strings before it, always the same: what belongs together stays together."""
    return f"{PLANTED[zlib.crc32(value.encode()) % len(PLANTED)]} {value}" if value else value


def plant(folder: Path) -> set[tuple[str, str]]:
    """Plant into every text column of the tables; returns the columns."""
    columns = set()
    for path in sorted(folder.glob("*.csv")):
        table = next(table for table in TABLES.values() if table.name == path.stem)
        texts = {column.name for column in table.columns if column.type == "text" and not column.words} - LEFT_ALONE
        lines = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        for line in lines:
            for name in texts & set(line):
                if name != "account" or line[name] not in ROLE_ACCOUNTS:
                    line[name] = planted(line[name])
                    columns.add((path.stem, name))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
    return columns


@pytest.fixture(scope="module")
def hostile(once: Once) -> CloseResult:
    """That company, closed: all its workpapers of company scope, and those of one program."""

    def close(folder: Path) -> CloseResult:
        write_sample(folder / "tables", 1, Decimal("0.3"))
        columns = plant(folder / "tables")
        assert len(columns) > 90, f"only {len(columns)} columns hold text"
        (folder / "parameters").mkdir()
        text = (PROJECT / "parameters" / "company.yaml").read_text(encoding="utf-8")
        text = text.replace("../outputs/_sample/tables", "../tables")
        (folder / "parameters" / "company.yaml").write_text(text, encoding="utf-8")
        return run_close(
            Request(folder / "parameters", folder / "outputs", PROJECT / "notebooks", programs=("_company", "atlas")),
            Silent(),
        )

    result: CloseResult = once("hostile_company", close)
    assert not result.failed, result.error()
    return result


def files_of(closed: CloseResult, ending: str) -> list[Path]:
    found = sorted(closed.prepared.folder.rglob(f"*.{ending}"))
    assert found
    return found


@pytest.mark.slow
def test_no_page_holds_a_script_a_handler_or_an_address_of_theirs(hostile: CloseResult) -> None:
    seen: list[str] = []
    for path in files_of(hostile, "html"):
        page = path.read_bytes()
        read = Reader(page)
        assert [
            script for script in read.scripts if script not in ({"type": "application/json", "id": "source-rows"}, {})
        ] == []
        assert [name for _, name, _ in read.attributes if name.startswith("on") or name == "style"] == [], path.name
        links = [str(value) for _, name, value in read.attributes if name in ("href", "src", "action", "data")]
        assert [link for link in links if re.match(r"(?!data:)[a-zA-Z]+:|//", link)] == [], path.name
        assert not read.tags & {"iframe", "object", "embed", "base"}, path.name
        seen += read.text
        if b'id="source-rows"' in page:
            seen += strings(carried(page))
    everything = "\n".join(seen)
    assert [text for text in PLANTED if text not in everything] == [], "nothing is lost"


def strings(value: Any) -> list[str]:
    """All texts in a JSON value."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.slow
def test_no_page_runs_what_was_planted(hostile: CloseResult, browser: Any) -> None:
    page = new_page(browser)
    for path in files_of(hostile, "html"):
        page.goto(path.as_uri())
        assert page.evaluate("window.INJECTED") is None, path.name
    page.close()


@pytest.mark.slow
def test_no_workbook_holds_a_formula_or_a_link_of_theirs(hostile: CloseResult) -> None:
    seen: set[str] = set()
    for path in files_of(hostile, "xlsx"):
        parts = zipfile.ZipFile(path).namelist()
        assert not [part for part in parts if "external" in part.lower() or "vba" in part.lower()], path.name
        for sheet in openpyxl.load_workbook(path):
            for cell in (cell for line in sheet.iter_rows() for cell in line):
                if cell.data_type == "f":
                    assert not re.search(r"HYPERLINK|INJECTED|cmd\||SUM\(1\+1\)|invalid", str(cell.value)), (
                        path.name,
                        cell,
                    )
                elif isinstance(cell.value, str):
                    seen.add(cell.value)
                assert not (cell.hyperlink and cell.hyperlink.target), (path.name, cell)
    everything = "\n".join(seen)
    spelled = [cell_text(text).replace("\x07", "_x0007_") for text in PLANTED]
    assert [text for text in spelled if text not in everything] == [], "nothing is lost"


@pytest.mark.slow
def test_no_paper_opens_an_address_or_runs_anything(hostile: CloseResult) -> None:
    for path in files_of(hostile, "pdf"):
        raw = path.read_bytes()
        parts = [raw, *map(unpacked, re.findall(rb"stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL))]
        live = [part for part in parts if re.search(rb"/S\s*/(URI|JavaScript|Launch|SubmitForm|GoToR)\b", part)]
        assert live == [], path.name


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


@pytest.mark.slow
def test_slides_and_word_lead_nowhere(hostile: CloseResult) -> None:
    for path in files_of(hostile, "pptx") + files_of(hostile, "docx"):
        with zipfile.ZipFile(path) as packed:
            for part in packed.namelist():
                if part.endswith(".rels"):
                    assert b'TargetMode="External"' not in packed.read(part), (path.name, part)


@pytest.mark.slow
def test_no_cell_of_an_entry_file_begins_a_formula(hostile: CloseResult) -> None:
    for path in files_of(hostile, "csv"):
        for line in csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")):
            begins = [cell for cell in line if re.match(r"[=+@\t\r]|-(?![\d.]+$)", cell)]
            assert begins == [], path.name
