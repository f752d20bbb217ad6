"""The document of a close summary, computed from the small company of `tests.accounting.tracked`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.accounting import close_summary, program_total
from close_library.evidence import TieOut
from close_library.money import ZERO
from close_library.parameters import COMPANY
from close_library.workpaper import document as data
from tests.accounting.tracked import same_books, say, tracked_company

POINTS = (
    ("atlas", "71", "Invoice review", "invoice_duplicate", "error", "1500.00", "USD", "invoices", "inv-2", "Twice.", "open"),
    ("_company", "10", "Sources", "duplicate_key", "error", None, "", "customers", "acme", "Two rows.", "open"),
    ("atlas", "70", "Aging", "invoice_past_due", "warning", "25.00", "USD", "invoices", "inv-1", "It is late.", "open"),
)  # fmt: skip

REVIEWED = {
    "state": "reviewed",
    "sign_offs": {
        "preparer": {"by": "Dana", "at": "2026-06-03T09:00:00Z", "lapsed": False},
        "reviewer": {"by": "Marcus", "at": "2026-06-04T09:00:00Z", "lapsed": False},
        "rejected": None,
    },
}
"""What people said of a summary that both signed."""


def summary_paper(folder: Path, points: tuple[tuple[str | None, ...], ...] = POINTS) -> dict[str, Any]:
    """The document of workpaper 91 of the small company in May."""
    scope = tracked_company(folder)
    say(scope, "findings", *points)
    summary = close_summary(same_books(scope, COMPANY))
    summed = program_total(summary, "revenue")
    tie_out = TieOut(
        "91.1", "Programs add up to revenue", summed, summary.revenue.money, ZERO, "CF", None, summary.revenue
    )
    return {
        "format": "workpaper/1",
        "ref": "91",
        "name": "close_summary",
        "title": "Close summary",
        "company": "small",
        "company_name": "Small, Inc.",
        "program": COMPANY,
        "period": "2026-05",
        "period_end": "2026-05-31",
        "functional_currency": "USD",
        "preparer": "Dana",
        "reviewer": "Marcus",
        "status": "agreed",
        "figures": {id: data.figure_data(figure, COMPANY, "USD") for id, figure in summary.figures.items()},
        "tie_outs": [data.tie_out_data(tie_out, "USD", summary.figures)],
        "findings": [],
        "tables": {id: data.table_data(table, "USD") for id, table in summary.tables.items()},
        "charts": [data.chart_data(chart) for chart in summary.charts],
        "sources": [],
        "parameters": [],
        "sections": {"conclusion": "The programs add up to the company."},
        "rows": {"file": "91_close_summary.rows.parquet", "sha256": "0" * 64},
        "inputs": "ab" * 32,
    }
