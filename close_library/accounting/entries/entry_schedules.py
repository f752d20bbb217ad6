"""The schedules of workpaper 61: the entries, their lines, the proof that they lead to the computed amounts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd

from close_library.accounting.entries.adjusting import ACCRUAL, Entry, Line, named
from close_library.accounting.entries.support import Difference
from close_library.accounting.ledger import natural_sign
from close_library.accounting.parts import in_parts
from close_library.accounting.receivables.reconcile_receivables import receivables_to_ledger
from close_library.accounting.sql import FILE_ORDER, texts
from close_library.evidence import Figure, Part, Scope, Table
from close_library.money import ZERO, agrees
from close_library.parameters import COMPANY

LINE_TABLE = "61.2"
"""The schedule of all lines; where there are more than a document's table holds, they go on in `61.2.2`, `61.2.3` …"""

LABELS = {
    "unbilled_receivable": "Unbilled receivable",
    "deferred_revenue": "Deferred revenue",
    "revenue": "Revenue",
    "accounts_receivable": "Receivables, to be cleared",
    "vendor_accrual": "Accrued vendor cost",
}


def entries_table(scope: Scope, entries: list[Entry], figures: dict[str, Figure]) -> Table:
    rows: list[tuple[Any, ...]] = [
        (e.number, named(e.program), e.kind, scope.closing_date, e.reversal_date(scope), e.memo(scope),
         figures[f"debits:{e.number}"].money, figures[f"credits:{e.number}"].money)
        for e in entries
    ]  # fmt: skip
    rows.append(
        ("Total", None, None, None, None, None, sum((r[6] for r in rows), ZERO), sum((r[7] for r in rows), ZERO))
    )
    columns = ["entry", "program", "kind", "date", "reversal_date", "memo", "debits", "credits"]
    links = [
        (n, 6 + c, f"{side}:{e.number}") for n, e in enumerate(entries) for c, side in enumerate(("debits", "credits"))
    ]
    types = {"date": "date", "reversal_date": "date"}
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    return Table("Proposed entries", frame, total_row=True, links=tuple(links), types=types)


LINE_COLUMNS = (
    "entry", "line", "date", "reversal_date", "account", "role", "program", "customer", "debit", "credit", "line_memo",
)  # fmt: skip


def line_tables(scope: Scope, entries: list[Entry]) -> dict[str, Table]:
    customers = _customers(scope)
    rows = [
        _line_row(scope, entry, number, line, customers)
        for entry in entries
        for number, line in enumerate(entry.lines, 1)
    ]
    types = {"line": "int", "date": "date", "reversal_date": "date", "debit": "money", "credit": "money"}
    frame = pd.DataFrame(rows, columns=list(LINE_COLUMNS), dtype=object)
    return in_parts(LINE_TABLE, Table("Lines of the proposed entries", frame, types=types))


def _line_row(scope: Scope, entry: Entry, number: int, line: Line, customers: dict[str, str]) -> tuple[Any, ...]:
    program = None if entry.program == COMPANY else entry.program
    customer = customers.get(entry.program) if line.role == "accounts_receivable" else None
    account = _account(scope, line.role, entry.program)
    return (
        entry.number, number, scope.closing_date, entry.reversal_date(scope), account, line.role, program, customer,
        line.debit, line.credit, _line_memo(scope, entry, line),
    )  # fmt: skip


def _customers(scope: Scope) -> dict[str, str]:
    """Program → its one customer; a line on receivables wants one in most ledgers."""
    rows = scope.books.rows(f"SELECT program_id, customer_id FROM programs ORDER BY {FILE_ORDER}")
    return {row["program_id"]: row["customer_id"] for row in reversed(rows) if row["customer_id"]}


def _line_memo(scope: Scope, entry: Entry, line: Line) -> str:
    if line.role == "accounts_receivable":
        return f"Billing of {named(entry.program)} to be cleared, see workpaper 20"
    if line.role == "vendor_cost":
        why = (
            "approved work that no invoice names yet"
            if entry.kind == ACCRUAL
            else "accrued beyond the work to be billed"
        )
        return f"Vendor cost of {named(entry.program)}: {why}"
    year = " (fiscal year to date)" if line.role == "revenue" and entry.first_day != scope.period.first_day else ""
    return f"{LABELS[line.role]} of {named(entry.program)} to the computed amount{year}"


