"""What a run gathers for the trackers: each finding once, with the program that it concerns; in two stages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from close_library.books import seal
from close_library.run.gathering.findings_table import rows_of, write_findings
from close_library.run.planning.plan import choose, read_notebooks
from close_library.tables import SAID
from tests.conftest import PROJECT, Tiny
from tests.ledgers import Folder, write_tables
from tests.run.warm import warm_pool

__all__ = ["warm_pool"]

NOTEBOOKS = PROJECT / "notebooks"
WORKPAPERS = read_notebooks(NOTEBOOKS).workpapers

BOOKS = """
    programs
    program_id  program_name  customer_id
    atlas       Atlas         acme
    borealis    Borealis      bolt

    customers
    customer_id  customer_name  currency
    acme         Acme           USD
    bolt         Bolt           USD

    billing_tasks
    task_id  program_id  period   step  due_at
    t-1      borealis    2026-05  bill  2026-06-02T00:00:00Z

    gl_entries
    journal_id  line_number  effective_date  account  amount  program_id
    j-1         1            2026-05-01      1200     5.00    atlas
    j-1         2            2026-05-01      4000     -5.00   .
    j-2         1            2026-05-01      1200     5.00    atlas
    j-2         2            2026-05-01      4000     -5.00   borealis
"""


def finding(
    kind: str, table: str, key: str, *more: str, severity: str = "error", amount: str = "5.00"
) -> dict[str, Any]:
    return {"finding": kind, "severity": severity, "amount": amount, "currency": "USD", "keys": {table: [key, *more]},
            "message": f"{kind} {key}.", "status": "open", "subject": f"{kind}:{key}"}  # fmt: skip


def tie_out(id: str, *, agreed: bool, unit: str = "") -> dict[str, Any]:
    return {"id": id, "label": "Sides agree", "per_workpaper": "1000.00", "per_books": "991.00", "difference": "-9.00",
            "agreed": agreed, **({"unit": unit} if unit else {})}  # fmt: skip


class Month:
    """A period's folder with books, into which documents are put."""

    def __init__(self, folder: Path, books: Path) -> None:
        self.folder = folder / "2026-05"
        shutil.copytree(books, self.folder / "books")

    def put(self, program: str, stem: str, status: str = "open", **parts: Any) -> None:
        ref, _, name = stem.partition("_")
        document = {"format": "workpaper/1", "ref": ref, "name": name, "title": name, "program": program,
                    "functional_currency": "USD", "status": status, **parts}  # fmt: skip
        path = self.folder / program / f"{stem}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")

    def gathered(self, *columns: str) -> list[tuple[str | None, ...]]:
        write_findings(self.folder, WORKPAPERS, ("atlas", "borealis"))
        rows = pq.read_table(self.folder / "books" / "findings.parquet").to_pylist()
        assert all(list(row) == list(SAID["findings"]) for row in rows)
        return [tuple(row[column] for column in columns) for row in rows]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gathered")
    write_tables(folder / "tables", BOOKS)
    seal(folder / "books", [Folder(folder / "tables")])
    return folder / "books"


@pytest.fixture
def month(tmp_path: Path, books: Path) -> Month:
    return Month(tmp_path, books)


PLACE = ("program", "ref", "finding", "known_key")


def test_a_finding_of_company_and_program_stands_once_with_the_program(month: Month) -> None:
    late = finding("invoice_past_due", "invoices", "inv-1", severity="warning")
    month.put("_company", "70_aging_and_collections", findings=[late])
    month.put("atlas", "70_aging_and_collections", findings=[late])
    assert month.gathered(*PLACE) == [("atlas", "70", "invoice_past_due", "inv-1")]


def test_findings_of_one_row_that_differ_in_aspect_stay_apart(month: Month) -> None:
    """Flux names one account twice: against the month before, and against the budget."""
    twice = [{**finding("flux_unexplained", "gl_accounts", "4000:atlas"), "subject": f"flux_unexplained:4000:atlas:{aspect}"}
             for aspect in ("prior_month", "prior_year")]  # fmt: skip
    month.put("_company", "40_flux_profit_and_loss", findings=twice)
    month.put("atlas", "40_flux_profit_and_loss", findings=twice)
    assert month.gathered(*PLACE) == [("atlas", "40", "flux_unexplained", "4000:atlas")] * 2


