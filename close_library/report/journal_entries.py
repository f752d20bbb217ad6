"""The files of the proposed entries: plain `gl_entries` and NetSuite's journal import, from the document of workpaper 61.

Text that a spreadsheet could take for a formula gets an apostrophe in front; amounts are plain digits and stay.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from close_library.report.wording import MONTHS
from close_library.tables import TABLES

LINE_COLUMNS = (
    "entry", "line", "date", "reversal_date", "account", "program", "customer", "debit", "credit", "line_memo",
)  # fmt: skip
"""What a schedule of entry lines has, among other columns."""

PLAIN, REVERSALS, NETSUITE = "gl_entries.csv", "gl_entries_reversals.csv", "netsuite_journal_import.csv"
JOURNAL_SOURCE = "adjusting"

NETSUITE_COLUMNS = (
    "External ID", "Date", "Posting Period", "Subsidiary", "Currency", "Exchange Rate", "Memo", "Reversal Date",
    "Account", "Debit", "Credit", "Line Memo", "Name", "Class",
)  # fmt: skip

_LIVE = ("=", "+", "-", "@", "\t", "\r")

Line = Mapping[str, str | None]


def journal_files(document: Mapping[str, Any]) -> dict[str, bytes]:
    """File name → content for the entries of a concluded document; nothing where none is proposed.

    `gl_entries.csv` holds the entries at the period's end, `gl_entries_reversals.csv` what reverses the accruals on the first
    day of the next period, `netsuite_journal_import.csv` both: there a reversal is a date on the journal.
    """
    lines = _lines(document)
    if not lines:
        return {}
    currency = document["functional_currency"]
    accruals = [line for line in lines if line["reversal_date"]]
    files = {
        PLAIN: _csv(TABLES["gl_entries"].column_names, (_plain(line, currency) for line in lines)),
        NETSUITE: _csv(NETSUITE_COLUMNS, (_netsuite(line, currency) for line in lines)),
    }
    if accruals:
        files[REVERSALS] = _csv(TABLES["gl_entries"].column_names, (_reversal(line, currency) for line in accruals))
    return files


def _lines(document: Mapping[str, Any]) -> list[Line]:
    """The lines of all entries, from every schedule that holds such lines, each with its entry's memo."""
    lines: list[dict[str, str | None]] = []
    memos: dict[str | None, str | None] = {}
    for table in (document.get("tables") or {}).values():
        rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        if set(LINE_COLUMNS) <= set(table["columns"]):
            lines += rows
        elif {"entry", "memo"} <= set(table["columns"]):
            memos |= {row["entry"]: row["memo"] for row in rows}
    return [{**line, "memo": memos.get(line["entry"])} for line in lines]


def _amount(line: Line) -> str:
    """Debit positive, credit negative."""
    return line["debit"] or f"-{line['credit']}"


def _plain(line: Line, currency: str) -> dict[str, str]:
    return {
        "journal_id": _text(line["entry"]),
        "line_number": line["line"] or "",
        "effective_date": line["date"] or "",
        "period": (line["date"] or "")[:7],
        "account": _text(line["account"]),
        "amount": _amount(line),
        "currency": currency,
        "transaction_amount": _amount(line),
        "description": _text(_described(line)),
        "journal_source": JOURNAL_SOURCE,
        "program_id": _text(line["program"]),
        "customer_id": _text(line["customer"]),
    }


def _described(line: Line) -> str:
    reverses = f"; reverses on {line['reversal_date']}" if line["reversal_date"] else ""
    return f"{line['line_memo']}{reverses}"


def _reversal(line: Line, currency: str) -> dict[str, str]:
    amount = Decimal(_amount(line))
    turned = format(-amount, "f")
    return {
        **_plain(line, currency),
        "journal_id": _text(f"{line['entry']}-R"),
        "effective_date": line["reversal_date"] or "",
        "period": (line["reversal_date"] or "")[:7],
        "amount": turned,
        "transaction_amount": turned,
        "description": _text(f"Reversal of {line['entry']}: {line['line_memo']}"),
        "reversal_of": _text(line["entry"]),
    }


def _netsuite(line: Line, currency: str) -> dict[str, str]:
    day = date.fromisoformat(line["date"] or "")
    return {
        "External ID": _text(line["entry"]),
        "Date": _american(line["date"]),
        "Posting Period": f"{MONTHS[day.month - 1][:3]} {day.year}",
        "Currency": currency,
        "Exchange Rate": "1",
        "Memo": _text(line["memo"]),
        "Reversal Date": _american(line["reversal_date"]),
        "Account": _text(line["account"]),
        "Debit": line["debit"] or "",
        "Credit": line["credit"] or "",
        "Line Memo": _text(line["line_memo"]),
        "Name": _text(line["customer"]),
        "Class": _text(line["program"]),
    }


def _american(day: str | None) -> str:
    """A date as NetSuite reads it by default: month/day/year."""
    if not day:
        return ""
    spelled = date.fromisoformat(day)
    return f"{spelled.month}/{spelled.day}/{spelled.year}"


def _text(value: str | None) -> str:
    text = value or ""
    return "'" + text if text.startswith(_LIVE) else text


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()
