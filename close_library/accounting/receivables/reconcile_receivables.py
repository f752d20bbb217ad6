"""Receivables to ledger (workpaper 20): the subledger agrees to the control account, document by document.

ACCOUNTING.md §2. Difference = general ledger − subledger, and every reconciling item carries the sign with which
subledger + items = ledger. `unexplained` is what the open items leave over after the items that the comparison of
documents found: the two are computed on different ways.
"""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

from close_library.accounting.ledger import ledger_balance
from close_library.accounting.receivables.open_items import open_item_population, require_receivable_rates
from close_library.accounting.receivables.receivable_items import (
    CLASSES,
    CLOSING,
    closing_item_tables,
    items_at_close,
    opening_item_table,
    rows_behind,
)
from close_library.accounting.receivables.review_applications import application_findings, manual_entry_findings
from close_library.accounting.sql import no_rows
from close_library.evidence import Computed, Figure, Finding, Population, Result, Scope, Table
from close_library.money import ZERO, agrees, show

_SEVERITY = {"timing": "warning"}


def receivables_to_ledger(scope: Scope) -> Result:
    """The reconciliation of the receivables subledger to its control account at T.

    Figures, in functional currency: `ar_subledger`, `ar_general_ledger`, `difference` (ledger − subledger), one a class
    of reconciling items, and `unexplained`; `opening_items` at the prior T, and `opening_items_signed` where 20 was signed.
    Tables: the bridge; the items with id, class, first date, age and both amounts; the opening items and what became of them.
    Findings: one a reconciling item beyond the `match` tolerance, and those of `review_applications`. Raises BooksError
    where an exchange rate is missing.

    Example:
        from close_library.accounting import receivables_to_ledger
        from close_library.workpaper import open_scope

        receivables_to_ledger(open_scope("atlas", "2026-10")).table
    """
    require_receivable_rates(scope, scope.closing_date)
    currency = scope.currency
    subledger = Figure.of(
        "ar_subledger", "Receivables subledger", currency, open_item_population(scope, scope.closing_date)
    )
    ledger = ledger_balance(scope, "accounts_receivable", "ar_general_ledger", "Receivables in the general ledger")
    difference = Figure.of(
        "difference", "Difference: ledger − subledger", currency, _difference(scope, subledger, ledger)
    )
    classes = {
        name: Figure.of(name, label, currency, Population(scope.books, rows_behind(scope, f"class = '{name}'")))
        for name, label in CLASSES.items()
    }
    unexplained = _unexplained(scope, difference, classes)
    opened, opening = opening_item_table(scope, "20.3")
    figures = {f.id: f for f in (subledger, ledger, difference, *classes.values(), unexplained)}
    return Result(
        tables={"20.1": _bridge(figures), **closing_item_tables(scope, CLOSING), **opened},
        figures=figures | opening,
        findings=(*_findings(scope), *application_findings(scope), *manual_entry_findings(scope)),
    )


def bridged_balance(reconciliation: Result) -> Decimal:
    """The subledger plus every reconciling item: what the ledger says when nothing is unexplained."""
    figures = reconciliation.figures
    return Computed.of((1, figures[name]) for name in ("ar_subledger", *CLASSES))


def _both(left: Population | None, right: Population | None, sign: int = -1) -> str:
    columns = "source_table, source_file, source_row, CAST({} * amount AS DECIMAL(38,4)) AS amount, shown"
    assert left and right
    return (
        f"SELECT {columns.format(1)} FROM ({left.query}) UNION ALL SELECT {columns.format(sign)} FROM ({right.query})"
    )


def _difference(scope: Scope, subledger: Figure, ledger: Figure) -> Population:
    """The reconciling items' rows when they make up the whole difference, else every row of both sides."""
    items = Population(scope.books, rows_behind(scope, "true"))
    if items.total == ledger.money - subledger.money:
        return items
    return Population(scope.books, _both(ledger.population, subledger.population))


def _unexplained(scope: Scope, difference: Figure, classes: dict[str, Figure]) -> Figure:
    """Ledger − subledger − every reconciling item: nothing, unless open items and documents disagree."""
    amount = difference.money - sum((figure.money for figure in classes.values()), ZERO)
    query = no_rows()
    if amount:
        query = _both(difference.population, Population(scope.books, rows_behind(scope, "true")))
    figure = Figure.of("unexplained", "Unexplained", scope.currency, Population(scope.books, query))
    assert figure.money == amount, "the rows behind unexplained add up to it"
    return figure


def _bridge(figures: dict[str, Figure]) -> Table:
    order = ["ar_subledger", *CLASSES, "unexplained", "ar_general_ledger"]
    frame = pd.DataFrame({"line": [figures[id].label for id in order], "amount": [figures[id].money for id in order]})
    return Table(
        "Bridge from the subledger to the ledger", frame, links=tuple((n, 1, id) for n, id in enumerate(order))
    )


def _findings(scope: Scope) -> list[Finding]:
    items = scope.books.rows(f"SELECT * FROM {items_at_close(scope)} ORDER BY class, document, namespace")
    return [
        Finding(
            finding=item["class"],
            severity=_SEVERITY.get(item["class"], "error"),
            amount=item["amount"],
            currency=scope.currency,
            keys={item["known_under_table"]: (item["document"],)},
            message=f"{item['document']}: {CLASSES[item['class']].lower()}; subledger {show(item['subledger'])}, "
            f"ledger {show(item['ledger'])}, difference {show(item['amount'])} {scope.currency}.",
        )
        for item in items
        if not agrees(item["amount"], scope.parameters.tolerances.match)
    ]
