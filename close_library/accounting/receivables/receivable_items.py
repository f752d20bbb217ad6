"""Both sides of the receivables reconciliation, document by document, and the documents that differ at the prior T and at T.

ACCOUNTING.md §2. The same rows are read at both dates; only the remeasurement of foreign items belongs to one.
"""

from __future__ import annotations

from datetime import date

from close_library.accounting.ledger import LINE_SHOWN, ledger_lines, opening_rows
from close_library.accounting.receivables.open_items import MOVEMENT_SHOWN, fx_items
from close_library.accounting.reconciling_items import item_tables, opening_items
from close_library.accounting.schedules import movements
from close_library.accounting.sql import day, memoised, money_text, owned, population, shown
from close_library.evidence import Figure, Part, Population, Scope, Table

REF, CLOSING = "20", "20.2"
"""The workpaper, and its schedule of the items at T."""

CLASSES = {
    "in_subledger_not_in_gl": "In the subledger, not in the ledger",
    "in_gl_not_in_subledger": "In the ledger, not in the subledger",
    "amount_differs": "Amount differs",
    "timing": "Timing: on different sides of the period's end",
}
"""Class of a reconciling item, and the figure of its rows → what it says."""

_TABLE_OF_KIND = """CASE kind WHEN 'receipt' THEN 'cash_receipts' WHEN 'discount' THEN 'cash_applications'
                   WHEN 'write_off' THEN 'cash_applications' ELSE 'invoices' END"""
"""The table under which a document of the subledger is known, whatever program it belongs to."""

_COLUMNS = (
    "item", "class", "document", "known_under_table", "first_date", "age_days", "subledger", "ledger", "amount",
)  # fmt: skip


def items_at_close(scope: Scope) -> str:
    """The documents whose two sides differ at T: item, class, document, namespace, known_under_table, first_date,
    subledger, ledger, amount (ledger − subledger)."""
    return _differing(scope, "closing")


def closing_item_tables(scope: Scope, id: str) -> dict[str, Table]:
    """The reconciling items at T as schedules."""
    by = {"item": "item"}
    parts = (
        Part("subledger", tuple(f"-{name}" for name in CLASSES), by, {"side": "subledger"}),
        Part("ledger", tuple(CLASSES), by, {"side": "gl"}),
        Part("amount", tuple(CLASSES), by),
    )
    order = "class, document, namespace"
    return item_tables(scope, REF, id, "Reconciling items", items_at_close(scope), _COLUMNS, order, parts)


def opening_item_table(scope: Scope, id: str) -> tuple[dict[str, Table], dict[str, Figure]]:
    """The reconciling items at the prior T, against what was signed, and what cleared them."""
    what = f"""
        CASE WHEN side = 'gl' THEN 'ledger ' || coalesce(seen['journal'], 'opening balance')
             ELSE coalesce(replace(seen['kind'], '_', ' '), 'remeasurement') END
        || ' of ' || counts_from || ' over ' || {money_text("amount")}
    """
    behind = f"""
        SELECT '{REF}:' || namespace || ':' || document AS item, counts_from AS date, {what} AS what
        FROM {sides(scope)} WHERE {_counts(scope, "closing")}
    """
    table, figures = opening_items(
        scope,
        REF,
        id,
        opening=_differing(scope, "opening"),
        closing=items_at_close(scope),
        behind=behind,
        rows=Population(scope.books, rows_behind(scope, "true", "opening")),
        at_close=CLOSING,
    )
    return {id: table}, figures


def rows_behind(scope: Scope, condition: str, when: str = "closing") -> str:
    """The rows of both sides to T (`opening`: the prior T) behind the reconciling items that meet a condition, signed so that
    they add up to the items. Each shows its item and on which side it stands."""
    seen = f"map_concat(r.seen, {shown(item='i.item', side='r.side')})"
    signed = "CASE WHEN r.side = 'gl' THEN r.amount ELSE -r.amount END"
    return f"""
        {population("r.source_table", "r.source_file", "r.source_row", signed, seen)}
        FROM (SELECT * FROM {sides(scope)} WHERE {_counts(scope, when)}) r
        JOIN {_differing(scope, when)} i USING (document, namespace) WHERE {condition}
    """


