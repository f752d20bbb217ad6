"""What is typed into a workpaper's Excel file comes back into the record: what was changed, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from tests.conftest import Said, Tiny
from tests.goldens import compare_with_golden
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

GOLDENS = Path(__file__).parent / "goldens"
FINDING, TIE_OUT, ITEM = "amount_differs:inv-2", "tie_out:20.2", "20:document:inv-2"


class Filled:
    """A copy of the workbook of workpaper 20 of borealis, being filled in as a person does."""

    def __init__(self, tiny: Tiny, name: str = "filled.xlsx") -> None:
        self.tiny = tiny
        self.path = tiny.folder / name
        shutil.copy(tiny.period / "borealis" / "20_receivables_to_ledger.xlsx", self.path)

    def write(self, subject: str, heading: str, text: object, sheet: str = "") -> str:
        """Write a cell of the row of a subject; returns its address."""
        book = openpyxl.load_workbook(self.path, data_only=True)
        for page in [book[sheet]] if sheet else book.worksheets:
            found = _cell(page, subject, heading)
            if found is not None:
                found.value = text
                book.save(self.path)
                return f"{page.title}!{found.coordinate}"
        raise AssertionError(f"no row of {subject} with {heading}")

    def read_back(self, *arguments: str) -> Said:
        return self.tiny.say("explain", "--from", str(self.path), "--by", "Cleo", *arguments)

    def recorded(self) -> list[tuple[str, str]]:
        """Kind and subject of what was read back."""
        said = self.read_back("--json")
        assert said.code == 0, said.err
        return [(each["kind"], each["subject"]) for each in json.loads(said.out)["recorded"]]


def _cell(page: Worksheet, subject: str, heading: str) -> Any:
    columns: dict[str, int] = {}
    for row in page.iter_rows():
        names = {cell.value: cell.column for cell in row if isinstance(cell.value, str)}
        if "subject" in names:
            columns = names
        elif columns.get(heading) and page.cell(row[0].row, columns["subject"]).value == subject:
            return page.cell(row[0].row, columns[heading])
    return None


def events(tiny: Tiny) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(tiny.say("history", "--json").out)["events"]
    return found


def test_an_untouched_workbook_says_nothing(closed_tiny: Tiny) -> None:
    filled = Filled(closed_tiny)
    assert filled.recorded() == []
    assert "Nothing new is filled in; nothing was recorded." in filled.read_back().out
    assert events(closed_tiny) == []


def test_explanations_and_items_are_read_back_once(closed_tiny: Tiny) -> None:
    filled = Filled(closed_tiny)
    filled.write(FINDING, "explanation", "Typed wrong;\ncorrected in June")
    filled.write(TIE_OUT, "explanation", "The same invoice")
    filled.write(ITEM, "owner", "Dan")
    filled.write(ITEM, "action", "ask billing")
    assert sorted(filled.recorded()) == [("explained", FINDING), ("explained", TIE_OUT), ("followed_up", ITEM)]
    said = {each["subject"]: each["payload"] for each in events(closed_tiny)}
    assert said[FINDING] == {"amount": "-45.00", "text": "Typed wrong;\ncorrected in June"}
    assert said[ITEM] == {"owner": "Dan", "action": "ask billing"}
    assert filled.recorded() == [], "what the record has already is not said again"
    assert len(events(closed_tiny)) == 3
    drawn = Filled(closed_tiny, "drawn.xlsx")
    assert drawn.recorded() == [], "the workbook drawn since holds what was said"


def test_two_people_fill_in_copies_of_one_workbook(closed_tiny: Tiny) -> None:
    one, other = Filled(closed_tiny, "one.xlsx"), Filled(closed_tiny, "other.xlsx")
    one.write(FINDING, "explanation", "Typed wrong")
    other.write(TIE_OUT, "explanation", "The same invoice")
    assert one.recorded() == [("explained", FINDING)]
    assert other.recorded() == [("explained", TIE_OUT)], "the empty cell of the other copy withdraws nothing"
    assert [each["payload"]["text"] for each in events(closed_tiny)] == ["Typed wrong", "The same invoice"]


STATES: list[tuple[str, dict[str, str | None], list[str]]] = [
    ("another text", {"explanation": "Typed wrong twice"}, ["explained"]),
    ("an emptied text", {"explanation": None}, ["withdrawn"]),
    ("the state open", {"state": "open"}, ["withdrawn"]),
    ("the state explained, as it is", {"state": "Explained "}, []),
    ("spaces around the text", {"explanation": "  Typed wrong "}, []),
    ("an emptied state", {"state": None}, []),
]


@pytest.mark.parametrize(("cells", "kinds"), [case[1:] for case in STATES], ids=[case[0] for case in STATES])
def test_text_and_state_together_say_what_is_meant(
    closed_tiny: Tiny, cells: dict[str, str | None], kinds: list[str]
) -> None:
    assert closed_tiny.say("explain", FINDING, "Typed wrong", "-p", "borealis", "--by", "Ana").code == 0
    filled = Filled(closed_tiny)
    for heading, text in cells.items():
        filled.write(FINDING, heading, text, "Findings")
    assert [kind for kind, _ in filled.recorded()] == kinds


def test_a_stale_explanation_is_taken_over_by_its_state(closed_tiny: Tiny) -> None:
    assert closed_tiny.say("explain", FINDING, "Typed wrong", "-p", "borealis", "--by", "Ana").code == 0
    ledger = closed_tiny.tables / "gl_entries.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("205.00", "206.00"), encoding="utf-8")
    assert closed_tiny.say("run").code == 0
    filled = Filled(closed_tiny)
    filled.write(FINDING, "state", "explained", "Findings")
    assert filled.recorded() == [("explained", FINDING)]
    assert events(closed_tiny)[-1]["payload"] == {"amount": "-44.00", "text": "Typed wrong"}


def _of_another_run(filled: Filled) -> None:
    ledger = filled.tiny.tables / "gl_entries.csv"
    ledger.write_text(ledger.read_text(encoding="utf-8").replace("205.00", "206.00"), encoding="utf-8")
    filled.tiny.say("run")


def _twice(filled: Filled) -> None:
    book = openpyxl.load_workbook(filled.path, data_only=True)
    page = book["Findings"]
    row = _cell(page, FINDING, "subject").row
    for column in range(1, page.max_column + 1):
        page.cell(row + 1, column).value = page.cell(row, column).value
    book.save(filled.path)


def _explained_since(filled: Filled) -> None:
    filled.write(FINDING, "explanation", "Typed wrong")
    filled.tiny.say("explain", FINDING, "The customer paid less", "-p", "borealis", "--by", "Ben")


def _no_workbook(filled: Filled) -> None:
    filled.path.write_text("a,b\n1,2\n")


def _of_somebody_else(filled: Filled) -> None:
    book = openpyxl.Workbook()
    book.save(filled.path)


REFUSED: dict[str, Callable[[Filled], object]] = {
    "a sheet of another run": _of_another_run,
    "a sheet with a changed figure": lambda filled: filled.write(FINDING, "amount", -44, "Findings"),
    "a sheet with a figure as text": lambda filled: filled.write(FINDING, "amount", "(45.00)", "Findings"),
    "a sheet with changed figures and subjects": lambda filled: (
        filled.write(TIE_OUT, "per books", 250),
        filled.write(ITEM, "amount", -40),
        filled.write(FINDING, "subject", "amount_differs:inv-1", "Findings"),
    ),
    "a sheet without a subject": lambda filled: (
        filled.write(FINDING, "explanation", "Typed wrong", "Findings"),
        filled.write(FINDING, "subject", None, "Findings"),
    ),
    "a sheet with a row twice": _twice,
    "a sheet with an unknown state": lambda filled: filled.write(FINDING, "state", "done", "Findings"),
    "a sheet with a state and no text": lambda filled: filled.write(FINDING, "state", "explained", "Findings"),
    "a sheet that somebody overtook": _explained_since,
    "a sheet with too long a text": lambda filled: filled.write(FINDING, "explanation", "x" * 10_001, "Findings"),
    "a file that is no workbook": _no_workbook,
    "a workbook of somebody else": _of_somebody_else,
}


@pytest.mark.parametrize("spoil", REFUSED.values(), ids=REFUSED)
def test_a_sheet_that_is_refused_records_nothing(closed_tiny: Tiny, spoil: Callable[[Filled], object]) -> None:
    filled = Filled(closed_tiny)
    filled.write(TIE_OUT, "explanation", "Would be good") if spoil not in (_no_workbook, _of_somebody_else) else None
    spoil(filled)
    before = events(closed_tiny)
    said = filled.read_back()
    assert said.code == 2
    assert "Traceback" not in said.err
    assert events(closed_tiny) == before
    name = next(name for name, case in REFUSED.items() if case is spoil)
    compare_with_golden(GOLDENS, name, said.err.replace(str(filled.tiny.folder), "…"))


def test_a_row_may_stand_elsewhere_on_its_sheet(closed_tiny: Tiny) -> None:
    """A sheet that was sorted is read as one that was not: each row carries its number and its subject."""
    filled = Filled(closed_tiny)
    place = filled.write(FINDING, "explanation", "Typed wrong", "Findings")
    book = openpyxl.load_workbook(filled.path, data_only=True)
    book["Findings"].insert_rows(int(place.partition("!")[2].lstrip("ABCDEFGHIJKL")), 3)
    book.save(filled.path)
    assert filled.recorded() == [("explained", FINDING)]


def test_a_workbook_saved_without_the_results_of_its_formulas_is_read_back(closed_tiny: Tiny) -> None:
    """A program that computes nothing keeps the formulas and drops their results: they are those of the page's workbook."""
    filled = Filled(closed_tiny)
    book = openpyxl.load_workbook(filled.path)
    for page, subject, heading, text in (
        ("Findings", FINDING, "explanation", "Typed wrong"),
        ("20.2 Reconciling items", ITEM, "owner", "Cleo"),
    ):
        cell = _cell(book[page], subject, heading)
        cell.value = text
    book.save(filled.path)
    assert openpyxl.load_workbook(filled.path, data_only=True)["Summary"]["C23"].value is None
    assert filled.recorded() == [("explained", FINDING), ("followed_up", ITEM)]


