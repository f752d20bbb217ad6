"""Each procedure is one call from a blank notebook: the examples in the docstrings run, over a small closed company."""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from close_library import accounting
from close_library.books import seal
from close_library.errors import BooksError
from close_library.parameters import load_parameters
from close_library.period import Period
from close_library.workpaper import open_scope
from tests.ledgers import write_tables

PROCEDURES = (
    "actual_to_forecast",
    "aging",
    "collections",
    "contract_asset_roll_forward",
    "contract_balances_to_ledger",
    "deferred_revenue_roll_forward",
    "flux_balance_sheet",
    "flux_by",
    "flux_profit_and_loss",
    "proposed_journal_entries",
    "receivables_roll_forward",
    "receivables_to_ledger",
    "revenue_disclosures",
    "revenue_recognition",
    "revenue_schedule",
    "revenue_to_ledger",
    "source_completeness",
)

TABLES = """
    programs
    program_id
    atlas

    contracts
    contract_id  program_id
    c-1          atlas

    contract_lines
    contract_line_id  contract_id  product  billing_model  recognition   unit_price
    labels            c-1          labels   usage          as_delivered  0.125

    deliveries
    delivery_id  program_id  contract_line_id  delivery_date  quantity_delivered  status
    d-1          atlas       labels            2026-10-10     1001                delivered

    invoices
    invoice_id  invoice_date  due_date    contract_id  total_amount
    inv-1       2026-10-31    2026-11-30  c-1          125.13

    invoice_lines
    invoice_id  contract_line_id  amount  delivery_id
    inv-1       labels            125.13  d-1

    gl_entries
    journal_id  line_number  document_number  account  effective_date  amount
    j-1         1            inv-1            1200     2026-10-31      125.13
    j-1         2            inv-1            4000     2026-10-31      -125.13

    budgets
    scenario  account  program_id  period   amount
    budget    4000     atlas       2026-10  -120.00
"""

PARAMETERS = """\
company: small
functional_currency: USD
first_period: "2026-10"
sources:
  - {system: tables, path: ../tables}
accounts:
  accounts_receivable: ["1200"]
  unbilled_receivable: ["1250"]
  deferred_revenue: ["2400"]
  revenue: ["4000"]
  cash: ["1000"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder with the books of October, as a run leaves them."""
    folder = tmp_path_factory.mktemp("project")
    write_tables(folder / "tables", TABLES)
    (folder / "parameters").mkdir()
    (folder / "parameters" / "company.yaml").write_text(PARAMETERS, encoding="utf-8")
    company = load_parameters(folder / "parameters")
    period = Period.parse("2026-10")
    books = folder / "outputs" / "small" / str(period) / "books"
    seal(books, company.resolve(period).sources)
    (books / "parameters.json").write_text(json.dumps(company.to_json(period, ["atlas"])), encoding="utf-8")
    return folder


def example_of(procedure: Callable[..., Any]) -> str:
    """The code under `Example:` in a docstring."""
    text = inspect.getdoc(procedure) or ""
    assert "\nExample:\n" in text, f"{procedure.__name__} has no example"
    return textwrap.dedent(text.split("\nExample:\n")[1].split("\n\n    \n")[0])


def last_value(code: str) -> Any:
    """Run the code as a notebook's cell does: the value of its last line."""
    *lines, last = code.rstrip().split("\n")
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    return eval(last, names)


@pytest.mark.parametrize("name", PROCEDURES)
def test_the_example_gives_an_exact_table(project: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "notebooks").mkdir(exist_ok=True)
    monkeypatch.chdir(project / "notebooks")
    code = example_of(getattr(accounting, name))
    assert f" {name}(" in f" {code}".replace("\n", " ")
    table = last_value(code)
    assert isinstance(table, pd.DataFrame)
    assert len(table) > 0
    assert not [str(kind) for kind in table.dtypes if str(kind).startswith("float")]


def test_the_example_of_open_scope(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert len(last_value(example_of(open_scope))) > 0


def test_a_blank_notebook_gets_the_company_and_the_last_period(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    scope = open_scope()
    assert (scope.program, str(scope.period), scope.currency) == ("_company", "2026-10", "USD")
    assert str(accounting.revenue_to_ledger(scope).revenue.amount) == "125.1300"


def test_a_period_that_was_not_closed_says_which_command_closes_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    with pytest.raises(BooksError, match="close run 2026-03"):
        open_scope("atlas", "2026-03")