def _sides(scope: Scope) -> str:
    """Every row of both sides with its document: side, document, namespace, table, counts_from, only_at, amount, address, shown.

    `namespace` keeps a journal id from meeting a document of its spelling. Older documents meet all opening balances in sum.
    `only_at`: the one date at which a remeasurement counts; NULL: the row counts from its date on.
    """
    accounts = scope.parameters.accounts.of("accounts_receivable")
    opening = f"({opening_rows(accounts)})"
    began = f"(SELECT min(first_day) FROM {opening} WHERE opening_balance <> 0)"
    opened = f"(SELECT min(account || ':' || period) FROM {opening} WHERE opening_balance <> 0)"
    remeasured = " UNION ALL ".join(
        f"""SELECT 'subledger', 'fx:' || currency, 'document', 'gl_entries', {day(at)}, {day(at)}, value, source_table,
                   source_file, source_row, seen
            FROM ({fx_items(scope, at)})"""
        for at in (scope.closing_date, scope.opening_date)
    )
    return f"""
        WITH ledger_rows AS (
            SELECT coalesce(document_number, journal_id) AS document,
                   CASE WHEN document_number IS NULL THEN 'journal' ELSE 'document' END AS namespace,
                   effective_date AS counts_from, amount, source_file, source_row, {LINE_SHOWN} AS seen
            FROM ({ledger_lines(accounts)}) WHERE {owned(scope)}
        ),
        subledger_rows AS (
            SELECT document_number AS document, kind, counts_from, functional AS amount, source_table, source_file,
                   source_row, {MOVEMENT_SHOWN} AS seen
            FROM {movements(scope)} WHERE moves_owner AND {owned(scope)}
        ),
        aged AS (
            SELECT s.*, counts_from < {began} AND NOT EXISTS (
                SELECT 1 FROM ledger_rows l WHERE l.namespace = 'document' AND l.document = s.document) AS before_ledger
            FROM subledger_rows s
        )
        SELECT 'gl' AS side, document, namespace, 'gl_entries' AS known_under, counts_from, CAST(NULL AS DATE) AS only_at, amount,
               'gl_entries' AS source_table, source_file, source_row, seen
        FROM ledger_rows
        UNION ALL
        SELECT 'gl', {opened}, 'opening', 'account_balances', first_day, NULL, opening_balance,
               'account_balances', source_file, source_row, {shown(account="account", document="'opening balance ' || period")}
        FROM {opening} WHERE opening_balance <> 0 AND {"true" if scope.is_company else "false"}
        UNION ALL
        SELECT 'subledger', CASE WHEN before_ledger THEN {opened} ELSE document END,
               CASE WHEN before_ledger THEN 'opening' ELSE 'document' END,
               CASE WHEN before_ledger THEN 'account_balances' ELSE {_TABLE_OF_KIND} END,
               counts_from, NULL, amount, source_table, source_file, source_row, seen
        FROM aged
        UNION ALL {remeasured}
    """


def sides(scope: Scope) -> str:
    """The table of every row of both sides."""
    return memoised(scope.books, "receivable_sides", _sides(scope))


def _counts(scope: Scope, when: str) -> str:
    """The condition that a row counts at T or at the prior T; the ledger's opening balance is that of the evening before."""
    at = day(_date(scope, when))
    if when == "closing":
        return f"(counts_from <= {at} AND coalesce(only_at = {at}, true))"
    opened = f"source_table = 'account_balances' AND counts_from = {day(scope.period.first_day)}"
    return f"((counts_from <= {at} OR {opened}) AND coalesce(only_at = {at}, true) AND amount IS NOT NULL)"


_SIGNED = "CASE side WHEN 'gl' THEN amount ELSE -amount END"
"""A row's share of ledger − subledger."""


def _differing(scope: Scope, when: str) -> str:
    """One row a document whose two sides differ at T or at the prior T; the classes look at all dates."""
    at, counts = day(_date(scope, when)), _counts(scope, when)
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
                            min(table_of_number) FILTER (namespace = 'document'), min(known_under)) AS known_under_table,
                   bool_or(side = 'subledger') AS in_subledger, bool_or(side = 'gl') AS in_ledger,
                   coalesce(sum(amount) FILTER (side = 'subledger' AND {counts}), 0) AS subledger,
                   coalesce(sum(amount) FILTER (side = 'gl' AND {counts}), 0) AS ledger,
                   coalesce(sum(amount) FILTER (side = 'subledger'), 0) AS subledger_ever,
                   coalesce(sum(amount) FILTER (side = 'gl'), 0) AS ledger_ever
            FROM {sides(scope)} LEFT JOIN numbers USING (document)
            WHERE coalesce(only_at = {at}, true) GROUP BY document, namespace
        ),
        differing AS (SELECT * FROM documents WHERE ledger <> subledger),
        {_open_since(scope, when)}
        SELECT '{REF}:' || namespace || ':' || document AS item, document, namespace, known_under_table, first_date, subledger,
               ledger, ledger - subledger AS amount,
               CASE WHEN NOT in_ledger THEN 'in_subledger_not_in_gl'
                    WHEN NOT in_subledger THEN 'in_gl_not_in_subledger'
                    WHEN subledger_ever = ledger_ever THEN 'timing'
                    ELSE 'amount_differs' END AS class
        FROM differing JOIN since USING (document, namespace)
        """,
    )


def _open_since(scope: Scope, when: str) -> str:
    """The table `since`: from which day on each of the table `differing` has been open without a break.

    A remeasurement is known at two dates only: it is open since the prior T where it was open then.
    """
    before = f"coalesce(sum({_SIGNED}) FILTER ({_counts(scope, 'opening')}), 0)"
    return f"""
        rows_of AS (SELECT * FROM {sides(scope)} SEMI JOIN differing USING (document, namespace)),
        running AS (
            SELECT document, namespace, counts_from,
                   sum(sum({_SIGNED})) OVER (PARTITION BY document, namespace ORDER BY counts_from) AS open
            FROM rows_of WHERE {_counts(scope, when)} GROUP BY document, namespace, counts_from
        ),
        settled AS (
            SELECT document, namespace, max(counts_from) FILTER (open = 0) AS last_settled FROM running GROUP BY ALL
        ),
        remeasured AS (
            SELECT document, namespace,
                   CASE WHEN {before} <> 0 THEN {day(scope.opening_date)} ELSE {day(_date(scope, when))} END AS first_date
            FROM rows_of GROUP BY ALL HAVING bool_or(only_at IS NOT NULL)
        ),
        since AS (
            SELECT document, namespace, coalesce(any_value(m.first_date), min(counts_from)) AS first_date
            FROM running JOIN settled USING (document, namespace) LEFT JOIN remeasured m USING (document, namespace)
            WHERE last_settled IS NULL OR counts_from > last_settled GROUP BY document, namespace
        )
    """


def _date(scope: Scope, when: str) -> date:
    return scope.closing_date if when == "closing" else scope.opening_date
