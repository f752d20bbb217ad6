"""Receivables to ledger (workpaper 20): the subledger agrees to the control account, document by document.

ACCOUNTING.md §2. Difference = general ledger − subledger, and every reconciling item carries the sign with which
subledger + items = ledger. `unexplained` is what the open items leave over after the items that the comparison of
documents found: the two are computed on different ways.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd

from close_library.accounting.ledger import LINE_SHOWN, ledger_balance, ledger_lines, opening_rows
from close_library.accounting.receivables.open_items import fx_items, open_item_population, require_receivable_rates
from close_library.accounting.receivables.review_applications import application_findings, manual_entry_findings
from close_library.accounting.schedules import movements
from close_library.accounting.sql import day, memoised, no_rows, owned, population, shown
from close_library.evidence import Figure, Finding, Population, Result, Scope, Table
from close_library.money import ZERO, agrees, show

CLASSES = {
    "in_subledger_not_in_gl": "In the subledger, not in the ledger",
    "in_gl_not_in_subledger": "In the ledger, not in the subledger",
    "amount_differs": "Amount differs",
    "timing": "Timing: on different sides of the period's end",
}

_SEVERITY = {"timing": "warning"}

_TABLE_OF_KIND = """CASE kind WHEN 'receipt' THEN 'cash_receipts' WHEN 'discount' THEN 'cash_applications'
                   WHEN 'write_off' THEN 'cash_applications' ELSE 'invoices' END"""
"""The table under which a document of the subledger is known, whatever program it belongs to."""


def receivables_to_ledger(scope: Scope) -> Result:
    """The reconciliation of the receivables subledger to its control account at T.

    Figures, in functional currency: `ar_subledger`, `ar_general_ledger`, `difference` (ledger − subledger), one a class
    of reconciling items, and `unexplained`. Tables: the bridge, and the items with their class and both amounts.
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
    items = _items(scope)
    difference = Figure.of(
        "difference", "Difference: ledger − subledger", currency, _difference(scope, subledger, ledger)
    )
    classes = {
        name: Figure.of(name, label, currency, Population(scope.books, _behind(scope, f"class = '{name}'")))
        for name, label in CLASSES.items()
    }
    unexplained = _unexplained(scope, difference, classes)
    figures = {f.id: f for f in (subledger, ledger, difference, *classes.values(), unexplained)}
    return Result(
        tables={"20.1": _bridge(figures), "20.2": _item_table(scope)},
        figures=figures,
        findings=(*_findings(scope, items), *application_findings(scope), *manual_entry_findings(scope)),
    )


def bridged_balance(reconciliation: Result) -> Decimal:
    """The subledger plus every reconciling item: what the ledger says when nothing is unexplained."""
    figures = reconciliation.figures
    return sum((figures[name].money for name in ("ar_subledger", *CLASSES)), ZERO)


def _sides(scope: Scope) -> str:
    """Every row of both sides with its document: side, document, namespace, table, counts_from, amount, address, shown.

    `namespace` keeps a journal id from meeting a document of its spelling. Older documents meet all opening balances in sum.
    """
    accounts = scope.parameters.accounts.of("accounts_receivable")
    opening = f"({opening_rows(accounts)})"
    movement_shown = shown(
        document="document_number",
        kind="kind",
        date="counts_from",
        currency="currency",
        amount="amount::money",
        program="owner",
    )
    began = f"(SELECT min(first_day) FROM {opening} WHERE opening_balance <> 0)"
    opened = f"(SELECT min(account || ':' || period) FROM {opening} WHERE opening_balance <> 0)"
    return f"""
        WITH ledger_rows AS (
            SELECT coalesce(document_number, journal_id) AS document,
                   CASE WHEN document_number IS NULL THEN 'journal' ELSE 'document' END AS namespace,
                   effective_date AS counts_from, amount, source_file, source_row, {LINE_SHOWN} AS seen
            FROM ({ledger_lines(accounts)}) WHERE {owned(scope)}
        ),
        subledger_rows AS (
            SELECT document_number AS document, kind, counts_from, functional AS amount, source_table, source_file,
                   source_row, {movement_shown} AS seen
            FROM {movements(scope)} WHERE moves_owner AND {owned(scope)}
        ),
        aged AS (
            SELECT s.*, counts_from < {began} AND NOT EXISTS (
                SELECT 1 FROM ledger_rows l WHERE l.namespace = 'document' AND l.document = s.document) AS before_ledger
            FROM subledger_rows s
        )
        SELECT 'gl' AS side, document, namespace, 'gl_entries' AS known_under, counts_from, amount,
               'gl_entries' AS source_table, source_file, source_row, seen
        FROM ledger_rows
        UNION ALL
        SELECT 'gl', {opened}, 'opening', 'account_balances', first_day, opening_balance,
               'account_balances', source_file, source_row, {shown(account="account", document="'opening balance ' || period")}
        FROM {opening} WHERE opening_balance <> 0 AND {"true" if scope.is_company else "false"}
        UNION ALL
        SELECT 'subledger', CASE WHEN before_ledger THEN {opened} ELSE document END,
               CASE WHEN before_ledger THEN 'opening' ELSE 'document' END,
               CASE WHEN before_ledger THEN 'account_balances' ELSE {_TABLE_OF_KIND} END,
               counts_from, amount, source_table, source_file, source_row, seen
        FROM aged
        UNION ALL
        SELECT 'subledger', 'fx:' || currency, 'document', 'gl_entries', {day(scope.closing_date)}, value, source_table,
               source_file, source_row, seen
        FROM ({fx_items(scope, scope.closing_date)})
    """


