"""A small company's sheets as a document, with texts in it that a spreadsheet or a browser could take for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from close_library.books import Books, seal, source_sheets
from close_library.period import Period
from tests.ledgers import Folder

HOSTILE = ("=1+1", "<script>window.INJECTED=1</script>", '=HYPERLINK("http://x","y")', "<5", "*", "@SUM(A1)")

_HEAD = "invoice_id,invoice_number,document_type,program_id,customer_id,invoice_date,currency,total_amount,status"


def ipe_document(folder: Path) -> dict[str, Any]:
    """Invoices in six hostile currencies of six hostile programs, and master data; workpaper 10's tie-outs beside them."""
    tables = folder / "tables"
    tables.mkdir(parents=True)
    lines = [_HEAD]
    for number, text in enumerate(HOSTILE, 1):
        quoted = '"' + text.replace('"', '""') + '"'
        for month, status in (("04", "posted"), ("05", "posted"), ("05", "draft"), ("06", "posted")):
            id = f"inv-{number}-{month}-{status}"
            lines.append(f"{id},{quoted},invoice,{quoted},acme,2026-{month}-15,{quoted},{number}00.1{number},{status}")
    (tables / "invoices.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    programs = ["program_id,program_name", *('"' + text.replace('"', '""') + '",P' for text in HOSTILE[:3])]
    (tables / "programs.csv").write_text("\n".join(programs) + "\n", encoding="utf-8")
    (tables / "cash_receipts.csv").write_text("receipt_id,customer_id,receipt_date,currency,amount\n", encoding="utf-8")
    manifest = seal(folder / "books", [Folder(tables)], period="2026-05")
    sheets = source_sheets(Books.open(folder / "books"), Period.parse("2026-05"), "USD")
    duplicate = {"finding": "duplicate_key", "count": 2, "first": HOSTILE[1]}
    return {
        "format": "ipe/1",
        "company": "small",
        "company_name": "Small & Sons, Inc.",
        "period": "2026-05",
        "period_end": "2026-05-31",
        "functional_currency": "USD",
        "inputs": manifest["inputs"],
        "completeness": {
            "page": "_company/10_source_completeness.html",
            "tie_outs": [
                _tie_out("10.1", "Rows in the books are the rows read from the files", "27", "27", "0"),
                _tie_out("10.4", "Accounts that roll, of the accounts of the trial balance", "23", "22", "-1"),
            ],
        },
        "sheets": [
            {**sheet, "relied_on_by": ["10", "20"], "found": [duplicate] if sheet["table"] == "invoices" else []}
            for sheet in sheets
        ],
    }


def _tie_out(id: str, label: str, per_workpaper: str, per_books: str, difference: str) -> dict[str, Any]:
    amounts = {"per_workpaper": per_workpaper, "per_books": per_books, "difference": difference, "tolerance": "0"}
    return {"id": id, "label": label, **amounts, "agreed": difference == "0"}