@pytest.mark.parametrize(
    ("kind", "table", "key", "program"),
    [
        ("task_late", "billing_tasks", "t-1", "borealis"),
        ("journal_unbalanced", "gl_entries", "j-1", "atlas"),
        ("revenue_cutoff", "gl_entries", "j-2:2", "borealis"),
        ("journal_unbalanced", "gl_entries", "j-2", "_company"),
        ("flux_unexplained", "gl_accounts", "4000:borealis", "borealis"),
        ("flux_unexplained", "gl_accounts", "4000:_company", "_company"),
        ("duplicate_key", "customers", "acme", "_company"),
        ("balance_does_not_roll", "account_balances", "6400", "_company"),
        ("something_else", "no_such_table", "x", "_company"),
    ],
    ids=["a task", "a journal of one program", "a line of a journal", "a journal of two programs", "a program's account",
         "an account of none", "a customer", "a row without owner", "a table unknown here"],
)  # fmt: skip
def test_what_only_the_company_raises_stands_with_the_program_that_owns_the_row(
    month: Month, kind: str, table: str, key: str, program: str
) -> None:
    month.put("_company", "10_source_completeness", findings=[finding(kind, table, key)])
    assert month.gathered("program", "known_key") == [(program, key)]


def test_tie_outs_that_differ_are_each_scope_s_own(month: Month) -> None:
    compared = [tie_out("24.3", agreed=False), tie_out("24.4", agreed=True), tie_out("24.1", agreed=False, unit="rows")]
    for program in ("_company", "atlas"):
        month.put(program, "24_vendor_payables_to_ledger", tie_outs=compared)
    assert month.gathered("program", "known_key", "amount", "message") == [
        (program, id, amount, f"Sides agree: per workpaper {sides}.")
        for program in ("_company", "atlas")
        for amount, id, sides in (
            (None, "24.1", "1,000, per books 991"),
            ("-9.00", "24.3", "1,000.00, per books 991.00"),
        )
    ]


def test_a_workpaper_without_a_conclusion_is_told_with_its_first_reason(month: Month) -> None:
    month.put(
        "atlas", "24_vendor_payables_to_ledger", "failed", error={"kind": "BooksError", "message": "A rate.\nEUR"}
    )
    assert month.gathered("program", "finding", "known_key", "message", "status") == [
        ("atlas", "no_conclusion", "24", "No conclusion: A rate.", "failed")
    ]


def test_what_is_no_longer_planned_is_not_gathered(month: Month) -> None:
    one = [finding("invoice_past_due", "invoices", "inv-1")]
    month.put("atlas", "45_somebody_s_own", findings=one)
    month.put("gone", "70_aging_and_collections", findings=one)
    month.put("atlas", "90_program_tracker", findings=one)
    assert month.gathered(*PLACE) == []


def test_the_same_findings_give_the_same_bytes_and_leave_the_file_alone(month: Month) -> None:
    month.put(
        "atlas",
        "70_aging_and_collections",
        findings=[finding("invoice_past_due", "invoices", f"i-{n}") for n in range(9)],
    )
    month.gathered("ref")
    file = month.folder / "books" / "findings.parquet"
    first = (file.read_bytes(), file.stat().st_mtime_ns)
    month.put("atlas", "70_aging_and_collections",
              findings=[finding("invoice_past_due", "invoices", f"i-{n}") for n in reversed(range(9))])  # fmt: skip
    month.gathered("ref")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == first


def test_only_what_reads_the_findings_runs_last() -> None:
    assert {each.ref for each in WORKPAPERS if each.runs_last} == {"90", "91"}
    tasks = choose(read_notebooks(NOTEBOOKS), ("atlas",)).tasks(Path("x"), "2026-05", {}, 1)
    assert {(task.program, task.stem) for task in tasks if task.runs_last} == {
        ("atlas", "90_program_tracker"), ("_company", "91_close_summary")
    }  # fmt: skip