def _rows(scope: Scope) -> str:
    return memoised(scope.books, "receivable_sides", _sides(scope))


def _classified(scope: Scope) -> str:
    """One row a document whose two sides differ at T: document, known_under, class, subledger, ledger, difference."""
    at = day(scope.closing_date)
    return memoised(
        scope.books,
        "receivable_items",
        f"""
        WITH numbers AS (
            SELECT document_number AS document, min({_TABLE_OF_KIND}) AS table_of_number
            FROM {movements(scope)} GROUP BY document_number
        ),
        documents AS (
            SELECT document, namespace,
                   coalesce(min(known_under) FILTER (side = 'subledger'),
                            min(table_of_number) FILTER (namespace = 'document'), min(known_under)) AS known_under,
                   min(counts_from) AS first_date,
                   bool_or(side = 'subledger') AS in_subledger, bool_or(side = 'gl') AS in_ledger,
                   coalesce(sum(amount) FILTER (side = 'subledger' AND counts_from <= {at}), 0) AS subledger,
                   coalesce(sum(amount) FILTER (side = 'gl' AND counts_from <= {at}), 0) AS ledger,
                   coalesce(sum(amount) FILTER (side = 'subledger'), 0) AS subledger_ever,
                   coalesce(sum(amount) FILTER (side = 'gl'), 0) AS ledger_ever
            FROM {_rows(scope)} LEFT JOIN numbers USING (document) GROUP BY document, namespace
        )
        SELECT document, namespace, known_under, first_date, subledger, ledger, ledger - subledger AS difference,
               CASE WHEN NOT in_ledger THEN 'in_subledger_not_in_gl'
                    WHEN NOT in_subledger THEN 'in_gl_not_in_subledger'
                    WHEN subledger_ever = ledger_ever THEN 'timing'
                    ELSE 'amount_differs' END AS class
        FROM documents WHERE ledger <> subledger
        """,
    )


def _items(scope: Scope) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = scope.books.sql(
        f"SELECT * FROM {_classified(scope)} ORDER BY class, document, namespace"
    ).to_pylist()
    return rows


def _behind(scope: Scope, condition: str) -> str:
    """The rows of both sides to T behind the reconciling items that meet a condition, signed so that they add to the item."""
    signed = "CASE WHEN r.side = 'gl' THEN r.amount ELSE -r.amount END"
    return f"""
        {population("r.source_table", "r.source_file", "r.source_row", signed, "r.seen")}
        FROM {_rows(scope)} r JOIN {_classified(scope)} i USING (document, namespace)
        WHERE {condition} AND r.counts_from <= {day(scope.closing_date)}
    """


def _both(left: Population | None, right: Population | None, sign: int = -1) -> str:
    columns = "source_table, source_file, source_row, CAST({} * amount AS DECIMAL(38,4)) AS amount, shown"
    assert left and right
    return (
        f"SELECT {columns.format(1)} FROM ({left.query}) UNION ALL SELECT {columns.format(sign)} FROM ({right.query})"
    )


def _difference(scope: Scope, subledger: Figure, ledger: Figure) -> Population:
    """The reconciling items' rows when they make up the whole difference, else every row of both sides."""
    items = Population(scope.books, _behind(scope, "true"))
    if items.total == ledger.money - subledger.money:
        return items
    return Population(scope.books, _both(ledger.population, subledger.population))


def _unexplained(scope: Scope, difference: Figure, classes: dict[str, Figure]) -> Figure:
    """Ledger − subledger − every reconciling item: nothing, unless open items and documents disagree."""
    amount = difference.money - sum((figure.money for figure in classes.values()), ZERO)
    query = no_rows()
    if amount:
        query = _both(difference.population, Population(scope.books, _behind(scope, "true")))
    figure = Figure.of("unexplained", "Unexplained", scope.currency, Population(scope.books, query))
    assert figure.money == amount, "the rows behind unexplained add up to it"
    return figure


def _bridge(figures: dict[str, Figure]) -> Table:
    order = ["ar_subledger", *CLASSES, "unexplained", "ar_general_ledger"]
    frame = pd.DataFrame({"line": [figures[id].label for id in order], "amount": [figures[id].money for id in order]})
    return Table(
        "Bridge from the subledger to the ledger", frame, links=tuple((n, 1, id) for n, id in enumerate(order))
    )


def _item_table(scope: Scope) -> Table:
    frame = scope.books.frame(
        f"""
        SELECT class, document, known_under AS known_under_table, first_date, subledger, ledger, difference
        FROM {_classified(scope)} ORDER BY class, document, namespace
        """
    )
    return Table("Reconciling items", frame)


def _findings(scope: Scope, items: list[dict[str, Any]]) -> list[Finding]:
    return [
        Finding(
            finding=item["class"],
            severity=_SEVERITY.get(item["class"], "error"),
            amount=item["difference"],
            currency=scope.currency,
            keys={item["known_under"]: (item["document"],)},
            message=f"{item['document']}: {CLASSES[item['class']].lower()}; subledger {show(item['subledger'])}, "
            f"ledger {show(item['ledger'])}, difference {show(item['difference'])} {scope.currency}.",
        )
        for item in items
        if not agrees(item["difference"], scope.parameters.tolerances.match)
    ]
