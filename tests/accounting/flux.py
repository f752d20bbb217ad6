"""Ledgers, budgets and explanations for small flux companies, a row a line, with the columns that flux needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from close_library.evidence import Result, Scope
from close_library.parameters import COMPANY
from tests.ledgers import ACCOUNTS, scope_of, small_company

CHART = """
    1200 Receivables asset Receivables
    1000 Cash asset Cash
    2400 Deferred liability Contract_liabilities
    3000 Stock equity Equity
    4000 Services revenue Revenue
    4900 Discounts revenue Revenue
    5000 Vendors expense Cost
    6000 Salaries expense Operating
"""

HEADERS = {
    "gl_accounts": "account account_name account_type caption",
    "gl_entries": "account program_id effective_date amount",
    "budgets": "scenario account program_id period amount",
    "account_balances": "account period opening_balance closing_balance",
}

LIMITS = {"amount": "100.00", "percent": "10", "rule": "and", "comparisons": ["prior_month"]}
"""100.00 and 10 %: small enough to work by hand."""


def flux_text(entries: str = "", chart: str = CHART, **tables: str) -> str:
    """The text of a small ledger: `4000 atlas 2026-05-31 -500.00` a line; programs atlas and borealis."""
    blocks = {"gl_accounts": chart, "gl_entries": entries, **tables}
    texts = [f"{name}\n{HEADERS[name]}\n{rows}" for name, rows in blocks.items() if rows.strip()]
    return "\n\n".join(["programs\nprogram_id\natlas\nborealis", *texts])


def flux_company(
    tmp_path: Path,
    entries: str,
    period: str = "2026-05",
    program: str = COMPANY,
    *,
    more: str = "",
    flux: dict[str, Any] | None = None,
    chart: str = CHART,
    **tables: str,
) -> Scope:
    """The scope of a small company with these entries; `flux` changes the limits, `more` holds tables of other kinds."""
    text = flux_text(entries, chart, **tables) + "\n\n" + more
    return small_company(tmp_path, text, period, program, flux={**LIMITS, **(flux or {})}, accounts=FLUX_ACCOUNTS)


FLUX_ACCOUNTS = {**ACCOUNTS, "vendor_cost": ["5000"]}


def same_flux(scope: Scope, period: str, program: str = COMPANY, **flux: Any) -> Scope:
    """Another period or program of a company that is sealed already."""
    return scope_of(scope.books.directory, period, program, flux={**LIMITS, **flux}, accounts=FLUX_ACCOUNTS)


def unexplained(result: Result) -> list[tuple[str, str]]:
    """The findings as (subject without the finding's name, amount)."""
    assert all((f.finding, f.severity) == ("flux_unexplained", "warning") for f in result.findings)
    return [(f.subject.removeprefix("flux_unexplained:"), f"{f.amount:.2f}") for f in result.findings]


def line(result: Result, key: str, comparison: str = "prior_month") -> tuple[str, str, str]:
    """Current, comparison and change of a line: `4000`, or `4000:atlas` in the company's workpaper."""
    current, before, change = (
        f"{result.figures[f'{side}:{key}:{comparison}'].money:.2f}" for side in ("current", "comparison", "change")
    )
    return current, before, change


def explain(
    scope: Scope, *said: tuple[str, str, str, str, str], period: str = "2026-05", text: str = "a reason"
) -> None:
    """Write explanations into the books as a run does: (program, ref, subject, amount, event)."""
    names = ("program", "ref", "subject", "amount", "event")
    rows: list[dict[str, Any]] = [
        {"period": period, "text": text, **dict(zip(names, one, strict=True))} for one in said
    ]
    for row in rows:
        row["event"] = int(row["event"])
    pq.write_table(pa.Table.from_pylist(rows), scope.books.directory / "said_explanations.parquet")
