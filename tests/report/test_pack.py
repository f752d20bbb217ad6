"""The executive pack: what its pages say, that its charts are native, and that the same input gives the same bytes."""

from __future__ import annotations

import copy
import html
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
from docx import Document
from pptx import Presentation

from close_library.report.pack import PACK_FORMATS, render_docx, render_pptx
from close_library.report.wording import show_cell
from tests.pdfs import HAS_POPPLER, text_of
from tests.report.conftest import build
from tests.report.papers import HOSTILE
from tests.report.summary_paper import REVIEWED, summary_paper
from tests.report.surroundings import printed_in_each
from tests.waiting import PATIENCE

Render = Callable[[Mapping[str, Any], Mapping[str, Any]], bytes]

TITLES = [
    "Small, Inc.: the close of May 2026",
    "Revenue was 1,700.00 USD, 70.00 % above 2026-04; 78.24 % of it is margin",
    "Customers paid 950.00 USD; 1,970.00 USD was billed",
    "atlas earns most, 100.00 % of all revenue",
    "All programs at a glance: they add up to the company",
    "25.00 USD is past due, 200.00 USD is delivered and not billed yet",
    "2 errors and 1 warning are open in this close",
    "First to look at: invoice duplicate, atlas, 1,500.00 USD",
    "1 of 1 tie-outs agree; this pack is reviewed",
]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return summary_paper(tmp_path_factory.mktemp("pack"))


def deck_of(document: Mapping[str, Any], said: Mapping[str, Any] = REVIEWED) -> Any:
    return Presentation(io.BytesIO(render_pptx(document, said)))


def letter_of(document: Mapping[str, Any], said: Mapping[str, Any] = REVIEWED) -> Any:
    return Document(io.BytesIO(render_docx(document, said)))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def titles(deck: Any) -> list[str]:
    return [plain(slide.shapes.title.text_frame.text) for slide in deck.slides]


def tables(deck: Any) -> list[list[list[str]]]:
    held = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    return [[[plain(cell.text) for cell in row.cells] for row in table.rows] for table in held]


def test_every_slide_says_its_takeaway_in_its_title(paper: dict[str, Any]) -> None:
    assert titles(deck_of(paper)) == TITLES


def test_the_letter_has_the_same_takeaways_as_headings(paper: dict[str, Any]) -> None:
    headings = [plain(each.text) for each in letter_of(paper).paragraphs if each.style.name in ("Title", "Heading 1")]
    assert headings == TITLES


def test_every_cell_of_the_matrix_is_the_document_s(paper: dict[str, Any]) -> None:
    matrix = paper["tables"]["91.1"]
    shown = [
        [show_cell(cell, kind, "USD") for cell, kind in zip(row, matrix["types"], strict=True)]
        for row in matrix["rows"]
    ]
    assert tables(deck_of(paper))[0][1:] == shown
    words = [[[plain(cell.text) for cell in row.cells] for row in table.rows] for table in letter_of(paper).tables]
    assert shown in [table[1:] for table in words]


def test_charts_are_native_and_hold_the_document_s_figures(paper: dict[str, Any]) -> None:
    drawn = [shape.chart for slide in deck_of(paper).slides for shape in slide.shapes if shape.has_chart]
    assert len(drawn) == len(paper["charts"]) == 4
    for chart, data in zip(drawn, (each["data"] for each in paper["charts"]), strict=True):
        assert list(chart.plots[0].categories) == [entry["label"] for entry in data["data"]]
        for number, series in enumerate(chart.plots[0].series):
            assert list(series.values) == [float(entry["amounts"][number]) for entry in data["data"]]


@pytest.mark.parametrize(("ending", "folder"), [("pptx", "ppt"), ("docx", "word")])
def test_every_chart_opens_its_figures_in_a_workbook(paper: dict[str, Any], ending: str, folder: str) -> None:
    with zipfile.ZipFile(io.BytesIO(PACK_FORMATS[ending](paper, {}))) as packed:
        names = packed.namelist()
        charts = [name for name in names if re.fullmatch(rf"{folder}/charts/chart[^/]*\.xml", name)]
        books = [name for name in names if name.startswith(f"{folder}/embeddings/")]
        assert len(charts) == len(books) == 4
        first = openpyxl.load_workbook(io.BytesIO(packed.read(sorted(books)[0]))).active
        assert [cell.value for cell in first[1]][1:] == ["revenue", "vendor cost", "margin"]
        assert [cell.value for cell in first[6]] == ["2026-05", 1700, 370, 1330]


