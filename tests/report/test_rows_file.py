"""The rows file: counted and read whole, refused when it is not the one that the document names."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from close_library.errors import ReportError
from close_library.report import render_html
from close_library.report.embedded import _ranges
from close_library.report.rows_file import RowsFile
from tests.report.conftest import NOTHING_SAID, build
from tests.report.papers import Paper


def test_counts_are_those_of_the_figures(tmp_path: Path) -> None:
    document, path = build("roll-forward", tmp_path)
    with_rows = {id: figure["rows"] for id, figure in document["figures"].items() if figure["rows"]}
    assert RowsFile(path, document).counts == with_rows


def test_a_block_is_where_the_rows_of_its_figure_stand(tmp_path: Path) -> None:
    paper = Paper("60", "many", "Many figures", tmp_path)
    for number in range(300):
        for line in range(1 + number % 3):
            paper.row(f"revenue:EQX-{number:02d}-PLT", "deliveries", line, Decimal("1.00"))
        paper.figure(f"revenue:EQX-{number:02d}-PLT", "Revenue")
    document = paper.document()
    rows, stands = RowsFile(paper.rows_file(), document), defaultdict[str, list[int]](list)
    for line, row in enumerate(rows.stream(), 2):
        stands[row.figure].append(line)
    assert {id: (block.first, block.last) for id, block in rows.blocks.items()} == {
        id: (lines[0], lines[-1]) for id, lines in stands.items()
    }
    assert list(rows.blocks) == list(stands), "in the order of the file"


def test_sums_are_by_what_rows_show_and_leave_out_who_shows_nothing(tmp_path: Path) -> None:
    paper = Paper("60", "shown", "Shown", tmp_path)
    for line, (day, name) in enumerate(
        [("2026-09-30", "a"), ("2026-10-01", "a"), ("2026-10-31", "A"), ("2026-10-02", "")]
    ):
        paper.row("revenue", "deliveries", line, Decimal(line + 1), date=day, **({"name": name} if name else {}))
    paper.figure("revenue", "Revenue")
    document = paper.document()
    rows = RowsFile(paper.rows_file(), document)
    assert rows.sums_by({"revenue"}, [("date", 7)]) == {
        ("revenue", "2026-09"): (Decimal(1), 1),
        ("revenue", "2026-10"): (Decimal(9), 3),
    }
    assert rows.sums_by({"revenue"}, [("name", None)]) == {
        ("revenue", "a"): (Decimal(3), 2),
        ("revenue", "A"): (Decimal(3), 1),
    }
    assert rows.sums_by({"revenue"}, []) == {("revenue",): (Decimal(10), 4)}


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
