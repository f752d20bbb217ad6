"""Keys and references of every table; their findings belong to workpaper 10.

A doubled key is reported in every period. A reference that leads nowhere is reported in the period of its row's date; a
row without a date of its own has its document's, and where there is none it is reported in every period.
"""

from __future__ import annotations

from close_library.accounting.currency import at_spot, functional
from close_library.accounting.sql import FILE_ORDER
from close_library.evidence import Finding, Scope
from close_library.money import show
from close_library.tables import TABLES, Reference, Table

_OWN_FINDINGS = ("purchase_orders",)
"""Tables whose missing rows have findings of their own."""


def duplicate_key_findings(scope: Scope) -> list[Finding]:
    """`duplicate_key`: two rows of a table share their key. All rows are kept, and documents all count."""
    findings = []
    for table in _held(scope):
        rows = scope.books.rows(
            f"SELECT {_key(table)} AS key, count(*) AS copies FROM {table.name} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1"
        )
        findings += [
            Finding(
                "duplicate_key",
                "error",
                None,
                scope.currency,
                {table.name: (row["key"],)},
                f"{row['copies']} rows of {table.name} share the key {row['key']}.",
            )
            for row in rows
        ]
    return findings


def unknown_reference_findings(scope: Scope) -> list[Finding]:
    """`unknown_reference`: a row names a program, customer, contract, line, account, invoice, receipt or vendor that its
    table lacks. One finding a row; a table that the sources don't hold at all is not searched."""
    findings = []
    for table in _held(scope):
        references = [r for r in table.references if r.table not in _OWN_FINDINGS and scope.books.has(r.table)]
        if not references:
            continue
        unknown = ", ".join(
            f"CASE WHEN t.{r.column} IS NOT NULL AND t.{r.column} NOT IN (SELECT {r.key} FROM {r.table}) "
            f"THEN '{r.column} ' || t.{r.column} END"
            for r in references
        )
        rows = scope.books.rows(
            f"""
            WITH {_dated(table)}, named AS (
                SELECT {_key(table, "t.")} AS key, concat_ws(', ', {unknown}) AS unknown, {_amount(scope, table)} AS amount,
                       source_file, source_row
                FROM dated t {at_spot("t.row_currency", "t.row_date")}
                WHERE t.row_date IS NULL OR strftime(t.row_date, '%Y-%m') = '{scope.period}'
            )
            SELECT * FROM named WHERE unknown <> '' ORDER BY key, {FILE_ORDER}
            """
        )
        findings += [
            Finding(
                "unknown_reference",
                "error",
                row["amount"],
                scope.currency,
                {table.name: (row["key"],)},
                f"{table.name} {row['key']} names {row['unknown']}, which is not in the books"
                + (f"; {show(row['amount'])} {scope.currency} has no owner." if row["amount"] else "."),
            )
            for row in rows
        ]
    return findings


def _held(scope: Scope) -> list[Table]:
    return [table for name, table in TABLES.items() if scope.books.has(name)]


def _key(table: Table, prefix: str = "") -> str:
    """A row's key as one text, its parts joined by `:` in the table's order; an empty tier begins at 0."""
    parts = []
    for name in table.key:
        column = table.column(name)
        assert column
        if column.type == "quantity":
            spelled = (
                f"regexp_replace(regexp_replace(CAST(coalesce({prefix}{name}, 0) AS VARCHAR), '0+$', ''), '\\.$', '')"
            )
        else:
            spelled = f"coalesce(CAST({prefix}{name} AS VARCHAR), '')"
        parts.append(spelled)
    return " || ':' || ".join(parts)


def _dated(table: Table) -> str:
    """The CTE `dated`: the table's rows with `row_date` and `row_currency`, from the row or the documents that it names."""
    own_currency = table.column("currency") is not None and table.name != "gl_entries"
    parent = TABLES[table.parent.table] if table.parent else None
    by_parent = parent is not None and parent.date and (not table.date or parent.name == "invoices")
    date, currencies, joins = f"x.{table.date}" if table.date else "CAST(NULL AS DATE)", ["NULL"], ""
    if not table.date and table.column("period") is not None:
        date = "TRY_CAST(x.period || '-01' AS DATE)"
    if by_parent and table.parent:
        others = [r for r in table.references if r != table.parent and TABLES[r.table].date]
        documents = [(f"d{n}", r) for n, r in enumerate([table.parent, *others])]
        date = f"x.{table.date}" if table.date else "d0.row_date"
        currencies = [f"{alias}.row_currency" for alias, _ in documents]
        joins = " ".join(_document(alias, reference) for alias, reference in documents)
    currency = "x.currency" if own_currency else f"coalesce({', '.join(currencies)}, NULL)"
    return f"dated AS (SELECT x.*, {date} AS row_date, CAST({currency} AS VARCHAR) AS row_currency FROM {table.name} x {joins})"


def _document(alias: str, reference: Reference) -> str:
    """The join to the document that a row names, with its date and currency; a doubled one is looked up by its first."""
    table = TABLES[reference.table]
    currency = "currency" if table.column("currency") else "NULL"
    return f"""LEFT JOIN (
            SELECT {reference.key} AS document_key, {table.date} AS row_date, {currency} AS row_currency
            FROM {table.name} QUALIFY row_number() OVER (PARTITION BY {reference.key} ORDER BY {FILE_ORDER}) = 1
        ) {alias} ON {alias}.document_key = x.{reference.column}"""


def _amount(scope: Scope, table: Table) -> str:
    """The row's amount in functional currency; NULL for a table that holds none, or where a rate is missing."""
    column = table.column(table.amount) if table.amount else None
    if column is None or column.type != "money":
        return "CAST(NULL AS DECIMAL(38,4))"
    converted = functional(f"t.{column.name}", "t.row_currency", "s.rate", scope.currency)
    return f"CASE WHEN t.row_currency IS NULL THEN CAST(t.{column.name} AS DECIMAL(38,4)) ELSE {converted} END"