def test_charts_say_their_data_to_who_does_not_see_them(paper: dict[str, Any]) -> None:
    frames = [shape for slide in deck_of(paper).slides for shape in slide.shapes if shape.has_chart]
    words = [shape._element.nvGraphicFramePr.cNvPr.get("descr") for shape in frames]
    assert all(words)
    assert "2026-05: revenue 1,700.00" in words[0]
    with zipfile.ZipFile(io.BytesIO(render_docx(paper, {}))) as packed:
        assert words[0] in html.unescape(packed.read("word/document.xml").decode())


@pytest.mark.parametrize(
    ("said", "words"),
    [({}, "not signed off"), (REVIEWED, "reviewed"), ({**REVIEWED, "state": "lapsed"}, "lapsed")],
    ids=["nobody", "both", "lapsed"],
)
def test_how_far_it_is_signed_stands_on_the_cover_and_on_every_slide(
    paper: dict[str, Any], said: dict[str, Any], words: str
) -> None:
    deck = deck_of(paper, said)
    for slide in deck.slides:
        texts = " ".join(plain(shape.text_frame.text) for shape in slide.shapes if shape.has_text_frame)
        assert f"agreed · {words}" in texts or f"agreed, {words}" in texts
    letter = letter_of(paper, said)
    assert words in letter.sections[0].footer.paragraphs[0].text
    assert any(paragraph.text.endswith(f"agreed · {words}") for paragraph in letter.paragraphs)


def test_nothing_open_is_said_so(tmp_path: Path) -> None:
    assert "Nothing is open in this close" in titles(deck_of(summary_paper(tmp_path, ())))


def test_a_month_that_earned_nothing_claims_nothing(paper: dict[str, Any]) -> None:
    """No margin in percent, no largest program, no comparison with a month that is not there."""
    poor = copy.deepcopy(paper)
    for id, figure in poor["figures"].items():
        if id.split(":")[0] in ("revenue", "margin_percent"):
            figure["amount"] = "0.00" if id.startswith("revenue") else None
    for row in poor["tables"]["91.2"]["rows"]:
        row[2] = None
    assert titles(deck_of(poor))[1] == "Revenue was 0.00 USD"
    assert not any("earns most" in title for title in titles(deck_of(poor)))


def test_many_programs_are_cut_and_the_cut_is_told(paper: dict[str, Any]) -> None:
    many = copy.deepcopy(paper)
    rows = many["tables"]["91.1"]["rows"]
    many["tables"]["91.1"]["rows"] = [rows[0]] * 40 + rows[-1:]
    deck = deck_of(many)
    assert len(tables(deck)[0]) == 1 + 14 + 1
    texts = [shape.text_frame.text for shape in deck.slides[4].shapes if shape.has_text_frame]
    assert "14 of 40 lines are shown; workpaper 91 has all." in texts


@pytest.mark.parametrize("render", [render_pptx, render_docx])
@pytest.mark.parametrize("name", ["roll-forward", "hostile flux"])
def test_another_workpaper_gets_what_it_has(tmp_path: Path, render: Render, name: str) -> None:
    document, _ = build(name, tmp_path)
    assert zipfile.ZipFile(io.BytesIO(render(document, {}))).testzip() is None


@pytest.mark.parametrize("ending", ["pptx", "docx"])
def test_hostile_texts_stay_texts(paper: dict[str, Any], ending: str) -> None:
    hostile = copy.deepcopy(paper)
    hostile["company_name"] = HOSTILE[0]
    for number, row in enumerate(hostile["tables"]["91.1"]["rows"][:-1]):
        row[0], row[1] = HOSTILE[number], HOSTILE[number + 3]
    for number, row in enumerate(hostile["tables"]["91.7"]["rows"]):
        row[5] = HOSTILE[13 - number]
    for chart in hostile["charts"]:
        chart["title"] = HOSTILE[6]
        for number, entry in enumerate(chart["data"]["data"]):
            entry["label"] = HOSTILE[number % len(HOSTILE)]
    with zipfile.ZipFile(io.BytesIO(PACK_FORMATS[ending](hostile, {}))) as packed:
        for name in packed.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(packed.read(name))
            if name.endswith(".rels"):
                assert b"example.invalid" not in packed.read(name), "no text became a link"
            if name.endswith(".xlsx"):
                cells = [cell for row in openpyxl.load_workbook(io.BytesIO(packed.read(name))).active for cell in row]
                assert all(cell.data_type in ("s", "n") for cell in cells), "no text became a formula"


