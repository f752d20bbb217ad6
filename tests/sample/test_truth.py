"""What is planted is expected, a near miss is not, and the generator knows nothing of the product's accounting."""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from pathlib import Path

import close_library.sample
from close_library.money import ZERO
from close_library.sample.planting import HOMES
from tests.sample.conftest import Sample

ALLOWED = (
    "close_library.errors",
    "close_library.money",
    "close_library.period",
    "close_library.tables",
    "close_library.sample",
)


def test_every_kind_of_finding_is_planted(sample: Sample) -> None:
    kinds = {one.finding for one in sample.truth.findings}
    assert kinds == {finding for findings in HOMES.values() for finding in findings.split()}


def test_every_planted_problem_is_expected_in_its_periods(sample: Sample) -> None:
    expected = {(one.finding, one.period, one.table, one.key) for one in sample.truth.findings}
    missing = [
        (plant["name"], period)
        for plant in sample.truth.planted
        for period in plant["periods"]  # type: ignore[attr-defined]
        if (plant["finding"], period, plant["table"], plant["key"]) not in expected
    ]
    assert missing == []


def test_findings_of_the_complete_homes_are_all_planted(sample: Sample) -> None:
    planted = {
        (plant["finding"], period, plant["key"]) for plant in sample.truth.planted for period in plant["periods"]
    }  # type: ignore[attr-defined]
    strangers = [
        one
        for one in sample.truth.findings
        if one.home in ("10", "20", "70") and (one.finding, one.period, one.key) not in planted
    ]
    assert strangers == []


def test_no_near_miss_is_expected(sample: Sample) -> None:
    expected = {(one.finding, one.table, one.key) for one in sample.truth.findings}
    hit = [one["name"] for one in sample.truth.near_misses if (one["finding"], one["table"], one["key"]) in expected]
    assert hit == []
    assert len(sample.truth.near_misses) >= 15


def test_keys_name_rows_of_their_tables(sample: Sample) -> None:
    columns = {
        "invoices": ("invoice_id", "invoice_number"),
        "cash_receipts": ("receipt_id",),
        "cash_applications": ("application_id",),
        "deliveries": ("delivery_id",),
        "purchase_orders": ("po_number",),
        "billing_tasks": ("task_id",),
        "payouts": ("payout_id",),
        "bank_transactions": ("bank_transaction_id",),
        "vendor_invoices": ("vendor_invoice_id",),
        "vendor_payments": ("vendor_payment_id",),
        "vendor_work": ("work_id",),
        "gl_entries": ("journal_id", "document_number"),
        "account_balances": ("account",),
    }
    known = {table: {row[name] for row in sample.rows(table) for name in names} for table, names in columns.items()}
    known["gl_entries"] |= {f"{row['journal_id']}:{row['line_number']}" for row in sample.rows("gl_entries")}
    for one in [*sample.truth.planted, *sample.truth.near_misses]:
        if one["table"] in known:
            assert one["key"] in known[str(one["table"])], one


def test_a_mostly_healthy_company(sample: Sample) -> None:
    latest = [one for one in sample.truth.findings if (one.period, one.scope) == ("2026-10", "_company")]
    assert 15 <= len(latest) <= 40
    assert len({(one.finding, one.key) for one in sample.truth.findings}) <= 90
    october = sample.truth.figures["2026-10"]["_company"]
    assert abs(october["20"]["difference"] or ZERO) < (october["20"]["ar_subledger"] or ZERO) / 50


def test_expected_json_says_the_same_with_amounts_as_text(sample: Sample) -> None:
    data = json.loads((sample.folder / "expected.json").read_text(encoding="utf-8"), parse_float=_no_float)
    assert data == json.loads(json.dumps(sample.truth.as_data()))
    assert set(data["figures"]) == set(data["periods"])
    for scopes in data["figures"].values():
        for refs in scopes.values():
            for figures in refs.values():
                for amount in figures.values():
                    assert amount is None or Decimal(amount).is_finite()


def _no_float(text: str) -> float:
    raise AssertionError(f"{text} is a number, not a text")


def test_the_readme_names_every_plant_and_near_miss(sample: Sample) -> None:
    readme = (sample.folder / "README.md").read_text(encoding="utf-8")
    for one in [*sample.truth.planted, *sample.truth.near_misses]:
        assert f"| {one['name']} |" in readme and str(one["story"]) in readme


def test_the_generator_imports_nothing_that_it_judges() -> None:
    folder = Path(close_library.sample.__file__).parent
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
            )
            for name in names:
                assert not name.startswith("close_library") or name.startswith(ALLOWED), f"{path.name}: {name}"