@pytest.mark.parametrize(
    ("sheet", "cell", "value"),
    [("Summary", "C23", 99), ("Summary", "C23", "=1+1"), ("Data", "F2", 99), ("Tie-outs", "E3", "=0")],
    ids=["a figure", "a figure's formula", "a row", "a difference"],
)
def test_a_figure_changed_in_a_workbook_without_results_is_refused(
    closed_tiny: Tiny, sheet: str, cell: str, value: object
) -> None:
    filled = Filled(closed_tiny)
    book = openpyxl.load_workbook(filled.path)
    finding = _cell(book["Findings"], FINDING, "explanation")
    finding.value = "Typed wrong"
    book[sheet][cell] = value
    book.save(filled.path)
    said = filled.read_back()
    assert said.code == 2
    assert f"{sheet}!{cell}" in said.err
    assert events(closed_tiny) == []


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.slow
def test_a_workbook_that_libreoffice_saved_is_read_back(closed_tiny: Tiny, tmp_path: Path) -> None:
    filled = Filled(closed_tiny)
    filled.write(FINDING, "explanation", "Tippfehler; süß — 漢字\nzweite Zeile", "Findings")
    saved = tmp_path / "saved"
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    for kind in ("ods", "xlsx"):  # through its own format, so that every cell is written anew
        subprocess.run(
            ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(saved), str(filled.path)],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
        filled.path = saved / f"filled.{kind}"
    assert filled.recorded() == [("explained", FINDING)]
    assert events(closed_tiny)[0]["payload"]["text"] == "Tippfehler; süß — 漢字\nzweite Zeile"