def _account(scope: Scope, role: str, program: str) -> str:
    """The role's account that the program's ledger lines use most, else the role's first."""
    accounts = scope.parameters.accounts.of(role)
    owner = "owner_program_id IS NULL" if program == COMPANY else "owner_program_id = ?"
    used = scope.books.sql(
        f"""
        SELECT account FROM gl_entries WHERE account IN {texts(accounts)} AND {owner}
        GROUP BY account ORDER BY sum(abs(amount)) DESC, account LIMIT 1
        """,
        () if program == COMPANY else (program,),
    ).to_pylist()
    return used[0]["account"] if used else accounts[0]


def _note(left: Decimal, proposed: Decimal, tolerance: Decimal, *, by_year: bool) -> str | None:
    """Why something is left of a difference; `by_year`: revenue that is adjusted for the fiscal year to date."""
    if agrees(left, tolerance):
        return "within the tie-out tolerance" if left else None
    if not by_year:
        return "no account plays a role of the entry: nothing can be booked"
    if proposed:
        return "the entry corrects earlier months of the fiscal year in the open period"
    return "earlier months of the fiscal year hold the same amount the other way: nothing to book"


def proof(scope: Scope, differences: list[Difference], entries: list[Entry]) -> Table:
    rows: list[tuple[Any, ...]] = []
    lines: dict[str, list[int]] = {}
    for each in differences:
        for role in each.computed:
            lines.setdefault(role, []).append(len(rows))
            moved = sum(
                (line.amount for e in entries if e.program == each.program for line in e.lines if line.role == role),
                ZERO,
            )
            proposed = natural_sign(role) * moved + ZERO
            left = each.computed[role] - each.booked[role] - proposed
            by_year = role == "revenue" and each.first_day != scope.period.first_day
            note = _note(left, proposed, scope.parameters.tolerances.tie_out, by_year=by_year)
            label = "Revenue of the period" if role == "revenue" else LABELS[role]
            rows.append((named(each.program), label, each.booked[role], proposed, each.computed[role], left, note))
    columns = ["program", "item", "booked", "proposed", "computed", "left", "note"]
    types = dict.fromkeys(("booked", "proposed", "computed", "left"), "money")
    parts = tuple(
        Part(
            "proposed",
            table=LINE_TABLE,
            of=sides,
            by={"program": "program"},
            where={"role": role},
            lines=tuple(of_role),
        )
        for role, of_role in lines.items()
        for sides in [("debit", "-credit") if natural_sign(role) > 0 else ("credit", "-debit")]
    )
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    relations = {"left": "[computed] - [booked] - [proposed]"}
    return Table("Booked and proposed against computed", frame, types=types, parts=parts, relations=relations)


def receivables_side(scope: Scope, entries: list[Entry]) -> Table:
    """What stands on receivables, beside what workpaper 20 finds of the program: tax and cash make the rest."""
    rows = []
    for entry in entries:
        for line in entry.lines:
            if line.role == "accounts_receivable":
                found = None
                if entry.program != COMPANY:
                    found = -receivables_to_ledger(replace(scope, program=entry.program)).difference.money
                rest = None if found is None else found - line.amount
                rows.append((entry.number, named(entry.program), line.amount, found, rest))
    columns = ["entry", "program", "on_receivables", "receivables_not_booked", "tax_cash_and_other"]
    types = dict.fromkeys(columns[2:], "money")
    title = "Receivables to be cleared, beside the difference that workpaper 20 classifies"
    where = {"role": "accounts_receivable"}
    on_receivables = Part(columns[2], table=LINE_TABLE, of=("debit", "-credit"), by={"entry": "entry"}, where=where)
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    relations = {columns[4]: "[receivables_not_booked] - [on_receivables]"}
    return Table(title, frame, types=types, parts=(on_receivables,), relations=relations)