@pytest.mark.parametrize("ending", ["pptx", "docx"])
def test_no_file_in_it_knows_the_time(paper: dict[str, Any], ending: str) -> None:
    def times(packed: zipfile.ZipFile) -> set[tuple[int, ...]]:
        found = {entry.date_time for entry in packed.infolist()}
        for name in packed.namelist():
            if name.endswith(".xlsx"):
                found |= times(zipfile.ZipFile(io.BytesIO(packed.read(name))))
            if name == "docProps/core.xml":
                spelled = re.findall(rb"\d{4}-\d\d-\d\dT[\d:]+Z?", packed.read(name))
                assert set(spelled) == {b"2026-05-31T00:00:00Z"}
        return found

    with zipfile.ZipFile(io.BytesIO(PACK_FORMATS[ending](paper, REVIEWED))) as packed:
        assert times(packed) == {(1980, 1, 1, 0, 0, 0)}
        assert packed.namelist()[1:] == sorted(packed.namelist()[1:])


RENDER = """
import hashlib, json, sys
from pathlib import Path
from close_library.report.pack import PACK_FORMATS

document = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
for ending, render in PACK_FORMATS.items():
    print(ending, hashlib.sha256(render(document, {})).hexdigest())
"""


def test_two_surroundings_one_set_of_bytes(paper: dict[str, Any], tmp_path: Path) -> None:
    """Another hash seed, locale and time zone, another process, the same bytes."""
    path = tmp_path / "paper.json"
    path.write_text(json.dumps(paper), encoding="utf-8")
    first, second = printed_in_each(RENDER, lambda number: [str(path)])
    assert len(first) == 2
    assert first == second


SOFFICE = shutil.which("soffice")
OFFICE = Path("/usr/lib/libreoffice/program")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "library", "pages"), [("pptx", "libsdlo.so", len(TITLES)), ("docx", "libswlo.so", None)]
)
def test_libreoffice_opens_it(
    paper: dict[str, Any], tmp_path: Path, ending: str, library: str, pages: int | None
) -> None:
    """Not only our own libraries: another office reads the file and draws every page with its figures."""
    if SOFFICE is None or not (OFFICE / library).exists():
        pytest.skip(f"there is no LibreOffice that opens {ending}")
    if not HAS_POPPLER:
        pytest.skip("poppler is not installed")
    (tmp_path / f"pack.{ending}").write_bytes(PACK_FORMATS[ending](paper, REVIEWED))
    arguments = [SOFFICE, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf",
                 "--outdir", str(tmp_path), str(tmp_path / f"pack.{ending}")]  # fmt: skip
    subprocess.run(arguments, capture_output=True, timeout=PATIENCE, check=True)
    text = text_of((tmp_path / "pack.pdf").read_bytes(), "-layout")
    assert pages is None or text.count("\f") == pages
    assert "1,700.00" in text
    assert "vendor cost" in text, "the legend of a chart"


def test_schedules_are_found_by_what_they_hold_not_by_their_number(paper: dict[str, Any]) -> None:
    """A workpaper of a user's own asks for a pack too: its schedules have other numbers, and some are of another kind."""
    own = copy.deepcopy(paper) | {"ref": "45"}
    own["tables"] = {f"45.{2 * int(id.partition('.')[2])}": table for id, table in own["tables"].items()}
    own["tables"]["45.5"] = {
        "title": "Notes",
        "columns": ["note", "by"],
        "types": ["text", "text"],
        "rows": [["x", "y"]],
    }
    assert titles(deck_of(own)) == TITLES
    own["tables"] = {"45.5": own["tables"]["45.5"]}
    assert titles(deck_of(own))[0] == TITLES[0] and titles(deck_of(own))[-1] == TITLES[-1]
