"""The rows file: counted and read whole, refused when it is not the one that the document names."""

from __future__ import annotations

from pathlib import Path

import pytest

from close_library.errors import ReportError
from close_library.report import render_html
from close_library.report.embedded import _ranges
from close_library.report.rows_file import RowsFile
from tests.report.conftest import NOTHING_SAID, build


def test_counts_are_those_of_the_figures(tmp_path: Path) -> None:
    document, path = build("roll-forward", tmp_path)
    with_rows = {id: figure["rows"] for id, figure in document["figures"].items() if figure["rows"]}
    assert RowsFile(path, document).counts == with_rows


def test_the_stream_can_be_narrowed_to_figures(tmp_path: Path) -> None:
    document, path = build("bridge", tmp_path)
    rows = list(RowsFile(path, document).stream({"timing", "amount_differs"}))
    assert {row.figure for row in rows} == {"timing", "amount_differs"}
    assert rows[0].shown == {"document_number": "INV-6", "class_": "amount_differs"}


def test_rows_that_name_a_document_are_found_once_per_address(tmp_path: Path) -> None:
    document, path = build("roll-forward", tmp_path)
    found = RowsFile(path, document).naming({"INV-00002"}, set(), 100)
    assert [(row.source_file, row.source_row) for row in found] == [("invoices.csv", 2)]


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_another_rows_file_is_refused(tmp_path: Path, damage: str) -> None:
    document, path = build("bridge", tmp_path)
    assert path
    if damage == "changed":
        path.write_bytes(path.read_bytes() + b" ")
    else:
        path.unlink()
    with pytest.raises(ReportError, match=r"20_receivables_to_ledger\.rows\.parquet"):
        render_html(document, path, NOTHING_SAID, [])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ""),
        ([7], "7"),
        ([3, 2, 4, 9], "2-4, 9"),
        ([5, 5], "5"),
        (list(range(1, 60, 2)), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23 and 18 more"),
    ],
)
def test_line_numbers_read_as_ranges(lines: list[int], expected: str) -> None:
    assert _ranges(lines) == expected
