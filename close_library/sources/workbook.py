"""An Excel workbook as it is stored: its sheets, its shared texts, and which styles are dates."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_DATE_PARTS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


class WorkbookError(Exception):
    """The file is not a workbook that can be read; the message says what it is instead."""


@dataclass(frozen=True)
class Workbook:
    """What the cells of every sheet need: shared texts, date styles, and the first day of the date system."""

    texts: list[str]
    date_styles: frozenset[int]
    from_1904: bool


@dataclass(frozen=True)
class Cell:
    """A cell with something in it: its column (0-based), its type as stored, its stored text, whether a date, its formula.

    A formula that the file has no result of is of kind `f` and has no text.
    """

    column: int
    kind: str
    text: str
    is_date: bool
    formula: str = ""


def local(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def open_archive(path: Path) -> zipfile.ZipFile:
    """The parts of a workbook. Raises WorkbookError when the file is none."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        head = path.read_bytes()[:8] if path.exists() else b""
        old = head.startswith(bytes.fromhex("d0cf11e0a1b11ae1"))
        raise WorkbookError(
            "an old or password-protected workbook" if old else "damaged or no workbook data"
        ) from error
    if "xl/workbook.xml" not in archive.namelist():
        archive.close()
        raise WorkbookError("an archive without a workbook in it")
    return archive


def sheet_names(path: Path) -> list[tuple[str, bool]]:
    """The sheets of a workbook in their order, and whether each is hidden."""
    with open_archive(path) as archive:
        return [(name, hidden) for name, hidden, _ in _sheets(archive)]


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, bool, str]]:
    relations = _parse(archive, "xl/_rels/workbook.xml.rels")
    targets = {r.get("Id"): r.get("Target", "") for r in relations}
    found = []
    for sheet in _parse(archive, "xl/workbook.xml").iter():
        if local(sheet.tag) == "sheet":
            relation = next((v for k, v in sheet.attrib.items() if local(k) == "id"), "")
            target = targets.get(relation, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            found.append((sheet.get("name", ""), sheet.get("state", "visible") != "visible", part))
    return found


def _parse(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(archive.read(part))
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise WorkbookError(f"a workbook whose part {part} is missing or damaged") from error


def read_workbook(archive: zipfile.ZipFile) -> Workbook:
    """The parts that all sheets share."""
    properties = (e for e in _parse(archive, "xl/workbook.xml").iter() if local(e.tag) == "workbookPr")
    from_1904 = any(p.get("date1904") in ("1", "true") for p in properties)
    return Workbook(_shared_texts(archive), _date_styles(archive), from_1904)


def _shared_texts(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    texts: list[str] = []
    for element in _stream(archive, "xl/sharedStrings.xml", "si"):
        texts.append(_plain_text(element))
    return texts


def _stream(archive: zipfile.ZipFile, part: str, name: str) -> Iterator[ElementTree.Element]:
    """Every element of a name in a part, one at a time, forgotten once it has been looked at."""
    try:
        with archive.open(part) as stream:
            root = None
            for event, element in ElementTree.iterparse(stream, events=("start", "end")):
                if event == "start":
                    root = element if root is None else root
                elif local(element.tag) == name:
                    yield element
                    element.clear()
                    if root is not None and len(root) and root[-1] is element:
                        root.clear()
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise WorkbookError(f"a workbook whose part {part} is missing or damaged") from error


def _plain_text(element: ElementTree.Element) -> str:
    """The text of a string item: all its runs, without phonetic hints."""
    parts: list[str] = []
    for child in element:
        if local(child.tag) == "t":
            parts.append(child.text or "")
        elif local(child.tag) == "r":
            parts += [t.text or "" for t in child if local(t.tag) == "t"]
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), "".join(parts))


def _date_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """The cell styles that show a number as a date or a time."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    root = _parse(archive, "xl/styles.xml")
    formats = {int(e.get("numFmtId", "0")): e.get("formatCode", "") for e in root.iter() if local(e.tag) == "numFmt"}
    styles = next((e for e in root if local(e.tag) == "cellXfs"), None)
    numbers = [int(style.get("numFmtId", "0")) for style in styles] if styles is not None else []
    return frozenset(n for n, number in enumerate(numbers) if _is_date_format(number, formats))


def _is_date_format(number: int, formats: dict[int, str]) -> bool:
    if number in formats:
        first = _NOT_DATE_PARTS.sub("", formats[number]).split(";")[0].lower()
        return first != "general" and any(letter in first for letter in "ymdhs")
    return number in _DATE_FORMATS


def rows(archive: zipfile.ZipFile, sheet: str, workbook: Workbook) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of a sheet that hold something: the row's number in the sheet, and its filled cells."""
    part = next((part for name, _, part in _sheets(archive) if name == sheet), "")
    number = 0
    for row in _stream(archive, part, "row"):
        number = int(row.get("r", number + 1))
        cells = []
        column = -1
        for element in row:
            if local(element.tag) == "c":
                column = _column_number(element.get("r", ""), column + 1)
                try:
                    cell = _cell(element, column, workbook)
                except (ValueError, IndexError) as error:
                    raise WorkbookError(
                        f"a workbook whose cell {element.get('r', '')} names no text or style"
                    ) from error
                if cell is not None:
                    cells.append(cell)
        if cells:
            yield number, cells


def _column_number(address: str, otherwise: int) -> int:
    letters = address.rstrip("0123456789")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1 if letters else otherwise


def _cell(element: ElementTree.Element, column: int, workbook: Workbook) -> Cell | None:
    kind = element.get("t", "n")
    value = next((e for e in element if local(e.tag) == "v"), None)
    if kind == "inlineStr":
        inline = next((e for e in element if local(e.tag) == "is"), None)
        text = _plain_text(inline) if inline is not None else ""
        return Cell(column, "s", text, False) if text else None
    text = (value.text or "") if value is not None else ""
    written = next((e for e in element if local(e.tag) == "f"), None)
    formula = "" if written is None else written.text or ""
    if not text:
        return Cell(column, "f", "", False, formula) if written is not None and kind != "str" else None
    if kind == "s":
        text = workbook.texts[int(text)]
        return Cell(column, "s", text, False) if text else None
    if kind == "str":
        return Cell(column, "s", text, False, formula)
    is_date = kind == "d" or (kind == "n" and int(element.get("s", "0")) in workbook.date_styles)
    return Cell(column, kind, text, is_date, formula)
