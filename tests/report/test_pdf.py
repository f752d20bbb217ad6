"""The PDF of a workpaper: every cell of every table is on its pages, what was promised is inside, nothing is markup."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from close_library.errors import ReportError
from close_library.report import Attachment, render_pdf
from close_library.report.page import page_of
from close_library.report.pdf.letters import BREAK, breakable, longest_piece, readable
from close_library.report.pdf.widths import PAGE_WIDTH, parts_of
from close_library.report.rows_file import RowsFile
from close_library.report.wording import show_name
from tests.pdfs import headings_of, letters_of, poppler, squeezed
from tests.report import papers
from tests.report.conftest import CODE, Built, build
from tests.report.surroundings import printed_in_each


def is_left_to_right(text: str) -> bool:
    return not re.search("[\u0590-\u08ff\u202a-\u202e]", text)


@poppler
def test_the_sections_stand_in_the_order_of_the_page(paper: Built, tmp_path: Path) -> None:
    document, rows = paper
    document["sections"]["limits_of_the_work"] = "No confirmations were sent."
    order = page_of(document, RowsFile(rows, document), {}, CODE)["order"]
    titles = [section["title"] or "Limits of the work" for section in order]
    found = f"Findings ({len(document['findings'])})"
    headings = headings_of(render_pdf(document, rows, {}, CODE), 2)
    assert headings == [found if title == "Findings" else title for title in titles]
    assert len(headings) >= 9


@poppler
def test_every_cell_of_every_table_is_on_the_pages(paper: Built, tmp_path: Path) -> None:
    document, rows = paper
    page = page_of(document, RowsFile(rows, document), {}, CODE)
    written = letters_of(render_pdf(document, rows, {}, CODE))
    shown = [cell["text"] for table in page["tables"] for row in table["rows"] for cell in row]
    shown += [cell["text"] for table in page["tables"] for cell in table["total"] or []]
    shown += [column["name"] for table in page["tables"] for column in table["columns"]]
    shown += [each[key] for each in page["findings"] for key in ("message", "keys", "amount")]
    shown += [each[key] for each in page["tie_outs"] for key in ("label", "per_workpaper", "per_books", "difference")]
    shown += [each[key] for each in page["figures"] for key in ("label", "id", "shown")]
    shown += [each["sha256"] for each in page["sources"]]
    shown += [each[key] for each in page["parameters"] for key in ("key", "value", "origin")]
    assert len(shown) > 50
    missing = [text for text in shown if is_left_to_right(text) and squeezed(text) not in written]
    assert not missing


@poppler
def test_a_table_of_thirty_columns_loses_no_cell(tmp_path: Path) -> None:
    document, rows = build("aging", tmp_path)
    columns = [f"column_{number}" for number in range(30)]
    cells = [[f"{row}/{number}: {'7' * number}" for number in range(30)] for row in range(40)]
    document["tables"] = {"x": {"title": "Wide", "columns": columns, "types": ["text"] * 30, "rows": cells}}
    written = letters_of(render_pdf(document, rows, {}, []))
    assert not [cell for row in cells for cell in row if squeezed(cell) not in written]
    assert all(squeezed(show_name(column)) in written for column in columns)


@poppler
def test_what_is_attached_comes_out_as_it_went_in(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    assert rows is not None
    data = json.dumps(document).encode()
    inside = [
        Attachment("paper.json", data, "application/json", "data", "The workpaper as data"),
        Attachment(rows.name, rows, "application/vnd.apache.parquet", "source", "The source rows of every figure"),
    ]
    (tmp_path / "paper.pdf").write_bytes(render_pdf(document, rows, {}, CODE, inside))
    (tmp_path / "out").mkdir()
    subprocess.run(["pdfdetach", "-saveall", "-o", str(tmp_path / "out"), str(tmp_path / "paper.pdf")], check=True)
    assert (tmp_path / "out" / "paper.json").read_bytes() == data
    assert (tmp_path / "out" / rows.name).read_bytes() == rows.read_bytes()


def test_it_is_tagged_pdf_a_3b_dated_at_the_period_end(tmp_path: Path) -> None:
    document, rows = build("roll-forward", tmp_path)
    pdf = render_pdf(document, rows, {}, CODE)
    for mark in (b"<pdfaid:part>3</pdfaid:part>", b"<pdfaid:conformance>B</pdfaid:conformance>", b"/StructTreeRoot"):
        assert mark in pdf
    assert b"D:20261031" in pdf
    assert b"/JavaScript" not in pdf and b"/Launch" not in pdf and b"/URI" not in pdf


@pytest.mark.parametrize("status", ["failed", "not_applicable"])
@poppler
def test_a_workpaper_without_an_answer_says_why(status: str, tmp_path: Path) -> None:
    document = {
        **{key: build("aging", tmp_path)[0][key] for key in ("format", "ref", "name", "title", "company", "program")},
        "period": "2026-10",
        "period_end": "2026-10-31",
        "status": status,
        "error": {"kind": "BooksError", "message": "there is no rate of EUR on 2026-10-31.\n  do: add it"},
        "missing_tables": ["fx_rates"],
    }
    written = letters_of(render_pdf(document, None, {}, []))
    assert ("EURon20261031" if status == "failed" else "fx_rates") in written
    assert "notsignedoff" in written


@poppler
def test_what_people_said_is_on_the_pages(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    finding = document["findings"][0]
    finding["subject"] = "timing:INV-7"
    explained = {"text": "Paid on the first of November", "by": "Ana Ortega", "at": "2026-11-04T09:17:00Z",
                 "amount": finding["amount"], "state": "current", "period": "2026-10"}  # fmt: skip
    signed = {"by": "Ben Lind", "at": "2026-11-05T10:00:00Z", "lapsed": False}
    said = {"state": "prepared", "sign_offs": {"preparer": signed, "reviewer": None, "rejected": None},
            "explanations": {"timing:INV-7": explained}, "items": {}, "record": {"events": 2, "head": "ab"}}  # fmt: skip
    written = letters_of(render_pdf(document, rows, said, []))
    for text in ("PaidonthefirstofNovember", "AnaOrtega", "BenLind", "notexplained"):
        assert text in written, text


def test_rows_of_another_document_are_refused(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    document["rows"]["sha256"] = "0" * 64
    with pytest.raises(ReportError):
        render_pdf(document, rows, {}, [])


def test_two_surroundings_one_set_of_bytes(tmp_path: Path) -> None:
    document, rows = build("hostile aging", tmp_path)
    (tmp_path / "paper.json").write_text(json.dumps(document), encoding="utf-8")
    program = (
        "import hashlib, json, sys; from pathlib import Path; from close_library.report import render_pdf;"
        "print(hashlib.sha256(render_pdf(json.loads(Path(sys.argv[1]).read_text(encoding='utf-8')),"
        " Path(sys.argv[2]), {}, [])).hexdigest())"
    )
    first, second = printed_in_each(program, lambda number: [str(tmp_path / "paper.json"), str(rows)])
    assert first == second and len(first) == 1


def test_letters_without_a_glyph_are_written_as_their_numbers() -> None:
    assert readable("漢 ok \x07") == "[U+6F22] ok [U+0007]"
    assert readable({"a": ["Łódź", 1, None]}) == {"a": ["Łódź", 1, None]}


@given(st.text(max_size=200))
def test_breaking_words_changes_no_letter(text: str) -> None:
    assert breakable(text).replace(BREAK, "") == text.replace(BREAK, "")
    assert longest_piece(breakable("x" * 500 + text.replace(BREAK, ""))) <= 500 // 2


@given(st.lists(st.integers(1, 22), min_size=1, max_size=60))
def test_the_parts_of_a_table_hold_every_column_once_and_fit_the_page(letters: list[int]) -> None:
    rows = [["9" * count for count in letters]]
    parts = parts_of(["h"] * len(letters), rows)
    later = [column for part in parts for column in part.columns[1 if part is not parts[0] else 0 :]]
    assert later == list(range(len(letters)))
    assert all(sum(part.widths) <= PAGE_WIDTH + 1 and part.columns[0] == 0 for part in parts)


def every_letter() -> list[str]:
    return [text for text in papers.HOSTILE if is_left_to_right(text)]


@poppler
def test_hostile_text_stays_text(tmp_path: Path) -> None:
    document, rows = build("bridge", tmp_path)
    hostile: list[Any] = [[text, str(number)] for number, text in enumerate(every_letter())]
    document["tables"] = {"x": {"title": "#panic()", "columns": ["a", "b"], "types": ["text", "text"], "rows": hostile}}
    document["sections"] = {"purpose": '#eval("1") $x$ <a> @b `#c`'}
    document["title"] = "= #panic() <x>"
    written = letters_of(render_pdf(document, rows, {}, []))
    assert not [text for text, _ in hostile if squeezed(text) not in written]
    assert "#panic()<x>" in written
