"""The files of the proposed entries: what they hold, and when they are there."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from close_library.report.journal_entries import NETSUITE, NETSUITE_COLUMNS, PLAIN, REVERSALS, journal_files
from close_library.run.close import CloseResult
from close_library.run.gathering.journals import write_journal_entries
from close_library.tables import TABLES

COLUMNS = [
    "entry", "line", "date", "reversal_date", "account", "role", "program", "customer", "debit", "credit", "line_memo",
]  # fmt: skip
LINES: list[list[str | None]] = [
    ["PJE-2026-10-001", "1", "2026-10-31", None, "4010", "revenue", "=HYPERLINK(1)", None, "1850.00", None, "@x"],
    ["PJE-2026-10-001", "2", "2026-10-31", None, "2400", "deferred_revenue", None, None, None, "1850.00", "-x"],
    ["PJE-2026-10-002", "1", "2026-10-31", "2026-11-01", "1200", "r", "helix", "acme", "5920.90", None, "l"],
    ["PJE-2026-10-002", "2", "2026-10-31", "2026-11-01", "2400", "d", "helix", None, None, "5920.90", "l"],
]


def document(lines: list[list[str | None]] = LINES, status: str = "agreed") -> dict[str, Any]:
    table = {"columns": COLUMNS, "rows": lines}
    entries = {"columns": ["entry", "memo"], "rows": [["PJE-2026-10-001", "m"], ["PJE-2026-10-002", "m, n"]]}
    return {"ref": "61", "status": status, "functional_currency": "USD", "tables": {"61.1": entries, "61.2": table}}


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_the_plain_form_is_that_of_gl_entries() -> None:
    rows = rows_of(journal_files(document())[PLAIN])
    assert tuple(rows[0]) == TABLES["gl_entries"].column_names
    assert [(row["journal_id"], row["line_number"], row["account"], row["amount"]) for row in rows] == [
        ("PJE-2026-10-001", "1", "4010", "1850.00"),
        ("PJE-2026-10-001", "2", "2400", "-1850.00"),
        ("PJE-2026-10-002", "1", "1200", "5920.90"),
        ("PJE-2026-10-002", "2", "2400", "-5920.90"),
    ]
    assert {(row["effective_date"], row["period"]) for row in rows} == {("2026-10-31", "2026-10")}
    assert [row["description"] for row in rows][2] == "l; reverses on 2026-11-01"


def test_accruals_alone_are_reversed_on_the_first_day_of_the_next_period() -> None:
    rows = rows_of(journal_files(document())[REVERSALS])
    assert [(row["journal_id"], row["effective_date"], row["period"], row["amount"]) for row in rows] == [
        ("PJE-2026-10-002-R", "2026-11-01", "2026-11", "-5920.90"),
        ("PJE-2026-10-002-R", "2026-11-01", "2026-11", "5920.90"),
    ]
    assert {row["reversal_of"] for row in rows} == {"PJE-2026-10-002"}


def test_netsuite_gets_one_external_id_a_journal_and_the_reversal_as_a_date() -> None:
    rows = rows_of(journal_files(document())[NETSUITE])
    assert tuple(rows[0]) == NETSUITE_COLUMNS
    assert [(row["External ID"], row["Date"], row["Posting Period"], row["Reversal Date"]) for row in rows] == [
        *[("PJE-2026-10-001", "10/31/2026", "Oct 2026", "")] * 2,
        *[("PJE-2026-10-002", "10/31/2026", "Oct 2026", "11/1/2026")] * 2,
    ]
    for journal in {row["External ID"] for row in rows}:
        lines = [row for row in rows if row["External ID"] == journal]
        assert sum(Decimal(row["Debit"] or 0) for row in lines) == sum(Decimal(row["Credit"] or 0) for row in lines) > 0
    assert [row["Memo"] for row in rows] == ["m", "m", "m, n", "m, n"]
    assert [row["Name"] for row in rows] == ["", "", "acme", ""]


@pytest.mark.parametrize("name", [PLAIN, NETSUITE])
def test_no_text_is_live_in_a_spreadsheet(name: str) -> None:
    cells = [cell for row in rows_of(journal_files(document())[name]) for cell in row.values()]
    assert "'=HYPERLINK(1)" in cells
    live = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert all(Decimal(cell) < 0 for cell in live)


def test_lines_that_go_on_in_a_second_schedule_are_not_lost() -> None:
    halves = document()
    halves["tables"] |= {
        "61.2": {"columns": COLUMNS, "rows": LINES[:2]},
        "61.2.2": {"columns": COLUMNS, "rows": LINES[2:]},
    }
    assert journal_files(halves) == journal_files(document())


def test_corrections_alone_have_no_reversals() -> None:
    assert sorted(journal_files(document(LINES[:2]))) == [PLAIN, NETSUITE]


def concluded(period: Path, found: dict[str, Any]) -> None:
    (period / "_company").mkdir(exist_ok=True)
    (period / "_company" / "61_proposed_journal_entries.json").write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.parametrize(
    "then",
    [document([]), document(status="failed"), document(status="not_applicable"), None],
    ids=["nothing is proposed", "61 failed", "61 is not applicable", "61 is gone"],
)
def test_files_go_when_there_is_nothing_to_book(tmp_path: Path, then: dict[str, Any] | None) -> None:
    concluded(tmp_path, document())
    assert write_journal_entries(tmp_path) == [PLAIN, REVERSALS, NETSUITE]
    assert sorted(path.name for path in (tmp_path / "journal_entries").iterdir()) == [PLAIN, REVERSALS, NETSUITE]
    if then is None:
        (tmp_path / "_company" / "61_proposed_journal_entries.json").unlink()
    else:
        concluded(tmp_path, then)
    assert write_journal_entries(tmp_path) == []
    assert not (tmp_path / "journal_entries").exists()


def test_a_file_that_is_no_longer_proposed_goes_alone(tmp_path: Path) -> None:
    concluded(tmp_path, document())
    write_journal_entries(tmp_path)
    concluded(tmp_path, document(LINES[:2]))
    write_journal_entries(tmp_path)
    assert sorted(path.name for path in (tmp_path / "journal_entries").iterdir()) == [PLAIN, NETSUITE]


def test_a_close_writes_them_and_its_manifest_names_them(closed: CloseResult) -> None:
    period = closed.prepared.folder
    found = json.loads((period / "_company" / "61_proposed_journal_entries.json").read_text(encoding="utf-8"))
    entries = {id.split(":")[1] for id in found["figures"]}
    assert {row["journal_id"] for row in rows_of((period / "journal_entries" / PLAIN).read_bytes())} == entries != set()
    manifest = json.loads((period / "manifest.json").read_text(encoding="utf-8"))
    assert f"journal_entries/{PLAIN}" in manifest["files"]
    assert f"journal_entries/{NETSUITE}" in manifest["files"]