def test_a_notebook_may_ask_for_known_formats_only(tmp_path: Path) -> None:
    from close_library.workpaper.notebook import read_workpaper

    content = json.loads((NOTEBOOKS / "91_close_summary.ipynb").read_text(encoding="utf-8"))
    assert content["metadata"]["close"]["formats"] == ["pptx", "docx"]
    content["metadata"]["close"]["formats"] = ["odp"]
    path = tmp_path / "91_close_summary.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    workpaper, faults = read_workpaper(path)
    assert workpaper is None
    assert [(fault.where, fault.found) for fault in faults] == [(f"{path}, metadata.close.formats", '["odp"]')]


CONTRACTS = {
    "contracts": "contract_id,program_id,customer_id,start_date,currency\nc-1,atlas,acme,2026-04-01,USD\n",
    "contract_lines": "contract_line_id,contract_id,product,billing_model,recognition,amount,service_start,service_end\n"
    "s,c-1,seats,subscription,ratable_monthly,600.00,2026-04-01,2026-09-30\n",
}


@pytest.fixture
def with_contracts(tiny: Tiny) -> Tiny:
    """The tiny company with a subscription of 100.00 a month, its trackers, and a notebook that fails."""
    for name, text in CONTRACTS.items():
        (tiny.tables / f"{name}.csv").write_text(text, encoding="utf-8")
    for name in ("90_program_tracker", "91_close_summary"):
        shutil.copy(NOTEBOOKS / f"{name}.ipynb", tiny.notebooks)
    tiny.add_situation("raises_key_error", "46")
    (tiny.notebooks / "30_receivables_roll_forward.ipynb").unlink()
    return tiny


def opened(company: Tiny, program: str, stem: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((company.period / program / f"{stem}.json").read_text(encoding="utf-8"))
    return document


@pytest.mark.slow
def test_trackers_run_last_with_their_pack_and_quote_what_failed_before_them(with_contracts: Tiny) -> None:
    """Three runs of one company: with a notebook that fails, of one tracker alone without it, and of a summary without a pack."""
    assert with_contracts.say("run").code == 2, "a notebook has no conclusion"
    summary = opened(with_contracts, "_company", "91_close_summary")
    tracker = opened(with_contracts, "atlas", "90_program_tracker")
    assert summary["status"] == tracker["status"] == "agreed", summary.get("error")
    points = [(row[1], row[2]) for row in summary["tables"]["91.7"]["rows"]]
    assert points == [("46", program) for program in ("atlas", "borealis", "company")]
    assert [row[1:3] for row in tracker["tables"]["90.8"]["rows"]] == [["46", "no_conclusion"]]
    assert (tracker["figures"]["revenue"]["amount"], tracker["figures"]["deferred_revenue"]["amount"]) == (
        "100.00",
        "0.00",
    )

    pack = [with_contracts.period / "_company" / f"91_close_summary.{ending}" for ending in ("pptx", "docx")]
    manifest = json.loads((with_contracts.period / "manifest.json").read_text(encoding="utf-8"))["files"]
    assert {f"_company/{path.name}" for path in pack} <= set(manifest)
    assert not list(with_contracts.period.glob("*/90_program_tracker.pptx")), "only what asks for it has one"

    (with_contracts.notebooks / "46_raises_key_error.ipynb").unlink()
    said = with_contracts.say("run", "--workpaper", "90", "--program", "atlas")
    assert said.code == 0, said.err
    assert opened(with_contracts, "atlas", "90_program_tracker")["tables"]["90.8"]["rows"] == []

    notebook = with_contracts.notebooks / "91_close_summary.ipynb"
    content = json.loads(notebook.read_text(encoding="utf-8"))
    del content["metadata"]["close"]["formats"]
    notebook.write_text(json.dumps(content), encoding="utf-8")
    said = with_contracts.say("run", "--workpaper", "91")
    assert said.code == 0, said.err
    assert not any(path.exists() for path in pack), "a workpaper that no longer asks for it leaves no old pack behind"


def test_a_document_without_anything_open_says_nothing() -> None:
    assert (
        list(
            rows_of({"program": "atlas", "ref": "30", "title": "x", "status": "agreed", "tie_outs": [], "findings": []})
        )
        == []
    )
